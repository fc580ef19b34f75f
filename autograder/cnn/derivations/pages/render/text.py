"""Pages as Unicode text, for a terminal: z₁₁ = [a₁₁·w₁₁] + a₁₂·w₁₂ + …, with marked terms in brackets.

`latex` and `html` derive their writers from this one, and change what they write otherwise; the walk over a
page, the order of a sum and which quantity shows its layer are here. Nothing may be computed here.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from autograder.base.messages import Text
from autograder.cnn.derivations.pages.records import (
    Aligned,
    Block,
    Equation,
    Grid,
    Largest,
    Page,
    Product,
    Prose,
    Recipe,
    Section,
    Side,
    Slope,
    Sum,
)
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative, Quantity

Written = Page | Section | Block | Equation


@dataclass(frozen=True)
class TextWriter:
    """One notation, in one language."""

    lang: str
    layer_names: bool

    plus, minus = " + ", " − "
    between_blocks = "\n\n"

    # ---- What most notations write otherwise

    def name(self, name: str) -> str:
        """A letter of the lecture, or the name of one of its steps, such as "pad"."""
        return GREEK.get(name, name)

    def placed(self, base: str, atom: Atom) -> str:
        """A name with the atom's index, and with its layer if `shows_layer`."""
        layer = _LAYER[atom.layer] if self.shows_layer(atom) else ""
        return base + joined(atom.index).translate(_SUBSCRIPT) + layer

    def fraction(self, above: str, below: str) -> str:
        """∂above/∂below."""
        return f"∂{above}/∂{below}"

    def number(self, value: Fraction) -> str:
        return in_digits(value)

    def product(self, product: Product, coefficient: Fraction) -> str:
        """A term without its sign; `coefficient` is its coefficient without sign."""
        undone = any(isinstance(factor, Derivative) for factor in product.factors)
        written = (" · " if undone else "·").join(self.factors(product, coefficient))
        return f"[{written}]" if product.marked else written

    def largest(self, atoms: Sequence[Atom]) -> str:
        return f"max({', '.join(map(self.atom, atoms))})"

    def words(self, text: str) -> str:
        """Part of a sentence; code in it stands between backticks."""
        return text

    def heading(self, title: Prose, level: int) -> str:
        written = self.prose(title)
        return written + "\n" + {1: "═", 2: "─"}[level] * _width(written) if level <= 2 else written

    def aligned(self, equations: Sequence[Equation]) -> str:
        lines = [*self.lines(equations)]
        width = max((_width(left) for left, _ in lines), default=0)
        return "\n".join(left + " " * (width - _width(left)) + f" = {right}" for left, right in lines)

    def recipe(self, recipe: Recipe) -> str:
        parts = [self._grid(part) if isinstance(part, Grid) else [str(part)] for part in recipe_parts(recipe)]
        height = max(map(len, parts))
        columns = [self._centred(part, height) for part in parts]
        return "\n".join(" ".join(row).rstrip() for row in zip(*columns, strict=True))

    def _grid(self, grid: Grid) -> list[str]:
        cells = [[self.cell(cell) for cell in row] for row in grid.rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return [
            "│" + " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "│"
            for row in cells
        ]

    @staticmethod
    def _centred(part: list[str], height: int) -> list[str]:
        blank = " " * len(part[0])
        above = (height - len(part)) // 2
        return [blank] * above + part + [blank] * (height - len(part) - above)

    # ---- What they share

    def in_brackets(self, *content: str) -> str:
        return f"({self.join(content)})"

    def group(self, *parts: str) -> str:
        """Parts of a formula that an index may be put on."""
        return self.join(parts)

    def join(self, parts: Iterable[str], between: str = "") -> str:
        return between.join(parts)

    def shown(self, shown: Written) -> str:
        match shown:
            case Page():
                parts = [self.heading(shown.title, 1), *map(self.shown, shown.sections)]
                return self.join(parts, self.between_blocks) + "\n"
            case Section():
                parts = [self.heading(shown.title, shown.level), *map(self.shown, shown.blocks)]
                return self.join(parts, self.between_blocks)
            case Prose():
                return self.paragraph(shown)
            case Aligned():
                return self.aligned(shown.equations)
            case Equation():
                return self.aligned([shown])
            case Recipe():
                return self.recipe(shown)

    @functools.lru_cache(maxsize=4096)  # noqa: B019  a page names few elements, thousands of times
    def atom(self, atom: Atom) -> str:
        """An element of a quantity: δ₁₂, σ′(z₁₂), pad(δ)₁₂."""
        if atom.letter in ("sigma", "dsigma"):
            return self.group(self.name(atom.letter), self.in_brackets(self.placed(self.name("z"), atom)))
        if atom.letter in OF:
            step, of = OF[atom.letter]
            return self.placed(self.group(self.name(step), self.in_brackets(self.name(of))), atom)
        return self.placed(self.name(atom.letter), atom)

    def quantity(self, quantity: Quantity) -> str:
        if isinstance(quantity, Atom):
            return self.atom(quantity)
        above = "J" if quantity.of == "J" else self.atom(quantity.of)
        return self.fraction(above, self.atom(quantity.by))

    def side(self, side: Side) -> str:
        match side:
            case Sum():
                return self.sum(side)
            case Slope():
                above = self.sum(side.of)
                return self.fraction(self.in_brackets(above), self.atom(side.by))
            case Largest():
                return self.largest(side.of)
            case _:
                return self.quantity(side)

    def left(self, equation: Equation) -> str:
        """The left-hand side."""
        if isinstance(equation.left, Text):
            return self.words(equation.left.in_language(self.lang))
        return self.quantity(equation.left)

    def lines(self, equations: Iterable[Equation]) -> Iterator[tuple[str, str]]:
        """The two sides of each line; of further lines of an equation the left one is empty."""
        for equation in equations:
            left = self.left(equation)
            sides = [self.side(side) for side in equation.sides]
            for right in [self.join(sides, " = ")] if equation.in_one_line else sides:
                yield left, right
                left = ""

    def factors(self, product: Product, coefficient: Fraction) -> list[str]:
        factors = [self.quantity(factor) for factor in product.factors]
        return factors if coefficient == 1 and factors else [self.number(coefficient), *factors]

    def sum(self, total: Sum) -> str:
        written = ""
        for term in total.terms:
            sign = self.minus if term.coefficient < 0 else self.plus if written else ""
            written += (sign if written else sign.strip()) + self.product(term, abs(term.coefficient))
        return written or self.number(Fraction(0))

    def paragraph(self, prose: Prose) -> str:
        return self.prose(prose)

    def prose(self, prose: Prose) -> str:
        """A sentence with its quantities in place."""
        parts = _PLACEHOLDER.split(prose.text.in_language(self.lang))
        return self.join(
            self.list(prose.quantities[int(part)]) if place % 2 else self.words(part)
            for place, part in enumerate(parts)
        )

    def list(self, quantities: Iterable[Quantity]) -> str:
        return self.join(map(self.inline, quantities), "、" if self.lang == "zh" else ", ")

    def inline(self, quantity: Quantity) -> str:
        """A quantity within a sentence."""
        return self.quantity(quantity)

    def cell(self, cell: Quantity | int | Fraction) -> str:
        return self.number(Fraction(cell)) if isinstance(cell, int | Fraction) else self.quantity(cell)

    def shows_layer(self, atom: Atom) -> bool:
        """Without layer names, only what could be mistaken for this layer's keeps its (l−1)."""
        return self.layer_names or (atom.layer == BEFORE and atom.letter in ("z", "delta", "sigma", "dsigma"))


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)


