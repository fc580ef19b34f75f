"""The records of a page: sums with marked terms, chains of equalities, grids, prose, sections.

`steps` and `recovery` fill them, `render` writes them. They hold no notation and no language: one page serves
Unicode, LaTeX, Markdown and HTML, Chinese and English. Records that can stand alone show themselves in
Jupyter (`shown`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import sympy

from autograder.base.messages import Text
from autograder.cnn.derivations.layer import Pooling
from autograder.cnn.derivations.pages.shown import Shown
from autograder.cnn.derivations.symbols import Atom, Monomial, Quantity, lecture_order, terms


@dataclass(frozen=True)
class Product:
    """One term. `marked` terms are boxed, as in the lecture."""

    factors: Monomial
    coefficient: Fraction = Fraction(1)
    marked: bool = False


@dataclass(frozen=True)
class Sum:
    """Terms in writing order; no terms are 0."""

    terms: tuple[Product, ...]


@dataclass(frozen=True)
class Slope:
    """∂(a₁₂·w₁₂)/∂a₁₂: the derivative of a sum that is written out."""

    of: Sum
    by: Atom


@dataclass(frozen=True)
class Largest:
    """max(a₁₁, …, a₂₂)."""

    of: tuple[Atom, ...]


Side = Quantity | Sum | Slope | Largest


@dataclass(frozen=True)
class Equation(Shown):
    """A chain of equalities: left = side = side …, where `left` may be words."""

    left: Quantity | Text
    sides: tuple[Side, ...]
    in_one_line: bool = False


@dataclass(frozen=True)
class Aligned(Shown):
    """Equations one below the other."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Prose(Shown):
    """A sentence; `{0}`, `{1}` … stand for the lists of quantities."""

    text: Text
    quantities: tuple[tuple[Quantity, ...], ...] = ()


@dataclass(frozen=True)
class Grid:
    """A map as the lecture draws it; a cell is a quantity or a number."""

    rows: tuple[tuple[Quantity | int | Fraction, ...], ...]


Operator = Literal["∗", "⊙", "·"]


@dataclass(frozen=True)
class Recipe(Shown):
    """result = Σ left ∘ right of grids (⊙ slope): a closed form, drawn.

    Parameters
    ----------
    result, slope : Grid
        The resulting map, and the σ′ that the sum is multiplied by, if any.
    operator : {"∗", "⊙", "·"}
        The left grid slides over the right one, is multiplied by it cell by cell, or as a matrix.
    pairs : tuple of (Grid, Grid)
        The summands; a single grid stands for itself.
    """

    result: Grid
    operator: Operator
    pairs: tuple[tuple[Grid, ...], ...]
    scale: Fraction = Fraction(1)
    slope: Grid | None = None


Block = Prose | Aligned | Recipe


@dataclass(frozen=True)
class Section(Shown):
    """A part of a page, with a heading of its own."""

    title: Prose
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True)
class Page(Shown):
    """A derivation, or the formulas that a function computes."""

    title: Prose
    sections: tuple[Section, ...]


# ---- From formulas -----------------------------------------------------------------------------------------


def as_sum(formula: sympy.Expr, mark: Callable[[Monomial, Fraction], bool] = lambda *_: False) -> Sum:
    """A formula with its terms in the lecture's order, those marked for which `mark` holds."""
    ordered = sorted(terms(formula).items(), key=lambda item: lecture_order(item[0]))
    return Sum(tuple(Product(term, value, mark(term, value)) for term, value in ordered))


def sum_of(products: Iterable[Monomial]) -> Sum:
    """Products with coefficient 1, in the given order."""
    return Sum(tuple(Product(factors) for factors in products))


def example_map(layer: Pooling) -> Recipe:
    """The map that routes max pooling: its elements, and their values."""
    width = layer.input[1]
    names, values = (
        Grid(tuple(tuple(cells[at : at + width]) for at in range(0, len(cells), width)))
        for cells in (layer.atoms("a"), layer.values)
    )
    return Recipe(names, "·", ((values,),))
