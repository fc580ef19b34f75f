"""The tests of `convolution`: the forward pass (lecture 1, 2.1) and its connections and parameters (2.2).

Each group varies one thing, so that one mistake costs that thing's points and no more; the last hidden
groups put all together. Sizes are fixed and unlike (H ≠ W, kh ≠ kw, Ho ≠ Wo, N ≠ C ≠ K), so that no two ways
of indexing agree, and values are drawn. What could be left to chance is not, such as the sign of a sum: a
mistake costs the same groups in every draw. The groups called "basis" are proofs at the lecture's size,
3×3 with 2×2: what is linear in the kernel, or in the map, meets every unit kernel, or map.
"""

import math

import numpy as np

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    both,
    columns_flipped,
    first_axes_exchanged,
    given,
    like,
    pretend,
    result,
    rotated,
    rows_flipped,
    transposed,
    turned,
)
from autograder.judging.comparison import Exact

from ..catalogue import (
    BASIS,
    FIRST_SAMPLE_ONLY,
    INTEGERS,
    KERNEL_AXES_EXCHANGED,
    LAST_SAMPLE_ONLY,
    LAYOUTS,
    PADDING_IGNORED,
    REMAINDER_AT_THE_TOP,
    SQUARE_KERNEL,
    STORED_AS_INTEGERS,
    STRIDE_IGNORED,
    hint,
    in_every_layout,
    integers,
    real,
    units,
    whole,
)
from .notebook import (
    conv2d,
    conv_matrix,
    convolution_counts,
    convolution_parameters,
    correlate,
    fully_connected_counts,
    locally_connected_counts,
    prewitt,
    sobel,
)

DOMAIN = "cnn"

# ----------------------------------------------------------------------------------------------- arguments

# The lecture's 3×3 map and 2×2 kernel, with numbers.
MAP = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
KERNEL = np.array([[1.0, 2.0], [3.0, 4.0]])


def with_negative_sums(function, a, w, *rest):
    """Arguments whose greatest sum in size is negative: if it is not, kernel and bias change their signs."""
    z = function(a, w, *rest)
    return (a, w, *rest) if -z.min() >= z.max() else (a, -w, *(-b for b in rest[:1]), *rest[1:])


def lecture_size(rng):
    """A map and a kernel of the lecture's size, in numbers that one can check by hand; no z is 0."""
    while True:
        a, w = with_negative_sums(correlate, whole(rng, 3, 3), whole(rng, 2, 2))
        if np.all(correlate(a, w)):
            return a, w


def different(rng, low, high, count=2):
    """`count` different whole numbers of low … high − 1."""
    return tuple(int(n) for n in low + rng.permutation(high - low)[:count])


def padded(x, before, after, **how):
    """`x` with `before` more rows and columns at the top and left, `after` at the bottom and right."""
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(before, after)] * 2, **how)


def as_wide_as_high(array):
    """What becomes of the last two axes in code that takes them to be equally long."""
    return array[..., np.arange(array.shape[-2])]


def kernel_size(w):
    """How many products make one sum: kh · kw, or C · kh · kw."""
    return math.prod(w.shape[-3:])


def last_weight(w):
    """Of each kernel the last weight only."""
    last = np.zeros(w.shape)
    last[..., -1, -1] = w[..., -1, -1]
    return last


# ------------------------------------------------------------------- mistakes that several exercises share

INDICES_FROM_ONE = hint(
    "indices_from_one",
    "照抄了 2.1 公式里的 u+p−1：讲义从 1 数起，Python 从 0 数起，−1 是最后一行",
    "u+p−1 was copied from 2.1: the lecture counts from 1, Python from 0, where row −1 is the last",
)
PADDED_TO_INPUT_SIZE = hint(
    "padded_to_input_size",
    "补了 0，使特征图与图一样大：补几圈 0 由题目规定，核始终完整地落在补过 0 的图内（见 2.1 的图）",
    "zeros were added to make the feature map as large as the map: how many, the exercise says (lecture 2.1)",
)


def describe_kernels(exercise):
    """What goes wrong with the kernel `w`, of whatever function."""
    exercise.mistake(
        "kernel_flipped",
        turned("w", rotated),
        zh="卷积核被翻转了 180°：讲义的“卷积”是互相关，核不翻转（见 2.1 的公式）",
        en="the kernel was rotated by 180°: the lecture's convolution is a cross-correlation (see 2.1)",
        frequent=True,
    )
    exercise.mistake(
        "kernel_upside_down",
        turned("w", rows_flipped),
        zh="卷积核上下颠倒了：w 和 a 的行号应同时增大（见 2.1 的公式）",
        en="the kernel was turned upside down: the rows of w and of a go up together (the formula in 2.1)",
    )
    exercise.mistake(
        "kernel_mirrored",
        turned("w", columns_flipped),
        zh="卷积核左右颠倒了：w 和 a 的列号应同时增大（见 2.1 的公式）",
        en="the kernel was mirrored left to right: the columns of w and of a go up together (formula in 2.1)",
    )
    exercise.mistake(
        "kernel_transposed",
        turned("w", transposed),
        zh="卷积核的行和列对调了（见 2.1：p 数行，q 数列）",
        en="the rows and columns of the kernel changed places (lecture 2.1: p counts rows, q columns)",
    )
    exercise.mistake(turn=turned("w", as_wide_as_high), **SQUARE_KERNEL)


def describe_sums(exercise, a):
    """What goes wrong with a feature map's sums; the map is the argument called `a`."""
    describe_kernels(exercise)
    exercise.mistake(
        "last_product_only",
        turned("w", last_weight),
        zh="乘积没有累加，只留下了核的最后一个位置（见 2.1 公式中的两个求和号）",
        en="the products were not added up, only the kernel's last place was kept (the two sums in 2.1)",
    )
    exercise.mistake(
        "products_averaged",
        turned("w", lambda w: w / kernel_size(w)),
        zh="乘积取了平均：2.1 的公式是求和，不除以个数",
        en="the products were averaged: the formula in 2.1 adds them up and divides by nothing",
    )
    exercise.mistake(
        "bias_forgotten",
        turned("b", lambda b: 0 * b),
        zh="偏置没有加上（见 2.1 公式末尾的 b）",
        en="the bias was not added (the b that ends the formula in 2.1)",
        frequent=True,
    )
    exercise.mistake(
        "bias_with_every_product",
        given(b=lambda c: c.b * kernel_size(c.w)),
        zh="每个乘积都加了一次偏置：b 在求和号之外，每个输入和只加一次（见 2.1）",
        en="the bias was added to every product: b stands outside the sums and is added once (lecture 2.1)",
    )
    exercise.mistake(
        "one_place_too_few",
        result(lambda z, c: z[..., :-1, :-1]),
        zh="特征图少了一行一列：长为 k 的核在长为 H 的图上有 H − k + 1 个位置（见 2.1 的图）",
        en="the feature map lacks a row and a column: k elements have H − k + 1 places on H (lecture 2.1)",
    )
    exercise.mistake(
        "square_assumed",
        result(lambda z, c: as_wide_as_high(z)),
        zh="特征图的宽是照着高算的：图和核都不一定是正方形",
        en="the width of the feature map was taken from its height: neither map nor kernel need be square",
    )
    exercise.mistake(
        "first_row_only",
        result(lambda z, c: np.where(np.arange(z.shape[-2])[:, None] == 0, z, 0)),
        zh="只算了特征图的第一行，其余仍是 0：循环没有走完就返回了",
        en="only the first row of the feature map was computed: the loops were left too early",
    )
    exercise.mistake(
        "activation_applied",
        result(lambda z, c: np.maximum(z, 0)),
        zh="返回的是激活值 σ(z)，而题目要的是输入和 z（见 2.1 的两个公式）",
        en="the activation σ(z) was returned where the input sum z is asked for (the two formulas in 2.1)",
        frequent=True,
    )
    exercise.mistake(turn=like(a), **STORED_AS_INTEGERS)


# -------------------------------------------------------------------------------------------------- correlate

correlation = Exercise(correlate, points=12, lecture="2.1")


def correlation_case(rng, size, kernel, *b):
    return with_negative_sums(correlate, real(rng, *size), real(rng, *kernel), *b)


@correlation.group(
    "lecture", points=3.5, zh="讲义的例子：3×3 与 2×2", en="the lecture's example: 3×3 and 2×2"
)
def lecture_maps(rng):
    yield lecture_size(rng)


@lecture_maps.example
def lecture_map():
    yield MAP, KERNEL


