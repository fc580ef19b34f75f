"""Pages as Unicode text, for a terminal."""

from collections.abc import Sequence
from fractions import Fraction

from autograder.cnn.derivations.page import Equation, Grid, Product, Prose, Recipe
from autograder.cnn.derivations.render.writer import GREEK, OF, Writer, in_digits, joined
from autograder.cnn.derivations.symbols import Atom, Derivative

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LAYER = {"l": "⁽ˡ⁾", "l-1": "⁽ˡ⁻¹⁾"}


class TextWriter(Writer):
    """z₁₁ = [a₁₁·w₁₁] + a₁₂·w₁₂ + …: what a terminal can show. Marked terms stand in brackets."""

    def atom(self, atom: Atom) -> str:
        place = joined(atom.index).translate(_SUBSCRIPT)
        if self.shows_layer(atom):
            place += _LAYER[atom.layer]
        if atom.letter in ("sigma", "dsigma"):
            return f"{GREEK[atom.letter]}(z{place})"
        if atom.letter in OF:
            name, of = OF[atom.letter]
            return f"{name}({of}){place}"
        return GREEK.get(atom.letter, atom.letter) + place

    def fraction(self, above: str, below: str) -> str:
        return f"∂{above}/∂{below}"

    def number(self, value: Fraction) -> str:
        return in_digits(value)

    def product(self, product: Product, coefficient: Fraction) -> str:
        undone = any(isinstance(factor, Derivative) for factor in product.factors)
        written = (" · " if undone else "·").join(self.factors(product, coefficient))
        return f"[{written}]" if product.marked else written

    def largest(self, atoms: Sequence[Atom]) -> str:
        return f"max({', '.join(map(self.atom, atoms))})"

    def in_brackets(self, content: str) -> str:
        return f"({content})"

    def words(self, text: str) -> str:
        return text

    def heading(self, title: Prose, level: int) -> str:
        written = self.prose(title)
        return written + "\n" + {1: "═", 2: "─"}[level] * _width(written) if level <= 2 else written

    def aligned(self, equations: Sequence[Equation]) -> str:
        lefts = [self.left(equation) for equation in equations]
        width = max(map(_width, lefts), default=0)
        rows = []
        for left, equation in zip(lefts, equations, strict=True):
            for right in self.rights(equation):
                rows.append(left + " " * (width - _width(left)) + f" = {right}")
                left = ""
        return "\n".join(rows)

    def recipe(self, recipe: Recipe) -> str:
        parts: list[list[str]] = [self._grid(recipe.result), ["="]]
        if recipe.scale != 1:
            parts += [[self.number(recipe.scale)], ["·"]]
        for number, (first, *others) in enumerate(recipe.pairs):
            parts += [["+"]] if number else []
            parts += [self._grid(first)]
            for other in others:
                parts += [[recipe.operator], self._grid(other)]
        if recipe.slope is not None:
            parts += [["⊙"], self._grid(recipe.slope)]
        if len(recipe.pairs) > 1 and recipe.slope is not None:
            parts[2:-2] = [["("], *parts[2:-2], [")"]]
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


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)
