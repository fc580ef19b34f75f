"""What the tests of several assignments share: arrays, bases, memory layouts, lines of derivations.

`hidden.py` and `alternatives.py` of each assignment import from here, nothing else does. Nothing here knows a
single exercise: a mistake that occurs in one assignment only is described there, what any course could use
is in `autograder.authoring.transforms`, and pooling, which three assignments get wrong, is in `windows`.
"""

import re

import numpy as np

from autograder.authoring.exercise import Case
from autograder.cnn.derivations.answers import Question, title
from autograder.cnn.derivations.layer import Layer
from autograder.judging.comparison import Derivation

# ------------------------------------------------------------------------------------------------ arrays


def real(rng, *shape):
    """Normally distributed numbers."""
    return rng.normal(size=shape)


def whole(rng, *shape):
    """Small whole numbers as floats: all different, none zero, half of them negative."""
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([-1.0, 1.0], size))
    return (rng.permutation(np.arange(1.0, size + 1)) * signs).reshape(shape)


def integers(rng, *shape):
    """An integer array of either sign, without zeros."""
    return rng.integers(1, 10, size=shape) * rng.choice([-1, 1], size=shape)


def odd(rng, *shape, low=-6, high=6):
    """An integer array of odd numbers, 2·low + 1 to 2·high + 1: halves and quarters are never whole."""
    return 2 * rng.integers(low, high + 1, size=shape) + 1


def leaning(rng, *shape):
    """Numbers of either sign whose sum is far from zero: something is left of it in single precision, too."""
    size = int(np.prod(shape))
    numbers = np.append(rng.uniform(-0.9, -0.1, size // 2), rng.uniform(1, 2, size - size // 2))
    return rng.permutation(numbers).reshape(shape)


def different(rng, low, high, count=2):
    """`count` different whole numbers of low … high − 1."""
    return tuple(int(n) for n in low + rng.permutation(high - low)[:count])


def slopes(rng, *shape):
    """σ′ between 0.1 and 0.9."""
    return rng.uniform(0.1, 0.9, size=shape)


def relu_slopes(rng, *shape):
    """σ′ of ReLU as an integer array: zeros and ones, at least one of each."""
    size = int(np.prod(shape))
    return rng.permutation(np.arange(size) % 2).reshape(shape)


def units(*shape):
    """The basis of all arrays of this shape: each unit array once, along a new first axis."""
    size = int(np.prod(shape))
    return np.eye(size).reshape(size, *shape)


# The lecture's example, with numbers: a 3×3 map, a 2×2 kernel, and the residual of what comes of them.
LECTURE_A = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
LECTURE_W = np.array([[1.0, 2.0], [3.0, 4.0]])
LECTURE_DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])
LECTURE_LAYER = {"input": (3, 3), "kernel": (2, 2)}

# --------------------------------------------------------------------------------------- changes of arrays


def padded(x, before, after=None, **how):
    """`x` with `before` more rows and columns at the top and left, and `after`, or as many, behind."""
    width = (before, before if after is None else after)
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [width] * 2, **how)


def cropped(maps, size):
    """The rows and columns at the top left."""
    return maps[..., : size[0], : size[1]]


def only(kept):
    """A change of an array: but for the part `kept`, all is 0."""

    def change(array):
        others = np.zeros_like(array)
        others[kept] = array[kept]
        return others

    return change


def spread_out(delta, step, end=1):
    """The residual with step − 1 zeros between its elements, and end − 1 behind the last."""
    *front, Ho, Wo = delta.shape
    spread = np.zeros((*front, (Ho - 1) * step + end, (Wo - 1) * step + end))
    spread[..., ::step, ::step] = delta
    return spread


# ------------------------------------------------------------------------------------------- derivations


def each_line(exercise, layer, points):
    """A group for each line of a derivation that is written out, called z11, delta12, w21, b.

    Parameters
    ----------
    layer : dict
        The sizes of the convolution: `Layer`'s arguments.
    points : dict
        From "z", "delta", "w", "b" to the points of one such line.
    """
    of = tuple(points)
    for line in Question(Layer(**layer), of).lines():
        worth = next(points[letter] for letter in of if line.startswith(letter))
        named = title(line)
        case = Case((), accept=Derivation(**layer, of=of, line=line))
        short = re.sub(r"@.*|\W", "", line)
        told = {"zh": f"{named.zh} 一行", "en": f"the line of {named.en}"}
        exercise.group(short, points=worth, **told)(lambda rng, case=case: [case])


def lying(rng, *sizes):
    """The sizes as they are, or all of them with rows for columns."""
    order = rng.choice([1, -1])
    return [size[::order] for size in sizes]


def formula_for(letter, input, kernel, stride=1, of=None):
    """A case: the general formula of `letter`, one of those that the text answers, tried in one layer."""
    accept = Derivation(input, kernel, of=of or (letter,), line=letter, general=True, stride=stride)
    return Case((), accept=accept)


# ------------------------------------------------------------------------------------------------- cases


def in_every_layout(args):
    """Three calls whose arrays lie differently in memory; `args` draws the arguments of one.

    No result may share memory with an argument.
    """
    for layout in ("fortran", "strided", "readonly"):
        yield Case(args(), layout=layout, fresh=True)


