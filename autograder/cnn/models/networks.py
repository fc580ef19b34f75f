"""The networks of lecture 4, layer by layer, each as in its paper and as in libraries.

`table` prints what `networks(convention)` returns. A network's `variant` says where paper and library differ.
All figures follow from the layers; only those that the lecture prints may be written down here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.base.messages import Text, say
from autograder.cnn.models import layers
from autograder.cnn.models.layers import (
    DROPOUT,
    LRN,
    RELU,
    SOFTMAX,
    Add,
    BatchNorm,
    Concat,
    Conv,
    Count,
    FullyConnected,
    Layer,
    PadChannels,
    Pool,
    Shape,
)

Convention = Literal["paper", "library"]
CONVENTIONS: tuple[Convention, ...] = ("paper", "library")
DEPTHS = (18, 34, 50, 101, 152)
PRINTED = {18: "1.8", 34: "3.6", 50: "3.8", 101: "7.6", 152: "11.3"}
"""The lecture's FLOPs in 10⁹, as its table prints them."""

CLASSES = 1000


@dataclass(frozen=True)
class Stage:
    """A row of a network's table, such as the lecture's conv2_x."""

    name: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Network:
    """A network: the shape of one image, and its stages.

    Attributes
    ----------
    variant : Text
        How it differs from others of the same name.
    conventions : tuple of str
        The conventions under which the name means this network; none for a variant that only `all` shows.
    heads : tuple of (Shape, layers)
        Auxiliary classifiers, each with the shape of its input. They are counted, but are not part of
        `stages`.
    printed : str
        The lecture's figure in 10⁹ multiply-adds, or "".
    """

    name: str
    variant: Text
    conventions: tuple[Convention, ...]
    input_shape: Shape
    stages: tuple[Stage, ...]
    heads: tuple[tuple[Shape, tuple[Layer, ...]], ...] = ()
    printed: str = ""

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(layer for stage in self.stages for layer in stage.layers)

    @property
    def total(self) -> Count:
        """Parameters, multiply-adds and output shape, auxiliary classifiers included."""
        trunk = layers.count(self.layers, self.input_shape)
        heads = [layers.count(inner, shape) for shape, inner in self.heads]
        return Count(
            trunk.parameters + sum(head.parameters for head in heads),
            trunk.macs + sum(head.macs for head in heads),
            trunk.shape,
        )

    def rows(self) -> Iterator[tuple[str, Count]]:
        """The name and the cost of each stage."""
        shape = self.input_shape
        for stage in self.stages:
            cost = layers.count(stage.layers, shape)
            shape = cost.shape
            yield stage.name, cost

    def output_sizes(self) -> list[int]:
        """The sides of the (square) maps, from the image to 1, without repetitions."""
        sizes, shape = [self.input_shape[1]], self.input_shape
        for layer in self.layers:
            shape = layers.cost(layer, shape).shape
            if shape[1] != sizes[-1]:
                sizes.append(shape[1])
        return sizes


def networks(convention: Convention | Literal["all"]) -> list[Network]:
    """The networks under one convention, or every variant of each."""
    everything = [*_alexnets(), *_googlenets(), *(net for depth in DEPTHS for net in _resnets(depth))]
    return [network for network in everything if convention == "all" or convention in network.conventions]


# ---- AlexNet ----------------------------------------------------------------------------------------------


def _alexnets() -> Iterator[Network]:
    two_towers = say("cnn.models.variant_two_towers")
    one_tower = say("cnn.models.variant_one_tower")
    library = say("cnn.models.variant_alexnet_library")
    yield Network("AlexNet", two_towers, ("paper",), (3, 227, 227), alexnet_2012(groups=2))
    yield Network("AlexNet", one_tower, (), (3, 227, 227), alexnet_2012(groups=1))
    yield Network("AlexNet", library, ("library",), (3, 224, 224), alexnet_one_tower())


