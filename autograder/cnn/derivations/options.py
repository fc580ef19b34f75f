"""Read the sizes that a user gives, such as "3x3" or "1,2 1,3 4,1 3,4", into layers.

The commands and `cnn.notebook` call this. It must answer any text with a value or a `LayerError`.
"""

import re
from dataclasses import replace

from autograder.base.messages import say
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Pooling, Size
from autograder.cnn.derivations.symbols import BEFORE, Atom

_SIZE = re.compile(r"(\d{1,9})(?:\s*[x×*,]\s*(\d{1,9}))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


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


def as_size(value: str | int | Size) -> Size:
    """A size given as text, as a number (a square) or as a pair.

    Raises
    ------
    LayerError
    """
    return value if isinstance(value, tuple) else read_size(str(value))


def read_layer(
    input: str | None,
    kernel: str,
    stride: int | None,
    padding: int,
    channels: int,
    kernels: int,
    pool: str = "",
    winners: str = "",
    dense: str | None = None,
) -> AnyLayer:
    """The layer that a command line's options describe.

    Parameters
    ----------
    pool : {"", "max", "avg"}
    winners : str
        For max pooling, which element won each window, in row-major order: "1,2 1,3 4,1 3,4".

    Raises
    ------
    LayerError
    """
    if dense is not None:
        return Dense(*read_size(dense))
    if not pool:
        step = 1 if stride is None else stride
        return Layer(read_size(input or "3x3"), read_size(kernel), step, padding, channels, kernels)
    if padding or kernels != 1:
        raise LayerError(say("cnn.option.not_for_pooling"))
    steps = None if stride is None else (stride, stride)
    average = Pooling(read_size(input or "4x4"), read_size(kernel), steps, "avg", {}, channels)
    if pool == "avg":
        return average
    return replace(average, kind="max", winners=_read_winners(winners, average))


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
