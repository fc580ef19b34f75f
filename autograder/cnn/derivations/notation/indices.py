r"""What is written around a letter or a Σ: indices such as 12, pq or u+p−1, layers, and ranges of summation.

`parse` calls it for the tokens behind a quantity and a Σ. The grammar of an index is `indices.lark`; how many
indices a quantity has is not known here. Text is untrusted input: limits bound what an index may cost.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from autograder.base.messages import say
from autograder.cnn.derivations.notation.errors import NotationError, at_end, visible
from autograder.cnn.derivations.notation.nodes import Bound, Index, IndexEntry, LayerLabel, Range
from autograder.cnn.derivations.notation.spelling import MAX_INDEX, on_the_line

MAX_DIGITS = 9


def refuse_long_number(digits: Token) -> None:
    """Raise `NotationError` for a number of more than `MAX_DIGITS` characters."""
    if len(digits) > MAX_DIGITS:
        raise NotationError(say("cnn.notation.number_too_long", limit=MAX_DIGITS), "", digits.start_pos or 0)


def index_and_layer(tokens: tuple[Token, ...]) -> tuple[Index | None, LayerLabel | None]:
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


def summation_ranges(token: Token) -> tuple[Range, ...]:
    r"""The variables of Σ_p, Σ_{p,q}, \sum_{p=1}^{k}, with their bounds."""
    text = re.sub(r"^(\\sum|Σ|sum)|\\(no)?limits", "", token)
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
        Range(name, _bounds(low, at)[0], end) for (name, low), end in zip(lows.items(), ends, strict=False)
    )


def _bounds(text: str | None, at: int) -> tuple[Bound | None, ...]:
    """k-1, H_out, 3, or several of these between commas; None where nothing is written."""
    found = []
    for part in (text or "").split(","):
        match = re.fullmatch(r"(?:\d?(-?[A-Za-z][A-Za-z_0-9^()\']{0,11}))?([+-]?\d{1,4})?", part)
        if match is None:
            raise NotationError(say("cnn.notation.sum_form"), "", at)
        found.append(Bound(match[1] or "", int(match[2] or 0)) if part else None)
    return tuple(found)


# ---- An index ---------------------------------------------------------------------------------------------


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
        result = _parser().parse(flat)
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


def signed(parts: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """The terms of a sum, each with 1 or −1: what the signs before it come to."""
    sign = 1
    for part in parts:
        if not isinstance(part, Token):
            yield sign, part
            sign = 1
        elif part == "-":
            sign = -sign


def lalr(grammar: str, start: str, builder: Transformer[Token, Any]) -> Lark:
    """A parser that calls `builder` while it reads, so that no tree is ever walked."""
    options: dict[str, Any] = {"parser": "lalr", "start": start, "maybe_placeholders": False}
    return Lark.open_from_package(__package__, grammar, transformer=builder, **options)


@cache
def _parser() -> Lark:
    """Built once, when first asked for."""
    return lalr("indices.lark", "index", _Builder())


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """From the rules of `indices.lark` to records; called while parsing, so no tree is ever walked."""

    def index(self, *places: IndexEntry) -> Index:
        return Index(places)

    def place(self, *parts: Any) -> IndexEntry:
        return _collected(
            [(sign * value, names) for sign, part in signed(parts) for value, names in part.terms]
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
        refuse_long_number(digits)
        return IndexEntry(((int(digits), ()),))

    def variable(self, name: Token) -> IndexEntry:
        return IndexEntry(((1, (str(name),)),))

    def bracket(self, place: IndexEntry) -> IndexEntry:
        return place


def _collected(terms: list[tuple[int, tuple[str, ...]]]) -> IndexEntry:
    """Like terms added up; 0 is the empty product with 0."""
    sums: dict[tuple[str, ...], int] = {}
    for value, names in terms:
        key = tuple(sorted(names))
        sums[key] = sums.get(key, 0) + value
    kept = tuple((value, names) for names, value in sums.items() if value)
    return IndexEntry(kept or ((0, ()),))
