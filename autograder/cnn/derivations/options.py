"""Read the sizes and elements that a user gives, such as "3x3", "1,2 1,3 4,1 3,4" or "delta[2,3]".

The commands and `cnn.notebook` call this. It must answer any text with a value or a `LayerError`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import numpy as np

from autograder.base.messages import say
from autograder.cnn.derivations.layer import (
    AnyLayer,
    Dense,
    Layer,
    LayerError,
    Pooling,
    Size,
    max_pooling,
    size_text,
)
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Letter

SizeLike = str | int | Size
_SIZE = re.compile(r"(\d{1,9})(?:\s*[x×*,]\s*(\d{1,9}))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_ELEMENT = re.compile(r"\s*(delta|δ|[zawb])\s*(?:\[([\d,\s]*)\])?\s*", re.ASCII)


def read_size(text: str) -> Size:
    """A height and a width from text such as "3x2", "3×2" or "3*2"; a single number is a square.

    Raises
    ------
    LayerError
    """
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise LayerError(say("cnn.option.not_a_size", text=repr(text[:40])))
    return int(match[1]), int(match[2] or match[1])


def as_size(value: SizeLike) -> Size:
    """A size given as text, as a number (a square) or as a pair.

    Raises
    ------
    LayerError
    """
    return value if isinstance(value, tuple) else read_size(str(value))


def given_sizes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes by their names: what is given as text, as a number or as a pair is read by `as_size`.

    Raises
    ------
    LayerError
    """
    pairs = ("input", "kernel", "dense", "window")
    return {
        name: as_size(value) if name in pairs and value is not None else value
        for name, value in given.items()
    }


def read_layer(
    input: SizeLike | None = None,
    kernel: SizeLike = "2x2",
    stride: int | None = None,
    padding: int = 0,
    channels: int = 1,
    kernels: int = 1,
    pool: str | None = None,
    winners: str = "",
    map: str = "",
    dense: SizeLike | None = None,
    whole: bool = True,
) -> AnyLayer:
    """The layer that options describe.

    Parameters
    ----------
    pool : {"max", "avg"}, optional
    winners : str
        For max pooling, which element won each window, in row-major order: "1,2 1,3 4,1 3,4".
    map : str
        Or the map itself, "3 1; 2 5"; an example is drawn if neither is given.
    whole : bool
        Whether all of it will be written out; else it may be of any size.

    Raises
    ------
    LayerError
    """
    if dense is not None:
        return Dense(*as_size(dense), whole=whole)
    if not pool:
        step = 1 if stride is None else stride
        sizes = as_size(input or "3x3"), as_size(kernel)
        return Layer(*sizes, step, padding, channels, kernels, whole=whole)
    if padding or kernels != 1:
        raise LayerError(say("cnn.option.not_for_pooling"))
    if pool not in ("avg", "max"):
        raise LayerError(say("cnn.option.pool_unknown", name=repr(pool[:20])))
    steps = None if stride is None else (stride, stride)
    values = _read_map(map, channels) if map else None
    size = as_size(input) if input is not None else (4, 4) if values is None else values.shape[-2:]
    average = Pooling(size, as_size(kernel), steps, channels=channels, whole=whole and pool == "avg")
    if pool == "avg":
        return average
    if winners:
        return replace(average, kind="max", winners=_read_winners(winners, average))
    if values is not None and values.shape[-2:] != average.input:
        raise LayerError(say("cnn.option.map_wrong_size", size=size_text(average.input)))
    return max_pooling(average, values)


def _read_map(text: str, channels: int) -> np.ndarray:
    """Rows between semicolons; several maps one below the other."""
    try:
        rows = [[Fraction(number) for number in re.findall(r"[^\s,]+", row)] for row in text.split(";")]
        return np.reshape(np.array(rows, object), (1, channels, len(rows) // channels, -1))
    except (ValueError, ArithmeticError):
        raise LayerError(say("cnn.option.not_a_map", text=repr(text[:40]))) from None


def read_element(text: str) -> Atom:
    """An element by its name: delta[2,3] (of the layer before), z[1,1], a[2,3], w[1,2], b.

    Raises
    ------
    LayerError
    """
    match = _ELEMENT.fullmatch(text)
    if match is None:
        raise LayerError(say("cnn.option.not_an_element", text=repr(text[:20])))
    letter = {"δ": "delta"}.get(match[1], match[1])
    where = BEFORE if letter in ("delta", "a") else CURRENT
    return Atom(cast(Letter, letter), tuple(map(int, _NUMBER.findall(match[2] or ""))), where)


def _read_winners(text: str, layer: Pooling) -> dict[Atom, Atom]:
    """One index a window: row and column, with the channel's number before them if there are several."""
    found = []
    length = 3 if layer.numbered else 2
    for word in text.replace(";", " ").split():
        parts = word.split(",") if "," in word else list(word)
        if len(parts) != length or not all(_NUMBER.fullmatch(part) for part in parts):
            raise LayerError(say("cnn.option.winner_not_an_index", word=repr(word[:20])))
        found.append(Atom("a", tuple(map(int, parts)), BEFORE))
    windows = layer.atoms("z")
    if len(found) != len(windows):
        raise LayerError(say("cnn.option.winners_wrong_number", count=len(windows), given=len(found)))
    return dict(zip(windows, found, strict=True))


def read_symbols(text: str) -> tuple[tuple[str, str], ...]:
    """A text's letters and the lecture's, from "O=z,X=a,F=w,L=J".

    Raises
    ------
    LayerError
    """
    found = []
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, role = (part.strip() for part in pair.partition("="))
        role = {"delta": "δ", "sigma": "σ"}.get(role.lstrip("\\"), role)
        if not (name and equals and role in ("z", "a", "w", "b", "δ", "J", "σ")):
            raise LayerError(say("cnn.option.not_a_symbol", text=repr(pair[:20])))
        found.append((name, role))
    return tuple(found)
