r"""An equation as a person typed it, read into a tree: the lecture's LaTeX, Unicode and plain text.

`documents` and `checking` call `parse_equation`; the grammar is `equations.lark`, the result is made of the
records of `nodes`. What stands around a letter or a Σ (indices such as 12, pq or u+p−1, layers, ranges) is a
token of that grammar, and an index is read by its rule `index`. Text is untrusted input: it is never
evaluated and never handed to SymPy's or Python's own parsers, limits keep any text to a fraction of a second,
and only `NotationError` is raised.
"""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Literal

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from autograder.base.messages import say
from autograder.cnn.derivations.notation import nodes
from autograder.cnn.derivations.notation.errors import NotationError, at_end, explained, visible
from autograder.cnn.derivations.notation.nodes import Equation, Index, IndexEntry, LayerLabel, Node, children
from autograder.cnn.derivations.notation.spelling import MAX_INDEX, on_the_line, unified

MAX_CHARACTERS = 20_000
"""Of one equation. The longest of the lecture has 400; a chain for a 5×5 kernel 6,000."""
MAX_DEPTH = 40
MAX_EXPONENT = 8
MAX_DIGITS = 9


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
        result = _parser().parse(same, "equation")
    except UnexpectedInput as error:
        raise explained(error, same, text) from None
    except NotationError as error:
        raise NotationError(error.text, text, error.at) from None
    assert isinstance(result, Equation)
    stack = [(side, 1) for side in result.sides]  # quotients of quotients and the like need no brackets
    while stack:
        node, depth = stack.pop()
        if depth > 4 * MAX_DEPTH:
            raise NotationError(say("cnn.notation.nested_too_deep"), text, 0)
        stack.extend((part, depth + 1) for part in children(node))
    return result


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
    """Built once, when first asked for; it calls `_Builder` while it reads, so that no tree is walked."""
    return Lark.open_from_package(
        __package__,
        "equations.lark",
        parser="lalr",
        start=["equation", "index"],
        maybe_placeholders=False,
        transformer=_Builder(),
    )