@correlation.group(points=0.5, **BASIS)
def unit_kernels(rng):
    """z is linear in w, and each unit kernel copies a part of the map, all of whose elements differ."""
    a = whole(rng, 3, 3)
    for w in units(2, 2):
        yield a, w


@correlation.group("shapes", points=3, zh="不是正方形的图和核", en="maps and kernels that are not square")
def oblong_maps(rng):
    yield correlation_case(rng, (4, 7), (3, 2))
    yield correlation_case(rng, (6, 5), (2, 3))


@correlation.group("bias", points=2, zh="偏置", en="bias")
def biased_maps(rng):
    b = float(rng.choice([-1, 1]) * rng.uniform(0.5, 2))
    yield correlation_case(rng, (4, 3), (2, 3), b)
    yield correlation_case(rng, (3, 5), (2, 2), -b)


@correlation.group(
    "extremes",
    points=2,
    zh="1×1 的核、与图一样大的核",
    en="1×1 kernels and kernels as large as the map",
    visible=False,
)
def extreme_maps(rng):
    yield correlation_case(rng, (3, 4), (1, 1))
    yield with_negative_sums(correlate, whole(rng, 4, 3), whole(rng, 4, 3))  # one sum: reals might cancel
    yield correlation_case(rng, (3, 5), (1, 5))
    yield correlation_case(rng, (4, 2), (3, 1))


@correlation.group(points=0.5, **INTEGERS)
def integer_maps(rng):
    yield with_negative_sums(correlate, integers(rng, 4, 3), real(rng, 2, 2))
    yield with_negative_sums(
        correlate, integers(rng, 3, 5), integers(rng, 2, 3), float(rng.uniform(0.2, 0.8))
    )


@correlation.group(points=0.5, **LAYOUTS)
def map_layouts(rng):
    yield from in_every_layout(lambda: correlation_case(rng, (4, 3), (2, 3)))