# SHIM
INTEGERS = {"name": "integers", "zh": "整数数组", "en": "integer arrays", "visible": False}
LAYOUTS = {"name": "layouts", "zh": "内存布局", "en": "memory layouts", "visible": False}
BASIS = {
    "name": "basis",
    "zh": "讲义的大小，逐个单位数组检验",
    "en": "the lecture's size, one unit array at a time",
    "visible": False,
}

# ----------------------------------------------------------------------------- hints of common mistakes
#
# Each with its id: `exercise.mistake(turn=like("delta"), **STORED_AS_INTEGERS)`, or, above a function,
# `@exercise.misconception(**REPLACED_NOT_ADDED)`.


def hint(id, zh, en, at=None):
    """The id and the two texts of a mistake; each completes "it looks as if: …".

    `at` is the place that explains it, in both languages; see `see`.
    """
    text = {"id": id, "zh": zh, "en": en}
    return see(text, *at) if at else text


def see(hint, zh, en):
    """The hint with the place that explains it: `see(STRIDE_IGNORED, "讲义 3.3", "lecture 3.3")`."""
    return {**hint, "zh": f"{hint['zh']}（见{zh}）", "en": f"{hint['en']} ({en})"}


STORED_AS_INTEGERS = hint(
    "stored_as_integers",
    "结果存进了整数数组，小数部分被截断了：参数可以是整数数组，结果却不一定是整数",
    "the result was stored in an integer array and truncated; whole arguments do not make it whole",
)
REPLACED_NOT_ADDED = hint(
    "replaced_not_added",
    "窗口重叠的地方，后来的残差覆盖了先前的：参与了几个窗口，就要收回几份残差，全部相加",
    "where windows overlap, later parts replaced earlier ones; what took part in several windows gets the "
    "sum of their parts",
)
STRIDE_IGNORED = hint(
    "stride_ignored",
    "没有用到步长：相邻的窗口相隔 s，而不是 1",
    "the stride was ignored: neighbouring windows stand s apart, not 1",
)
PADDING_IGNORED = hint(
    "padding_ignored",
    "没有用到填充：前向计算时，窗口在补过 0 的图上滑动",
    "the padding was ignored: in the forward pass windows slide over the padded map",
)
REMAINDER_DROPPED = hint(
    "remainder_dropped",
    "没有窗口到达的行、列被丢掉了，结果变小：它们的残差是 0，但位置要保留",
    "rows and columns that no window reaches were dropped; their residual is 0, but they keep their place",
)
REMAINDER_AT_THE_TOP = hint(
    "remainder_at_the_top",
    "没有窗口到达的行、列放在了上边和左边：窗口从左上角开始滑动，余下的在下边和右边",
    "the rows and columns that no window reaches were put at the top and left; windows start there, so they "
    "are left over at the bottom and right",
)
RESIDUAL_DIVIDED_BY_THE_BATCH = hint(
    "divided_by_the_batch",
    "除以了样本数 N：每个样本有自己的残差，不取平均",
    "the result was divided by the number of samples; each sample has a residual of its own",
)
GRADIENT_DIVIDED_BY_THE_BATCH = hint(
    "divided_by_the_batch",
    "除以了样本数 N：各个样本的梯度应当相加，不取平均",
    "the gradient was divided by the number of samples; the samples' gradients are added, not averaged",
)
SAMPLES_MIXED = hint(
    "samples_mixed",
    "不同样本混在了一起：第 n 个样本的结果只来自第 n 个样本",
    "samples were mixed; sample n of the result comes from sample n alone",
)
FIRST_SAMPLE_ONLY = hint(
    "first_sample_only",
    "只处理了第一个样本",
    "only the first sample was treated",
)
LAST_SAMPLE_ONLY = hint(
    "last_sample_only",
    "只剩下最后一个样本：循环中后来的结果覆盖了先前的",
    "only the last sample is left; in a loop its result replaced all others",
)
CHANNELS_MIXED = hint(
    "channels_mixed",
    "各个通道加在了一起：每个通道单独计算",
    "the channels were added up; each of them is on its own",
)
KERNEL_AXES_EXCHANGED = hint(
    "kernel_axes_exchanged",
    "卷积核的前两个轴弄反了：形状是 (K, C, kh, kw)，先数卷积核，再数输入通道",
    "the kernels' first two axes changed places: in (K, C, kh, kw) kernels come first, then input channels",
)
SQUARE_KERNEL = hint(
    "square_kernel",
    "把卷积核当作正方形，宽也按高来算：高和宽可以不同",
    "the kernel was taken to be square: its height was used for its width, too",
)
SIGMA_PRIME_MISSING = hint(
    "sigma_prime_missing",
    "没有乘以前一层的 σ′(z)",
    "the factor σ′(z) of the layer before is missing",
)
SIGMA_PRIME_TWICE = hint(
    "sigma_prime_twice",
    "σ′(z) 乘了两次",
    "σ′(z) was multiplied twice",
)
SIGMA_PRIME_OF_THE_WRONG_LAYER = hint(
    "sigma_prime_of_the_wrong_layer",
    "σ′ 乘到了当前层的残差上：它属于前一层，传回去之后再乘",
    "σ′ was applied to the current layer's residual; it belongs to the layer before and comes last",
)
MATRIX_PRODUCT_WITH_SIGMA_PRIME = hint(
    "matrix_product_with_sigma_prime",
    "与 σ′ 做了矩阵乘法：公式里是逐元素相乘",
    "σ′ took part in a matrix product; the formula multiplies element by element",
)
