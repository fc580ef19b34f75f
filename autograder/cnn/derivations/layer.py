"""The sizes of a layer, and the elements of its quantities.

`expand` and everything that uses it take one of three records: `Layer` (a convolution), `Pooling`, `Dense`.
They check their sizes, compute the output's, and index each element as the lecture does. They hold no values.

Indices count from 1. A map's element is (row, column). Where there are several channels *or* several kernels,
map numbers are written throughout: a[c,u,v], z[k,p,q], delta[k,p,q], w[k,c,m,n], b[k]; with one channel and
one kernel they are left out everywhere: a[u,v], w[m,n], b[]. With several samples the sample's number comes
before all else in a, z, delta, dsigma. A dense layer has a[j], z[i], delta[i], b[i], and w[i,j] from unit j
to unit i.
"""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from autograder.base.messages import Text, TextError, Verbatim, joined, say
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, LayerName, Letter

Size = tuple[int, int]
MAX_CONNECTIONS = 50_000
"""Products that a layer may have in all (28×28 with 5×5 has 14,400); nobody reads longer derivations."""


class LayerError(TextError, ValueError):
    """Sizes that make no layer."""


class Sized(ABC):
    """What the three records share: the shapes of their quantities, and the indices of all elements."""

    @abstractmethod
    def shape(self, letter: Letter, layer: LayerName) -> tuple[int, ...]:
        """The NumPy shape of a quantity, (samples, maps, height, width) for a map."""

    @abstractmethod
    def named(self, letter: Letter, position: tuple[int, ...]) -> tuple[int, ...]:
        """The lecture's index of the element at `position` of an array of that shape."""

    @property
    @abstractmethod
    def connections(self) -> int:
        """How many products all z have together."""

    def atom(self, letter: Letter, layer: LayerName, position: tuple[int, ...]) -> Atom:
        """The element at `position` (from 0, all axes) of a quantity."""
        return Atom(letter, self.named(letter, position), layer)

    def atoms(self, letter: Letter, layer: LayerName | None = None) -> list[Atom]:
        """All elements of a quantity in the order of its array.

        Parameters
        ----------
        layer : {"l", "l-1"}, optional
            l for w, b, z and δ; l−1 for a, σ and σ′, unless said otherwise.
        """
        where = layer or (BEFORE if letter in ("a", "sigma", "dsigma") else CURRENT)
        return [self.atom(letter, where, position) for position in positions(self.shape(letter, where))]

    def position(self, atom: Atom) -> tuple[int, ...]:
        """The place of an element in the array of its quantity; the inverse of `atom`.

        Raises
        ------
        LayerError
            There is no such element.
        """
        shape = self.shape(atom.letter, atom.layer)
        left_out = len(shape) - len(atom.index)
        found = (*(0,) * left_out, *(number - 1 for number in atom.index))
        inside = all(0 <= place < side for place, side in zip(found, shape, strict=False))
        if left_out < 0 or not inside or self.named(atom.letter, found) != atom.index:
            last = self.named(atom.letter, tuple(side - 1 for side in shape))
            raise LayerError(
                say("cnn.layer.no_such_element", letter=atom.letter, last=",".join(map(str, last)))
            )
        return found

    def _refuse_too_large(self, whole: bool) -> None:
        if whole:
            refuse_too_many(max(self.connections, math.prod(self.shape("a", BEFORE))))


