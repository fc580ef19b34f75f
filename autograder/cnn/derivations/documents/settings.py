"""The sizes of the layer that a text's equations describe: given, stated in the text, or inferred from its
largest indices.

`check` asks it before anything is evaluated. Where sizes contradict each other it offers all that fit; it
never decides whether an equation is right.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Size
from autograder.cnn.derivations.meaning.indices import free_variables
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.notation.nodes import Equation, NamedQuantity
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

Kind = Literal["map", "numbered", "dense"]


def generic_layers(kind: Kind, strides: Iterable[int], padding: int = 0) -> list[AnyLayer]:
    """Where a general formula is checked too: all sizes differ, so that no mix-up goes unseen, and there are
    two of a kind, so that a number that is one layer's size by chance does not pass."""
    if kind == "dense":
        return [Dense(3, 2), Dense(2, 4)]
    maps = ((2, 3), (3, 2)) if kind == "numbered" else ((1, 1), (1, 1))
    found: list[AnyLayer] = []
    for s in strides:
        found.append(Layer((5 + (s > 1), 4 + s // 2), (3, 2), s, padding, *maps[0]))
        found.append(Layer((3 + s, 4 + s), (2, 3), s, padding, *maps[1]))
    return found


def layer_kind(equation: Equation) -> Kind:
    """A map, several maps with numbers, or a dense layer: by how many indices z, a and δ have."""
    named = [node for node in equation.nodes() if isinstance(node, NamedQuantity)]
    counts = {len(node.index.entries) for node in named if node.letter in ("z", "a", "delta")}
    weights = {len(node.index.entries) for node in named if node.letter == "w"}
    if 3 in counts or 4 in weights:
        return "numbered"
    return "dense" if counts == {1} else "map"


@dataclass
class LargestIndices:
    """The largest indices that a text writes as numbers, of one kind of equations."""

    rows: dict[str, list[tuple[int, ...]]] = field(
        default_factory=lambda: {"input": [], "kernel": [], "output": []}
    )
    bias: int = 0
    base: int = 1

    def take(self, equation: Equation) -> None:
        """Note the indices of every element in an equation."""
        for node in equation.nodes():
            if not isinstance(node, NamedQuantity) or free_variables(node):
                continue
            shift = 1 - self.base
            index = tuple(sum(value for value, _ in entry.terms) + shift for entry in node.index.entries)
            if node.letter == "b":
                self.bias = max(self.bias, *index, 0)
            elif index:
                before = layer_of(node) == BEFORE
                role = "kernel" if node.letter == "w" else "input" if before else "output"
                self.rows[role].append(index)

    def largest(self, role: str, places: slice, count: int) -> tuple[int, ...] | None:
        """Of the last places, or of one before them; None where none was written."""
        found = [index[places] for index in self.rows[role] if len(index[places]) == count]
        return tuple(map(max, zip(*found, strict=True))) if found else None

    def layers(self, kind: Kind, options: Options) -> list[AnyLayer]:
        """The layers that these may be indices of, the likeliest first."""
        if kind == "dense":
            return self._dense()
        pair = slice(-2, None)
        given = [self._size(self.largest(role, pair, 2)) for role in ("input", "kernel", "output")]
        size, kernel, out = options.input or given[0], options.kernel or given[1], given[2]
        s, p = options.stride, options.padding
        guesses: list[tuple[Size, Size]] = []
        if kernel and out and not options.input:
            guesses.append((_along_each_side(kernel, out, lambda k, o: (o - 1) * s + k - 2 * p), kernel))
        if size and kernel:
            guesses.append((size, kernel))
        if size and out and s == 1 and not options.kernel:
            guesses.append((size, _along_each_side(size, out, lambda i, o: i + 2 * p - o + 1)))
        channels, kernels = self._maps() if kind == "numbered" else (1, 1)
        found: list[Layer] = []
        for guess in dict.fromkeys(guesses):
            try:
                found.append(Layer(*guess, s, p, channels, kernels))
            except LayerError:
                continue
        fitting = [
            layer for layer in found if (layer.input, layer.kernel, layer.output) == (size, kernel, out)
        ]
        return [*(fitting or found)]

    @staticmethod
    def _size(found: tuple[int, ...] | None) -> Size | None:
        return (found[0], found[1]) if found else None

    def _maps(self) -> tuple[int, int]:
        """Channels and kernels."""

        def most(*written: tuple[int, ...] | None) -> int:
            return max((index[0] for index in written if index), default=1)

        number, kernel = slice(-3, -2), slice(-4, -3)
        channels = most(self.largest("input", number, 1), self.largest("kernel", number, 1))
        return channels, most(
            self.largest("output", number, 1), self.largest("kernel", kernel, 1), (self.bias,)
        )

    def _dense(self) -> list[AnyLayer]:
        kernel = self.largest("kernel", slice(-2, None), 2) or (1, 1)
        out = self.largest("output", slice(-1, None), 1) or (1,)
        into = self.largest("input", slice(-1, None), 1) or (1,)
        try:
            return [Dense(max(kernel[0], out[0], self.bias), max(kernel[1], into[0]))]
        except LayerError:
            return []


def _along_each_side(first: Size, second: Size, of: Callable[[int, int], int]) -> Size:
    return of(first[0], second[0]), of(first[1], second[1])