# ---- From the grammar to the tree -------------------------------------------------------------------------


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """From the rules of `equations.lark` to nodes."""

    def equation(self, first: Node, *rest: Any) -> Equation:
        return Equation((first, *rest[1::2]), tuple(map(_relation, rest[::2])))

    def continuation(self, *parts: Any) -> Equation:
        return Equation(parts[1::2], tuple(map(_relation, parts[::2])), continued=True)

    def sum(self, *parts: Any) -> Node:
        terms = tuple(_signed(parts))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else nodes.Sum(terms)

    def term(self, *parts: Any) -> Node:
        """Factors from left to right; a Σ takes all that follows it."""
        factors: list[Node] = []
        stars: set[int] = set()
        sign, divides, summed = 1, False, None
        for part in parts:
            if not isinstance(part, Token):
                if summed is not None:
                    part = nodes.Summation(_summation_ranges(summed), part, _reduction(summed))
                if divides:
                    above = (
                        factors[0] if len(factors) == 1 else nodes.Product(tuple(factors), frozenset(stars))
                    )
                    factors, stars, divides = [nodes.Quotient(above, part)], set(), False
                else:
                    factors.append(part)
            elif part.type == "SUM":
                summed = part
            elif part.type == "DIV":
                divides = True
            elif part.type == "MUL" and "⊛" in part:
                stars.add(len(factors))
            elif part == "-":
                sign = -sign
        product = _product(factors, stars)
        return product if sign == 1 else nodes.Sum(((-1, product),))

    def matrix(self, *parts: Any) -> Node:
        return nodes.Matrix(_trees(parts))

    def matrix_row(self, *parts: Any) -> tuple[Node, ...]:
        return _trees(parts)

    def cases(self, *parts: Any) -> Node:
        return nodes.Cases(_trees(parts))

    def case(self, part: Node, *condition: Any) -> tuple[Node, nodes.Indicator | None]:
        return part, None if condition[-1] == "⊥" else nodes.Indicator(_trees(condition))

    def indicator(self, *parts: Any) -> Node:
        return nodes.Indicator(_trees(parts))

    def power(self, base: Node, exponent: Token) -> Node:
        digits = re.sub(r"\D", "", on_the_line(exponent))
        before = base.exponent if isinstance(base, nodes.Power) else 1
        if len(digits) > 2 or int(digits) * before > MAX_EXPONENT:
            raise NotationError(
                say("cnn.notation.exponent_too_large", limit=MAX_EXPONENT), "", exponent.start_pos or 0
            )
        return nodes.Power(base.base if isinstance(base, nodes.Power) else base, int(digits) * before)

    def transposed(self, base: Node, _: Token) -> Node:
        return nodes.Transposed(base)

    def number(self, digits: Token) -> Node:
        _refuse_long_number(digits)
        return nodes.Number(Fraction(digits))

    def size(self, name: Token) -> Node:
        return nodes.Variable(re.sub(r"[{}\s]", "", name))

    def loss(self, _: Token) -> Node:
        return nodes.Loss()

    def group(self, *parts: Any) -> Node:
        node: Node = parts[-1]
        return node

    def quantity(self, letter: Token, *place: Token) -> Node:
        name = letter.lstrip("\\")
        index, layer = _index_and_layer(place)
        return nodes.NamedQuantity(_LETTERS[name], index or Index(), layer)

    def sigma(self, _: Token, argument: Node) -> Node:
        return nodes.Call("sigma", (argument,))

    def dsigma(self, *parts: Any) -> Node:
        return nodes.Call("dsigma", (parts[-1],))

    def dsigma_placed(self, *parts: Token) -> Node:
        """σ′₁₂ is short for σ′(z₁₂)."""
        index, layer = _index_and_layer(parts[1 + (parts[0].type == "SIGMA") :])
        return nodes.Call("dsigma", (nodes.NamedQuantity("z", index or Index(), layer),))

    def call(self, function: Token, arguments: tuple[Any, ...], *place: Token) -> Node:
        name = re.sub(r".*[{\\\s]", "", function.rstrip(" }"))
        index, layer = _index_and_layer(place)
        found = _trees(arguments)
        return nodes.Call(name, found, index, layer, dots=len(found) < len(arguments))  # type: ignore[arg-type]

    def arguments(self, *parts: Any) -> tuple[Any, ...]:
        return parts

    def fraction(self, _: Token, above: Node, below: Node) -> Node:
        return nodes.Quotient(above, below)

    def derivative(self, *parts: Any) -> Node:
        of, by = _trees(parts)
        return nodes.PartialDerivative(of, by)

    def operator(self, *parts: Any) -> Node:
        by, of = _trees(parts)
        return nodes.PartialDerivative(of, by)

    # ---- An index

    def index(self, *places: IndexEntry) -> Index:
        return Index(places)

    def place(self, *parts: Any) -> IndexEntry:
        return _collected(
            [(sign * value, names) for sign, part in _signed(parts) for value, names in part.terms]
        )

    def product(self, *factors: Any) -> IndexEntry:
        result: list[tuple[int, tuple[str, ...]]] = [(1, ())]
        for factor in factors:
            if not isinstance(factor, Token):
                result = [(m * n, (*some, *more)) for m, some in result for n, more in factor.terms]
            if len(result) > 50 or any(abs(value) >= 10**MAX_DIGITS for value, _ in result):
                raise NotationError(say("cnn.notation.index_too_complicated"), "", 0)
        return _collected(result)

    def whole(self, digits: Token) -> IndexEntry:
        _refuse_long_number(digits)
        return IndexEntry(((int(digits), ()),))

    def variable(self, name: Token) -> IndexEntry:
        return IndexEntry(((1, (str(name),)),))

    def bracket(self, place: IndexEntry) -> IndexEntry:
        return place


_LETTERS: dict[str, nodes.Letter] = {
    "z": "z", "a": "a", "w": "w", "b": "b", "delta": "delta", "δ": "delta", "d": "delta"
}  # fmt: skip


def _relation(token: Token) -> nodes.Relation:
    return "∼" if "sim" in token or token == "∼" else "="


def _product(factors: list[Node], stars: set[int]) -> Node:
    return factors[0] if len(factors) == 1 else nodes.Product(tuple(factors), frozenset(stars))