@dataclass(frozen=True)
class Layer(Sized):
    """A convolution (cross-correlation, as in the lecture).

    Parameters
    ----------
    input, kernel : (height, width)
    stride, padding : int
    channels, kernels, samples : int
        Maps of the layer before, maps of this layer, and how many inputs are processed together.
    whole : bool
        Whether all of it will be written out, here and below; then it must not be too large.

    Raises
    ------
    LayerError
        One sentence: which size is wrong.
    """

    input: Size
    kernel: Size
    stride: int = 1
    padding: int = 0
    channels: int = 1
    kernels: int = 1
    samples: int = 1
    whole: InitVar[bool] = True

    def __post_init__(self, whole: bool) -> None:
        _check_size("input", self.input)
        _check_size("kernel", self.kernel)
        for name in ("stride", "channels", "kernels", "samples"):
            _check_count(name, getattr(self, name))
        _check_count("padding", self.padding, least=0)
        padded = (self.input[0] + 2 * self.padding, self.input[1] + 2 * self.padding)
        _check_fits(self.kernel, padded)
        self._refuse_too_large(whole)

    @property
    def output(self) -> Size:
        """(Ho, Wo) = floor((H + 2p − kh) / s) + 1, and likewise for the width."""
        sides = zip(self.input, self.kernel, strict=True)
        height, width = ((side + 2 * self.padding - k) // self.stride + 1 for side, k in sides)
        return height, width

    @property
    def numbered(self) -> bool:
        """Whether map numbers are written."""
        return self.channels > 1 or self.kernels > 1

    @property
    def connections(self) -> int:
        return math.prod((self.samples, self.kernels, self.channels, *self.output, *self.kernel))

    def shape(self, letter: Letter, layer: LayerName) -> tuple[int, ...]:
        if letter in ("w", "rot180"):
            return (self.kernels, self.channels, *self.kernel)
        if letter == "b":
            return (self.kernels,)
        if layer == BEFORE:
            return (self.samples, self.channels, *self.input)
        return (self.samples, self.kernels, *self.output)

    def named(self, letter: Letter, position: tuple[int, ...]) -> tuple[int, ...]:
        index = tuple(place + 1 for place in position)
        if letter in ("w", "rot180"):
            return index if self.numbered else index[2:]
        if letter == "b":
            return index if self.numbered else ()
        return _map_index(index, several_samples=self.samples > 1, numbered=self.numbered)


@dataclass(frozen=True)
class Pooling(Sized):
    """Max or average pooling.

    Parameters
    ----------
    input, window : (height, width)
    stride : (rows, columns), optional
        The window's size unless said otherwise, as in the lecture. Windows may overlap or leave gaps.
    kind : {"max", "avg"}
    winners : mapping from z's elements to a's, for "max"
        Which element was the largest of each window.
    channels, samples : int
        Pooling treats every map by itself.
    values : tuple of numbers
        The example map that decided the winners, in the order of its array; none where they were given.

    Raises
    ------
    LayerError
        One sentence: which size or which winner is wrong.
    """

    input: Size
    window: Size
    stride: Size | None = None
    kind: Literal["max", "avg"] = "avg"
    winners: Mapping[Atom, Atom] = field(default_factory=dict, hash=False)
    channels: int = 1
    samples: int = 1
    values: tuple[Fraction, ...] = field(default=(), compare=False)
    whole: InitVar[bool] = True

    def __post_init__(self, whole: bool) -> None:
        _check_size("input", self.input)
        _check_size("window", self.window)
        if self.stride is not None:
            _check_size("stride", self.stride)
        for name in ("channels", "samples"):
            _check_count(name, getattr(self, name))
        _check_fits(self.window, self.input)
        self._refuse_too_large(whole)
        if self.kind == "max":
            self._check_winners()

    def _check_winners(self) -> None:
        windows = self.atoms("z")
        if missing := sum(z not in self.winners for z in windows):
            raise LayerError(say("cnn.layer.winners_missing", count=missing))
        for z in windows:
            if self.winners[z] not in self.cells(z):
                winner, window = (", ".join(map(str, atom.index)) for atom in (self.winners[z], z))
                raise LayerError(say("cnn.layer.winner_outside", winner=winner, window=window))

    @property
    def steps(self) -> Size:
        """Rows and columns from one window to the next."""
        return self.stride or self.window

    @property
    def output(self) -> Size:
        sides = zip(self.input, self.window, self.steps, strict=True)
        height, width = ((side - k) // step + 1 for side, k, step in sides)
        return height, width

    @property
    def numbered(self) -> bool:
        return self.channels > 1

    @property
    def connections(self) -> int:
        return math.prod((self.samples, self.channels, *self.output, *self.window))

    def shape(self, letter: Letter, layer: LayerName) -> tuple[int, ...]:
        size = self.input if layer == BEFORE else self.output
        return (self.samples, self.channels, *size)

    def named(self, letter: Letter, position: tuple[int, ...]) -> tuple[int, ...]:
        index = tuple(place + 1 for place in position)
        return _map_index(index, several_samples=self.samples > 1, numbered=self.numbered)

    def cells(self, z: Atom) -> list[Atom]:
        """The elements of a in the window of z."""
        *maps, row, column = z.index
        top, left = (row - 1) * self.steps[0], (column - 1) * self.steps[1]
        inside = positions(self.window)
        return [Atom("a", (*maps, top + u + 1, left + v + 1), BEFORE) for u, v in inside]


@dataclass(frozen=True)
class Dense(Sized):
    """A fully connected layer: `outputs` units, each joined to all `inputs` of the layer before."""

    outputs: int
    inputs: int
    whole: InitVar[bool] = True

    def __post_init__(self, whole: bool) -> None:
        _check_count("outputs", self.outputs)
        _check_count("inputs", self.inputs)
        self._refuse_too_large(whole)

    @property
    def connections(self) -> int:
        return self.outputs * self.inputs

    def shape(self, letter: Letter, layer: LayerName) -> tuple[int, ...]:
        if letter == "w":
            return (self.outputs, self.inputs)
        return (self.inputs,) if layer == BEFORE else (self.outputs,)

    def named(self, letter: Letter, position: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(place + 1 for place in position)


AnyLayer = Layer | Pooling | Dense


def max_pooling(average: Pooling, values: np.ndarray | None = None) -> Pooling:
    """Max pooling of the same sizes, routed by an example map; of equal elements the first wins.

    Parameters
    ----------
    values : array, optional
        Of the shape of the input; else whole numbers, all different, none 0, most of them negative, shuffled.
    """
    shape = average.shape("a", BEFORE)
    if values is None:
        count = math.prod(shape)
        whole = np.arange(count) - 3 * count // 4
        values = np.random.default_rng(2).permutation(whole + (whole >= 0)).reshape(shape)
    by_name = dict(zip(average.atoms("a"), values.flat, strict=True))
    winners = {z: max(average.cells(z), key=by_name.__getitem__) for z in average.atoms("z")}
    exact = tuple(map(Fraction, values.ravel().tolist()))
    return replace(average, kind="max", winners=winners, values=exact)


def describe(layer: AnyLayer) -> Text:
    """A layer's sizes in words."""
    if isinstance(layer, Dense):
        return say("cnn.layer.dense", outputs=layer.outputs, inputs=layer.inputs)
    parts: list[Text]
    if isinstance(layer, Pooling):
        window = say("cnn.layer.window", window=size_text(layer.window))
        parts = [Verbatim(size_text(layer.input)), window]
        if layer.steps != layer.window:
            parts.append(say("cnn.layer.stride", stride="×".join(map(str, dict.fromkeys(layer.steps)))))
        return joined(parts, "list.clauses")
    parts = [Verbatim(f"{size_text(layer.input)} ∗ {size_text(layer.kernel)}")]
    if layer.stride != 1:
        parts.append(say("cnn.layer.stride", stride=layer.stride))
    if layer.padding:
        parts.append(say("cnn.layer.padding", padding=layer.padding))
    if layer.numbered:
        parts.append(say("cnn.layer.maps", channels=layer.channels, kernels=layer.kernels))
    return joined(parts, "list.clauses")


def size_text(size: Size) -> str:
    """3×2."""
    return f"{size[0]}×{size[1]}"


def positions(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All positions of an array of that shape, in row-major order, from 0."""
    return itertools.product(*map(range, shape))


def refuse_too_many(count: int) -> None:
    """Raise a `LayerError` for more products than anybody reads."""
    if count > MAX_CONNECTIONS:
        raise LayerError(say("cnn.layer.too_large", count=f"{count:,}", limit=f"{MAX_CONNECTIONS:,}"))


def _map_index(index: tuple[int, ...], *, several_samples: bool, numbered: bool) -> tuple[int, ...]:
    sample, number, *place = index
    return (*((sample,) if several_samples else ()), *((number,) if numbered else ()), *place)


def _check_count(name: str, value: object, least: int = 1) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise LayerError(say("cnn.layer.not_a_count", name=name, least=least, value=value))


def _check_size(name: str, value: object) -> None:
    if not isinstance(value, tuple) or len(value) != 2:
        raise LayerError(say("cnn.layer.not_a_size", name=name))
    for side in value:
        _check_count(name, side)


def _check_fits(kernel: Size, padded: Size) -> None:
    if kernel[0] > padded[0] or kernel[1] > padded[1]:
        sizes = {"kernel": size_text(kernel), "padded": size_text(padded)}
        raise LayerError(say("cnn.layer.window_does_not_fit", **sizes))
