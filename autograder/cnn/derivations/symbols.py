"""The lecture's quantities, element by element, and sums of products of them.

`derivations` and `recovery` work with `Atom`s (δ₁₂ of layer l) and derivatives that are not carried out
(∂z₁₁/∂a₁₂). A formula is a polynomial in them, with rational coefficients. Nothing that a person typed may be
read here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, cast, get_args

Letter = Literal[
    "z", "a", "w", "b", "delta", "dsigma", "sigma", "rot180", "pad_residual", "insert_zeros", "upsample"
]
"""The lecture's letters; the last four are the intermediate maps of its recipes, rot180(w) and so on."""

LayerName = Literal["l", "l-1"]
CURRENT: LayerName = "l"
BEFORE: LayerName = "l-1"

Monomial = tuple["Quantity", ...]
"""The factors of a product in a fixed order; a factor that is squared stands in it twice."""
Polynomial = Mapping[Monomial, Fraction]
"""A sum of products, each with its coefficient: two formulas are equal if and only if these are."""

_NAME = re.compile(r"([a-z0-9_]+)\[([0-9,]*)\]@(l|l-1)")


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


Quantity = Atom | Derivative


def polynomial(products: Iterable[tuple[Monomial, Fraction]]) -> Polynomial:
    """Products added up: like terms collected, the factors of each as the lecture writes them."""
    found: dict[Monomial, Fraction] = {}
    for factors, value in products:
        term = tuple(sorted(factors, key=reading_order)) if len(factors) > 1 else factors
        found[term] = found[term] + value if term in found else value
    return {term: value for term, value in found.items() if value}


# ---- The order in which the lecture writes -----------------------------------------------------------------

_RANK: dict[str, int] = {
    letter: rank
    for rank, letter in enumerate(
        ("delta", "a", "w", "z", "upsample", "pad_residual", "insert_zeros", "rot180", "sigma", "dsigma", "b")
    )
}


# Room for every element of a 28×28 ∗ 5×5: a tenth of the time that checking a page takes.
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
