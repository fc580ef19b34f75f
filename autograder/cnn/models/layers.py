"""Layers as frozen records, and their parameters, multiply-adds and output sizes. `networks` builds on it.

Trainable parameters are counted (of batch normalisation γ and β, not the running statistics), and the
multiply-adds of convolutions and fully connected layers for one image; a bias is a parameter, but no
multiply-add. `Add` and `Concat` hold parallel branches, so that a network is a plain sequence of layers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Shape = tuple[int, int, int]
"""(channels, height, width); after a fully connected layer (outputs, 1, 1)."""


@dataclass(frozen=True)
class Conv:
    """`kernels` square kernels of side `size` over `in_channels` channels, in `groups` groups."""

    in_channels: int
    kernels: int
    size: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True


@dataclass(frozen=True)
class FullyConnected:
    """Connects every output with every input; the input is flattened first."""

    inputs: int
    outputs: int
    bias: bool = True


@dataclass(frozen=True)
class BatchNorm:
    """A scale γ and a shift β for each channel."""

    channels: int


@dataclass(frozen=True)
class Pool:
    """Max or average pooling with a square window."""

    kind: Literal["max_pool", "avg_pool"]
    window: int
    stride: int
    padding: int = 0


@dataclass(frozen=True)
class PadChannels:
    """ResNet's shortcut without parameters: every `stride`-th row and column, and new channels of zeros."""

    channels: int
    stride: int


@dataclass(frozen=True)
class Elementwise:
    """Keeps the shape and has no parameters."""

    kind: Literal["relu", "dropout", "lrn", "softmax"]


@dataclass(frozen=True)
class Add:
    """The branches get the same input and their outputs are added; an empty branch is the identity."""

    branches: tuple[tuple["Layer", ...], ...]


@dataclass(frozen=True)
class Concat:
    """The branches get the same input and their outputs are stacked along the channels."""

    branches: tuple[tuple["Layer", ...], ...]


Layer = Conv | FullyConnected | BatchNorm | Pool | PadChannels | Elementwise | Add | Concat

RELU, DROPOUT = Elementwise("relu"), Elementwise("dropout")
LRN, SOFTMAX = Elementwise("lrn"), Elementwise("softmax")


@dataclass(frozen=True)
class Count:
    """The cost of layers, and the shape of their output."""

    parameters: int
    macs: int
    shape: Shape


def cost(layer: Layer, shape: Shape) -> Count:
    """What one layer costs for one input of this shape."""
    channels, height, width = shape
    match layer:
        case Conv(in_channels, kernels, size, stride, padding, groups, bias):
            height, width = (_positions(side, size, stride, padding) for side in (height, width))
            weights = kernels * (in_channels // groups) * size**2
            return Count(weights + kernels * bias, weights * height * width, (kernels, height, width))
        case Pool(_, window, stride, padding):
            height, width = (_positions(side, window, stride, padding) for side in (height, width))
        case PadChannels(channels, stride):
            height, width = (_positions(side, 1, stride, 0) for side in (height, width))
        case FullyConnected(inputs, outputs, bias):
            return Count(outputs * (inputs + bias), inputs * outputs, (outputs, 1, 1))
        case BatchNorm(channels):
            return Count(2 * channels, 0, shape)
        case Add(branches) | Concat(branches):
            ends = [count(branch, shape) for branch in branches]
            ((height, width),) = {end.shape[1:] for end in ends}
            maps = [end.shape[0] for end in ends]
            (channels,) = {*maps} if isinstance(layer, Add) else (sum(maps),)
            totals = sum(end.parameters for end in ends), sum(end.macs for end in ends)
            return Count(*totals, (channels, height, width))
    return Count(0, 0, (channels, height, width))


def count(layers: Iterable[Layer], shape: Shape) -> Count:
    """The cost of a sequence of layers."""
    parameters = macs = 0
    for layer in layers:
        own = cost(layer, shape)
        parameters, macs, shape = parameters + own.parameters, macs + own.macs, own.shape
    return Count(parameters, macs, shape)


def _positions(side: int, window: int, stride: int, padding: int) -> int:
    """How many positions a window has along a side."""
    return (side + 2 * padding - window) // stride + 1


# ---- Plain data -------------------------------------------------------------------------------------------


def to_data(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """The table as lists of dicts of plain values: the form in which students get and build it."""
    return [_layer_to_data(layer) for layer in layers]


_KINDS: dict[type, str] = {
    **{Conv: "conv", FullyConnected: "fully_connected", BatchNorm: "batch_norm"},
    **{PadChannels: "pad_channels", Add: "add", Concat: "concat"},
}
"""Pooling and what works on single elements have kinds of their own."""


def _layer_to_data(layer: Layer) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": _KINDS.get(type(layer), "")}
    for name, value in vars(layer).items():
        if isinstance(layer, Conv) and name == "size":
            data["kernel_shape"] = (value, value)
        else:
            data[name] = [*map(to_data, value)] if name == "branches" else value
    return data