def alexnet_2012(groups: int) -> tuple[Stage, ...]:
    """Krizhevsky, Sutskever, Hinton 2012; conv2, conv4 and conv5 get the maps of one GPU only.

    The paper prints 224² images, but its output of 55² needs 227² with this stride.
    """
    pool = Pool("max_pool", 3, 2)
    return (
        Stage("conv1", (Conv(3, 96, 11, stride=4), RELU, LRN, pool)),
        Stage("conv2", (Conv(96, 256, 5, padding=2, groups=groups), RELU, LRN, pool)),
        Stage("conv3", (Conv(256, 384, 3, padding=1), RELU)),
        Stage("conv4", (Conv(384, 384, 3, padding=1, groups=groups), RELU)),
        Stage("conv5", (Conv(384, 256, 3, padding=1, groups=groups), RELU, pool)),
        *_alexnet_classifier(),
    )


def alexnet_one_tower() -> tuple[Stage, ...]:
    """Krizhevsky 2014, without groups and without response normalisation: what libraries call AlexNet."""
    pool = Pool("max_pool", 3, 2)
    return (
        Stage("conv1", (Conv(3, 64, 11, stride=4, padding=2), RELU, pool)),
        Stage("conv2", (Conv(64, 192, 5, padding=2), RELU, pool)),
        Stage("conv3", (Conv(192, 384, 3, padding=1), RELU)),
        Stage("conv4", (Conv(384, 256, 3, padding=1), RELU)),
        Stage("conv5", (Conv(256, 256, 3, padding=1), RELU, pool)),
        *_alexnet_classifier(),
    )


def _alexnet_classifier() -> tuple[Stage, ...]:
    return (
        Stage("fc6", (DROPOUT, FullyConnected(256 * 6 * 6, 4096), RELU)),
        Stage("fc7", (DROPOUT, FullyConnected(4096, 4096), RELU)),
        Stage("fc8", (FullyConnected(4096, CLASSES), SOFTMAX)),
    )


# ---- GoogLeNet --------------------------------------------------------------------------------------------

INCEPTION = {
    "inception 3a": (64, 96, 128, 16, 32, 32),
    "inception 3b": (128, 128, 192, 32, 96, 64),
    "inception 4a": (192, 96, 208, 16, 48, 64),
    "inception 4b": (160, 112, 224, 24, 64, 64),
    "inception 4c": (128, 128, 256, 24, 64, 64),
    "inception 4d": (112, 144, 288, 32, 64, 64),
    "inception 4e": (256, 160, 320, 32, 128, 128),
    "inception 5a": (256, 160, 320, 32, 128, 128),
    "inception 5b": (384, 192, 384, 48, 128, 128),
}
"""Kernels of each module: 1×1; 1×1 before 3×3, 3×3; 1×1 before 5×5, 5×5; 1×1 after the pooling."""


def _googlenets() -> Iterator[Network]:
    differences: dict[Convention, Text] = {
        "paper": say("cnn.models.variant_googlenet_paper"),
        "library": say("cnn.models.variant_googlenet_library"),
    }
    for convention in CONVENTIONS:
        variant, stages = differences[convention], googlenet(convention)
        yield Network("GoogLeNet", variant, (convention,), (3, 224, 224), stages)
        heads = tuple(((C, 14, 14), _head(C, convention)) for C in (512, 528))
        yield Network("GoogLeNet + heads", variant, (convention,), (3, 224, 224), stages, heads)


def googlenet(convention: Convention) -> tuple[Stage, ...]:
    """Szegedy et al. 2014 without auxiliary classifiers; libraries replaced its 5×5 kernels by 3×3."""

    def conv(C: int, K: int, size: int, stride: int = 1) -> tuple[Layer, ...]:
        return _googlenet_conv(C, K, size, convention, stride)

    lrn = (LRN,) if convention == "paper" else ()
    halved = Pool("max_pool", 3, 2, padding=1)
    stages = [
        Stage("conv1", (*conv(3, 64, 7, stride=2), halved, *lrn)),
        Stage("conv2", (*conv(64, 64, 1), *conv(64, 192, 3), *lrn, halved)),
    ]
    channels = 192
    for name, (pointwise, before3, three, before5, five, after_pooling) in INCEPTION.items():
        module = Concat(
            (
                conv(channels, pointwise, 1),
                (*conv(channels, before3, 1), *conv(before3, three, 3)),
                (*conv(channels, before5, 1), *conv(before5, five, 5 if convention == "paper" else 3)),
                (Pool("max_pool", 3, 1, padding=1), *conv(channels, after_pooling, 1)),
            )
        )
        channels = pointwise + three + five + after_pooling
        last_of_its_size = name in ("inception 3b", "inception 4e")
        stages.append(Stage(name, (module, halved) if last_of_its_size else (module,)))
    classifier = (Pool("avg_pool", 7, 1), DROPOUT, FullyConnected(channels, CLASSES), SOFTMAX)
    return (*stages, Stage("fc", classifier))