_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LAYER = {"l": "⁽ˡ⁾", "l-1": "⁽ˡ⁻¹⁾"}
_PLACEHOLDER = re.compile(r"\{(\d)\}")


def recipe_parts(recipe: Recipe) -> list[Grid | Fraction | str]:
    """Grids, numbers and operators in the order in which a recipe is written."""
    parts: list[Grid | Fraction | str] = [recipe.result, "="]
    if recipe.scale != 1:
        parts += [recipe.scale, "·"]
    bracketed = len(recipe.pairs) > 1 and recipe.slope is not None
    parts += ["("] * bracketed
    for number, (first, *further) in enumerate(recipe.pairs):
        parts += [*["+"] * (number > 0), first]
        for factor in further:
            parts += [recipe.operator, factor]
    parts += [")"] * bracketed
    return parts if recipe.slope is None else [*parts, "⊙", recipe.slope]


def joined(index: Sequence[int]) -> str:
    """12, but 1,10 and 2,1,1: without commas only where it cannot be misread."""
    plain = len(index) <= 2 and max(index, default=0) < 10
    return ("" if plain else ",").join(map(str, index))


OF = {
    "rot180": ("rot180", "w"),
    "pad_residual": ("pad", "delta"),
    "insert_zeros": ("insert", "delta"),
    "upsample": ("upsample", "delta"),
}
"""The lecture's intermediate maps: the name of the step and its argument."""

GREEK = {"delta": "δ", "sigma": "σ", "dsigma": "σ′"}
CODE = re.compile(r"`([^`]*)`")


def in_digits(value: Fraction) -> str:
    """1/4; a decimal where the fraction would be unreadable."""
    return str(value) if value.denominator < 10_000 else f"{float(value):.6g}"
