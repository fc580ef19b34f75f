"""An equation as a person typed it, read into a tree: the lecture's LaTeX, Unicode and plain text.

`documents` and `checking` call `parse_equation`; the grammar is `equations.lark`, the result is made of the
records of `nodes`. Text is untrusted input: it is never evaluated and never handed to SymPy's
or Python's own parsers, limits keep any text to a fraction of a second, and only `NotationError` is raised.
"""

import re
from fractions import Fraction
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from autograder.base.messages import say
from autograder.cnn.derivations.notation.errors import NotationError, explained
from autograder.cnn.derivations.notation.indices import (
    index_and_layer,
    lalr,
    refuse_long_number,
    signed,
    summation_ranges,
)
from autograder.cnn.derivations.notation.nodes import (
    Call,
    Equation,
    Index,
    Letter,
    Loss,
    Matrix,
    NamedQuantity,
    Node,
    Number,
    PartialDerivative,
    Power,
    Product,
    Quotient,
    Relation,
    Sum,
    Summation,
    Transposed,
    Variable,
    children,
)
from autograder.cnn.derivations.notation.spelling import on_the_line, unified

MAX_CHARACTERS = 20_000
"""Of one equation. The longest of the lecture has 400; a chain for a 5×5 kernel 6,000."""
MAX_DEPTH = 40
MAX_EXPONENT = 8


def parse_equation(text: str) -> Equation:
    """One equation, or a formula alone.

    Raises
    ------
    NotationError
        The text is no formula, or beyond the limits; it tells the place.
    """
    same = unified(text)
    _check_limits(same, text)
    try:
        result = _parser().parse(same)
    except UnexpectedInput as error:
        raise explained(error, same, text) from None
    except NotationError as error:
        raise NotationError(error.text, text, error.at) from None
    assert isinstance(result, Equation)
    if _depth(result) > 4 * MAX_DEPTH:
        raise NotationError(say("cnn.notation.nested_too_deep"), text, 0)
    return result


def _depth(equation: Equation) -> int:
    """How deep the records are nested: quotients of quotients and the like need no brackets."""
    deepest, stack = 0, [(side, 1) for side in equation.sides]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((part, depth + 1) for part in children(node))
    return deepest


_STRAY_MARK = re.compile(r"(?!^)(?<![=+\-*&∼\s])\s*&(?!\s*(?:[=:∼+\-*/&]|\\sim|\\cdot|\\times|\\q?quad|$))")


def _check_limits(same: str, typed: str) -> None:
    if len(same) > MAX_CHARACTERS:
        raise NotationError(
            say("cnn.notation.too_long", count=f"{len(same):,}", limit=f"{MAX_CHARACTERS:,}"),
            typed,
            MAX_CHARACTERS,
        )
    for mark in _STRAY_MARK.finditer(same):
        # Left alone it would read as a product of what stands in two columns.
        raise NotationError(say("cnn.notation.character_unexpected", character="&"), typed, mark.end() - 1)
    depth = 0
    for bracket in re.finditer(r"[(\[{)\]}]", same):
        depth += 1 if bracket[0] in "([{" else -1
        if depth > MAX_DEPTH:
            raise NotationError(
                say("cnn.notation.brackets_too_deep", limit=MAX_DEPTH), typed, bracket.start()
            )


@cache
def _parser() -> Lark:
    """Built once, when first asked for."""
    return lalr("equations.lark", "equation", _Builder())