def _googlenet_conv(C: int, K: int, size: int, convention: Convention, stride: int = 1) -> tuple[Layer, ...]:
    layer = Conv(C, K, size, stride, padding=size // 2, bias=convention == "paper")
    return (layer, RELU) if convention == "paper" else (layer, BatchNorm(K), RELU)


def _head(C: int, convention: Convention) -> tuple[Layer, ...]:
    """An auxiliary classifier. Libraries shrink 14² to 4² by other windows, with the same counts."""
    return (
        Pool("avg_pool", 5, 3),
        *_googlenet_conv(C, 128, 1, convention),
        FullyConnected(128 * 4 * 4, 1024),
        RELU,
        DROPOUT,
        FullyConnected(1024, CLASSES),
        SOFTMAX,
    )


# ---- ResNet -----------------------------------------------------------------------------------------------

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""How often the blocks of conv2_x … conv5_x are repeated: the lecture's table."""


def _resnets(depth: int) -> Iterator[Network]:
    if depth < 50:
        variants = say("cnn.models.variant_identity_shortcuts"), say("cnn.models.variant_projections")
    else:
        variants = say("cnn.models.variant_stride_in_first"), say("cnn.models.variant_stride_in_second")
    name, printed = f"ResNet-{depth}", PRINTED[depth]
    for convention, variant in zip(CONVENTIONS, variants, strict=True):
        stages = resnet(depth, convention)
        yield Network(name, variant, (convention,), (3, 224, 224), stages, printed=printed)


def resnet(depth: int, convention: Convention) -> tuple[Stage, ...]:
    """He et al. 2015.

    In the paper the shortcuts of 18 and 34 layers have no parameters (option A), for comparison with plain
    networks, and a bottleneck that halves the map has the stride in its first 1×1. Libraries project wherever
    the shape changes (option B), and have the stride in the 3×3.
    """
    bottleneck = depth >= 50
    block = _bottleneck if bottleneck else _basic
    stem = Stage("conv1", (*_normalised(Conv(3, 64, 7, 2, 3, bias=False)), RELU))
    stages, channels = [stem], 64
    for index, times in enumerate(BLOCKS[depth]):
        kernels = 64 * 2**index
        found: list[Layer] = [] if index else [Pool("max_pool", 3, 2, padding=1)]
        for number in range(times):
            found += block(channels, kernels, 2 if index and not number else 1, convention)
            channels = 4 * kernels if bottleneck else kernels
        stages.append(Stage(f"conv{index + 2}_x", tuple(found)))
    classifier = (Pool("avg_pool", 7, 1), FullyConnected(channels, CLASSES), SOFTMAX)
    return (*stages, Stage("fc", classifier))


def _normalised(conv: Conv) -> tuple[Layer, ...]:
    return conv, BatchNorm(conv.kernels)


def _basic(C: int, K: int, stride: int, convention: Convention) -> list[Layer]:
    branch = (
        *_normalised(Conv(C, K, 3, stride, 1, bias=False)),
        RELU,
        *_normalised(Conv(K, K, 3, padding=1, bias=False)),
    )
    shortcut: Sequence[Layer] = ()
    if stride > 1 or C != K:
        padded = convention == "paper"
        shortcut = (PadChannels(K, stride),) if padded else _normalised(Conv(C, K, 1, stride, bias=False))
    return [Add((branch, tuple(shortcut))), RELU]


def _bottleneck(C: int, K: int, stride: int, convention: Convention) -> list[Layer]:
    first, second = (stride, 1) if convention == "paper" else (1, stride)
    branch = (
        *_normalised(Conv(C, K, 1, first, bias=False)),
        RELU,
        *_normalised(Conv(K, K, 3, second, 1, bias=False)),
        RELU,
        *_normalised(Conv(K, 4 * K, 1, bias=False)),
    )
    projected = stride > 1 or C != 4 * K
    shortcut = _normalised(Conv(C, 4 * K, 1, stride, bias=False)) if projected else ()
    return [Add((branch, shortcut)), RELU]