def _trees(parts: Iterable[Any]) -> tuple[Any, ...]:
    """What was read, without the tokens between."""
    return tuple(part for part in parts if not isinstance(part, Token))


def _signed(parts: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """The terms of a sum, each with 1 or −1: what the signs before it come to."""
    sign = 1
    for part in parts:
        if not isinstance(part, Token):
            yield sign, part
            sign = 1
        elif part == "-":
            sign = -sign


def _refuse_long_number(digits: Token) -> None:
    """Raise `NotationError` for a number of more than `MAX_DIGITS` characters."""
    if len(digits) > MAX_DIGITS:
        raise NotationError(say("cnn.notation.number_too_long", limit=MAX_DIGITS), "", digits.start_pos or 0)


def _index_and_layer(tokens: tuple[Token, ...]) -> tuple[Index | None, LayerLabel | None]:
    """The index and the layer of a quantity, each at most once."""
    index: Index | None = None
    layer: LayerLabel | None = None
    for token in tokens:
        at = token.start_pos or 0
        if token.type == "INDEX":
            if index is not None:
                raise NotationError(say("cnn.notation.index_twice"), "", at)
            opening = re.match(r"_?\s*[({\[]?\s*", token)
            start = opening.end() if opening else 0
            content = token[start:].rstrip()
            content = content[:-1] if token.rstrip()[-1:] in ")}]" else content
            try:
                index = _read_index(content)
            except NotationError as error:
                raise NotationError(error.text, "", at + start + error.at) from None
        else:
            if layer is not None:
                raise NotationError(say("cnn.notation.layer_twice"), "", at)
            layer = _layer_label(token)
    return index, layer


def _layer_label(token: Token) -> LayerLabel:
    inside = on_the_line(re.sub(r"[\s^{}()\[\]⁽⁾\\]", "", token)).replace("ell", "l").replace("L", "l")
    if inside.startswith("l"):
        return LayerLabel("l", int(inside[1:] or 0))
    return LayerLabel("", int(inside))


def _reduction(token: Token) -> Literal["sum", "max", "mean"]:
    match = re.match(r"\\?(max|mean|avg)", token)
    return "sum" if match is None else "max" if match[1] == "max" else "mean"


_WINDOW = re.compile(r"\(?([A-Za-z]),?([A-Za-z])\)?(?:\\in|∈)\\?[A-Za-z]+(?:_(\w|\{[^{}]*\}))?")
"""(i,j) ∈ R_{p,q}."""


_RUN = re.compile(
    r"(-?\w+)\s*(?:\\leq?(?![A-Za-z])|≤)\s*([A-Za-z](?:\s*,\s*[A-Za-z])*)"
    r"\s*(<|\\lt|\\leq?(?![A-Za-z])|≤)\s*(\w+(?:_\w)?(?:\s*[-+]\s*\d+)?)\s*(?=[,}]|$)"
)
"""0 ≤ m < k, or ≤ k − 1."""
_INTERVAL = re.compile(r"([A-Za-z])\s*(?:\\in(?![A-Za-z])|∈)\s*\[\s*(\w+)\s*,\s*(\w+)\s*\)")
"""m ∈ [0, k)."""


def _below(text: str, strict: bool) -> nodes.Bound | None:
    (bound,) = _bounds(text, 0)
    return nodes.Bound(bound.name, bound.offset - 1) if bound and strict else bound


def _summation_ranges(token: Token) -> tuple[nodes.Range, ...]:
    r"""The variables of Σ_p, Σ_{p,q}, \sum_{p=1}^{k}, with their bounds."""
    text = re.sub(r"^(\\sum|Σ|sum|\\?(max|mean|avg))|\\(no)?limits", "", token)
    if window := _WINDOW.fullmatch(re.sub(r"^\s*_\s*\{(.*)\}\s*$", r"\1", text).replace(" ", "")):
        of = _read_index((window[3] or "").strip("{}")) if window[3] else Index()
        return tuple(nodes.Range(name, window=of) for name in window.groups()[:2])
    text = _INTERVAL.sub(r"\2≤\1<\3", text)
    parts = re.split(r",(?=\s*-?\w+\s*(?:\\l|<|≤))", text)
    runs = [match for part in parts if (match := _RUN.search(part))]
    if len(runs) == len(parts):
        return tuple(
            nodes.Range(name, _bounds(low, 0)[0], _below(high.replace(" ", ""), strict in ("<", "\\lt")))
            for low, names, strict, high in (match.groups() for match in runs)
            for name in names.replace(" ", "").split(",")
        )
    above = re.search(r"\^\s*(\{[^{}]*\}|[A-Za-z]|\d+)", text)
    below = on_the_line(text[: above.start()] + text[above.end() :] if above else text)
    high_text = re.sub(r"[\s{}\\]|\^(?!\w|\()", "", above[1]) if above else None
    names = re.sub(r"[\s_{}()]", "", below)
    match = re.fullmatch(r"([A-Za-z](?:,?[A-Za-z])*)(?:=(-?\w{1,9}))?(?:,([A-Za-z])=(-?\w{1,9}))?", names)
    if match is None:
        raise NotationError(say("cnn.notation.sum_form"), "", token.start_pos or 0)
    at = token.start_pos or 0
    high = _bounds(high_text, at)
    letters = match[1].replace(",", "")
    lows = dict.fromkeys(letters, match[2]) | ({match[3]: match[4]} if match[3] else {})
    ends = high if len(high) == len(lows) else high * len(lows)
    return tuple(
        nodes.Range(name, _bounds(low, at)[0], end)
        for (name, low), end in zip(lows.items(), ends, strict=False)
    )


def _bounds(text: str | None, at: int) -> tuple[nodes.Bound | None, ...]:
    """k-1, H_out, 3, or several of these between commas; None where nothing is written."""
    found = []
    for part in (text or "").split(","):
        match = re.fullmatch(r"(?:\d?(-?[A-Za-z][A-Za-z_0-9^()\']{0,11}))?([+-]?\d{1,4})?", part)
        if match is None:
            raise NotationError(say("cnn.notation.sum_form"), "", at)
        found.append(nodes.Bound(match[1] or "", int(match[2] or 0)) if part else None)
    return tuple(found)


@lru_cache(maxsize=2048)
def _read_index(content: str) -> Index:
    """What stands between the brackets of an index; positions in errors count from its beginning."""
    flat = on_the_line(content)
    run = re.sub(r"[\s{}]|\\[,;:! ]", "", flat)
    if re.fullmatch(r"[A-Za-z0-9]+", run):
        if len(run) > MAX_DIGITS:
            raise NotationError(say("cnn.notation.index_too_long", limit=MAX_DIGITS), content, 0)
        parts = re.findall(r"[A-Za-z0-9]+", flat)
        places = parts if len(parts) > 1 else list(run)
        return Index(tuple(map(_single, places)), run if len(parts) == 1 else "")
    if len(flat) > MAX_INDEX:
        raise NotationError(say("cnn.notation.index_too_long", limit=MAX_INDEX), content, 0)
    try:
        result = _parser().parse(flat, "index")
    except UnexpectedInput as error:
        at = error.pos_in_stream if error.pos_in_stream is not None else len(flat)
        if at_end(error):
            at = len(flat)
        shown = visible(flat[at : at + 1])
        raise NotationError(
            say("cnn.notation.index_character_unexpected", character=shown)
            if shown.strip()
            else say("cnn.notation.index_ends_early"),
            content,
            at,
        ) from None
    assert isinstance(result, Index)
    return result


def _single(text: str) -> IndexEntry:
    return IndexEntry(((int(text), ()),)) if text.isdigit() else IndexEntry(((1, (text,)),))


def _collected(terms: list[tuple[int, tuple[str, ...]]]) -> IndexEntry:
    """Like terms added up; 0 is the empty product with 0."""
    sums: dict[tuple[str, ...], int] = {}
    for value, names in terms:
        key = tuple(sorted(names))
        sums[key] = sums.get(key, 0) + value
    kept = tuple((value, names) for names, value in sums.items() if value)
    return IndexEntry(kept or ((0, ()),))