# ---- From the grammar to the tree -------------------------------------------------------------------------


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """From the rules of `equations.lark` to nodes; called while parsing, so no tree is ever walked."""

    def equation(self, first: Node, *rest: Any) -> Equation:
        return Equation((first, *rest[1::2]), tuple(map(_relation, rest[::2])))

    def continuation(self, *parts: Any) -> Equation:
        return Equation(parts[1::2], tuple(map(_relation, parts[::2])), continued=True)

    def sum(self, *parts: Any) -> Node:
        terms = tuple(signed(parts))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Sum(terms)

    def term(self, *parts: Any) -> Node:
        """Factors from left to right; a Σ takes all that follows it."""
        factors: list[Node] = []
        stars: set[int] = set()
        sign, divides, ranges = 1, False, None
        for part in parts:
            if not isinstance(part, Token):
                if ranges is not None:
                    part = Summation(ranges, part)
                if divides:
                    above = factors[0] if len(factors) == 1 else Product(tuple(factors), frozenset(stars))
                    factors, stars, divides = [Quotient(above, part)], set(), False
                else:
                    factors.append(part)
            elif part.type == "SUM":
                ranges = summation_ranges(part)
            elif part.type == "DIV":
                divides = True
            elif part.type == "MUL" and "⊛" in part:
                stars.add(len(factors))
            elif part == "-":
                sign = -sign
        product = factors[0] if len(factors) == 1 else Product(tuple(factors), frozenset(stars))
        return product if sign == 1 else Sum(((-1, product),))

    def matrix(self, *parts: Any) -> Node:
        return Matrix(tuple(part for part in parts if not isinstance(part, Token)))

    def matrix_row(self, *parts: Any) -> tuple[Node, ...]:
        return tuple(part for part in parts if not isinstance(part, Token))

    def power(self, base: Node, exponent: Token) -> Node:
        digits = re.sub(r"\D", "", on_the_line(exponent))
        before = base.exponent if isinstance(base, Power) else 1
        if len(digits) > 2 or int(digits) * before > MAX_EXPONENT:
            raise NotationError(
                say("cnn.notation.exponent_too_large", limit=MAX_EXPONENT), "", exponent.start_pos or 0
            )
        return Power(base.base if isinstance(base, Power) else base, int(digits) * before)

    def transposed(self, base: Node, _: Token) -> Node:
        return Transposed(base)

    def number(self, digits: Token) -> Node:
        refuse_long_number(digits)
        return Number(Fraction(digits))

    def size(self, name: Token) -> Node:
        return Variable(str(name))

    def loss(self, _: Token) -> Node:
        return Loss()

    def group(self, *parts: Any) -> Node:
        node: Node = parts[-1]
        return node

    def quantity(self, letter: Token, *place: Token) -> Node:
        name = letter.lstrip("\\")
        index, layer = index_and_layer(place)
        return NamedQuantity(_LETTERS[name], index or Index(), layer)

    def sigma(self, _: Token, argument: Node) -> Node:
        return Call("sigma", (argument,))

    def dsigma(self, *parts: Any) -> Node:
        return Call("dsigma", (parts[-1],))

    def dsigma_placed(self, *parts: Token) -> Node:
        """σ′₁₂ is short for σ′(z₁₂)."""
        index, layer = index_and_layer(parts[1 + (parts[0].type == "SIGMA") :])
        return Call("dsigma", (NamedQuantity("z", index or Index(), layer),))

    def call(self, function: Token, arguments: tuple[Any, ...], *place: Token) -> Node:
        name = re.sub(r".*[{\\\s]", "", function.rstrip(" }"))
        index, layer = index_and_layer(place)
        nodes = tuple(part for part in arguments if not isinstance(part, Token))
        return Call(name, nodes, index, layer, dots=len(nodes) < len(arguments))  # type: ignore[arg-type]

    def arguments(self, *parts: Any) -> tuple[Any, ...]:
        return parts

    def fraction(self, _: Token, above: Node, below: Node) -> Node:
        return Quotient(above, below)

    def derivative(self, *parts: Any) -> Node:
        of, by = (part for part in parts if not isinstance(part, Token))
        return PartialDerivative(of, by)

    def operator(self, *parts: Any) -> Node:
        by, of = (part for part in parts if not isinstance(part, Token))
        return PartialDerivative(of, by)


_LETTERS: dict[str, Letter] = {
    "z": "z", "a": "a", "w": "w", "b": "b", "delta": "delta", "δ": "delta", "d": "delta"
}  # fmt: skip


def _relation(token: Token) -> Relation:
    return "∼" if "sim" in token or token == "∼" else "="
