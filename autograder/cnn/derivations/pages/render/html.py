"""Pages as HTML: MathML for formulas, so that nothing has to be loaded.

`render` imports this only when HTML is written. Formulas are built tag by tag with `element`; templates hold
what surrounds them.
"""

import functools
from collections.abc import Iterable, Sequence
from fractions import Fraction

from jinja2 import Environment
from markupsafe import Markup, escape

from autograder.base.html import element, environment, together
from autograder.base.messages import Text
from autograder.cnn.derivations.pages.records import Equation, Grid, Page, Product, Prose, Recipe, Side, Sum
from autograder.cnn.derivations.pages.render.text import (
    CODE,
    GREEK,
    TextWriter,
    Written,
    in_digits,
    joined,
    recipe_parts,
)
from autograder.cnn.derivations.symbols import BEFORE, Atom, Quantity


def fragment(shown: Written, lang: str, layer_names: bool) -> str:
    """A record with its style, to be put into something larger."""
    written = HtmlWriter(lang, layer_names).shown(shown)
    return _templates(lang).get_template("derivation.html").render(written=written)


def document(page: Page, lang: str, layer_names: bool) -> str:
    """A page as a complete file."""
    title = TextWriter(lang, layer_names).prose(page.title)
    written = HtmlWriter(lang, layer_names).shown(page)
    return _templates(lang).get_template("page.html").render(title=title, written=written)


@functools.cache
def _templates(lang: str) -> Environment:
    return environment("autograder.cnn.derivations.pages", (lang,))


class HtmlWriter(TextWriter):
    """One formula a term, so that sums can wrap. Any text that is not `Markup` is escaped on insertion."""

    between_blocks = "\n"

    def join(self, parts: Iterable[str], between: str = "") -> Markup:
        return together(parts, between)

    def name(self, name: str) -> Markup:
        if name == "dsigma":
            return element("msup", element("mi", "σ"), element("mo", "′"))
        return element("mi", GREEK.get(name, name))

    def group(self, *parts: str) -> Markup:
        return element("mrow", *parts)

    def placed(self, base: str, atom: Atom) -> str:
        below = [element("mn", joined(atom.index))] if atom.index else []
        above = []
        if self.shows_layer(atom):
            before = [element("mo", "−"), element("mn", "1")] if atom.layer == BEFORE else []
            above = [element("mrow", self.in_brackets(element("mi", "l"), *before))]
        if not below and not above:
            return base
        return element("msubsup" if below and above else "msub" if below else "msup", base, *below, *above)

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

    def in_brackets(self, *content: str) -> Markup:
        return together([element("mo", "("), *content, element("mo", ")")])

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
        rows = (
            element("tr", element("td", left), element("td", "="), element("td", right))
            for left, right in self.lines(equations)
        )
        return element("div", element("table", self.join(rows, "\n"), class_="aligned"), class_="wide")

    def recipe(self, recipe: Recipe) -> Markup:
        return element("div", _math(*map(self._recipe_part, recipe_parts(recipe))), class_="wide")

    def _recipe_part(self, part: Grid | Fraction | str) -> str:
        match part:
            case str():
                return element("mo", part)
            case Fraction():
                return self.number(part)
        # The brackets of a grid are borders: few systems have a font that stretches.
        rows = (element("mtr", *(element("mtd", self.cell(cell)) for cell in row)) for row in part.rows)
        return element("mtable", *rows)


def _math(*content: str) -> Markup:
    return element("math", element("mrow", *content))
