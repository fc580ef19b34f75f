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


def parameters(layer: Layer) -> int:
    """How many trainable parameters the layer has."""
    match layer:
        case Conv(in_channels, kernels, size, groups=groups, bias=bias):
            return kernels * (in_channels // groups * size**2 + bias)
        case FullyConnected(inputs, outputs, bias):
            return outputs * (inputs + bias)
        case BatchNorm(channels):
            return 2 * channels
        case Add(branches) | Concat(branches):
            return sum(parameters(inner) for branch in branches for inner in branch)
    return 0


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of the layer's output for an input of this shape."""
    channels, *sides = shape
    match layer:
        case Conv(_, kernels, size, stride, padding):
            height, width = (_positions(side, size, stride, padding) for side in sides)
            return kernels, height, width
        case Pool(_, window, stride, padding):
            height, width = (_positions(side, window, stride, padding) for side in sides)
            return channels, height, width
        case PadChannels(more, stride):
            height, width = (_positions(side, 1, stride, 0) for side in sides)
            return more, height, width
        case FullyConnected(outputs=outputs):
            return outputs, 1, 1
        case Add(branches):
            (joined,) = {count(branch, shape).shape for branch in branches}
            return joined
        case Concat(branches):
            ends = [count(branch, shape).shape for branch in branches]
            ((height, width),) = {end[1:] for end in ends}
            return sum(end[0] for end in ends), height, width
    return shape


def macs(layer: Layer, shape: Shape) -> int:
    """Multiply-adds for one input of this shape."""
    match layer:
        case Conv(in_channels, kernels, size, groups=groups):
            _, height, width = output_shape(layer, shape)
            return kernels * (in_channels // groups) * size**2 * height * width
        case FullyConnected(inputs, outputs):
            return inputs * outputs
        case Add(branches) | Concat(branches):
            return sum(count(branch, shape).macs for branch in branches)
    return 0


def count(layers: Iterable[Layer], shape: Shape) -> Count:
    """The cost of a sequence of layers."""
    total_parameters = total_macs = 0
    for layer in layers:
        total_parameters += parameters(layer)
        total_macs += macs(layer, shape)
        shape = output_shape(layer, shape)
    return Count(total_parameters, total_macs, shape)


def _positions(side: int, window: int, stride: int, padding: int) -> int:
    """How many positions a window has along a side."""
    return (side + 2 * padding - window) // stride + 1


# ---- Plain data -------------------------------------------------------------------------------------------


def to_data(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """The table as lists of dicts of plain values: the form in which students get and build it."""
    return [_layer_to_data(layer) for layer in layers]


def _layer_to_data(layer: Layer) -> dict[str, Any]:
    match layer:
        case Conv(in_channels, kernels, size, stride, padding, groups, bias):
            return {
                "kind": "conv",
                "in_channels": in_channels,
                "kernels": kernels,
                "kernel_shape": (size, size),
                "stride": stride,
                "padding": padding,
                "groups": groups,
                "bias": bias,
            }
        case FullyConnected(inputs, outputs, bias):
            return {"kind": "fully_connected", "inputs": inputs, "outputs": outputs, "bias": bias}
        case BatchNorm(channels):
            return {"kind": "batch_norm", "channels": channels}
        case Pool(kind, window, stride, padding):
            return {"kind": kind, "window": window, "stride": stride, "padding": padding}
        case PadChannels(channels, stride):
            return {"kind": "pad_channels", "channels": channels, "stride": stride}
        case Elementwise(kind):
            return {"kind": kind}
        case Add(branches):
            return {"kind": "add", "branches": [*map(to_data, branches)]}
        case Concat(branches):
            return {"kind": "concat", "branches": [*map(to_data, branches)]}
