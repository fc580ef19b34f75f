"""Pages as HTML: MathML for formulas, so that nothing has to be loaded.

A formula is built up recursively, a few characters a tag: `element` says that better than a template would.
Templates hold what stands around it. Imported only where HTML is written.
"""

import functools
from collections.abc import Iterable, Sequence
from fractions import Fraction

from jinja2 import Environment
from markupsafe import Markup, escape

from autograder.base.html import element, environment, together
from autograder.base.messages import Text
from autograder.cnn.derivations.page import Equation, Grid, Page, Product, Prose, Recipe, Side, Sum
from autograder.cnn.derivations.render.text import TextWriter
from autograder.cnn.derivations.render.writer import CODE, GREEK, OF, Writer, Written, in_digits, joined
from autograder.cnn.derivations.symbols import BEFORE, Atom, Quantity


def fragment(shown: Written, lang: str, layer_names: bool) -> str:
    """A record with its style, to be put into something larger."""
    written = HtmlWriter(lang, layer_names).shown(shown)
    return templates(lang).get_template("derivation.html").render(written=written)


def document(page: Page, lang: str, layer_names: bool) -> str:
    """A page as a whole file."""
    title = TextWriter(lang, layer_names).prose(page.title)
    written = HtmlWriter(lang, layer_names).shown(page)
    return templates(lang).get_template("page.html").render(title=title, written=written)


@functools.cache
def templates(lang: str) -> Environment:
    """Those of `autograder.cnn.derivations`."""
    return environment("autograder.cnn.derivations", lang)


class HtmlWriter(Writer):
    """One formula a term, so that sums can wrap. Every text is `Markup`, or is escaped where it is put."""

    between_blocks = "\n"

    def join(self, parts: Iterable[str], between: str = "") -> Markup:
        return together(parts, between)

    def atom(self, atom: Atom) -> Markup:
        return _atom(atom, self.shows_layer(atom))

    def fraction(self, above: str, below: str) -> Markup:
        above = element("mi", "J") if above == "J" else above
        return element(
            "mfrac",
            element("mrow", element("mo", "∂"), above),
            element("mrow", element("mo", "∂"), below),
        )

    def number(self, value: Fraction) -> Markup:
        if value.denominator == 1 or value.denominator >= 10_000:
            return element("mn", in_digits(value).replace("-", "−"))
        above, below = element("mn", str(abs(value.numerator))), element("mn", str(value.denominator))
        return self.join([element("mo", "−")] * (value < 0) + [element("mfrac", above, below)])

    def product(self, product: Product, coefficient: Fraction) -> Markup:
        return self.join(self.factors(product, coefficient), '<mspace width="0.15em"/>')

    def side(self, side: Side) -> str:
        if isinstance(side, Sum):
            return self._wrapping_sum(side)
        return _math(super().side(side))

    def _wrapping_sum(self, total: Sum) -> Markup:
        """Each term a formula of its own; a line may break before its sign."""
        written: list[str] = []
        for term in total.terms:
            sign = "− " if term.coefficient < 0 else "+ " if written else ""
            formula = _math(self.product(term, abs(term.coefficient)))
            boxed = element("mark", formula) if term.marked else formula
            written.append(element("span", sign, boxed, style="white-space: nowrap"))
        return self.join(written, " ") or _math(self.number(Fraction(0)))

    def sum(self, total: Sum) -> Markup:
        """Within a formula."""
        written: list[str] = []
        for term in total.terms:
            sign = "−" if term.coefficient < 0 else "+" if written else ""
            written += [element("mo", sign)] if sign else []
            written.append(self.product(term, abs(term.coefficient)))
        return self.join(written or [self.number(Fraction(0))])

    def largest(self, atoms: Sequence[Atom]) -> Markup:
        inside = self.join(map(self.atom, atoms), "<mo>,</mo>")
        return self.join([element("mi", "max"), self.in_brackets(inside)])

    def in_brackets(self, content: str) -> Markup:
        return _in_brackets(content)

    def left(self, equation: Equation) -> str:
        written = super().left(equation)
        return written if isinstance(equation.left, Text) else _math(written)

    def inline(self, quantity: Quantity) -> Markup:
        return _math(self.quantity(quantity))

    def words(self, text: str) -> Markup:
        parts = enumerate(CODE.split(text))
        return self.join(element("code", part) if place % 2 else escape(part) for place, part in parts)

    def paragraph(self, prose: Prose) -> Markup:
        return element("p", self.prose(prose))

    def heading(self, title: Prose, level: int) -> Markup:
        return element(f"h{level}", self.prose(title))

    def aligned(self, equations: Sequence[Equation]) -> Markup:
        rows = []
        for equation in equations:
            left = self.left(equation)
            for right in self.rights(equation):
                rows.append(element("tr", element("td", left), element("td", "="), element("td", right)))
                left = ""
        return element("div", element("table", self.join(rows, "\n"), class_="aligned"), class_="wide")

    def recipe(self, recipe: Recipe) -> Markup:
        operator = element("mo", recipe.operator)
        parts = [self.join(map(self._grid, pair), operator) for pair in recipe.pairs]
        right = [self.join(parts, "<mo>+</mo>")]
        if len(parts) > 1 and recipe.slope is not None:
            right = [element("mrow", self.in_brackets(right[0]))]
        if recipe.scale != 1:
            right = [self.number(recipe.scale), element("mo", "·"), *right]
        if recipe.slope is not None:
            right += [element("mo", "⊙"), self._grid(recipe.slope)]
        return element("div", _math(self._grid(recipe.result), element("mo", "="), *right), class_="wide")

    def _grid(self, grid: Grid) -> Markup:
        """Its brackets are borders: few systems have a font that stretches."""
        rows = (element("mtr", *(element("mtd", self.cell(cell)) for cell in row)) for row in grid.rows)
        return element("mtable", *rows)


def _math(*content: str) -> Markup:
    return element("math", element("mrow", *content))


@functools.lru_cache(maxsize=4096)
def _atom(atom: Atom, shows_layer: bool) -> Markup:
    """A page names few of them, thousands of times."""
    letter = atom.letter
    if letter in ("sigma", "dsigma"):
        sigma = element("mi", "σ")
        if letter == "dsigma":
            sigma = element("msup", sigma, element("mo", "′"))
        return element("mrow", sigma, _in_brackets(_placed(element("mi", "z"), atom, shows_layer)))
    if letter in OF:
        name, of = OF[letter]
        base = element("mrow", element("mi", name), _in_brackets(element("mi", of)))
        return _placed(base, atom, shows_layer)
    return _placed(element("mi", GREEK.get(letter, letter)), atom, shows_layer)


def _placed(base: Markup, atom: Atom, shows_layer: bool) -> Markup:
    below = [element("mn", joined(atom.index))] if atom.index else []
    above = []
    if shows_layer:
        before = [element("mo", "−"), element("mn", "1")] if atom.layer == BEFORE else []
        above = [element("mrow", _in_brackets(element("mi", "l"), *before))]
    if not below and not above:
        return base
    return element("msubsup" if below and above else "msub" if below else "msup", base, *below, *above)


def _in_brackets(*content: str) -> Markup:
    return together([element("mo", "("), *content, element("mo", ")")])
