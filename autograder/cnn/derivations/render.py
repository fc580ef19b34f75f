"""Pages in every notation: Unicode text, LaTeX, Markdown, HTML with MathML, JSON.

`page`'s records call `write`; the command line calls `document` for a file that stands on its own. There is
one writer for each notation; what they share, the order of a sum and which quantity shows its layer, stands
in `Writer`. Nothing here computes.
"""

import html
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from autograder.base.html_document import html_document
from autograder.base.messages import Text, preferred_language, sentence, tag
from autograder.cnn.derivations.page import (
    Aligned,
    Block,
    Equation,
    Format,
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

Shown = Page | Section | Block | Equation


def write(shown: object, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """One record in one format, to be put into something larger."""
    assert isinstance(shown, Page | Section | Prose | Aligned | Recipe | Equation)
    language = lang or preferred_language()
    if form == "json":
        return json.dumps(data(shown, language), ensure_ascii=False, indent=2) + "\n"
    written = _WRITERS[form](language, layer_names).shown(shown)
    return f'{_STYLE}\n<div class="derivation">\n{written}\n</div>\n' if form == "html" else written


def document(page: Page, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """A whole file: as `write`, with what LaTeX and HTML need around it."""
    language = lang or preferred_language()
    body = write(page, form, language, layer_names)
    if form == "latex":
        return _LATEX_DOCUMENT.format(kind="ctexart" if language == "zh" else "article", body=body)
    if form == "html":
        title = html.escape(_WRITERS["text"](language, layer_names).prose(page.title))
        return html_document(tag(language), title, _PAGE_STYLE, body)
    return body


@dataclass(frozen=True)
class Writer(ABC):
    """One notation. The abstract methods are its alphabet; the rest is the same in all of them."""

    lang: str
    layer_names: bool

    # ---- Alphabet

    @abstractmethod
    def atom(self, atom: Atom) -> str: ...

    @abstractmethod
    def fraction(self, above: str, below: str) -> str:
        """∂above/∂below."""

    @abstractmethod
    def number(self, value: Fraction) -> str: ...

    @abstractmethod
    def product(self, product: Product, coefficient: Fraction) -> str:
        """A term without its sign; `coefficient` is its coefficient without sign."""

    @abstractmethod
    def largest(self, atoms: Sequence[Atom]) -> str: ...

    @abstractmethod
    def in_brackets(self, content: str) -> str: ...

    @abstractmethod
    def words(self, text: str) -> str:
        """Words of a sentence; code in them stands between backticks."""

    @abstractmethod
    def heading(self, title: Prose, level: int) -> str: ...

    @abstractmethod
    def aligned(self, equations: Sequence[Equation]) -> str: ...

    @abstractmethod
    def recipe(self, recipe: Recipe) -> str: ...

    plus, minus = " + ", " − "
    between_blocks = "\n\n"

    # ---- What all notations share

    def shown(self, shown: Shown) -> str:
        match shown:
            case Page():
                parts = [self.heading(shown.title, 1), *map(self.shown, shown.sections)]
                return self.between_blocks.join(parts) + "\n"
            case Section():
                parts = [self.heading(shown.title, shown.level), *map(self.shown, shown.blocks)]
                return self.between_blocks.join(parts)
            case Prose():
                return self.paragraph(shown)
            case Aligned():
                return self.aligned(shown.equations)
            case Equation():
                return self.aligned([shown])
            case Recipe():
                return self.recipe(shown)

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
        """What stands to the left of the first equals sign."""
        if isinstance(equation.left, Text):
            return self.words(equation.left.in_language(self.lang))
        return self.quantity(equation.left)

    def rights(self, equation: Equation) -> list[str]:
        """What stands to the right of the equals signs, line by line."""
        sides = [self.side(side) for side in equation.sides]
        return [" = ".join(sides)] if equation.in_one_line else sides

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
        written = map(self.words, parts[::2])
        lists = [*(self.list(prose.quantities[int(number)]) for number in parts[1::2]), ""]
        return "".join(words + named for words, named in zip(written, lists, strict=True))

    def list(self, quantities: Iterable[Quantity]) -> str:
        return sentence("list.names", self.lang).join(map(self.inline, quantities))

    def inline(self, quantity: Quantity) -> str:
        """A quantity within a sentence."""
        return self.quantity(quantity)

    def cell(self, cell: Quantity | int) -> str:
        return self.number(Fraction(cell)) if isinstance(cell, int) else self.quantity(cell)

    def shows_layer(self, atom: Atom) -> bool:
        """Without layer names, only what would be mistaken for this layer's keeps its (l−1)."""
        return self.layer_names or (atom.layer == BEFORE and atom.letter in ("z", "delta", "sigma", "dsigma"))


_PLACEHOLDER = re.compile(r"\{(\d)\}")


def _joined(index: Sequence[int]) -> str:
    """12, but 1,10 and 2,1,1: without commas only where nobody can misread it."""
    plain = len(index) <= 2 and max(index, default=0) < 10
    return ("" if plain else ",").join(map(str, index))


_OF = {
    "rot180": ("rot180", "w"),
    "pad_residual": ("pad", "δ"),
    "insert_zeros": ("insert", "δ"),
    "upsample": ("upsample", "δ"),
}
"""The lecture's intermediate maps: the step's name and what it is done to."""


# ---- Unicode text ------------------------------------------------------------------------------------------

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LAYER = {"l": "⁽ˡ⁾", "l-1": "⁽ˡ⁻¹⁾"}
_GREEK = {"delta": "δ", "sigma": "σ", "dsigma": "σ′"}


class TextWriter(Writer):
    """z₁₁ = [a₁₁·w₁₁] + a₁₂·w₁₂ + …: what a terminal can show. Marked terms stand in brackets."""

    def atom(self, atom: Atom) -> str:
        place = _joined(atom.index).translate(_SUBSCRIPT)
        if self.shows_layer(atom):
            place += _LAYER[atom.layer]
        if atom.letter in ("sigma", "dsigma"):
            return f"{_GREEK[atom.letter]}(z{place})"
        if atom.letter in _OF:
            name, of = _OF[atom.letter]
            return f"{name}({of}){place}"
        return _GREEK.get(atom.letter, atom.letter) + place

    def fraction(self, above: str, below: str) -> str:
        return f"∂{above}/∂{below}"

    def number(self, value: Fraction) -> str:
        return _number(value)

    def product(self, product: Product, coefficient: Fraction) -> str:
        factors = [self.quantity(factor) for factor in product.factors]
        if coefficient != 1 or not factors:
            factors.insert(0, self.number(coefficient))
        undone = any(isinstance(factor, Derivative) for factor in product.factors)
        written = (" · " if undone else "·").join(factors)
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


def _number(value: Fraction) -> str:
    """1/4; a decimal where the fraction would say less."""
    return str(value) if value.denominator < 10_000 else f"{float(value):.6g}"


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)


# ---- LaTeX and Markdown ------------------------------------------------------------------------------------

_COMMAND = {"δ": r"\delta", "delta": r"\delta", "sigma": r"\sigma", "dsigma": r"\sigma'"}
_LATEX_OPERATOR = {"∗": "*", "⊙": r"\odot", "·": r"\cdot"}


_CODE = re.compile(r"`([^`]*)`")
_LATEX_WORDS = str.maketrans(
    {"×": r"$\times$", "∗": "$*$", "→": r"$\to$", "∂": r"$\partial$", "δ": r"$\delta$", "°": r"$^\circ$"}
)


class LatexWriter(Writer):
    r"""z_{11} &= \boxed{a_{11} w_{11}} + …: the lecture's own notation."""

    plus, minus = " + ", " - "

    def atom(self, atom: Atom) -> str:
        index = _joined(atom.index)
        place = (f"_{{{index}}}" if index else "") + (
            f"^{{({atom.layer})}}" if self.shows_layer(atom) else ""
        )
        if atom.letter in ("sigma", "dsigma"):
            return f"{_COMMAND[atom.letter]}(z{place})"
        if atom.letter in _OF:
            name, of = _OF[atom.letter]
            return rf"\operatorname{{{name}}}({_COMMAND.get(of, of)}){place}"
        return _COMMAND.get(atom.letter, atom.letter) + place

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"

    def number(self, value: Fraction) -> str:
        if value.denominator == 1 or value.denominator >= 10_000:
            return _number(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def product(self, product: Product, coefficient: Fraction) -> str:
        factors = [self.quantity(factor) for factor in product.factors]
        if coefficient != 1 or not factors:
            factors.insert(0, self.number(coefficient))
        written = " ".join(factors)
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
        code = _CODE.sub(r"\\texttt{\1}", text.replace("_", r"\_").replace("σ′", r"$\sigma'$"))
        return code.translate(_LATEX_WORDS)

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
        operator = _LATEX_OPERATOR[recipe.operator]
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


_LATEX_DOCUMENT = r"""\documentclass{{{kind}}}
\usepackage{{amsmath}}
\setcounter{{MaxMatrixCols}}{{100}}
\begin{{document}}

{body}
\end{{document}}
"""


# ---- HTML --------------------------------------------------------------------------------------------------

# The text's own colour and the page's own background: readable in light and dark alike.
_STYLE = """<style>
.derivation { line-height: 1.7; }
.derivation .wide { overflow: auto hidden; margin: 0.6em 0; padding-bottom: 0.2em; }
.derivation table.aligned { border-collapse: collapse; border: none; margin: 0; background: none; }
.derivation table.aligned tr { background: none; }
.derivation table.aligned td { padding: 0.15em 0.3em; text-align: left; vertical-align: baseline;
  border: none; }
.derivation table.aligned td:first-child { white-space: nowrap; }
.derivation math { font-size: 1.1em; math-style: normal; }
.derivation mtd { padding: 0.3em 0.4em; }
.derivation mtable { border: 1.5px solid; border-width: 0 1.5px; border-radius: 0.6em; margin: 0 0.3em; }
.derivation mark { background: none; color: inherit; border: 1.5px solid #d97706; border-radius: 4px;
  display: inline-block; padding: 0 0.25em; }
</style>"""
_PAGE_STYLE = """<style>
:root { color-scheme: light dark; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; font-family: system-ui, sans-serif; }
</style>"""


class HtmlWriter(Writer):
    """MathML for formulas, so that nothing has to be loaded; one formula a term, so that sums can wrap."""

    between_blocks = "\n"

    def atom(self, atom: Atom) -> str:
        letter = atom.letter
        if letter in ("sigma", "dsigma"):
            sigma = "<mi>σ</mi>" if letter == "sigma" else "<msup><mi>σ</mi><mo>′</mo></msup>"
            return f"<mrow>{sigma}{self.in_brackets(self._placed('<mi>z</mi>', atom))}</mrow>"
        if letter in _OF:
            name, of = _OF[letter]
            return self._placed(f"<mrow><mi>{name}</mi>{self.in_brackets(f'<mi>{of}</mi>')}</mrow>", atom)
        return self._placed(f"<mi>{_GREEK.get(letter, letter)}</mi>", atom)

    def _placed(self, base: str, atom: Atom) -> str:
        index = f"<mn>{_joined(atom.index)}</mn>" if atom.index else ""
        layer = ""
        if self.shows_layer(atom):
            name = "<mi>l</mi>" if atom.layer == "l" else "<mi>l</mi><mo>−</mo><mn>1</mn>"
            layer = f"<mrow>{self.in_brackets(name)}</mrow>"
        if index and layer:
            return f"<msubsup>{base}{index}{layer}</msubsup>"
        return f"<msub>{base}{index}</msub>" if index else f"<msup>{base}{layer}</msup>" if layer else base

    def fraction(self, above: str, below: str) -> str:
        above = "<mi>J</mi>" if above == "J" else above
        return f"<mfrac><mrow><mo>∂</mo>{above}</mrow><mrow><mo>∂</mo>{below}</mrow></mfrac>"

    def number(self, value: Fraction) -> str:
        if value.denominator == 1 or value.denominator >= 10_000:
            return f"<mn>{_number(value).replace('-', '−')}</mn>"
        sign = "<mo>−</mo>" if value < 0 else ""
        return f"{sign}<mfrac><mn>{abs(value.numerator)}</mn><mn>{value.denominator}</mn></mfrac>"

    def product(self, product: Product, coefficient: Fraction) -> str:
        factors = [self.quantity(factor) for factor in product.factors]
        if coefficient != 1 or not factors:
            factors.insert(0, self.number(coefficient))
        return '<mspace width="0.15em"/>'.join(factors)

    def side(self, side: Side) -> str:
        if isinstance(side, Sum):
            return self._wrapping_sum(side)
        return self._math(super().side(side))

    def _wrapping_sum(self, total: Sum) -> str:
        """Each term a formula of its own; a line may break before its sign."""
        written: list[str] = []
        for term in total.terms:
            sign = "− " if term.coefficient < 0 else "+ " if written else ""
            formula = self._math(self.product(term, abs(term.coefficient)))
            boxed = f"<mark>{formula}</mark>" if term.marked else formula
            written.append(f'<span style="white-space: nowrap">{sign}{boxed}</span>')
        return " ".join(written) or self._math(self.number(Fraction(0)))

    def sum(self, total: Sum) -> str:
        """Within a formula."""
        written = ""
        for term in total.terms:
            sign = "−" if term.coefficient < 0 else "+" if written else ""
            written += (f"<mo>{sign}</mo>" if sign else "") + self.product(term, abs(term.coefficient))
        return written or self.number(Fraction(0))

    def largest(self, atoms: Sequence[Atom]) -> str:
        inside = "<mo>,</mo>".join(map(self.atom, atoms))
        return f"<mi>max</mi>{self.in_brackets(inside)}"

    def in_brackets(self, content: str) -> str:
        return f"<mo>(</mo>{content}<mo>)</mo>"

    @staticmethod
    def _math(content: str) -> str:
        return f"<math><mrow>{content}</mrow></math>"

    def left(self, equation: Equation) -> str:
        written = super().left(equation)
        return written if isinstance(equation.left, Text) else self._math(written)

    def inline(self, quantity: Quantity) -> str:
        return self._math(self.quantity(quantity))

    def words(self, text: str) -> str:
        return _CODE.sub(r"<code>\1</code>", html.escape(text, quote=False))

    def paragraph(self, prose: Prose) -> str:
        return f"<p>{self.prose(prose)}</p>"

    def heading(self, title: Prose, level: int) -> str:
        return f"<h{level}>{self.prose(title)}</h{level}>"

    def aligned(self, equations: Sequence[Equation]) -> str:
        rows = []
        for equation in equations:
            left = self.left(equation)
            for right in self.rights(equation):
                rows.append(f"<tr><td>{left}</td><td>=</td><td>{right}</td></tr>")
                left = ""
        return '<div class="wide"><table class="aligned">' + "\n".join(rows) + "</table></div>"

    def recipe(self, recipe: Recipe) -> str:
        operator = f"<mo>{recipe.operator}</mo>"
        parts = [operator.join(map(self._grid, pair)) for pair in recipe.pairs]
        right = "<mo>+</mo>".join(parts)
        if len(parts) > 1 and recipe.slope is not None:
            right = f"<mrow>{self.in_brackets(right)}</mrow>"
        if recipe.scale != 1:
            right = self.number(recipe.scale) + "<mo>·</mo>" + right
        if recipe.slope is not None:
            right += "<mo>⊙</mo>" + self._grid(recipe.slope)
        formula = f"{self._grid(recipe.result)}<mo>=</mo>{right}"
        return f'<div class="wide">{self._math(formula)}</div>'

    def _grid(self, grid: Grid) -> str:
        rows = "".join(
            "<mtr>" + "".join(f"<mtd>{self.cell(cell)}</mtd>" for cell in row) + "</mtr>" for row in grid.rows
        )
        return f"<mtable>{rows}</mtable>"  # its brackets are borders: few systems have a font that stretches


_WRITERS: dict[Format, type[Writer]] = {
    "text": TextWriter,
    "latex": LatexWriter,
    "markdown": MarkdownWriter,
    "html": HtmlWriter,
}


# ---- JSON --------------------------------------------------------------------------------------------------


def data(shown: Shown, lang: str = "") -> dict[str, Any]:
    """A record as plain data: quantities by their symbols' names, coefficients as exact fractions."""
    language = lang or preferred_language()
    text = TextWriter(language, True)
    match shown:
        case Page():
            sections = [data(section, language) for section in shown.sections]
            return {"title": text.prose(shown.title), "sections": sections}
        case Section():
            blocks = [data(block, language) for block in shown.blocks]
            return {"title": text.prose(shown.title), "level": shown.level, "blocks": blocks}
        case Prose():
            return {"kind": "prose", "text": text.prose(shown)}
        case Aligned():
            return {"kind": "equations", "equations": [_equation(one, text) for one in shown.equations]}
        case Equation():
            return _equation(shown, text)
        case Recipe():
            return _recipe(shown)


def _equation(equation: Equation, text: TextWriter) -> dict[str, Any]:
    latex = LatexWriter(text.lang, True)
    return {
        "left": text.left(equation) if isinstance(equation.left, Text) else str(equation.left),
        "sides": [_side(side) for side in equation.sides],
        "text": text.aligned([equation]),
        "latex": latex.aligned([equation]),
    }


def _side(side: Side) -> dict[str, Any]:
    match side:
        case Sum():
            return {"terms": _terms(side)}
        case Slope():
            return {"derivative": {"of": _terms(side.of), "by": str(side.by)}}
        case Largest():
            return {"largest": [str(atom) for atom in side.of]}
        case _:
            return {"terms": [_term(Product((side,)))]}


def _terms(total: Sum) -> list[dict[str, Any]]:
    return [_term(term) for term in total.terms]


def _term(term: Product) -> dict[str, Any]:
    factors = [str(factor) for factor in term.factors]
    return {"coefficient": str(term.coefficient), "factors": factors, "marked": term.marked}


def _recipe(recipe: Recipe) -> dict[str, Any]:
    def cells(grid: Grid) -> list[list[str]]:
        return [[str(cell) for cell in row] for row in grid.rows]

    return {
        "kind": "closed form",
        "result": cells(recipe.result),
        "operator": recipe.operator,
        "pairs": [[*map(cells, pair)] for pair in recipe.pairs],
        "scale": str(recipe.scale),
        "times": cells(recipe.slope) if recipe.slope is not None else None,
    }
