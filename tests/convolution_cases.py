"""Keys of convolution and pooling layers made by hand, and what the diagnosis says of answers to them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.cnn.comparators import Shares
from autograder.judging.answer_key import AnswerKey, Hint, KeyCase, KeyExercise, KeyGroup
from autograder.judging.comparison import Close, Comparator
from autograder.judging.judge import judge
from autograder.judging.results import ExerciseResult
from autograder.sandbox.records import Outcome

Array = np.ndarray
Args = tuple[Any, ...]


def case(args: Args, expected: Any, accept: Comparator | None = None, layout: Any = "C") -> KeyCase:
    return KeyCase(args, expected, accept or Close(), layout, False, {})


def exercise(
    parameters: Sequence[str], cases: Sequence[KeyCase], hints: Sequence[Hint] = (), groups: int = 0
) -> KeyExercise:
    """Every case in a group of its own, or one after the other in so many groups."""
    count = groups or len(cases)
    size = len(cases) // count
    dealt = tuple(
        KeyGroup(f"g{i}", f"中文{i}", f"title {i}", 1, tuple(cases[i * size : (i + 1) * size]))
        for i in range(count)
    )
    return KeyExercise("layer", tuple(parameters), "3", tuple(hints), dealt)


RIGHT = object()


def result(one: KeyExercise, answers: Sequence[Any], visible: bool = False) -> ExerciseResult:
    """Judge answers, given in the order of `one.cases`: values, outcomes, or `RIGHT`."""
    outcomes = [
        answer
        if isinstance(answer, Outcome)
        else Outcome("returned", of.expected if answer is RIGHT else answer)
        for answer, of in zip(answers, one.cases, strict=True)
    ]
    (judged,) = judge(AnswerKey("hand-made", visible, (one,), domain="cnn"), outcomes)
    return judged


def said(one: KeyExercise, answers: Sequence[Any], visible: bool = True) -> str:
    """What can be seen, in English; in Chinese there must be something, too."""
    symptom = result(one, answers, visible).symptom
    assert symptom is not None
    assert re.search("[\u4e00-\u9fff]", symptom.in_language("zh")) and not re.search(
        "[\u4e00-\u9fff]", symptom.in_language("en")
    )
    assert not {*"{}"} & {*symptom.in_language("zh"), *symptom.in_language("en")}
    return symptom.in_language("en")


@dataclass(frozen=True)
class Layer:
    """The sizes of a convolution or pooling layer, and how its arguments come."""

    N: int = 1
    C: int = 1
    K: int = 1
    size: tuple[int, int] = (4, 4)
    kernel: tuple[int, int] = (2, 2)
    stride: int = 1
    padding: int = 0
    layout: str = "C"
    integers: bool = False
    negative: bool = False
    ties: bool = False

    @property
    def output(self) -> tuple[int, ...]:
        return tuple(
            (n + 2 * self.padding - k) // self.stride + 1 for n, k in zip(self.size, self.kernel, strict=True)
        )

    def fills(self, *shape: int) -> Array:
        rng = np.random.default_rng([*shape, self.stride, self.padding, *self.size])
        numbers = rng.uniform(1, 9, size=shape)
        numbers = numbers if self.negative is None else -numbers if self.negative else numbers
        return numbers.astype(np.int64) if self.integers else numbers


def random(shape: Sequence[int], seed: int = 0) -> Array:
    """Numbers of either sign, none of them near zero, none of them whole."""
    rng = np.random.default_rng([seed, *shape])
    return np.asarray(rng.uniform(1.1, 8.9, size=shape) * rng.choice([-1, 1], size=shape))


INPUT_GRAD = ("delta", "w", "input_shape", "stride", "padding")
WEIGHT_GRAD = ("delta", "x", "kernel_shape", "stride", "padding")
FORWARD = ("x", "w", "b", "stride", "padding")
POOL_GRAD = ("delta", "x", "window", "stride")


def input_grad(layer: Layer, seed: int = 0) -> KeyCase:
    delta = layer.fills(layer.N, layer.K, *layer.output)
    w = layer.fills(layer.K, layer.C, *layer.kernel)
    shape = (layer.N, layer.C, *layer.size)
    return case((delta, w, shape, layer.stride, layer.padding), random(shape, seed), layout=layer.layout)


def weight_grad(layer: Layer, seed: int = 0) -> KeyCase:
    delta = layer.fills(layer.N, layer.K, *layer.output)
    x = layer.fills(layer.N, layer.C, *layer.size)
    expected = random((layer.K, layer.C, *layer.kernel), seed)
    return case((delta, x, layer.kernel, layer.stride, layer.padding), expected, layout=layer.layout)


def forward(layer: Layer, seed: int = 0) -> KeyCase:
    x = layer.fills(layer.N, layer.C, *layer.size)
    w = layer.fills(layer.K, layer.C, *layer.kernel)
    expected = random((layer.N, layer.K, *layer.output), seed)
    return case((x, w, layer.fills(layer.K), layer.stride, layer.padding), expected, layout=layer.layout)


def pool_grad(layer: Layer, seed: int = 0) -> KeyCase:
    delta = layer.fills(layer.N, layer.C, *layer.output)
    x = layer.fills(layer.N, layer.C, *layer.size)
    expected = random(x.shape, seed)
    accept = None
    if layer.ties:
        labels = np.zeros(x.shape, dtype=np.int64)
        labels[..., 0, 0] = np.arange(1, layer.N * layer.C + 1).reshape(layer.N, layer.C)
        totals = np.concatenate([[0.0], random((layer.N * layer.C,), seed)])
        accept = Shares(labels, totals, np.ones(x.shape))
        expected = np.where(labels > 0, totals[labels], 0.0)
    return case((delta, x, layer.kernel[0], layer.stride), expected, accept, layer.layout)


SQUARE = [Layer(N=2, C=3, size=(4, 4), kernel=(2, 3)), Layer(N=3, C=2, size=(5, 5), padding=1, K=2)]
EVEN = [Layer(N=2, C=2, size=(4, 5)), Layer(N=3, C=3, size=(5, 4), padding=1)]


def slot(index: Any, change: Callable[[Array], Array] = lambda part: part + 1.3) -> Callable[[Array], Array]:
    """Change the numbers at an index, leave the others."""

    def apply(array: Array) -> Array:
        changed = array.copy()
        changed[index] = change(changed[index])
        return changed

    return apply


def others(index: Any) -> Callable[[Array], Array]:
    """Leave the numbers at an index, change the others."""
    return lambda array: np.where(
        slot(index, lambda part: np.full_like(part, np.nan))(array) != array, array, 2 * array + 1.7
    )


def moved(down: int, across: int) -> Callable[[Array], Array]:
    """Not cyclic: unlike numbers come in from outside."""

    def apply(array: Array) -> Array:
        wide = np.pad(array, [(0, 0)] * (array.ndim - 2) + [(2, 2)] * 2, constant_values=0.37)
        rows, columns = array.shape[-2:]
        return wide[..., 2 - down : 2 - down + rows, 2 - across : 2 - across + columns]

    return apply


def same_sum(array: Array) -> Array:
    changed = array.copy()
    flat = changed.reshape(-1)
    flat += (
        np.resize([0.7, -0.7], flat.size)
        if flat.size % 2 == 0
        else np.append(np.resize([0.7, -0.7], flat.size - 1), 0.0)
    )
    return changed


CHANGES: dict[str, Callable[[Array], Array]] = {
    "All values are zero.": np.zeros_like,
    "All values are the same number; the right ones differ.": lambda e: np.full_like(e, 0.37),
    "The signs are reversed.": np.negative,
    "Rows and columns are exchanged: the values are transposed.": lambda e: e.swapaxes(2, 3),
    "The values are rotated by 180°.": lambda e: e[:, :, ::-1, ::-1],
    "The values are upside down: the rows are in reversed order.": lambda e: e[:, :, ::-1],
    "The values are mirrored: the columns are in reversed order.": lambda e: e[..., ::-1],
    "The values are rotated by 90°.": lambda e: np.rot90(e, axes=(2, 3)),
    "The images are in reversed order.": lambda e: e[::-1],
    "The channels are in reversed order.": lambda e: e[:, ::-1],
    "The values are cut off to whole numbers.": np.trunc,
    "The values are rounded down to whole numbers.": np.floor,
    "The values are rounded to whole numbers.": np.rint,
    "The values have lost their signs: all are absolute values.": np.abs,
    "Negative values have become 0.": lambda e: np.where(e > 0, e, 0),
    "Positive values have become 0.": lambda e: np.where(e > 0, 0, e),
    "The values are squared.": np.square,
    "The values are right except for their signs.": lambda e: e * np.resize([1, -1, -1], e.shape),
    "The values are nearly right: none is off by more than a hundredth of the largest.": lambda e: e + 0.01,
    "The values are twice the right ones.": lambda e: e * 2,
    "The values are half of the right ones.": lambda e: e / 2,
    "The values are 3 times the right ones.": lambda e: e * 3,
    "The values are -2 times the right ones.": lambda e: e * -2,
    "The values are 1/9 of the right ones.": lambda e: e / 9,
    "The values are 3/4 of the right ones.": lambda e: e * 0.75,
    "The values are the right ones, all times the same factor.": lambda e: e * np.pi,
    "In each case the values are the right ones, all times the same factor; it differs from case to case.": (
        lambda e: e * np.sum(e)
    ),
    "The values are too large by 1.": lambda e: e + 1,
    "The values are too small by 2.": lambda e: e - 2,
    "The same number is added to all values.": lambda e: e + 0.37,
    "In each case the same number is added to all values; it differs from case to case.": lambda e: (
        e + e.max()
    ),
    "In each channel one number is added to all values.": (
        lambda e: e + np.arange(0.3, e.shape[1])[:, None, None]
    ),
    "Of the images, only the first is right.": others(np.s_[0]),
    "Of the images, only the last is wrong.": slot(np.s_[-1], np.sin),
    "Of the channels, only the first is wrong.": slot(np.s_[:, 0], np.sin),
    "Of the channels, only the last is right.": others(np.s_[:, -1]),
    "Only the last row is wrong.": slot(np.s_[..., -1, :2]),
    "Only the last column is wrong.": slot(np.s_[..., 1:, -1]),
    "Only the first row is wrong.": slot(np.s_[..., 0, 1:3]),
    "Only the first column is wrong.": slot(np.s_[..., 1:3, 0]),
    "Only the last row and the last column are wrong.": (
        lambda e: slot(np.s_[..., -1])(slot(np.s_[..., -1, :])(e))
    ),
    "Only the first row and the first column are wrong.": (
        lambda e: slot(np.s_[..., 0])(slot(np.s_[..., 0, :])(e))
    ),
    "Only the border is wrong, the interior is right.": others(np.s_[..., 1:-1, 1:-1]),
    "Only the interior is wrong, the border is right.": slot(np.s_[..., 1:-1, 1:-1]),
    "Some values are 0 and should not be; the others are right.": slot(np.s_[..., ::2, ::2], np.zeros_like),
    "The values are shifted: 1 down.": moved(1, 0),
    "The values are shifted: 1 up.": moved(-1, 0),
    "The values are shifted: 1 to the right.": moved(0, 1),
    "The values are shifted: 2 to the left.": moved(0, -2),
    "The values are shifted: 1 down, 1 to the right.": moved(1, 1),
    "The values are shifted: 1 up, 2 to the left.": moved(-1, -2),
    "The right values are in the wrong places.": lambda e: np.roll(e, 3),
    "The values have the right sum, but are distributed wrongly.": same_sum,
    "Some values are right, others are wrong.": slot(np.s_[..., 1:3, 0:3:2], np.sin),
    "Not one of the values is right.": lambda e: e + np.sin(np.arange(1.0, e.size + 1)).reshape(e.shape) + 3,
}


VARIED = [
    Layer(N=2, C=3, K=4, size=(4, 6), kernel=(2, 3)),
    Layer(N=3, C=2, K=5, size=(6, 5), kernel=(3, 2)),
    Layer(N=5, C=4, K=2, size=(5, 7), kernel=(3, 3), padding=2),
]

AMOUNTS: dict[str, Callable[[Layer], float]] = {
    "the number of images": lambda layer: layer.N,
    "the number of weights in a plane of the kernel": lambda layer: layer.kernel[0] * layer.kernel[1],
    "the number of positions": lambda layer: layer.output[0] * layer.output[1],
    "the number of positions in all images": lambda layer: layer.N * layer.output[0] * layer.output[1],
    "the number of channels": lambda layer: layer.C,
    "the number of kernels": lambda layer: layer.K,
    "the number of cells of the input": lambda layer: layer.size[0] * layer.size[1],
}


RECTANGLES = [Layer(N=2, C=3, size=(4, 6), padding=1), Layer(N=3, C=5, size=(5, 8), padding=2, stride=2)]


def padded(array: Array, layer: Layer) -> Array:
    return np.pad(array, [(0, 0)] * 2 + [(layer.padding,) * 2] * 2)


LAYERS = [
    Layer(),
    Layer(kernel=(3, 2), size=(5, 4)),
    Layer(stride=2, size=(4, 4)),
    Layer(stride=3, size=(6, 6), kernel=(3, 3)),
    Layer(stride=2, size=(5, 7), kernel=(2, 2)),
    Layer(padding=1),
    Layer(padding=2, size=(3, 5)),
    Layer(padding=1, stride=2, size=(4, 4)),
    Layer(C=3),
    Layer(K=2),
    Layer(C=2, K=3, N=2),
    Layer(N=2, size=(4, 5)),
    Layer(kernel=(1, 1)),
    Layer(kernel=(4, 4)),
    Layer(size=(3, 5), kernel=(3, 5)),
    Layer(integers=True),
    Layer(layout="fortran"),
    Layer(layout="strided"),
    Layer(layout="readonly"),
    Layer(size=(1, 6), kernel=(1, 2)),
    Layer(stride=2, size=(4, 6)),
    Layer(padding=1, kernel=(1, 1)),
    Layer(padding=1, size=(2, 2), kernel=(4, 4)),
    Layer(N=2),
    Layer(N=2, C=2),
    Layer(N=2, K=2),
    Layer(size=(4, 4), kernel=(3, 2)),
]
"""No two features coincide, nor a feature with two others: each is told from all others by some layer."""


def remainder(layer: Layer) -> bool:
    return any(
        (n + 2 * layer.padding - k) % layer.stride for n, k in zip(layer.size, layer.kernel, strict=True)
    )


FEATURES: dict[str, Callable[[Layer], bool]] = {
    "the stride is above 1": lambda layer: layer.stride > 1,
    "the stride is 1": lambda layer: layer.stride == 1,
    "there is padding": lambda layer: layer.padding > 0,
    "there is no padding": lambda layer: layer.padding == 0,
    "there are several channels": lambda layer: layer.C > 1,
    "there is only one channel": lambda layer: layer.C == 1,
    "there are several kernels": lambda layer: layer.K > 1,
    "there is only one kernel": lambda layer: layer.K == 1,
    "there are several images": lambda layer: layer.N > 1,
    "there is only one image": lambda layer: layer.N == 1,
    "there are rows or columns that no window reaches": remainder,
    "the kernel is not square": lambda layer: layer.kernel[0] != layer.kernel[1],
    "height and width of the input differ": lambda layer: layer.size[0] != layer.size[1],
    "height and width of the input are equal": lambda layer: layer.size[0] == layer.size[1],
    "the kernel is 1×1": lambda layer: layer.kernel == (1, 1),
    "the kernel is larger than 1×1": lambda layer: layer.kernel != (1, 1),
    "the kernel is as large as the input": lambda layer: layer.kernel == layer.size,
    "an argument holds integers": lambda layer: layer.integers,
    "arrays lie in memory column by column (Fortran order)": lambda layer: layer.layout == "fortran",
    "arrays are not contiguous in memory": lambda layer: layer.layout == "strided",
    "arguments are read-only": lambda layer: layer.layout == "readonly",
    "arrays do not lie in memory row by row without gaps": lambda layer: layer.layout[0] in "fs",
    "arrays lie in memory in an unusual way": lambda layer: layer.layout != "C",
    "the input has a single row or column": lambda layer: min(layer.size) == 1,
    "the stride is above 1 and there is padding": lambda layer: layer.stride > 1 and layer.padding > 0,
    "there are several channels and there are several kernels": lambda layer: layer.C > 1 and layer.K > 1,
    "there is padding or there are several channels": lambda layer: layer.C > 1 or layer.padding > 0,
}


POOLS = [
    Layer(size=(4, 6), stride=2),
    Layer(size=(4, 4), stride=1),
    Layer(size=(5, 5), stride=3),
    Layer(size=(6, 9), kernel=(3, 3), stride=3),
    Layer(size=(5, 5), kernel=(3, 3), stride=2),
    Layer(size=(3, 3), kernel=(3, 3), stride=4),
    Layer(size=(4, 4), kernel=(3, 3), stride=3),
    Layer(size=(4, 4), kernel=(1, 1), stride=1),
    Layer(size=(4, 4), stride=2, negative=True),
    Layer(size=(4, 4), stride=2, ties=True),
    Layer(size=(5, 5), stride=2),
    Layer(size=(4, 4), kernel=(1, 1), stride=2),
]

POOL_FEATURES: dict[str, Callable[[Layer], bool]] = {
    "windows overlap": lambda layer: layer.kernel[0] > layer.stride,
    "there are gaps between windows": lambda layer: layer.kernel[0] < layer.stride,
    "windows touch, without overlap or gap": lambda layer: layer.kernel[0] == layer.stride,
    "the window is as large as the input": lambda layer: layer.kernel == layer.size,
    "the window is 1×1": lambda layer: layer.kernel == (1, 1),
    "the window is larger than 1×1": lambda layer: layer.kernel != (1, 1),
    "there is only one window": lambda layer: layer.output == (1, 1),
    "there are several windows": lambda layer: layer.output != (1, 1),
    "all activations are negative": lambda layer: layer.negative,
    "a window holds its maximum several times": lambda layer: layer.ties,
}
