"""Sums of products with exact coefficients, and their arithmetic: the form in which formulas are compared.

`evaluate` turns formulas into terms, `checking` compares them and writes them into sentences. Two formulas
are equal if and only if their terms are; nothing is simplified, rounded or guessed. A formula that has none
raises `NotCovered` or `Meaningless`, with one sentence, and is never called right or wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from autograder.base.messages import TextError
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.symbols import Atom, Quantity, reading_order


class NotCovered(TextError):
    """A formula that was read but is outside of what is checked."""


class Meaningless(TextError):
    """A formula that says nothing in this layer, such as a with three indices."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A factor that equals nothing but itself, such as σ′(a₁₂), or the largest of some elements."""

    function: str
    of: tuple[Atom, ...]

    def __str__(self) -> str:
        name = {"sigma": "σ", "dsigma": "σ′"}.get(self.function, self.function)
        return f"{name}({', '.join(map(write.quantity, self.of))})"


Factor = Quantity | Foreign
Monomial = tuple[Factor, ...]
Terms = Mapping[Monomial, Fraction]
ONE: Terms = {(): Fraction(1)}
ZERO: Terms = {}


def order(factor: Factor) -> tuple[object, ...]:
    """Sort key: the factors of a product as the lecture writes them, foreign ones last."""
    return (1, str(factor)) if isinstance(factor, Foreign) else (0, reading_order(factor))


# ---- Arithmetic -------------------------------------------------------------------------------------------


def times(first: Terms, second: Terms) -> Terms:
    """The product, multiplied out."""
    found: dict[Monomial, Fraction] = {}
    for some, m in first.items():
        for more, n in second.items():
            key = tuple(sorted(some + more, key=order)) if some and more else some or more
            value = n if m == 1 else m * n  # most are 1, and fractions are slow
            found[key] = found[key] + value if key in found else value
    return {monomial: value for monomial, value in found.items() if value}


def plus(parts: Sequence[Terms]) -> Terms:
    """The sum, like terms collected."""
    found: dict[Monomial, Fraction] = {}
    for part in parts:
        for monomial, value in part.items():
            found[monomial] = found[monomial] + value if monomial in found else value
    return {monomial: value for monomial, value in found.items() if value}


def negative(part: Terms) -> Terms:
    """Minus the terms."""
    return {monomial: -value for monomial, value in part.items()}


# ---- Written ----------------------------------------------------------------------------------------------


def write_factor(factor: Factor) -> str:
    """A factor in Unicode."""
    return str(factor) if isinstance(factor, Foreign) else write.quantity(factor)


def write_term(monomial: Monomial, coefficient: Fraction = Fraction(1)) -> str:
    """A term in Unicode."""
    return write.term([write_factor(factor) for factor in monomial], coefficient)
