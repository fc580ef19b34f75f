"""Pages as LaTeX, and as Markdown with LaTeX formulas; `render` calls it."""

import re
from collections.abc import Sequence
from fractions import Fraction

from autograder.base.messages import Text
from autograder.cnn.derivations.pages.records import Equation, Grid, Page, Product, Prose, Recipe, Side, Sum
from autograder.cnn.derivations.pages.render.text import CODE, TextWriter, in_digits, joined, recipe_parts
from autograder.cnn.derivations.symbols import Atom, Quantity

_COMMAND = {"delta": r"\delta", "sigma": r"\sigma", "dsigma": r"\sigma'"}
_OPERATOR = {"∗": "*", "⊙": r"\odot", "·": r"\cdot", "(": r"\left(", ")": r"\right)"}
WIDTH = 100
"""Characters of a line of formulas on paper, roughly; of a fraction the denominator counts."""
_BEFORE_SIGN = re.compile(r" (?=[+-] )")
_UNSEEN = re.compile(r"\\frac\{(?:[^{}]|\{[^{}]*\})*\}|(?<=\\)[A-Za-z]+|[{}_^ ]")
_WORDS = str.maketrans(
    {"×": r"$\times$", "∗": "$*$", "→": r"$\to$", "∂": r"$\partial$", "δ": r"$\delta$", "°": r"$^\circ$"}
)


class LatexWriter(TextWriter):
    r"""z_{11} &= \boxed{a_{11} w_{11}} + …: the lecture's own notation."""

    plus, minus = " + ", " - "

    def name(self, name: str) -> str:
        return _COMMAND.get(name, name if len(name) == 1 else rf"\operatorname{{{name}}}")

    def placed(self, base: str, atom: Atom) -> str:
        index = f"_{{{joined(atom.index)}}}" if atom.index else ""
        return base + index + (f"^{{({atom.layer})}}" if self.shows_layer(atom) else "")

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

    def left(self, equation: Equation) -> str:
        written = super().left(equation)
        return rf"\text{{{written}}}" if isinstance(equation.left, Text) else written

    def side(self, side: Side) -> str:
        """A sum that would run over the paper's edge goes on in further lines."""
        written = super().side(side)
        if not isinstance(side, Sum):
            return written
        lines = [""]
        for term in _BEFORE_SIGN.split(written):
            longer = f"{lines[-1]} {term}".strip()
            if lines[-1] and len(_UNSEEN.sub("", longer)) > WIDTH:
                lines.append(term)
            else:
                lines[-1] = longer
        return " \\\\\n& ".join(lines)

    def inline(self, quantity: Quantity) -> str:
        return f"${self.quantity(quantity)}$"

    def words(self, text: str) -> str:
        code = CODE.sub(r"\\texttt{\1}", text.replace("_", r"\_").replace("σ′", r"$\sigma'$"))
        return code.translate(_WORDS)

    def heading(self, title: Prose, level: int) -> str:
        command = {1: "section", 2: "subsection"}.get(level, "subsubsection")
        return rf"\{command}*{{{self.prose(title)}}}"

    def aligned(self, equations: Sequence[Equation]) -> str:
        rows = [f"{left} &= {right}".lstrip() for left, right in self.lines(equations)]
        return self._display("\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}")

    def recipe(self, recipe: Recipe) -> str:
        return self._display(" ".join(map(self._recipe_part, recipe_parts(recipe))))

    def _recipe_part(self, part: Grid | Fraction | str) -> str:
        match part:
            case str():
                return _OPERATOR.get(part, part)
            case Fraction():
                return self.number(part)
        rows = " \\\\ ".join(" & ".join(map(self.cell, row)) for row in part.rows)
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
\usepackage[margin=2cm]{{geometry}}
\allowdisplaybreaks
\setcounter{{MaxMatrixCols}}{{100}}
\begin{{document}}

{body}
\end{{document}}
"""


def document(page: Page, lang: str, layer_names: bool) -> str:
    """A page as a complete file."""
    body = LatexWriter(lang, layer_names).shown(page)
    body = body.replace("$$\\begin{aligned}", r"\begin{align*}").replace("\\end{aligned}$$", r"\end{align*}")
    return _DOCUMENT.format(kind="ctexart" if lang == "zh" else "article", body=body)
