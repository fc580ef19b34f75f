"""The sizes of the layer that a text's equations describe: given, stated in the text, or inferred from its
largest indices.

`check` asks it before anything is evaluated. Where sizes contradict each other it offers all that fit; it
never decides whether an equation is right.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from autograder.cnn.derivations.layer import (
    AnyLayer,
    Dense,
    Layer,
    LayerError,
    Pooling,
    Size,
    max_pooling,
)
from autograder.cnn.derivations.meaning.indices import free_variables
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.meaning.terms import NotCovered
from autograder.cnn.derivations.notation.nodes import Equation, NamedQuantity, Summation, Variable
from autograder.cnn.derivations.symbols import BEFORE


@dataclass(frozen=True)
class Options:
    """Sizes that were given; what is None is read from the text."""

    input: Size | None = None
    kernel: Size | None = None
    stride: int = 1
    padding: int = 0
    symbols: tuple[tuple[str, str], ...] = ()
    base: Literal[0, 1] | None = None
    convolution: "Kernels | Literal['']" = ""
    pool: "Literal['max', 'avg', '']" = ""
    window: Size | None = None
    channels: int | None = None
    kernels: int | None = None
    batch: int | None = None


Kernels = Literal["correlation", "true"]

FROM_THE_TEXT = Options()
"""Nothing is given."""


@dataclass(frozen=True)
class Stated:
    """Sizes that the text itself names, such as 4×4 ∗ 3×3: they hold from there to the next such line."""

    cell: int
    line: int
    options: Options


_SIZE = r"(\d{1,3})\s*(?:×|x|\\times)\s*(\d{1,3})"
_STATED = (
    re.compile(rf"{_SIZE}\s*\$?\s*(?:∗|\*|⊛|\\ast|\\\*)\s*\$?\s*{_SIZE}"),
    re.compile(
        rf"(?:输入|input)[^\d|]{{0,12}}{_SIZE}.*?(?:卷积核|kernel)[^\d|]{{0,12}}{_SIZE}", re.IGNORECASE
    ),
)
_STRIDE = re.compile(r"(?:步长|stride)[^\d|]{0,6}(\d{1,2})(?!\d)", re.IGNORECASE)
_PADDING = re.compile(r"(?:填充|padding)[^\d|]{0,6}(\d{1,2})(?!\d)", re.IGNORECASE)


def stated_sizes(line: str) -> Options | None:
    """The sizes that a line of text names: both of them, or it names none."""
    if "|" in line or len(line) > 500:
        return None
    for pattern in _STATED:
        if match := pattern.search(line):
            height, width, kh, kw = map(int, match.groups())
            stride, padding = _STRIDE.search(line), _PADDING.search(line)
            return Options(
                (height, width), (kh, kw), int(stride[1]) if stride else 1, int(padding[1]) if padding else 0
            )
    return None


# ---- Sizes from indices -----------------------------------------------------------------------------------

Kind = Literal["map", "numbered", "batch", "dense", "max", "avg"]
POOLING: tuple[Kind, ...] = ("max", "avg")
_POOLING = re.compile(r"池化|pool|upsample|上采样", re.IGNORECASE)
_POOLING_OF: dict[Kind, re.Pattern[str]] = {
    "max": re.compile(r"最大|max", re.IGNORECASE),
    "avg": re.compile(r"平均|均值|average|avg|mean", re.IGNORECASE),
}
CONVOLUTION = re.compile(r"卷积|convol|kernel", re.IGNORECASE)
_SIDES = (
    r"(?<!\d)([1-9])\s*\$?\s*(?:×|x|\\times|\*)\s*\$?\s*([1-9])"
    r"(?!\d|\s*\$?\s*(?:→|->|\\to|的?(?:输入|图)))"
)
_WINDOWS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:滑窗|窗口|window|filter|kernel|核)[^\d\n]{{0,20}}{_SIDES}",
        rf"{_SIDES}\$?[^\d\n]{{0,12}}(?:池化|滑窗|窗口|采样|window|pool|filter)",
        rf"(?:池化|采样|pool\w*)[^\d\n]{{0,20}}{_SIDES}",
    )
)


def pooling_of(sections: Iterable[str]) -> tuple[Kind, ...]:
    """The pooling of which a section speaks, or the nearest before it that names a layer; the last first."""
    for words in sections:
        if _POOLING.search(words):
            return tuple(kind for kind in POOLING if _POOLING_OF[kind].search(words)) or POOLING
        if CONVOLUTION.search(words):
            break
    return ()


def about_pooling(sections: Sequence[str]) -> list[str]:
    """A section, and those before it that speak of pooling only; the last first."""
    own, *earlier = sections
    return [own, *(each for each in earlier if _POOLING.search(each) and not CONVOLUTION.search(each))]


def stated_window(words: str) -> Size | None:
    """The window of which a section on pooling speaks."""
    match = next(filter(None, (pattern.search(words) for pattern in _WINDOWS)), None)
    return (int(match[1]), int(match[2])) if match else None


def pooling_layers(
    equation: Equation, kind: Kind, window: Size | None, base: int, step: int = 0
) -> list[AnyLayer]:
    """Where a formula of pooling is checked: in windows of one size if it is told, else in two.

    Windows are square where a single letter is their size; the map holds every element that is named.
    """
    letters: set[str] = set()
    indices: set[str | None] = set()
    for node in equation.nodes():
        if isinstance(node, NamedQuantity | Variable):
            letters |= free_variables(node)
        if isinstance(node, NamedQuantity):
            indices |= {entry.bare for entry in node.index.entries}
        elif isinstance(node, Summation):
            indices |= {each.variable for each in node.ranges}
    letters -= indices
    square = bool(letters) and len(letters & {*"mnhwHW"}) < 2
    windows = [window] if window else [(2, 2), (3, 3)] if square else [(2, 3), (3, 2)]
    maps = 2 if layer_kind(equation) == "numbered" else 1
    found: list[AnyLayer] = []
    for height, width in windows:
        rows, columns = 2, 3
        for node in equation.nodes():
            if isinstance(node, NamedQuantity) and len(node.index.entries) > 1 and not free_variables(node):
                down, right = (sum(n for n, _ in each.terms) + 1 - base for each in node.index.entries[-2:])
                before = layer_of(node) == BEFORE
                rows = max(rows, -(-down // height) if before else down)
                columns = max(columns, -(-right // width) if before else right)
        if max(rows, columns) > 40:
            return []
        overlapping = letters & {*"sS"} and letters & {*"kfrKFR"} and height != 2
        steps = (2, 2) if overlapping else (step, step) if step else None
        layer = Pooling((rows * height, columns * width), (height, width), steps, channels=maps)
        found.append(max_pooling(layer) if kind == "max" else layer)
    return found


def generic_layers(kind: Kind, strides: Iterable[int], options: Options = FROM_THE_TEXT) -> list[AnyLayer]:
    """Where a general formula is checked too: all sizes differ, so that no mix-up goes unseen, and there are
    two of a kind, so that a number that is one layer's size by chance does not pass."""
    if kind == "dense":
        return [Dense(3, 2), Dense(2, 4)]
    found: list[AnyLayer] = []
    for s in strides:
        for size, kernel, *maps in (
            ((5 + (s > 1), 4 + s // 2), (3, 2), 2, 3, 2),
            ((3 + s, 4 + s), (2, 3), 3, 2, 3),
        ):
            found.append(Layer(size, kernel, s, options.padding, *_maps(kind, options, *maps)))
    return found


def _maps(kind: Kind, options: Options, channels: int, kernels: int, samples: int) -> tuple[int, int, int]:
    """Channels, kernels and samples, as far as a formula of that kind numbers them: as given, else these."""
    numbered = kind in ("numbered", "batch")
    return (
        (options.channels or channels) if numbered else 1,
        (options.kernels or kernels) if numbered else 1,
        (options.batch or samples) if kind == "batch" else 1,
    )


def layer_kind(equation: Equation) -> Kind:
    """A map, several maps with numbers, or a dense layer: by how many indices z, a and δ have."""
    named = [node for node in equation.nodes() if isinstance(node, NamedQuantity)]
    counts = {len(node.index.entries) for node in named if node.letter in ("z", "a", "delta")}
    weights = {len(node.index.entries) for node in named if node.letter == "w"}
    if 4 in counts:
        return "batch"
    if 3 in counts or 4 in weights:
        return "numbered"
    return "dense" if counts == {1} else "map"


def layers_of(
    equations: Iterable[Equation | NotCovered], kind: Kind, options: Options, base: int
) -> Sequence[AnyLayer]:
    """The layers that the largest indices of equations tell, which are written as numbers; the likeliest
    first."""
    rows: dict[str, list[tuple[int, ...]]] = {"input": [], "kernel": [], "output": [], "b": []}
    for equation in equations:
        for node in equation.nodes() if isinstance(equation, Equation) else ():
            if isinstance(node, NamedQuantity) and not free_variables(node):
                role = {"w": "kernel", "b": "b"}.get(node.letter)
                index = (sum(value for value, _ in each.terms) + 1 - base for each in node.index.entries)
                rows[role or ("input" if layer_of(node) == BEFORE else "output")].append(tuple(index))

    def largest(role: str, *places: int) -> tuple[int, ...] | None:
        """At these places from the end; None where nothing was written."""
        found = [index for index in rows[role] if len(index) >= -min(places)]
        return tuple(max(index[place] for index in found) for place in places) if found else None

    def most(*written: tuple[int, ...] | None) -> int:
        return max((index[0] for index in written if index), default=1)

    bias = largest("b", -1)
    try:
        if kind == "dense":
            out, into = largest("kernel", -2, -1) or (1, 1)
            return [Dense(max(out, most(largest("output", -1), bias)), max(into, most(largest("input", -1))))]
        channels = most(largest("input", -3), largest("kernel", -3))
        kernels = most(largest("output", -3), largest("kernel", -4), bias)
        maps = _maps(kind, options, channels, kernels, most(largest("input", -4), largest("output", -4)))
    except LayerError:
        return []
    size, kernel, out_size = (largest(role, -2, -1) for role in ("input", "kernel", "output"))
    size, kernel = options.input or size, options.kernel or kernel
    s, p = options.stride, options.padding
    guesses = []
    if kernel and out_size and not options.input:
        into_size = tuple((o - 1) * s + k - 2 * p for k, o in zip(kernel, out_size, strict=True))
        guesses.append((into_size, kernel))
    if size and kernel:
        guesses.append((size, kernel))
    if size and out_size and s == 1 and not options.kernel:
        guesses.append((size, tuple(i + 2 * p - o + 1 for i, o in zip(size, out_size, strict=True))))
    found: list[Layer] = []
    for guess in dict.fromkeys(guesses):
        with suppress(LayerError):
            found.append(Layer(*guess, s, p, *maps))  # type: ignore[arg-type]
    wanted = (size, kernel, out_size)
    return [layer for layer in found if (layer.input, layer.kernel, layer.output) == wanted] or found
