"""The lecture's quantities, element by element, as SymPy symbols and back.

`derivations` and `recovery` work with `Atom`s (δ₁₂ of layer l) and derivatives that are not carried out
(∂z₁₁/∂a₁₂). A formula is a SymPy polynomial in their symbols, with rational coefficients. Nothing that a
person typed may be read here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, cast, get_args

import sympy

Letter = Literal[
    "z", "a", "w", "b", "delta", "dsigma", "sigma", "rot180", "pad_residual", "insert_zeros", "upsample"
]
"""The lecture's letters; the last four are the intermediate maps of its recipes, rot180(w) and so on."""

LayerName = Literal["l", "l-1"]
CURRENT: LayerName = "l"
BEFORE: LayerName = "l-1"

Monomial = tuple["Quantity", ...]
"""The factors of a product in a fixed order; a factor that is squared stands in it twice."""

_NAME = re.compile(r"([a-z0-9_]+)\[([0-9,]*)\]@(l|l-1)")
_UNDONE = re.compile(r"d\((.+)\)/d\((.+)\)")


@dataclass(frozen=True, order=True, slots=True)
class Atom:
    """One element of one of the lecture's quantities.

    Parameters
    ----------
    letter : str
        "delta" is the residual δ, "dsigma" is σ′(z), "sigma" is σ(z); the others are written as they are.
    index : tuple of int
        As in the lecture, from 1: (row, column) of a map, with the map's number before it where there are
        several maps, and the sample's before that where there are several samples; see `layer`.
    layer : {"l", "l-1"}
        The current layer or the one before it: w, b, z, δ belong to l; a, σ′, and the residual that is
        handed back belong to l−1.
    """

    letter: Letter
    index: tuple[int, ...]
    layer: LayerName

    def __str__(self) -> str:
        return f"{self.letter}[{','.join(map(str, self.index))}]@{self.layer}"

    @property
    def symbol(self) -> sympy.Symbol:
        """The symbol that stands for this element, such as `delta[1,2]@l`."""
        return _symbol(str(self))

    @classmethod
    def named(cls, name: str) -> "Atom":
        """The element of that name; the inverse of `str`.

        Raises
        ------
        ValueError
            There is no such quantity in the lecture.
        """
        match = _NAME.fullmatch(name)
        if match is None or match[1] not in get_args(Letter):
            raise ValueError(f"{name} is no quantity of the lecture")
        index = tuple(int(part) for part in match[2].split(",") if part)
        return cls(cast(Letter, match[1]), index, cast(LayerName, match[3]))


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative that is not carried out, such as ∂J/∂w₁₁ or ∂z₁₁/∂a₁₂: a quantity like any other."""

    of: Atom | Literal["J"]
    by: Atom

    def __str__(self) -> str:
        return f"d({self.of})/d({self.by})"

    @property
    def symbol(self) -> sympy.Symbol:
        """The symbol that stands for it, such as `d(J)/d(w[1,1]@l)`."""
        return _symbol(str(self))


Quantity = Atom | Derivative


def quantity(symbol: sympy.Symbol) -> Quantity:
    """What a symbol stands for.

    Raises
    ------
    ValueError
        The symbol was not made here.
    """
    return _quantity(symbol.name)


# Room for every element of a 28×28 ∗ 5×5. By `benchmarks/derivations.py` the first two caches save about a
# twentieth and a third of the lecture's example; `reading_order`'s saves a tenth of checking a page.
@lru_cache(maxsize=2**17)
def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name)


@lru_cache(maxsize=2**17)
def _quantity(name: str) -> Quantity:
    if undone := _UNDONE.fullmatch(name):
        return Derivative("J" if undone[1] == "J" else Atom.named(undone[1]), Atom.named(undone[2]))
    return Atom.named(name)


# ---- Polynomials as terms ----------------------------------------------------------------------------------


def terms(expression: sympy.Expr) -> dict[Monomial, Fraction]:
    """The terms of a polynomial: products of quantities, each with its coefficient.

    Two formulas are equal if and only if their terms are. A sum of products is read as it is, which is fast;
    anything else is expanded first.

    Raises
    ------
    ValueError
        Not a polynomial with rational coefficients in symbols made here.
    """
    parts = _read(expression)
    if parts is None:
        parts = _read(sympy.expand(expression))
    if parts is None:
        raise ValueError(f"{expression} is no polynomial with rational coefficients")
    return parts


def polynomial(parts: Iterable[tuple[Monomial, Fraction]]) -> sympy.Expr:
    """The SymPy expression with the given terms; the inverse of `terms`."""
    return sympy.Add(
        *(
            sympy.Mul(sympy.Rational(value.numerator, value.denominator), *(q.symbol for q in monomial))
            for monomial, value in parts
        )
    )


def _read(expression: sympy.Expr) -> dict[Monomial, Fraction] | None:
    """`terms` of a sum of products, None for anything else."""
    found: dict[Monomial, Fraction] = {}
    for term in sympy.Add.make_args(expression):
        value, factors = Fraction(1), []
        for factor in sympy.Mul.make_args(term):
            if factor.is_Symbol:
                factors.append(quantity(factor))
            elif factor.is_Rational:
                value = Fraction(int(factor.p), int(factor.q))
            elif factor.is_Pow and factor.base.is_Symbol and factor.exp.is_Integer and factor.exp > 0:
                factors += [quantity(factor.base)] * int(factor.exp)
            else:
                return None
        monomial = tuple(sorted(factors, key=reading_order))
        found[monomial] = found[monomial] + value if monomial in found else value
    return {monomial: value for monomial, value in found.items() if value}


# ---- The order in which the lecture writes -----------------------------------------------------------------

_RANK: dict[str, int] = {
    letter: rank
    for rank, letter in enumerate(
        ("delta", "a", "w", "z", "upsample", "pad_residual", "insert_zeros", "rot180", "sigma", "dsigma", "b")
    )
}


@lru_cache(maxsize=2**17)
def reading_order(factor: Quantity) -> tuple[int, int, int, tuple[int, ...], int, tuple[int, ...]]:
    """Sorts factors as the lecture writes them: δ·w·σ′, δ·a, a·w; derivatives first, along the chain."""
    if isinstance(factor, Atom):
        return (1, _RANK[factor.letter], factor.layer != CURRENT, factor.index, 0, ())
    by = (_RANK[factor.by.letter], factor.by.index)
    if factor.of == "J":
        return (0, 0, 0, (), *by)
    return (0, 1, factor.of.layer != CURRENT, factor.of.index, *by)


def lecture_order(term: Monomial) -> tuple[bool, list[tuple[object, ...]]]:
    """Sorts terms as the lecture writes them: by residual, else by input, and the bias last."""
    bias = len(term) == 1 and isinstance(term[0], Atom) and term[0].letter == "b"
    return (bias, [reading_order(factor) for factor in term])