describe_sums(correlation, "a")
correlation.mistake(turn=given(a=lambda c: np.roll(c.a, 1, axis=(0, 1))), **INDICES_FROM_ONE)
correlation.mistake(
    turn=given(a=lambda c: np.pad(c.a, [(k // 2, (k - 1) // 2) for k in c.w.shape])), **PADDED_TO_INPUT_SIZE
)
correlation.mistake(
    "padded_by_the_kernel",
    given(a=lambda c: np.pad(c.a, [(k - 1, k - 1) for k in c.w.shape])),
    zh="核伸到了图外，特征图比图还大：这里核始终完整地落在图内（见 2.1 的图）",
    en="the kernel reached beyond the map, which makes the feature map too large: it stays inside (2.1)",
)
correlation.mistake(
    "windows_side_by_side",
    result(lambda z, c: z[:: len(c.w), :: len(c.w.T)]),
    zh="卷积核每次移动了一整个核的宽度：卷积的窗口互相重叠，每次只移动 1 格（见 2.1 的图）",
    en="the kernel moved by its own size: the windows of a convolution overlap, one place on each time (2.1)",
)


@correlation.misconception(
    zh="窗口与核做了矩阵乘法：公式里是对应元素相乘，再求和（见 2.1）",
    en="window and kernel were multiplied as matrices: the formula in 2.1 multiplies element by element",
)
def matrix_product(a, w, b=0.0):
    return (np.lib.stride_tricks.sliding_window_view(a, w.shape) @ w).sum(axis=(2, 3)) + b


@correlation.misconception(
    zh="核的大小写死成了 2×2：讲义的例子之外，核可以是任意大小",
    en="the kernel's size was written down as 2×2: it is that in the lecture's example only",
)
def size_of_the_example(a, w, b=0.0):
    H, W = (n - k + 1 for n, k in zip(a.shape, w.shape, strict=True))
    return sum(w[p, q] * a[p : p + H, q : q + W] for p in range(2) for q in range(2)) + b


@correlation.alternative
def correlate_by_loops(a, w, b=0.0):
    Ho, Wo = a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1
    z = np.zeros((Ho, Wo))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(w.shape[0]):
                for q in range(w.shape[1]):
                    z[u, v] += w[p, q] * a[u + p, v + q]
            z[u, v] += b
    return z


@correlation.alternative
def correlate_by_windows(a, w, b=0.0):
    return np.einsum("uvpq,pq->uv", np.lib.stride_tricks.sliding_window_view(a, w.shape), w) + b


@correlation.alternative
def correlate_window_by_window(a, w, b=0.0):
    kh, kw = w.shape
    rows, columns = range(a.shape[0] - kh + 1), range(a.shape[1] - kw + 1)
    return np.array([[np.sum(a[u : u + kh, v : v + kw] * w) + b for v in columns] for u in rows])


@correlation.alternative
def correlate_by_columns_in_single_precision(a, w, b=0.0):
    windows = np.lib.stride_tricks.sliding_window_view(a.T.astype(np.float32), w.T.shape)
    return (windows.reshape(*windows.shape[:2], -1) @ w.T.ravel().astype(np.float32)).T + np.float32(b)


# --------------------------------------------------------------------------------------------- sobel, prewitt

sobel_edges = Exercise(sobel, points=6, lecture="1")
prewitt_edges = Exercise(prewitt, points=6, lecture="1")


def hillside(rng, H, W):
    """An image that grows brighter to the right and darker downwards: gx > 0 > gy everywhere."""
    rows, columns = np.indices((H, W))
    return 5.0 * (H - 1 - rows + columns) + rng.uniform(0, 5, (H, W))


def edges(change):
    """The turn of a mistake in the result: `change(gx, gy, magnitude)`."""
    return result(lambda parts, c: change(*parts))


def describe_edges(exercise, middle, other, example):
    """Sobel and Prewitt differ in the weight of the `middle` row; all else about them is told once.

    `other` is the operator that they are mistaken for.
    """

    @exercise.group("lecture", points=2, zh="3×3 的图像：一个窗口", en="3×3 images: a single window")
    def one_window(rng):
        yield (np.floor(hillside(rng, 3, 3)),)

    @one_window.example
    def by_hand():
        yield (np.array(example),)

    @exercise.group("shapes", points=2.5, zh="不是正方形的图像", en="images that are not square")
    def oblong_images(rng):
        yield (hillside(rng, 4, 6),)
        yield (-hillside(rng, 6, 5),)

    @exercise.group(
        "steps",
        points=1,
        zh="明暗分界，单独的一个亮点",
        en="steps from dark to bright, a single bright point",
        visible=False,
    )
    def steps_and_point(rng):
        """The answer to a single point is the kernel itself, rotated: all there is to know of a filter."""
        step, point = np.zeros((3, 5)), np.zeros((5, 6))
        step[:, 3:], point[2, 3] = rng.integers(2, 10, 2)  # whole, so that gy of the first is exactly 0
        yield (step,)
        yield (-step.T,)
        yield (point,)

    @exercise.group(points=0.25, **INTEGERS)
    def integer_images(rng):
        yield (hillside(rng, 5, 4).astype(np.uint8),)

    @exercise.group(points=0.25, **LAYOUTS)
    def image_layouts(rng):
        yield from in_every_layout(lambda: (hillside(rng, 4, 3),))

    exercise.mistake(
        "kernel_flipped",
        edges(lambda gx, gy, magnitude: (-gx, -gy, magnitude)),
        zh="卷积核被翻转了 180°，两个方向的正负号都反了：这里用互相关（见讲义 2.1 的公式）",
        en="the kernels were rotated by 180°, which turns both signs: correlate instead (lecture 2.1)",
        frequent=True,
    )
    exercise.mistake(
        "gx_mirrored",
        edges(lambda gx, gy, magnitude: (-gx, gy, magnitude)),
        zh="gx 的核左右颠倒了：+1 在右边一列",
        en="the kernel of gx is mirrored: +1 stands in its right column",
    )
    exercise.mistake(
        "gy_upside_down",
        edges(lambda gx, gy, magnitude: (gx, -gy, magnitude)),
        zh="gy 的核上下颠倒了：它是 gx 的核的转置，+1 在下面一行",
        en="the kernel of gy is upside down: it is that of gx transposed, with +1 in its last row",
    )
    exercise.mistake(
        "gx_and_gy_swapped",
        edges(lambda gx, gy, magnitude: (gy, gx, magnitude)),
        zh="gx 和 gy 对调了：gx 是沿着一行从左到右的变化",
        en="gx and gy changed places: gx is the change along a row, from left to right",
        frequent=True,
    )
    exercise.mistake(
        "one_kernel_for_both",
        edges(lambda gx, gy, magnitude: (gx, gx, np.hypot(gx, gx))),
        zh="gy 用了 gx 的核：求竖直方向的变化要把核转置",
        en="gy was computed with the kernel of gx: the change down a column takes that kernel transposed",
    )
    exercise.mistake(
        "weights_of_the_other_operator",
        lambda operator: other,
        zh="用了另一个算子的权重：Sobel 的中间一行权重是 2，Prewitt 的三行相同（见讲义 1）",
        en="these are the other operator's weights: only Sobel doubles the middle row (lecture 1)",
    )
    exercise.mistake(
        "magnitude_without_root",
        edges(lambda gx, gy, magnitude: (gx, gy, magnitude**2)),
        zh="边缘强度没有开平方",
        en="the square root of the magnitude is missing",
    )
    exercise.mistake(
        "magnitude_of_absolute_values",
        edges(lambda gx, gy, magnitude: (gx, gy, abs(gx) + abs(gy))),
        zh="边缘强度算成了 |gx| + |gy|，题目要的是平方和的平方根",
        en="the magnitude was taken to be |gx| + |gy| where the root of the sum of squares is asked for",
        frequent=True,
    )
    exercise.mistake(
        "magnitude_of_half_and_half",
        edges(lambda gx, gy, magnitude: (gx, gy, (abs(gx) + abs(gy)) / 2)),
        zh="边缘强度算成了 |gx| 与 |gy| 的平均值，题目要的是平方和的平方根",
        en="the magnitude is the mean of |gx| and |gy|, where the root of the sum of squares is asked for",
    )
    exercise.mistake(
        "absolute_values",
        edges(lambda gx, gy, magnitude: (abs(gx), abs(gy), magnitude)),
        zh="gx 和 gy 被取了绝对值：正负号说明由暗到亮还是由亮到暗，应当保留",
        en="gx and gy lost their signs, which tell dark-to-bright from bright-to-dark and are to be kept",
    )
    exercise.mistake(
        "clipped_for_display",
        edges(lambda *parts: tuple(np.clip(part, 0, 255) for part in parts)),
        zh="结果被限制在 0 到 255 之间，像要显示的图像那样：梯度可以是负数，应当保留",
        en="the results were clipped to 0 … 255, as if for display: negative changes are to be kept",
    )
    exercise.mistake(
        "padded_to_image_size",
        turned("image", lambda image: np.pad(image, 1)),
        zh="给图像补了 0，结果与图像一样大：题目只要有效区域",
        en="zeros were added and the results are as large as the image: only the valid region is asked for",
    )
    exercise.mistake(
        "normalised",
        edges(lambda *parts: tuple(part / (4 + 2 * middle) for part in parts)),
        zh="结果除以了权重之和：题目要求不归一化",
        en="the results were divided by the sum of the weights: nothing is to be normalised",
    )
    exercise.mistake(
        turn=result(
            lambda parts, c: (*parts[:2], parts[2].astype(int if c.image.dtype.kind in "iu" else float))
        ),
        **STORED_AS_INTEGERS,
    )

    @exercise.misconception(
        zh="减法是在图像自己的 8 位整数类型里做的，负数溢出了",
        en="the subtraction was done in the image's own 8-bit type, in which negative numbers wrap around",
    )
    def wraps_around(image):
        gx, gy, _ = by_differences(image)
        return gx, gy, np.hypot(gx.astype(float), gy.astype(float))

    @exercise.alternative
    def by_differences_of_floats(image):
        return by_differences(image.astype(float))

    def by_differences(image):
        """First the difference, then the weighted sum across it: the kernel is the product of the two."""
        across, down = image[:, 2:] - image[:, :-2], image[2:] - image[:-2]
        gx = across[:-2] + middle * across[1:-1] + across[2:]
        gy = down[:, :-2] + middle * down[:, 1:-1] + down[:, 2:]
        return gx, gy, np.hypot(gx, gy)

    @exercise.alternative
    def by_loops(image):
        H, W = image.shape
        gx, gy = np.zeros((H - 2, W - 2)), np.zeros((H - 2, W - 2))
        for u in range(H - 2):
            for v in range(W - 2):
                for i, weight in enumerate((1, middle, 1)):
                    gx[u, v] += weight * (float(image[u + i, v + 2]) - float(image[u + i, v]))
                    gy[u, v] += weight * (float(image[u + 2, v + i]) - float(image[u, v + i]))
        return gx, gy, (gx**2 + gy**2) ** 0.5

    @exercise.alternative
    def by_windows(image):
        kernel = np.outer([1, middle, 1], [-1, 0, 1])
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        gx, gy = np.tensordot(windows, np.stack([kernel, kernel.T]), axes=([2, 3], [1, 2])).transpose(2, 0, 1)
        return gx, gy, np.linalg.norm([gx, gy], axis=0)


describe_edges(sobel_edges, 2, prewitt, [[0.0, 0.0, 2.0], [0.0, 7.0, 2.0], [3.0, 2.0, 3.0]])
describe_edges(prewitt_edges, 1, sobel, [[0.0, 0.0, 1.0], [0.0, 7.0, 1.0], [1.0, 2.0, 2.0]])


# ------------------------------------------------------------------------------------------------ conv_matrix

unrolled = Exercise(conv_matrix, points=10, lecture="2.2")


@unrolled.group("lecture", points=3, zh="讲义的例子：4×9 的矩阵", en="the lecture's example: a 4×9 matrix")
def lecture_matrices(rng):
    yield whole(rng, 2, 2), (3, 3)


@lecture_matrices.example
def lecture_matrix():
    yield KERNEL, (3, 3)


@unrolled.group(points=0.5, **BASIS)
def unit_matrices(rng):
    """M is linear in w: to be right for each unit kernel is to be right for all kernels of this size."""
    for w in units(2, 2):
        yield w, (3, 3)


@unrolled.group("shapes", points=3.5, zh="不是正方形的图和核", en="maps and kernels that are not square")
def oblong_matrices(rng):
    yield real(rng, 2, 3), (5, 4)
    yield real(rng, 3, 2), (4, 6)


@unrolled.group(
    "extremes",
    points=2.5,
    zh="1×1 的核、与图一样大的核",
    en="1×1 kernels and kernels as large as the map",
    visible=False,
)
def extreme_matrices(rng):
    yield real(rng, 1, 1), (2, 3)
    yield real(rng, 3, 2), (3, 2)
    yield real(rng, 1, 3), (3, 4)
    yield real(rng, 2, 1), (4, 2)


@unrolled.group(points=0.5, **LAYOUTS)
def kernel_layouts(rng):
    yield from in_every_layout(lambda: (real(rng, 2, 3), (3, 4)))


def numbered(column):
    """A wrong way to find the column of M that w[p, q] of row (u, v) goes to: `column(u, v, p, q, W, Wo)`."""

    def matrix(w, input_shape):
        (H, W), (kh, kw) = input_shape, w.shape
        Ho, Wo = H - kh + 1, W - kw + 1
        M = np.zeros((Ho * Wo, H * W))
        for u, v, p, q in np.ndindex(Ho, Wo, kh, kw):
            M[u * Wo + v, column(u, v, p, q, W, Wo)] = w[p, q]
        return M

    return lambda reference: matrix


describe_kernels(unrolled)
unrolled.mistake(
    "matrix_transposed",
    result(lambda M, c: M.T),
    zh="矩阵转置了：每一行应是特征图的一个神经元（见 2.2 卷积展开）",
    en="the matrix is transposed: each row should be one neuron of the feature map (lecture 2.2, unrolling)",
    frequent=True,
)
unrolled.mistake(
    "column_by_column",
    both(turned("w", transposed), turned("input_shape", lambda shape: shape[::-1])),
    zh="展开是按列进行的：题目按行展开，与 NumPy 的 ravel() 相同",
    en="the maps were unrolled column by column: it goes row by row, as NumPy's ravel() does",
)
unrolled.mistake(
    "map_column_by_column",
    result(lambda M, c: M.reshape(-1, *c.input_shape).swapaxes(1, 2).reshape(M.shape)),
    zh="图是按列展开的，特征图却按行：两者都应按行展开，与 NumPy 的 ravel() 相同",
    en="the map was unrolled column by column, the feature map row by row: both go row by row, as in ravel()",
)
unrolled.mistake(
    "no_jump_at_the_end_of_a_row",
    numbered(lambda u, v, p, q, W, Wo: u * Wo + v + p * W + q),
    zh="卷积核换行时没有多跳 k−1 格：每一行都只是上一行右移一格（看 2.2 的 4×9 矩阵第 2、3 行）",
    en="each row is the one before moved by 1: where a row of the map begins, it jumps further (lecture 2.2)",
)
unrolled.mistake(
    "no_gap_between_kernel_rows",
    numbered(lambda u, v, p, q, W, Wo: u * W + v + p * (W - Wo + 1) + q),
    zh="卷积核的各行连在了一起：核的下一行对应图的下一行，中间隔着 W − kw 个 0（见 2.2）",
    en="the kernel's rows follow each other without a gap: each has its own row of the map (lecture 2.2)",
)
unrolled.mistake(
    "columns_by_output_width",
    numbered(lambda u, v, p, q, W, Wo: (u + p) * Wo + v + q),
    zh="列号用了特征图的宽：每一列是前一层的一个神经元，一行有 W 个（见 2.2）",
    en="the columns were numbered by the feature map's width, not by that of the layer before (lecture 2.2)",
)
unrolled.mistake(
    "height_and_width_swapped",
    turned("input_shape", lambda shape: shape[::-1]),
    zh="图的高和宽对调了：input_shape 是（行数，列数）",
    en="height and width of the map changed places: input_shape is (rows, columns)",
)
unrolled.mistake(
    "first_window_only",
    result(lambda M, c: np.where(np.arange(len(M))[:, None] == 0, M, 0)),
    zh="只填了第一行，其余仍是 0：卷积核的每个位置各有一行（见 2.2）",
    en="only the first row was filled: each place of the kernel has a row of its own (lecture 2.2)",
)
unrolled.mistake(
    "windows_side_by_side",
    result(
        lambda M, c: M[
            np.arange(len(M)).reshape(c.input_shape[0] - len(c.w) + 1, -1)[:: len(c.w), :: len(c.w.T)].ravel()
        ]
    ),
    zh="卷积核每次移动了一整个核的宽度：步长是 1，窗口互相重叠（见 2.1 的图）",
    en="the kernel moved by its own size: the stride is 1, and the windows overlap (lecture 2.1, figure)",
)
unrolled.mistake(
    "connections_for_weights",
    result(lambda M, c: np.where(M == 0, 0.0, 1.0)),
    zh="矩阵里只有 0 和 1，表示哪些神经元相连：相连的位置应是权重（见 2.2）",
    en="the matrix holds ones where neurons are joined: their weights belong there (lecture 2.2)",
)
unrolled.mistake(turn=result(lambda M, c: M.astype(int)), **STORED_AS_INTEGERS)


@unrolled.misconception(
    zh="特征图被当成与图一样大：没有填充时它要小一些（见 2.2）",
    en="the feature map was made as large as the map: without padding it is smaller (lecture 2.2)",
)
def as_many_outputs_as_inputs(w, input_shape):
    H, W = input_shape
    M = np.zeros((H * W, H, W))
    for row, (u, v) in zip(M, np.ndindex(H, W), strict=True):
        row[u : u + len(w), v : v + len(w.T)] = w[: H - u, : W - v]
    return M.reshape(H * W, H * W)


@unrolled.alternative
def matrix_by_loops(w, input_shape):
    H, W = input_shape
    Ho, Wo = H - w.shape[0] + 1, W - w.shape[1] + 1
    M = np.zeros((Ho * Wo, H * W))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(w.shape[0]):
                for q in range(w.shape[1]):
                    M[u * Wo + v, (u + p) * W + (v + q)] = w[p, q]
    return M


@unrolled.alternative
def matrix_of_unit_images(w, input_shape):
    return np.stack([correlate_by_windows(unit, w).ravel() for unit in units(*input_shape)], axis=1)


@unrolled.alternative
def matrix_by_kronecker_products(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    return sum(w[p, q] * np.kron(np.eye(Ho, H, p), np.eye(Wo, W, q)) for p in range(kh) for q in range(kw))


# --------------------------------------------------------------------------------- connections and parameters

fully_connected = Exercise(fully_connected_counts, points=4, lecture="2.2", accept=Exact())
locally_connected = Exercise(locally_connected_counts, points=4, lecture="2.2", accept=Exact())
shared_weights = Exercise(convolution_counts, points=4, lecture="2.2", accept=Exact())

WITHOUT_BIASES = {"zh": "讲义的例子：不计偏置", "en": "the lecture's example: no biases"}
WITH_BIASES = {"zh": "偏置", "en": "biases"}
ONE_BIAS_FOR_THE_LAYER = hint(
    "one_bias_for_the_layer",
    "整层只有一个偏置：偏置不止一个，它们各有自己的值（见 2.2，以及 3.3 CNN 中的参数）",
    "the whole layer has one bias: there are more of them, each with a value of its own (lecture 2.2, 3.3)",
)
BIASES_NOT_COUNTED = hint(
    "biases_not_counted",
    "偏置没有算作参数：它们也是需要求解的数",
    "the biases were not counted as parameters: they are numbers to be learned, too",
)


def counted(change):
    """The turn of a mistake in the two counts: `change(connections, parameters, call)`."""
    return result(lambda counts, c: change(*counts, c))


def outputs(c):
    """How many neurons a map of windows has."""
    (H, W), (kh, kw) = c.input_shape, c.kernel_shape
    return (H - kh + 1) * (W - kw + 1)


def describe_counts(exercise):
    """What goes wrong in counting the connections and parameters of any layer."""
    exercise.mistake(turn=pretend("bias", False), frequent=True, **BIASES_NOT_COUNTED)
    exercise.mistake(
        "biases_always_counted",
        pretend("bias", True),
        zh="没有要求偏置时也算了偏置：讲义 2.2 的 36 / 36 和 16 / 4 都不计偏置",
        en="biases were counted although there are none: the lecture's 36 / 36 and 16 / 4 leave them out",
    )
    exercise.mistake(
        "bias_is_a_connection",
        counted(lambda n, m, c: (n + c.bias * (outputs(c) if "kernel_shape" in vars(c) else c.outputs), m)),
        zh="偏置也算作了连接：它不来自前一层的神经元",
        en="the biases were counted as connections: they come from no neuron of the layer before",
        frequent=True,
    )
    exercise.mistake(
        "counts_exchanged",
        counted(lambda n, m, c: (m, n)),
        zh="两个数的次序反了：先连接数量，后参数数量",
        en="the two numbers changed places: connections come first, then parameters",
    )
    exercise.mistake(
        "connections_counted_twice",
        counted(lambda n, m, c: (2 * n, m)),
        zh="每个连接数了两次：一对相连的神经元只算一个连接",
        en="every connection was counted twice: two neurons that are joined make one connection",
    )


@fully_connected.group("lecture", points=1.5, **WITHOUT_BIASES)
def dense_layers(rng):
    yield different(rng, 3, 40)
    yield (*different(rng, 3, 40), False)


@dense_layers.example
def nine_to_four():
    yield 9, 4


@fully_connected.group("bias", points=1.5, **WITH_BIASES)
def dense_layers_with_bias(rng):
    yield (*different(rng, 3, 40), True)


@fully_connected.group("extremes", points=1, zh="只有一个神经元", en="a single neuron", visible=False)
def single_neurons(rng):
    yield int(rng.integers(3, 40)), 1, True
    yield 1, int(rng.integers(3, 40)), True


describe_counts(fully_connected)
fully_connected.mistake(
    turn=counted(lambda n, m, c: (n, n + c.bias)),
    **ONE_BIAS_FOR_THE_LAYER,
)
fully_connected.mistake(
    "one_bias_for_each_input",
    counted(lambda n, m, c: (n, n + c.bias * c.inputs)),
    zh="每个输入有一个偏置：偏置属于本层的神经元，即输出",
    en="there is one bias for each input: biases belong to the neurons of this layer, the outputs",
)
fully_connected.mistake(
    "biases_of_both_layers",
    counted(lambda n, m, c: (n, m + c.bias * c.inputs)),
    zh="前一层的神经元也算了偏置：偏置只属于本层的神经元",
    en="neurons of the layer before were given biases, too: only those of this layer have one",
)
fully_connected.mistake(
    "one_bias_for_each_connection",
    counted(lambda n, m, c: (n, n + c.bias * n)),
    zh="每个连接算了一个偏置：加权求和之后才加偏置，每个输出一个（见 2.1：b 在求和号之外）",
    en="a bias was counted for each connection: it is added once for each output, outside the sum (2.1)",
)
fully_connected.mistake(
    "weights_shared",
    counted(lambda n, m, c: (n, m - n + c.inputs)),
    zh="权值被共享了：全连接时每个连接有自己的权重（见 2.2：连接 36，参数 36）",
    en="the weights are shared: in a fully connected layer each connection has its own (2.2: 36 and 36)",
)
fully_connected.mistake(
    "neurons_added",
    counted(lambda n, m, c: (c.inputs + c.outputs, m - n + c.inputs + c.outputs)),
    zh="神经元数量被加了起来，可是每个输入都与每个输出相连（见 2.2）",
    en="the numbers of neurons were added, but each input is joined to each output (lecture 2.2)",
)


@fully_connected.alternative
def dense_by_loops(inputs, outputs, bias=False):
    connections = parameters = 0
    for _ in range(outputs):
        for _ in range(inputs):
            connections += 1
            parameters += 1
        if bias:
            parameters += 1
    return connections, parameters


@fully_connected.alternative
def dense_by_arrays(inputs, outputs, bias=False):
    w, b = np.ones((outputs, inputs)), np.ones(outputs if bias else 0)
    return w.size, w.size + b.size


def map_and_kernel(rng):
    """The shapes of a map and of a smaller kernel, neither of them square; kh + kw ≠ W + 1."""
    return different(rng, 7, 14), different(rng, 2, 5)


def describe_windows(exercise):
    """What local connection and convolution have in common: their cases, and their connections."""

    @exercise.group("lecture", points=1.5, **WITHOUT_BIASES)
    def layers(rng):
        yield map_and_kernel(rng)
        yield (*map_and_kernel(rng), False)

    @layers.example
    def three_by_three():
        yield (3, 3), (2, 2)

    @exercise.group("bias", points=1.5, **WITH_BIASES)
    def layers_with_bias(rng):
        yield (*map_and_kernel(rng), True)

    @exercise.group(
        "extremes",
        points=1,
        zh="1×1 的窗口、与图一样大的窗口",
        en="1×1 windows and windows as large as the map",
        visible=False,
    )
    def extreme_layers(rng):
        shape = different(rng, 3, 9)
        yield shape, (1, 1), True
        yield shape, shape, True
        yield shape, (1, shape[1] - 1), True

    describe_counts(exercise)
    exercise.mistake(
        "as_many_outputs_as_inputs",
        given(
            input_shape=lambda c: tuple(n + k - 1 for n, k in zip(c.input_shape, c.kernel_shape, strict=True))
        ),
        zh="输出被当成与图一样大：没有填充时它要小一些（见 2.1 的图）",
        en="the output was taken to be as large as the map: without padding it is smaller (lecture 2.1)",
    )
    exercise.mistake(
        "one_place_too_few",
        turned("input_shape", lambda shape: (shape[0] - 1, shape[1] - 1)),
        zh="输出少算了一行一列：长为 k 的窗口在长为 H 的图上有 H − k + 1 个位置（见 2.1 的图）",
        en="the output lacks a row and a column: k elements have H − k + 1 places on H (lecture 2.1)",
        frequent=True,
    )
    exercise.mistake(
        "windows_side_by_side",
        given(
            input_shape=lambda c: tuple(
                n // k + k - 1 for n, k in zip(c.input_shape, c.kernel_shape, strict=True)
            )
        ),
        zh="窗口每次移动了一整个窗口的宽度：步长是 1，窗口互相重叠（见 2.1 的图）",
        en="the windows lie side by side: the stride is 1, they overlap (lecture 2.1, figure)",
    )
    exercise.mistake(
        "one_connection_for_each_output",
        counted(lambda n, m, c: (outputs(c), m)),
        zh="每个输出只算了一个连接：它与窗口里的每个神经元都相连（见 2.2 的对比图）",
        en="only one connection was counted for each output: it is joined to all of its window (lecture 2.2)",
    )
    exercise.mistake(
        "square_map",
        turned("input_shape", lambda shape: (shape[0], shape[0])),
        zh="图被当作正方形，宽也按高来算：高和宽可以不同",
        en="the map was taken to be square: its height was used for its width, too",
    )
    exercise.mistake(turn=turned("kernel_shape", lambda shape: (shape[0], shape[0])), **SQUARE_KERNEL)


describe_windows(locally_connected)
describe_windows(shared_weights)

locally_connected.mistake(
    "weights_shared",
    counted(lambda n, m, c: (n, math.prod(c.kernel_shape) + c.bias)),
    zh="权值被共享了：局部连接（不共享）时每个窗口有自己的一组权重（见 2.2）",
    en="the weights are shared: in merely local connection each window has its own (lecture 2.2)",
)
locally_connected.mistake(turn=counted(lambda n, m, c: (n, n + c.bias)), **ONE_BIAS_FOR_THE_LAYER)
locally_connected.mistake(
    "joined_to_the_whole_map",
    given(
        input_shape=lambda c: (outputs(c), math.prod(c.input_shape)),
        kernel_shape=lambda c: (1, math.prod(c.input_shape)),
    ),
    zh="每个输出与整张图相连：局部连接时它只与一个窗口相连（见 2.2 的对比图）",
    en="each output is joined to the whole map: in local connection it sees one window only (lecture 2.2)",
)

shared_weights.mistake(
    "weights_not_shared",
    counted(lambda n, m, c: (n, n + c.bias)),
    zh="权值没有共享：所有窗口用的是同一个卷积核（见 2.2：连接 16，参数 4）",
    en="the weights are not shared: all windows use the same kernel (2.2: 16 connections, 4 parameters)",
)
shared_weights.mistake(
    "parameters_for_connections",
    counted(lambda n, m, c: (m - c.bias, m)),
    zh="连接数量写成了参数数量：同一个权重用在许多连接上（见 2.2：连接 16，参数 4）",
    en="parameters were given for connections: one weight serves many connections (2.2: 16 and 4)",
)
shared_weights.mistake(
    "one_bias_for_each_activation",
    counted(lambda n, m, c: (n, m + c.bias * (outputs(c) - 1))),
    zh="每个激活值算了一个偏置：同一个特征图中的偏置是同一个数（见 3.3 CNN 中的参数，括号里的话）",
    en="one bias was counted for each activation: within a feature map it is the same number (lecture 3.3)",
)
shared_weights.mistake(
    "joined_to_the_whole_map",
    counted(lambda n, m, c: (outputs(c) * math.prod(c.input_shape), m)),
    zh="每个输出与整张图相连：卷积是局部连接，它只与一个窗口相连（见 2.2 的对比图）",
    en="each output is joined to the whole map: a convolution is a local connection, to one window (2.2)",
)


@locally_connected.alternative
def local_by_loops(input_shape, kernel_shape, bias=False):
    connections = parameters = 0
    for _ in range(input_shape[0] - kernel_shape[0] + 1):
        for _ in range(input_shape[1] - kernel_shape[1] + 1):
            for _ in range(kernel_shape[0]):
                for _ in range(kernel_shape[1]):
                    connections += 1
            if bias:
                parameters += 1
    return connections, parameters + connections


@locally_connected.alternative
def local_by_matrix(input_shape, kernel_shape, bias=False):
    M = conv_matrix(np.ones(kernel_shape), input_shape)
    return np.count_nonzero(M), np.count_nonzero(M) + bias * len(M)


@shared_weights.alternative
def shared_by_loops(input_shape, kernel_shape, bias=False):
    connections, weights = 0, set()
    for _ in range(input_shape[0] - kernel_shape[0] + 1):
        for _ in range(input_shape[1] - kernel_shape[1] + 1):
            for p in range(kernel_shape[0]):
                for q in range(kernel_shape[1]):
                    connections += 1
                    weights.add((p, q))
    return connections, len(weights) + int(bias)


@shared_weights.alternative
def shared_by_matrix(input_shape, kernel_shape, bias=False):
    numbers = np.arange(1.0, math.prod(kernel_shape) + 1).reshape(kernel_shape)
    connections = conv_matrix(numbers, input_shape)
    connections = connections[connections > 0]
    return connections.size, np.unique(connections).size + bias


# ------------------------------------------------------------------------------------- convolution_parameters

layer_parameters = Exercise(convolution_parameters, points=14, lecture="2.2, 3.3", accept=Exact())


@layer_parameters.group("lecture", points=2.5, zh="一个通道，一个卷积核", en="one channel, one kernel")
def single_kernels(rng):
    for k in different(rng, 3, 9):
        yield 1, 1, (k, k), False


@single_kernels.example
def two_by_two():
    yield 1, 1, (2, 2), False


@layer_parameters.group(
    "channels", points=3, zh="多个通道，多个卷积核", en="several channels, several kernels"
)
def channels_and_kernels(rng):
    yield *different(rng, 2, 20), different(rng, 2, 6), False
    yield int(rng.integers(2, 20)), 1, different(rng, 2, 6), False
    yield 1, int(rng.integers(2, 20)), different(rng, 2, 6), False


@layer_parameters.group("bias", points=3, **WITH_BIASES)
def kernels_with_bias(rng):
    yield *different(rng, 2, 20), different(rng, 2, 6)
    yield *different(rng, 2, 20), different(rng, 2, 6), True


@layer_parameters.group("groups", points=3, zh="分组卷积", en="grouped convolution")
def grouped_kernels(rng):
    for g in different(rng, 2, 6):
        per_group, kernels_per_group = different(rng, 2, 6)
        yield g * per_group, g * kernels_per_group, different(rng, 2, 6), False, g


@layer_parameters.group("depthwise", points=1, zh="每个通道一组", en="each channel a group", visible=False)
def depthwise_kernels(rng):
    C, multiple = different(rng, 2, 6)
    yield C, C, different(rng, 2, 6), False, C
    yield C, C * multiple, different(rng, 2, 6), True, C


@layer_parameters.group("everything", points=1.5, zh="综合", en="all of it together", visible=False)
def whole_layers(rng):
    g, per_group, kernels_per_group = different(rng, 2, 8, 3)
    yield g * per_group, g * kernels_per_group, different(rng, 2, 6), True, g
    yield *different(rng, 30, 70), (1, int(rng.integers(2, 8))), True


layer_parameters.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")


def biases(amount):
    """The turn of a mistake in the number of biases: `amount(call)` of them."""
    return result(lambda count, c: count + c.bias * (amount(c) - c.kernels))


layer_parameters.mistake(turn=pretend("bias", False), frequent=True, **BIASES_NOT_COUNTED)
layer_parameters.mistake(
    "channels_forgotten",
    both(pretend("in_channels", 1), pretend("groups", 1)),
    zh="没有乘输入通道数：卷积核在每个输入通道上都有一组权重",
    en="the input channels are missing: a kernel has a set of weights for each of them",
    frequent=True,
)
layer_parameters.mistake(
    "groups_ignored",
    pretend("groups", 1),
    zh="没有理会分组：每个核只看自己那组的 C / g 个通道（讲义 4，AlexNet）",
    en="the groups were ignored: each kernel sees only the C / g channels of its group (lecture 4)",
    frequent=True,
)
layer_parameters.mistake(
    turn=turned("kernel_shape", lambda shape: (shape[0], shape[0])), frequent=True, **SQUARE_KERNEL
)
layer_parameters.mistake(
    "one_kernel_only",
    pretend("kernels", 1),
    zh="只算了一个卷积核：K 个卷积核各有自己的权重和偏置",
    en="only one kernel was counted: each of the K kernels has weights and a bias of its own",
)
layer_parameters.mistake(
    "channels_and_kernels_added",
    given(kernels=lambda c: c.kernels + c.in_channels // c.groups, in_channels=lambda c: c.groups),
    zh="输入通道数与卷积核数相加了：每个核在每个通道上都有权重，两者应相乘",
    en="channels and kernels were added: each kernel has weights for each channel, so they multiply",
)
layer_parameters.mistake(
    "height_and_width_added",
    turned("kernel_shape", lambda shape: (1, sum(shape))),
    zh="卷积核的高和宽相加了：权重的个数是 kh × kw",
    en="height and width of the kernel were added: it has kh × kw weights",
)
layer_parameters.mistake(
    "biases_always_counted",
    pretend("bias", True),
    zh="bias=False 时也算了偏置",
    en="biases were counted although bias is False",
)
layer_parameters.mistake(turn=biases(lambda c: 1), **ONE_BIAS_FOR_THE_LAYER)
layer_parameters.mistake(
    "biases_of_input_channels",
    biases(lambda c: c.in_channels),
    zh="每个输入通道算了一个偏置：偏置属于特征图，与输入通道数无关（见 3.3 CNN 中的参数）",
    en="a bias was counted for each input channel: biases belong to the feature maps (lecture 3.3)",
)
layer_parameters.mistake(
    "biases_within_the_kernels",
    biases(lambda c: c.kernels * c.in_channels),
    zh="卷积核在每个通道上都算了一个偏置：各通道的结果先相加，再加一个偏置（见 3.3）",
    en="a kernel was given one bias for each channel: the channels are added up before the one bias (3.3)",
)
layer_parameters.mistake(
    "one_bias_for_each_weight",
    biases(lambda c: c.kernels * (c.in_channels // c.groups) * math.prod(c.kernel_shape)),
    zh="每个权重算了一个偏置：偏置在求和之后才加，每张特征图一个（见 2.1、3.3）",
    en="a bias was counted for each weight: it is added after the sums, one for each feature map (2.1, 3.3)",
)
layer_parameters.mistake(
    "one_bias_for_each_group",
    biases(lambda c: c.groups),
    zh="每组算了一个偏置：每张特征图有一个，与分组无关（见 3.3 CNN 中的参数）",
    en="one bias was counted for each group: each feature map has one, grouped or not (lecture 3.3)",
)
layer_parameters.mistake(
    "biases_of_one_group",
    biases(lambda c: c.kernels // c.groups),
    zh="只算了一组的偏置：g 组合起来有 K 张特征图，K 个偏置（讲义 4，AlexNet）",
    en="the biases of one group only were counted: all g groups have K feature maps and K biases (lecture 4)",
)
layer_parameters.mistake(
    "biases_of_every_group",
    biases(lambda c: c.kernels * c.groups),
    zh="偏置乘了组数：g 组合起来才有 K 张特征图，K 个偏置（讲义 4，AlexNet）",
    en="the biases were multiplied by the groups: there are K feature maps in all of them (lecture 4)",
)
layer_parameters.mistake(
    "groups_multiply",
    given(in_channels=lambda c: c.in_channels * c.groups**2),
    zh="分组让参数变多了：g 组合起来仍是 K 个核，每个核反而变小（讲义 4，AlexNet）",
    en="the groups made parameters more: there are K kernels in all, each of them smaller (lecture 4)",
)
layer_parameters.mistake(
    "one_group_only",
    given(kernels=lambda c: c.kernels // c.groups),
    zh="通道和核都除以了 g，只算了一组的参数：共有 g 组（讲义 4，AlexNet）",
    en="channels and kernels were both divided by g, which counts one group of g (lecture 4)",
)
layer_parameters.mistake(
    "batch_norm_counted",
    result(lambda count, c: count + 2 * c.kernels),
    zh="每张特征图多算了两个参数：γ 和 β 属于批归一化，那是另一层",
    en="two more parameters were counted for each feature map: γ and β belong to batch normalisation",
)
layer_parameters.mistake(
    "batch_norm_statistics_counted",
    result(lambda count, c: count + 4 * c.kernels),
    zh="每张特征图多算了四个数：批归一化是另一层，不算在卷积层里",
    en="four more numbers were counted for each feature map: batch normalisation is a layer of its own",
)


@layer_parameters.alternative
def parameters_one_by_one(in_channels, kernels, kernel_shape, bias=True, groups=1):
    count = 0
    for _ in range(kernels):
        for _ in range(in_channels // groups):
            for _ in range(kernel_shape[0]):
                count += kernel_shape[1]
        if bias:
            count += 1
    return count


@layer_parameters.alternative
def parameters_kernel_by_kernel(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return kernels * (math.prod((in_channels, *kernel_shape)) // groups + int(bias))


@layer_parameters.alternative
def parameters_group_by_group(in_channels, kernels, kernel_shape, bias=True, groups=1):
    one_group = np.zeros((kernels // groups, in_channels // groups, *kernel_shape))
    return groups * (one_group.size + bias * len(one_group))


@layer_parameters.alternative
def parameters_by_connected_channels(in_channels, kernels, kernel_shape, bias=True, groups=1):
    joined = np.kron(np.eye(groups), np.ones((kernels // groups, in_channels // groups)))
    return joined.sum() * np.prod(kernel_shape) + (kernels if bias else 0)


@layer_parameters.alternative
def parameters_by_recursion(in_channels, kernels, kernel_shape, bias=True, groups=1):
    if groups > 1:
        rest = in_channels - in_channels // groups, kernels - kernels // groups
        return parameters_by_recursion(
            in_channels // groups, kernels // groups, kernel_shape, bias
        ) + parameters_by_recursion(*rest, kernel_shape, bias, groups - 1)
    return sum(in_channels * kernel_shape[0] * kernel_shape[1] + bool(bias) for _ in range(kernels))


# ----------------------------------------------------------------------------------------------------- conv2d

layer = Exercise(conv2d, points=40, lecture="2.1")


def layer_case(rng, counts, size, kernel, *settings, bias=False):
    """Arguments for `counts` = (N, C, K) and (stride, padding); b is 0 unless `bias`.

    So a mistake with the bias costs little else.
    """
    N, C, K = counts
    b = rng.uniform(0.5, 2, K) * rng.choice([-1.0, 1.0], K) if bias else np.zeros(K)
    return with_negative_sums(conv2d, real(rng, N, C, *size), real(rng, K, C, *kernel), b, *settings)


@layer.group("lecture", points=4, zh="讲义的例子：3×3 与 2×2", en="the lecture's example: 3×3 and 2×2")
def lecture_layers(rng):
    a, w = lecture_size(rng)
    yield a[None, None], w[None, None], np.zeros(1)


@lecture_layers.example
def lecture_layer():
    yield MAP[None, None], KERNEL[None, None], np.zeros(1)


@layer.group(points=1, **BASIS)
def unit_layers(rng):
    """z is linear in x and in w: each unit map meets each unit kernel, which proves all of this size."""
    yield units(1, 3, 3), units(1, 2, 2), np.zeros(4)


@layer.group("batch", points=2.5, zh="多个样本", en="several samples")
def batches(rng):
    yield layer_case(rng, (3, 1, 1), (5, 4), (2, 3))


@layer.group("channels", points=4.5, zh="多个输入通道", en="several input channels")
def channels(rng):
    yield layer_case(rng, (1, 3, 1), (4, 6), (3, 2))


@layer.group("kernels", points=3, zh="多个卷积核", en="several kernels")
def kernels(rng):
    yield layer_case(rng, (1, 1, 4), (3, 5), (2, 3))


@layer.group("bias", points=2, zh="偏置", en="biases")
def layer_biases(rng):
    yield layer_case(rng, (1, 1, 1), (3, 4), (2, 2), bias=True)
    yield layer_case(rng, (3, 2, 4), (4, 3), (2, 3), bias=True)


@layer.group("stride", points=5, zh="步长 2 和 3", en="strides 2 and 3")
def strides(rng):
    yield layer_case(rng, (1, 1, 1), (5, 8), (3, 2), 2)
    yield layer_case(rng, (1, 1, 1), (9, 7), (3, 4), 3)


@layer.group("padding", points=5, zh="填充 1 和 2", en="padding 1 and 2")
def paddings(rng):
    yield layer_case(rng, (1, 1, 1), (4, 2), (3, 2), 1, 1)
    yield layer_case(rng, (1, 1, 1), (3, 4), (2, 4), 1, 2)


@layer.group("remainder", points=5, zh="步长除不尽", en="strides that leave a remainder", visible=False)
def remainders(rng):
    """One row, none of the columns; no row … one row and two columns; one of each, with padding."""
    yield layer_case(rng, (1, 1, 1), (6, 8), (3, 2), 2)
    yield layer_case(rng, (1, 1, 1), (9, 6), (2, 4), 3)
    yield layer_case(rng, (1, 1, 1), (5, 4), (2, 3), 2, 1)


@layer.group(
    "extremes",
    points=3,
    zh="1×1 的核、与图一样大的核、步长大于核、填充不小于核",
    en="1×1 kernels, kernels as large as the map, strides and padding beyond the kernel",
    visible=False,
)
def extreme_layers(rng):
    yield layer_case(rng, (2, 3, 4), (3, 2), (1, 1))
    yield layer_case(rng, (2, 1, 3), (4, 3), (4, 3), 2)
    yield layer_case(rng, (1, 2, 3), (7, 6), (2, 1), 3)
    yield layer_case(rng, (2, 3, 1), (2, 1), (2, 3), 1, 3)


@layer.group("everything", points=2, zh="综合", en="all of it together", visible=False)
def everything(rng):
    yield layer_case(rng, (3, 2, 5), (8, 6), (3, 4), 2, 1, bias=True)
    yield layer_case(rng, (2, 4, 3), (5, 7), (4, 2), 3, 2, bias=True)


@layer.group(points=1.5, **INTEGERS)
def integer_layers(rng):
    x = integers(rng, 2, 3, 4, 3)
    yield with_negative_sums(conv2d, x, real(rng, 1, 3, 2, 2), np.zeros(1), 2, 1)
    yield with_negative_sums(conv2d, x, integers(rng, 4, 3, 3, 2), rng.uniform(0.2, 0.8, 4))


@layer.group(points=1.5, **LAYOUTS)
def layer_layouts(rng):
    yield from in_every_layout(lambda: layer_case(rng, (2, 3, 4), (4, 3), (2, 3), 2, 1, bias=True))


def instead_of_padding(change):
    """The turn of a mistake in the padding: windows slide on the map `change(x, padding, call)`."""
    return given(x=lambda c: change(c.x, c.padding, c), padding=lambda c: 0)


def cropped_to(stride, padding):
    """The turn of a mistake in the output's size alone: that of another stride or padding, at most."""

    def crop(z, c):
        sizes = zip(c.x.shape[2:], c.w.shape[2:], strict=True)
        Ho, Wo = (max(0, (n + padding(c) - k) // stride(c) + 1) for n, k in sizes)
        return z[:, :, :Ho, :Wo]

    return result(crop)


describe_sums(layer, "x")
layer.mistake(turn=pretend("stride", 1), frequent=True, **STRIDE_IGNORED)
layer.mistake(turn=pretend("padding", 0), frequent=True, **PADDING_IGNORED)
layer.mistake(
    turn=instead_of_padding(lambda x, p, c: np.roll(padded(x, p, p), 1, axis=(2, 3))), **INDICES_FROM_ONE
)
layer.mistake(turn=turned("w", first_axes_exchanged), **KERNEL_AXES_EXCHANGED)

layer.mistake(
    "padding_before_only",
    instead_of_padding(lambda x, p, c: padded(x, p, 0)),
    zh="只在上边和左边补了 0：四边都要补，所以输出大小的公式里是 2P",
    en="zeros were added at the top and on the left only: all four sides are padded, hence 2P in the size",
)
layer.mistake(
    "padding_after_only",
    instead_of_padding(lambda x, p, c: padded(x, 0, p)),
    zh="只在下边和右边补了 0：四边都要补",
    en="zeros were added at the bottom and on the right only: all four sides are padded",
)
layer.mistake(
    "padding_on_rows_only",
    instead_of_padding(lambda x, p, c: np.pad(x, [(0, 0), (0, 0), (p, p), (0, 0)])),
    zh="只在上下补了 0：左右也要补",
    en="zeros were added at the top and bottom only: both sides are padded, too",
)
layer.mistake(
    "padding_split_between_sides",
    instead_of_padding(lambda x, p, c: padded(x, p // 2, p - p // 2)),
    zh="两边合起来才补了 padding 圈 0：每一边各补 padding 圈",
    en="the padding was split between the two sides: each side gets all of it",
)
layer.mistake(
    "padding_of_one",
    turned("padding", lambda padding: min(padding, 1)),
    zh="不论 padding 是几，都只补了 1 圈 0",
    en="one row and column of zeros was added on each side, whatever the padding is",
)
layer.mistake(
    "padded_with_edges",
    instead_of_padding(lambda x, p, c: padded(x, p, p, mode="edge")),
    zh="补的是边缘的值，不是 0",
    en="the edges were repeated for padding where zeros belong",
)
layer.mistake(
    "every_axis_padded",
    instead_of_padding(lambda x, p, c: np.pad(x, p)[: len(x), : len(x[0])]),
    zh="四个轴都补了 0：样本轴和通道轴不填充",
    en="all four axes were padded: the axes of samples and channels are not",
)
layer.mistake(
    turn=instead_of_padding(
        lambda x, p, c: np.pad(x, [(0, 0), (0, 0), *((k // 2, (k - 1) // 2) for k in c.w.shape[2:])])
    ),
    **PADDED_TO_INPUT_SIZE,
)
layer.mistake(
    "output_size_without_padding",
    cropped_to(stride=lambda c: c.stride, padding=lambda c: 0),
    zh="输出大小没有把填充算进去：窗口在填充之后的图上滑动",
    en="the output size leaves the padding out: the windows slide over the padded map",
)
layer.mistake(
    "stride_on_rows_only",
    both(pretend("stride", 1), result(lambda z, c: z[:, :, :: c.stride])),
    zh="步长只用在了竖直方向：横竖两个方向都要用",
    en="the stride was used downwards only: it holds down and across",
)
layer.mistake(
    "stride_on_columns_only",
    both(pretend("stride", 1), result(lambda z, c: z[..., :: c.stride])),
    zh="步长只用在了水平方向：横竖两个方向都要用",
    en="the stride was used across only: it holds down and across",
)
layer.mistake(
    "stride_in_output_size_only",
    both(pretend("stride", 1), cropped_to(stride=lambda c: c.stride, padding=lambda c: 2 * c.padding)),
    zh="输出大小对了，窗口却仍然每次只移动 1 格",
    en="the output has the right size, but the windows still move on by 1 place",
)
layer.mistake(
    "output_size_rounded_up",
    instead_of_padding(lambda x, p, c: padded(x, p, p + c.stride - 1)),
    zh="除不尽时向上取整了：最后不完整的窗口不计算，应向下取整",
    en="the output size was rounded up: a last window that does not fit is left out, so round down",
)


@layer.misconception(**REMAINDER_AT_THE_TOP)
def windows_end_at_the_bottom(x, w, b, stride=1, padding=0):
    a = padded(x, padding, padding)
    top, left = ((n - k) % stride for n, k in zip(a.shape[2:], w.shape[2:], strict=True))
    return conv2d(a[:, :, top:, left:], w, b, stride)


@layer.misconception(
    zh="步长被用在了核的元素之间（那叫空洞卷积）：步长是窗口之间的距离",
    en="the stride was put between the kernel's elements (that is dilation): it stands between windows",
)
def stride_within_the_kernel(x, w, b, stride=1, padding=0):
    K, C, kh, kw = w.shape
    wide = np.zeros((K, C, stride * (kh - 1) + 1, stride * (kw - 1) + 1))
    wide[:, :, ::stride, ::stride] = w
    return conv2d(x, wide, b, 1, padding)


layer.mistake(
    "first_channel_only",
    both(turned("x", lambda x: x[:, :1]), turned("w", lambda w: w[:, :1])),
    zh="只用了第一个通道：各通道的结果要累加",
    en="only the first channel was used: the channels are added up",
)
layer.mistake(
    "last_channel_only",
    both(turned("x", lambda x: x[:, -1:]), turned("w", lambda w: w[:, -1:])),
    zh="只剩下最后一个通道的结果：各通道的结果要累加",
    en="only the last channel is left: the channels are added up",
)
layer.mistake(
    "channels_averaged",
    turned("w", lambda w: w / w.shape[1]),
    zh="各通道的结果取了平均：应当相加",
    en="the channels were averaged: they are added up",
)
layer.mistake(
    "one_slice_for_all_channels",
    turned("w", lambda w: np.repeat(w[:, :1], w.shape[1], axis=1)),
    zh="每个通道都用了卷积核的同一片权重：核在每个输入通道上有自己的权重",
    en="one slice of the kernel was used for every channel: it has weights of its own for each of them",
)
layer.mistake(
    "first_kernel_for_all",
    turned("w", lambda w: np.repeat(w[:1], len(w), axis=0)),
    zh="每张特征图都用了第一个卷积核：第 k 张用第 k 个核",
    en="every feature map was made with the first kernel: map k belongs to kernel k",
)
layer.mistake(
    "last_kernel_for_all",
    turned("w", lambda w: np.repeat(w[-1:], len(w), axis=0)),
    zh="每张特征图都用了最后一个卷积核：第 k 张用第 k 个核",
    en="every feature map was made with the last kernel: map k belongs to kernel k",
)
layer.mistake(
    "one_feature_map",
    result(lambda z, c: z.sum(axis=1, keepdims=True)),
    zh="各卷积核的结果被加成了一张特征图：K 个核得到 K 张特征图",
    en="the kernels' results were added up to one feature map: K kernels give K of them",
)
layer.mistake(
    "samples_and_kernels_exchanged",
    result(lambda z, c: z.swapaxes(0, 1)),
    zh="结果的前两个轴弄反了：先数样本 N，再数特征图 K",
    en="the first two axes of the result changed places: samples (N) come first, then feature maps (K)",
)
layer.mistake(
    "feature_maps_last",
    result(lambda z, c: np.moveaxis(z, 1, -1)),
    zh="特征图的轴放到了最后：本课程的次序是 (N, K, Ho, Wo)",
    en="the axis of the feature maps was put last: in this course the order is (N, K, Ho, Wo)",
)
layer.mistake(
    turn=result(lambda z, c: z * (np.arange(len(z)) == 0)[:, None, None, None]), **FIRST_SAMPLE_ONLY
)
layer.mistake(
    turn=result(lambda z, c: z * (np.arange(len(z)) == len(z) - 1)[:, None, None, None]), **LAST_SAMPLE_ONLY
)
layer.mistake(
    "bias_along_the_width",
    both(turned("b", lambda b: 0 * b), result(lambda z, c: z + c.b)),
    zh="偏置加错了轴，加到了最后一个轴上：第 k 个偏置属于第 k 张特征图，即第二个轴",
    en="the biases were added along the last axis: bias k belongs to feature map k, the second axis",
)
layer.mistake(
    "first_bias_for_all",
    turned("b", lambda b: np.full(len(b), b[0])),
    zh="所有特征图用了同一个偏置：每张特征图有自己的偏置",
    en="all feature maps were given the same bias: each has its own",
)
layer.mistake(
    "bias_with_every_channel",
    given(b=lambda c: c.b * c.x.shape[1]),
    zh="每个通道都加了一次偏置：各通道先相加，偏置只加一次（见 2.1：b 在求和号之外）",
    en="the bias was added once for each channel: it stands outside the sums (lecture 2.1)",
)


def output_size(x, w, stride, padding):
    """(Ho, Wo)."""
    return tuple((n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))


@layer.alternative
def layer_by_loops(x, w, b, stride=1, padding=0):
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    Ho, Wo = output_size(x, w, stride, padding)
    z = np.zeros((N, K, Ho, Wo))
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    z[n, k, u, v] = b[k]
                    for c in range(C):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:
                                    z[n, k, u, v] += w[k, c, p, q] * x[n, c, i, j]
    return z


@layer.alternative
def layer_by_windows(x, w, b, stride=1, padding=0):
    a = padded(x, padding, padding)
    windows = np.lib.stride_tricks.sliding_window_view(a, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + b.reshape(-1, 1, 1)


@layer.alternative
def layer_by_im2col(x, w, b, stride=1, padding=0):
    (K, C, kh, kw), (Ho, Wo) = w.shape, output_size(x, w, stride, padding)
    i = stride * np.arange(Ho)[:, None, None, None] + np.arange(kh)[:, None]
    j = stride * np.arange(Wo)[:, None, None] + np.arange(kw)
    columns = padded(x, padding, padding)[:, :, i, j].transpose(0, 2, 3, 1, 4, 5).reshape(-1, C * kh * kw)
    return (columns @ w.reshape(K, -1).T + b).reshape(-1, Ho, Wo, K).transpose(0, 3, 1, 2)


@layer.alternative
def layer_by_correlate(x, w, b, stride=1, padding=0):
    a = padded(x, padding, padding)
    maps = [
        [
            sum(correlate(channel, slice_) for channel, slice_ in zip(sample, kernel, strict=True))
            for kernel in w
        ]
        for sample in a
    ]
    return np.array(maps)[:, :, ::stride, ::stride] + b[:, None, None]


@layer.alternative
def layer_by_scattering(x, w, b, stride=1, padding=0):
    """Every activation adds to all the sums that it takes part in."""
    Ho, Wo = output_size(x, w, stride, padding)
    z = np.zeros((len(x), len(w), Ho, Wo)) + b[:, None, None]
    for i, j, p, q in np.ndindex(*x.shape[2:], *w.shape[2:]):
        (u, above), (v, left) = divmod(i + padding - p, stride), divmod(j + padding - q, stride)
        if above == left == 0 and 0 <= u < Ho and 0 <= v < Wo:
            z[:, :, u, v] += x[:, :, i, j] @ w[:, :, p, q].T
    return z


@layer.alternative
def layer_by_fft(x, w, b, stride=1, padding=0):
    a = padded(x, padding, padding)
    size, (Ho, Wo) = a.shape[2:], output_size(x, w, 1, padding)
    spectrum = np.einsum("nchw,kchw->nkhw", np.fft.rfft2(a), np.fft.rfft2(w, size).conj())
    return np.fft.irfft2(spectrum, size)[:, :, :Ho:stride, :Wo:stride] + b[:, None, None]


@layer.alternative
def layer_by_matrices_in_single_precision(x, w, b, stride=1, padding=0):
    a, (Ho, Wo) = padded(x, padding, padding), output_size(x, w, 1, padding)
    M = np.array([[matrix_by_loops(slice_, a.shape[2:]) for slice_ in kernel] for kernel in w], np.float32)
    z = np.einsum("kcij,ncj->nki", M, a.reshape(*a.shape[:2], -1).astype(np.float32))
    return np.asfortranarray(z.reshape(len(x), -1, Ho, Wo)[:, :, ::stride, ::stride] + b[:, None, None])
