"""Pages as LaTeX, and as Markdown with LaTeX formulas."""

from collections.abc import Sequence
from fractions import Fraction

from autograder.base.messages import Text
from autograder.cnn.derivations.page import Equation, Grid, Page, Product, Prose, Recipe
from autograder.cnn.derivations.render.writer import CODE, OF, Writer, in_digits, joined
from autograder.cnn.derivations.symbols import Atom, Quantity

_COMMAND = {"δ": r"\delta", "delta": r"\delta", "sigma": r"\sigma", "dsigma": r"\sigma'"}
_OPERATOR = {"∗": "*", "⊙": r"\odot", "·": r"\cdot"}
_WORDS = str.maketrans(
    {"×": r"$\times$", "∗": "$*$", "→": r"$\to$", "∂": r"$\partial$", "δ": r"$\delta$", "°": r"$^\circ$"}
)


class LatexWriter(Writer):
    r"""z_{11} &= \boxed{a_{11} w_{11}} + …: the lecture's own notation."""

    plus, minus = " + ", " - "

    def atom(self, atom: Atom) -> str:
        index = joined(atom.index)
        place = (f"_{{{index}}}" if index else "") + (
            f"^{{({atom.layer})}}" if self.shows_layer(atom) else ""
        )
        if atom.letter in ("sigma", "dsigma"):
            return f"{_COMMAND[atom.letter]}(z{place})"
        if atom.letter in OF:
            name, of = OF[atom.letter]
            return rf"\operatorname{{{name}}}({_COMMAND.get(of, of)}){place}"
        return _COMMAND.get(atom.letter, atom.letter) + place

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"

    def number(self, value: Fraction) -> str:
        if value.denominator == 1 or value.denominator >= 10_000:
            return in_digits(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def product(self, product: Product, coefficient: Fraction) -> str:
        written = " ".join(self.factors(product, coefficient))
        return rf"\boxed{{{written}}}" if product.marked else written

    def largest(self, atoms: Sequence[Atom]) -> str:
        return rf"\max({', '.join(map(self.atom, atoms))})"

    def in_brackets(self, content: str) -> str:
        return f"({content})"

    def left(self, equation: Equation) -> str:
        written = super().left(equation)
        return rf"\text{{{written}}}" if isinstance(equation.left, Text) else written

    def inline(self, quantity: Quantity) -> str:
        return f"${self.quantity(quantity)}$"

    def words(self, text: str) -> str:
        code = CODE.sub(r"\\texttt{\1}", text.replace("_", r"\_").replace("σ′", r"$\sigma'$"))
        return code.translate(_WORDS)

    def heading(self, title: Prose, level: int) -> str:
        command = {1: "section", 2: "subsection"}.get(level, "subsubsection")
        return rf"\{command}*{{{self.prose(title)}}}"

    def aligned(self, equations: Sequence[Equation]) -> str:
        rows = []
        for equation in equations:
            first, *others = self.rights(equation)
            rows += [f"{self.left(equation)} &= {first}", *(f"&= {other}" for other in others)]
        return self._display("\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}")

    def recipe(self, recipe: Recipe) -> str:
        operator = _OPERATOR[recipe.operator]
        parts = [f" {operator} ".join(map(self._grid, pair)) for pair in recipe.pairs]
        right = " + ".join(parts)
        if len(parts) > 1 and recipe.slope is not None:
            right = rf"\left({right}\right)"
        if recipe.scale != 1:
            right = rf"{self.number(recipe.scale)} \cdot {right}"
        if recipe.slope is not None:
            right += rf" \odot {self._grid(recipe.slope)}"
        return self._display(f"{self._grid(recipe.result)} = {right}")

    def _grid(self, grid: Grid) -> str:
        rows = " \\\\ ".join(" & ".join(map(self.cell, row)) for row in grid.rows)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"

    @staticmethod
    def _display(content: str) -> str:
        return f"$${content}$$"


class MarkdownWriter(LatexWriter):
    """Markdown with LaTeX formulas, as in a notebook."""

    def words(self, text: str) -> str:
        return text

    def heading(self, title: Prose, level: int) -> str:
        return f"{'#' * level} {self.prose(title)}"


_DOCUMENT = r"""\documentclass{{{kind}}}
\usepackage{{amsmath}}
\setcounter{{MaxMatrixCols}}{{100}}
\begin{{document}}

{body}
\end{{document}}
"""


def document(page: Page, lang: str, layer_names: bool) -> str:
    """A page as a whole file."""
    body = LatexWriter(lang, layer_names).shown(page)
    return _DOCUMENT.format(kind="ctexart" if lang == "zh" else "article", body=body)
