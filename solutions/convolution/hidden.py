"""The tests of `convolution`: the forward pass (lecture 1, 2.1) and its connections and parameters (2.2).

The cases are small. Each group varies one thing, so that one mistake costs that thing's points and no
more; the hidden groups put them together, and add remainders, extreme shapes, integers and layouts.
Draws leave nothing that matters to chance, such as the signs of a result: a mistake costs the same groups
in each of them.
"""

import itertools

import numpy as np

from autograder.comparison import Exact
from autograder.exercise import Case, Exercise

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

# The lecture's 3×3 map and 2×2 kernel, with numbers.
MAP = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
KERNEL = np.array([[1.0, 2.0], [3.0, 4.0]])


def whole(rng, *shape):
    """Up to nine small whole numbers of different size, none of them 0: sums that one can check by hand."""
    numbers = 1.0 + rng.permutation(9)[: np.prod(shape)]
    return numbers.reshape(shape) * rng.choice([-1.0, 1.0], shape)


def different(rng, low, high, count=2):
    """`count` different whole numbers of low … high − 1."""
    return tuple(int(n) for n in low + rng.permutation(high - low)[:count])


def input_size(rng, kernel, stride=1, padding=0, remainder=(0, 0)):
    """A map's (H, W), H ≠ W, on which the kernel leaves `remainder`; the feature map is no square either."""
    (kh, kw), (rh, rw) = kernel, remainder
    sizes = [
        (kh - 2 * padding + stride * (Ho - 1) + rh, kw - 2 * padding + stride * (Wo - 1) + rw)
        for Ho, Wo in itertools.permutations((2, 3, 4), 2)
    ]
    possible = [(H, W) for H, W in sizes if H != W and min(H, W) > 0]
    return possible[rng.integers(len(possible))]


def with_negative_sums(a, w, b=0.0):
    """A layer with a negative input sum: w and b change signs if the greatest sum in size is positive."""
    z = correlate(a, w, b)
    return (a, w, b) if -z.min() >= z.max() else (a, -w, -b)


def lecture_size(rng):
    """A map and a kernel of the lecture's size."""
    a, w, _ = with_negative_sums(whole(rng, 3, 3), whole(rng, 2, 2))
    return a, w


def hillside(rng):
    """A 3×3 image that grows brighter to the right and darker downwards: gx > 0 > gy."""
    *numbers, middle = whole(rng, 9)
    lowest, *between, highest = sorted(numbers[:4])
    (left, right), (bottom, top) = sorted(numbers[4:6]), sorted(numbers[6:])
    one, other = rng.permutation(between)
    return np.array([[one, top, highest], [left, middle, right], [lowest, bottom, other]])


# -------------------------------------------------------------------------------------------------- correlate

correlation = Exercise(correlate, points=12, lecture="2.1")


@correlation.group("lecture", points=4, zh="讲义的例子：3×3 与 2×2", en="the lecture's example: 3×3 and 2×2")
def lecture_maps(rng):
    yield lecture_size(rng)


@lecture_maps.example
def lecture_map():
    yield MAP, KERNEL


@correlation.group("shapes", points=3, zh="不是正方形的图和核", en="maps and kernels that are not square")
def oblong_maps(rng):
    yield rng.normal(size=(4, 6)), rng.normal(size=(3, 2))
    yield rng.normal(size=(6, 5)), rng.normal(size=(2, 4))


@correlation.group("bias", points=2, zh="偏置", en="bias")
def biased_maps(rng):
    b = float(rng.choice([-1, 1]) * rng.uniform(0.5, 2))
    yield rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), b
    yield with_negative_sums(rng.normal(size=(3, 5)), rng.normal(size=(2, 2)), -b)


@correlation.group(
    "extremes",
    points=2,
    zh="1×1 的核、与图一样大的核",
    en="1×1 kernels and kernels as large as the map",
    visible=False,
)
def extreme_maps(rng):
    yield rng.normal(size=(3, 4)), rng.normal(size=(1, 1))
    yield rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    yield rng.normal(size=(3, 5)), rng.normal(size=(1, 5))
    yield rng.normal(size=(4, 2)), rng.normal(size=(3, 1)), float(rng.normal())


@correlation.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def integer_maps(rng):
    yield with_negative_sums(rng.integers(-9, 10, (4, 3)), rng.normal(size=(2, 2)))
    yield rng.integers(-9, 10, (3, 4)), rng.integers(-3, 4, (2, 3)), float(rng.uniform(0.2, 0.8))


@correlation.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def map_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        args = with_negative_sums(rng.normal(size=(4, 3)), rng.normal(size=(2, 3)))
        yield Case(args, layout=layout, fresh=True)


@correlation.misconception(
    zh="卷积核被翻转了 180°：讲义的“卷积”是互相关，核不翻转（见 2.1 的公式）",
    en="the kernel was rotated by 180°: the lecture's convolution is a cross-correlation (formula in 2.1)",
)
def kernel_flipped(a, w, b=0.0):
    return correlate(a, w[::-1, ::-1], b)


@correlation.misconception(
    zh="卷积核上下颠倒了：w 和 a 的行号应同时增大（见 2.1 的公式）",
    en="the kernel was turned upside down: the rows of w and of a go up together (the formula in 2.1)",
)
def kernel_upside_down(a, w, b=0.0):
    return correlate(a, w[::-1], b)


@correlation.misconception(
    zh="卷积核的行和列对调了（见 2.1：p 数行，q 数列）",
    en="the rows and columns of the kernel changed places (lecture 2.1: p counts rows, q columns)",
)
def kernel_transposed(a, w, b=0.0):
    return correlate(a, w.T, b)


@correlation.misconception(
    zh="照抄了 2.1 公式里的 u+p−1：讲义从 1 数起，Python 从 0 数起，−1 是最后一行",
    en="u+p−1 was copied from 2.1: the lecture counts from 1, Python from 0, where row −1 is the last",
)
def indices_from_one(a, w, b=0.0):
    return correlate(np.roll(a, 1, axis=(0, 1)), w, b)


@correlation.misconception(
    zh="偏置没有加上（见 2.1 公式末尾的 b）",
    en="the bias was not added (the b that ends the formula in 2.1)",
)
def bias_forgotten(a, w, b=0.0):
    return correlate(a, w)


@correlation.misconception(
    zh="每个乘积都加了一次偏置：b 在求和号之外，每个输入和只加一次（见 2.1）",
    en="the bias was added to every product: b stands outside the sums and is added once (lecture 2.1)",
)
def bias_with_every_product(a, w, b=0.0):
    return correlate(a, w, b * w.size)


@correlation.misconception(
    zh="特征图少了一行一列：长为 k 的核在长为 H 的图上有 H − k + 1 个位置（见 2.1 的图）",
    en="the feature map lacks a row and a column: k elements have H − k + 1 places on H (lecture 2.1)",
)
def one_place_too_few(a, w, b=0.0):
    return correlate(a, w, b)[:-1, :-1]


@correlation.misconception(
    zh="给图补了 0，使特征图与图一样大：这里核始终完整地落在图内（见 2.1）",
    en="zeros were added around the map: here the kernel always stays inside it (lecture 2.1)",
)
def padded_to_input_size(a, w, b=0.0):
    kh, kw = w.shape
    return correlate(np.pad(a, [(kh // 2, (kh - 1) // 2), (kw // 2, (kw - 1) // 2)]), w, b)


@correlation.misconception(
    zh="卷积核每次移动了一整个核的宽度：卷积的窗口互相重叠，每次只移动 1 格（见 2.1 的图）",
    en="the kernel moved by its own size: the windows of a convolution overlap, one place on each time (2.1)",
)
def windows_side_by_side(a, w, b=0.0):
    return correlate(a, w, b)[:: w.shape[0], :: w.shape[1]]


@correlation.misconception(
    zh="乘积没有累加，只留下了最后一个（见 2.1 公式中的两个求和号）",
    en="the products were not added up, only the last one was kept (the two sums of the formula in 2.1)",
)
def last_product_only(a, w, b=0.0):
    last = np.zeros(w.shape)
    last[-1, -1] = w[-1, -1]
    return correlate(a, last, b)


@correlation.misconception(
    zh="特征图的宽是照着高算的：图和核都不一定是正方形",
    en="the width of the feature map was taken from its height: neither map nor kernel need be square",
)
def square_assumed(a, w, b=0.0):
    z = correlate(a, w, b)
    square = np.zeros((len(z), len(z)))
    square[:] = z[:, : len(z)]
    return square


@correlation.misconception(
    zh="返回的是激活值 σ(z)，而题目要的是输入和 z（见 2.1 的两个公式）",
    en="the activation σ(z) was returned where the input sum z is asked for (the two formulas in 2.1)",
)
def activation_applied(a, w, b=0.0):
    return np.maximum(correlate(a, w, b), 0)


@correlation.misconception(
    zh="结果被存进了整数数组，小数部分丢了：图是整数，特征图不一定是",
    en="the result was stored in an integer array and lost its fractions: only the map is made of integers",
)
def integer_buffer(a, w, b=0.0):
    return correlate(a, w, b).astype(a.dtype)


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


# --------------------------------------------------------------------------------------------- sobel, prewitt

sobel_edges = Exercise(sobel, points=6, lecture="1")
prewitt_edges = Exercise(prewitt, points=6, lecture="1")


def describe_edges(exercise, operator, middle, other, example):
    """Sobel and Prewitt differ in the weight of the `middle` row; all else about them is told once.

    `other` is the operator that they are mistaken for.
    """

    @exercise.group("lecture", points=2, zh="3×3 的图像：一个窗口", en="3×3 images: a single window")
    def one_window(rng):
        yield (hillside(rng),)
        yield (-hillside(rng),)

    @one_window.example
    def by_hand():
        yield (np.array(example),)

    @exercise.group("shapes", points=2.5, zh="不是正方形的图像", en="images that are not square")
    def oblong_images(rng):
        yield (rng.uniform(0, 1, (4, 6)),)
        yield (rng.uniform(0, 1, (6, 5)),)

    @exercise.group("steps", points=1, zh="明暗分界", en="steps from dark to bright", visible=False)
    def steps(rng):
        image = np.zeros((3, 5))
        image[:, int(rng.integers(2, 4)) :] = rng.integers(1, 10)  # whole, so that gy is exactly 0
        yield (image,)
        yield (-image.T,)

    @exercise.group("integers", points=0.25, zh="整数图像", en="integer images", visible=False)
    def integer_images(rng):
        yield (rng.integers(0, 256, (5, 4)).astype(np.uint8),)
        yield (rng.integers(0, 256, (4, 5)),)

    @exercise.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
    def image_layouts(rng):
        darker = np.array([[4.0], [3.0], [2.0], [1.0]])  # downwards, so that gy is negative
        for layout in ("fortran", "strided", "readonly"):
            yield Case((darker + rng.uniform(0, 1, (4, 3)),), layout=layout, fresh=True)

    @exercise.misconception(
        zh="卷积核被翻转了 180°，两个方向的正负号都反了：这里用互相关（见讲义 2.1 的公式）",
        en="the kernels were rotated by 180°, which turns both signs: correlate instead (lecture 2.1)",
    )
    def kernels_flipped(image):
        gx, gy, magnitude = operator(image)
        return -gx, -gy, magnitude

    @exercise.misconception(
        zh="gy 的核上下颠倒了：它是 gx 的核的转置，+1 在下面一行",
        en="the kernel of gy is upside down: it is that of gx transposed, with +1 in its last row",
    )
    def gy_upside_down(image):
        gx, gy, magnitude = operator(image)
        return gx, -gy, magnitude

    @exercise.misconception(
        zh="gx 和 gy 对调了：gx 是沿着一行从左到右的变化",
        en="gx and gy changed places: gx is the change along a row, from left to right",
    )
    def gx_and_gy_swapped(image):
        gx, gy, magnitude = operator(image)
        return gy, gx, magnitude

    @exercise.misconception(
        zh="用了另一个算子的权重：Sobel 的中间一行权重是 2，Prewitt 的三行相同（见讲义 1）",
        en="these are the other operator's weights: only Sobel doubles the middle row (lecture 1)",
    )
    def weights_of_the_other_operator(image):
        return other(image)

    @exercise.misconception(
        zh="边缘强度没有开平方",
        en="the square root of the magnitude is missing",
    )
    def magnitude_without_root(image):
        gx, gy, magnitude = operator(image)
        return gx, gy, magnitude**2

    @exercise.misconception(
        zh="边缘强度算成了 |gx| + |gy|，题目要的是平方和的平方根",
        en="the magnitude was taken to be |gx| + |gy| where the root of the sum of squares is asked for",
    )
    def magnitude_of_absolute_values(image):
        gx, gy, _ = operator(image)
        return gx, gy, np.abs(gx) + np.abs(gy)

    @exercise.misconception(
        zh="gx 和 gy 被取了绝对值：正负号说明由暗到亮还是由亮到暗，应当保留",
        en="gx and gy lost their signs, which tell dark-to-bright from bright-to-dark and are to be kept",
    )
    def absolute_values(image):
        gx, gy, magnitude = operator(image)
        return np.abs(gx), np.abs(gy), magnitude

    @exercise.misconception(
        zh="给图像补了 0，结果与图像一样大：题目只要有效区域",
        en="zeros were added and the results are as large as the image: only the valid region is asked for",
    )
    def padded_to_image_size(image):
        return operator(np.pad(image, 1))

    @exercise.misconception(
        zh="结果除以了权重之和：题目要求不归一化",
        en="the results were divided by the sum of the weights: nothing is to be normalised",
    )
    def normalised(image):
        gx, gy, magnitude = operator(image)
        total = 2 * (2 + middle)
        return gx / total, gy / total, magnitude / total

    @exercise.misconception(
        zh="减法是在图像自己的 8 位整数类型里做的，负数溢出了",
        en="the subtraction was done in the image's own 8-bit type, in which negative numbers wrap around",
    )
    def wraps_around(image):
        gx, gy, _ = by_differences(image)
        return gx, gy, np.hypot(gx.astype(float), gy.astype(float))

    @exercise.misconception(
        zh="边缘强度被存进了整数数组，小数部分丢了",
        en="the magnitude was stored in an integer array and lost its fractions",
    )
    def integer_magnitude(image):
        gx, gy, magnitude = operator(image)
        kind = np.int64 if image.dtype.kind in "iu" else float
        return gx, gy, magnitude.astype(kind)

    @exercise.alternative
    def by_floats(image):
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


describe_edges(sobel_edges, sobel, 2, prewitt, [[0.0, 0.0, 2.0], [0.0, 7.0, 2.0], [3.0, 2.0, 3.0]])
describe_edges(prewitt_edges, prewitt, 1, sobel, [[0.0, 0.0, 1.0], [0.0, 7.0, 1.0], [1.0, 2.0, 2.0]])


# ------------------------------------------------------------------------------------------------ conv_matrix

unrolled = Exercise(conv_matrix, points=10, lecture="2.2")


@unrolled.group("lecture", points=3.5, zh="讲义的例子：4×9 的矩阵", en="the lecture's example: a 4×9 matrix")
def lecture_matrices(rng):
    yield whole(rng, 2, 2), (3, 3)


@lecture_matrices.example
def lecture_matrix():
    yield KERNEL, (3, 3)


@unrolled.group("shapes", points=3.5, zh="不是正方形的图和核", en="maps and kernels that are not square")
def oblong_matrices(rng):
    yield rng.normal(size=(2, 3)), (4, 5)
    yield rng.normal(size=(3, 2)), (4, 3)


@unrolled.group(
    "extremes",
    points=2.5,
    zh="1×1 的核、与图一样大的核",
    en="1×1 kernels and kernels as large as the map",
    visible=False,
)
def extreme_matrices(rng):
    yield rng.normal(size=(1, 1)), (2, 3)
    yield rng.normal(size=(3, 2)), (3, 2)
    yield rng.normal(size=(1, 3)), (3, 4)
    yield rng.normal(size=(2, 1)), (4, 2)


@unrolled.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def kernel_layouts(rng):
    yield Case((rng.normal(size=(2, 3)), (3, 4)), layout="fortran", fresh=True)
    yield Case((rng.normal(size=(3, 2)), (3, 4)), layout="strided", fresh=True)


@unrolled.misconception(
    zh="矩阵转置了：每一行应是特征图的一个神经元（见 2.2 卷积展开）",
    en="the matrix is transposed: each row should be one neuron of the feature map (lecture 2.2, unrolling)",
)
def matrix_transposed(w, input_shape):
    return conv_matrix(w, input_shape).T


@unrolled.misconception(
    zh="卷积核被翻转了 180°：展开的是讲义 2.1 的公式，核不翻转",
    en="the kernel was rotated by 180°: what is unrolled is the formula of lecture 2.1, without a rotation",
)
def unrolled_kernel_flipped(w, input_shape):
    return conv_matrix(w[::-1, ::-1], input_shape)


@unrolled.misconception(
    zh="展开是按列进行的：题目按行展开，与 NumPy 的 ravel() 相同",
    en="the maps were unrolled column by column: it goes row by row, as NumPy's ravel() does",
)
def column_by_column(w, input_shape):
    return conv_matrix(w.T, input_shape[::-1])


@unrolled.misconception(
    zh="卷积核换行时没有多跳 k−1 格：每一行都只是上一行右移一格（看 2.2 的 4×9 矩阵第 2、3 行）",
    en="each row is the one before moved by 1: where a row of the map begins, it jumps further (lecture 2.2)",
)
def no_jump_at_the_end_of_a_row(w, input_shape):
    M = conv_matrix(w, input_shape)
    return np.array([np.roll(M[0], i) for i in range(len(M))])


@unrolled.misconception(
    zh="卷积核的各行连在了一起：核的下一行对应图的下一行，中间隔着 W − kw 个 0（见 2.2）",
    en="the kernel's rows follow each other without a gap: each has its own row of the map (lecture 2.2)",
)
def no_gap_between_kernel_rows(w, input_shape):
    M = np.zeros_like(conv_matrix(w, input_shape))
    starts = conv_matrix(np.eye(1, w.size).reshape(w.shape), input_shape).argmax(axis=1)
    for row, start in zip(M, starts, strict=True):
        row[start : start + w.size] = w.ravel()
    return M


@unrolled.misconception(
    zh="列号用了特征图的宽：每一列是前一层的一个神经元，一行有 W 个（见 2.2）",
    en="the columns were numbered by the feature map's width, not by that of the layer before (lecture 2.2)",
)
def columns_by_output_width(w, input_shape):
    H, W = input_shape
    Ho, Wo = H - w.shape[0] + 1, W - w.shape[1] + 1
    M = np.zeros((Ho * Wo, H * W))
    for u, v in np.ndindex(Ho, Wo):
        for p, q in np.ndindex(w.shape):
            M[u * Wo + v, (u + p) * Wo + v + q] = w[p, q]
    return M


@unrolled.misconception(
    zh="图的高和宽对调了：input_shape 是（行数，列数）",
    en="height and width of the map changed places: input_shape is (rows, columns)",
)
def height_and_width_swapped(w, input_shape):
    return conv_matrix(w, input_shape[::-1])


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


@unrolled.misconception(
    zh="权重被存进了整数数组，小数部分丢了",
    en="the weights were stored in an integer array and lost their fractions",
)
def integer_matrix(w, input_shape):
    return conv_matrix(w, input_shape).astype(int)


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
    units = np.eye(input_shape[0] * input_shape[1]).reshape(-1, *input_shape)
    return np.stack([correlate_by_windows(unit, w).ravel() for unit in units], axis=1)


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


def map_and_kernel(rng):
    """The shapes of a map and of a smaller kernel, neither of them square."""
    return different(rng, 5, 13), different(rng, 2, 5)


@fully_connected.group(
    "lecture", points=1.5, zh="讲义的例子：不计偏置", en="the lecture's example: no biases"
)
def dense_layers(rng):
    yield different(rng, 3, 40)
    yield (*different(rng, 3, 40), False)


@dense_layers.example
def nine_to_four():
    yield 9, 4


@fully_connected.group("bias", points=1.5, zh="偏置", en="biases")
def dense_layers_with_bias(rng):
    yield (*different(rng, 3, 40), True)
    yield (*different(rng, 3, 40), True)


@fully_connected.group("extremes", points=1, zh="只有一个神经元", en="a single neuron", visible=False)
def single_neurons(rng):
    yield int(rng.integers(3, 40)), 1, True
    yield 1, int(rng.integers(3, 40)), True


@fully_connected.misconception(
    zh="偏置没有算作参数",
    en="the biases were not counted as parameters",
)
def biases_not_counted(inputs, outputs, bias=False):
    return fully_connected_counts(inputs, outputs)


@fully_connected.misconception(
    zh="没有要求偏置时也算了偏置：讲义 2.2 的 36 / 36 不计偏置",
    en="biases were counted although there are none: the lecture's 36 / 36 (2.2) leaves them out",
)
def biases_always_counted(inputs, outputs, bias=False):
    return fully_connected_counts(inputs, outputs, True)


@fully_connected.misconception(
    zh="偏置也算作了连接：它不来自前一层的神经元",
    en="the biases were counted as connections: they come from no neuron of the layer before",
)
def bias_is_a_connection(inputs, outputs, bias=False):
    _, parameters = fully_connected_counts(inputs, outputs, bias)
    return parameters, parameters


@fully_connected.misconception(
    zh="每个输入有一个偏置：偏置属于本层的神经元，即输出",
    en="there is one bias for each input: biases belong to the neurons of this layer, the outputs",
)
def one_bias_for_each_input(inputs, outputs, bias=False):
    return inputs * outputs, inputs * outputs + bias * inputs


@fully_connected.misconception(
    zh="整层只有一个偏置：全连接层的每个输出神经元有自己的偏置",
    en="the whole layer has one bias: in a fully connected layer each output neuron has its own",
)
def one_bias_for_the_layer(inputs, outputs, bias=False):
    return inputs * outputs, inputs * outputs + bias


@fully_connected.misconception(
    zh="神经元数量被加了起来，可是每个输入都与每个输出相连（见 2.2）",
    en="the numbers of neurons were added, but each input is joined to each output (lecture 2.2)",
)
def neurons_added(inputs, outputs, bias=False):
    return inputs + outputs, inputs + outputs + bias * outputs


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


def describe_windows(exercise, counts):
    """What local connection and convolution have in common: their cases, and their connections."""

    @exercise.group("lecture", points=1.5, zh="讲义的例子：不计偏置", en="the lecture's example: no biases")
    def layers(rng):
        yield map_and_kernel(rng)
        yield (*map_and_kernel(rng), False)

    @layers.example
    def three_by_three():
        yield (3, 3), (2, 2)

    @exercise.group("bias", points=1.5, zh="偏置", en="biases")
    def layers_with_bias(rng):
        yield (*map_and_kernel(rng), True)
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

    @exercise.misconception(
        zh="偏置没有算作参数",
        en="the biases were not counted as parameters",
    )
    def biases_not_counted(input_shape, kernel_shape, bias=False):
        return counts(input_shape, kernel_shape)

    @exercise.misconception(
        zh="没有要求偏置时也算了偏置：讲义 2.2 的 16 / 4 不计偏置",
        en="biases were counted although there are none: the lecture's 16 / 4 (2.2) leaves them out",
    )
    def biases_always_counted(input_shape, kernel_shape, bias=False):
        return counts(input_shape, kernel_shape, True)

    @exercise.misconception(
        zh="偏置也算作了连接：它不来自前一层的神经元",
        en="the biases were counted as connections: they come from no neuron of the layer before",
    )
    def bias_is_a_connection(input_shape, kernel_shape, bias=False):
        connections, parameters = counts(input_shape, kernel_shape, bias)
        without = counts(input_shape, kernel_shape)[1]
        return connections + parameters - without, parameters

    @exercise.misconception(
        zh="输出被当成与图一样大：没有填充时它要小一些（见 2.1 的图）",
        en="the output was taken to be as large as the map: without padding it is smaller (lecture 2.1)",
    )
    def as_many_outputs_as_inputs(input_shape, kernel_shape, bias=False):
        (H, W), (kh, kw) = input_shape, kernel_shape
        return counts((H + kh - 1, W + kw - 1), kernel_shape, bias)

    @exercise.misconception(
        zh="输出少算了一行一列：长为 k 的窗口在长为 H 的图上有 H − k + 1 个位置（见 2.1 的图）",
        en="the output lacks a row and a column: k elements have H − k + 1 places on H (lecture 2.1)",
    )
    def one_place_too_few(input_shape, kernel_shape, bias=False):
        H, W = input_shape
        return counts((H - 1, W - 1), kernel_shape, bias)

    @exercise.misconception(
        zh="窗口每次移动了一整个窗口的宽度：步长是 1，窗口互相重叠（见 2.1 的图）",
        en="the windows lie side by side: the stride is 1, they overlap (lecture 2.1, figure)",
    )
    def windows_side_by_side(input_shape, kernel_shape, bias=False):
        (H, W), (kh, kw) = input_shape, kernel_shape
        return counts((H // kh + kh - 1, W // kw + kw - 1), kernel_shape, bias)


describe_windows(locally_connected, locally_connected_counts)
describe_windows(shared_weights, convolution_counts)


@locally_connected.misconception(
    zh="权值被共享了：局部连接（不共享）时每个窗口有自己的一组权重（见 2.2）",
    en="the weights are shared: in merely local connection each window has its own (lecture 2.2)",
)
def weights_shared(input_shape, kernel_shape, bias=False):
    connections, _ = locally_connected_counts(input_shape, kernel_shape)
    return connections, convolution_counts(input_shape, kernel_shape, bias)[1]


@locally_connected.misconception(
    zh="整层只有一个偏置：不共享时每个输出神经元有自己的偏置",
    en="the whole layer has one bias: where nothing is shared, each output neuron has its own",
)
def one_bias_for_the_map(input_shape, kernel_shape, bias=False):
    connections, parameters = locally_connected_counts(input_shape, kernel_shape)
    return connections, parameters + bias


@locally_connected.misconception(
    zh="每个输出与整张图相连：局部连接时它只与一个窗口相连（见 2.2 的对比图）",
    en="each output is joined to the whole map: in local connection it sees one window only (lecture 2.2)",
)
def joined_to_the_whole_map(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    return fully_connected_counts(H * W, (H - kh + 1) * (W - kw + 1), bias)


@shared_weights.misconception(
    zh="权值没有共享：所有窗口用的是同一个卷积核（见 2.2：连接 16，参数 4）",
    en="the weights are not shared: all windows use the same kernel (2.2: 16 connections, 4 parameters)",
)
def weights_not_shared(input_shape, kernel_shape, bias=False):
    connections, _ = convolution_counts(input_shape, kernel_shape)
    return connections, connections + bias


@shared_weights.misconception(
    zh="连接数量写成了参数数量：同一个权重用在许多连接上（见 2.2：连接 16，参数 4）",
    en="parameters were given for connections: one weight serves many connections (2.2: 16 and 4)",
)
def parameters_for_connections(input_shape, kernel_shape, bias=False):
    kh, kw = kernel_shape
    return kh * kw, kh * kw + bias


@shared_weights.misconception(
    zh="每个激活值算了一个偏置：同一个特征图中的偏置是同一个数（见 3.3 CNN 中的参数，括号里的话）",
    en="one bias was counted for each activation: within a feature map it is the same number (lecture 3.3)",
)
def one_bias_for_each_activation(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    connections, parameters = convolution_counts(input_shape, kernel_shape)
    return connections, parameters + bias * (H - kh + 1) * (W - kw + 1)


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
    numbered = np.arange(1.0, kernel_shape[0] * kernel_shape[1] + 1).reshape(kernel_shape)
    connections = conv_matrix(numbered, input_shape)
    connections = connections[connections > 0]
    return connections.size, np.unique(connections).size + bias


# ------------------------------------------------------------------------------------- convolution_parameters

layer_parameters = Exercise(convolution_parameters, points=14, lecture="2.2, 3.3", accept=Exact())


@layer_parameters.group("lecture", points=2.5, zh="一个通道，一个卷积核", en="one channel, one kernel")
def single_kernels(rng):
    for k in different(rng, 2, 8):
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


@layer_parameters.group("bias", points=3, zh="偏置", en="biases")
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
    yield *different(rng, 30, 70), (1, 1)
    yield *different(rng, 30, 70), (1, int(rng.integers(2, 8))), True


@layer_parameters.misconception(
    zh="没有乘输入通道数：卷积核在每个输入通道上都有一组权重",
    en="the input channels are missing: a kernel has a set of weights for each of them",
)
def channels_forgotten(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(1, kernels, kernel_shape, bias)


@layer_parameters.misconception(
    zh="只算了一个卷积核：K 个卷积核各有自己的权重和偏置",
    en="only one kernel was counted: each of the K kernels has weights and a bias of its own",
)
def one_kernel_only(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels // groups, 1, kernel_shape, bias)


@layer_parameters.misconception(
    zh="偏置没有算：除非另外说明，每张特征图有一个（见 3.3 CNN 中的参数）",
    en="the biases were not counted: unless told otherwise, each feature map has one (lecture 3.3)",
)
def biases_forgotten(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels, kernels, kernel_shape, False, groups)


@layer_parameters.misconception(
    zh="bias=False 时也算了偏置",
    en="biases were counted although bias is False",
)
def biases_counted_always(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels, kernels, kernel_shape, True, groups)


@layer_parameters.misconception(
    zh="整层只有一个偏置：每张特征图有自己的偏置（见 3.3 CNN 中的参数）",
    en="the whole layer has one bias: each feature map has its own (lecture 3.3)",
)
def one_bias_altogether(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return biases_forgotten(in_channels, kernels, kernel_shape, bias, groups) + bias


@layer_parameters.misconception(
    zh="每个输入通道算了一个偏置：偏置属于特征图，与输入通道数无关（见 3.3 CNN 中的参数）",
    en="a bias was counted for each input channel: biases belong to the feature maps (lecture 3.3)",
)
def biases_of_input_channels(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return biases_forgotten(in_channels, kernels, kernel_shape, bias, groups) + bias * in_channels


@layer_parameters.misconception(
    zh="卷积核在每个通道上都算了一个偏置：各通道的结果先相加，再加一个偏置（见 3.3）",
    en="a kernel was given one bias for each channel: the channels are added up before the one bias (3.3)",
)
def biases_within_the_kernels(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return biases_forgotten(in_channels, kernels, kernel_shape, bias, groups) + bias * kernels * in_channels


@layer_parameters.misconception(
    zh="没有理会分组：每个核只看自己那组的 C / g 个通道（讲义 4，AlexNet）",
    en="the groups were ignored: each kernel sees only the C / g channels of its group (lecture 4)",
)
def groups_ignored(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels, kernels, kernel_shape, bias)


@layer_parameters.misconception(
    zh="分组让参数变多了：g 组合起来仍是 K 个核，每个核反而变小（讲义 4，AlexNet）",
    en="the groups made parameters more: there are K kernels in all, each of them smaller (lecture 4)",
)
def groups_multiply(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels * groups, kernels, kernel_shape, bias)


@layer_parameters.misconception(
    zh="通道和核都除以了 g，只算了一组的参数：共有 g 组（讲义 4，AlexNet）",
    en="channels and kernels were both divided by g, which counts one group of g (lecture 4)",
)
def one_group_only(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels // groups, kernels // groups, kernel_shape, bias)


@layer_parameters.misconception(
    zh="卷积核被当成了正方形：高和宽可以不同",
    en="the kernels were taken to be square: their height and width may differ",
)
def square_kernels(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return convolution_parameters(in_channels, kernels, (kernel_shape[0],) * 2, bias, groups)


@layer_parameters.alternative
def parameters_by_loops(in_channels, kernels, kernel_shape, bias=True, groups=1):
    count = 0
    for _ in range(kernels):
        for _ in range(in_channels // groups):
            for _ in range(kernel_shape[0]):
                count += kernel_shape[1]
        if bias:
            count += 1
    return count


@layer_parameters.alternative
def parameters_group_by_group(in_channels, kernels, kernel_shape, bias=True, groups=1):
    one_group = np.zeros((kernels // groups, in_channels // groups, *kernel_shape))
    return groups * (one_group.size + bias * len(one_group))


# ----------------------------------------------------------------------------------------------------- conv2d

layer = Exercise(conv2d, points=40, lecture="2.1")


def arrays(rng, N, C, K, size, kernel, bias=False):
    """x, w and b of a layer; b is 0 unless `bias`, so that a mistake with the bias costs little else."""
    b = rng.uniform(0.5, 2, K) * rng.choice([-1.0, 1.0], K) if bias else np.zeros(K)
    return rng.normal(size=(N, C, *size)), rng.normal(size=(K, C, *kernel)), b


@layer.group("lecture", points=4, zh="讲义的例子：3×3 与 2×2", en="the lecture's example: 3×3 and 2×2")
def lecture_layers(rng):
    a, w = lecture_size(rng)
    yield a[None, None], w[None, None], np.zeros(1)


@lecture_layers.example
def lecture_layer():
    yield MAP[None, None], KERNEL[None, None], np.zeros(1)


@layer.group("batch", points=2.5, zh="多个样本", en="several samples")
def batches(rng):
    yield arrays(rng, 3, 1, 1, (4, 3), (2, 3))
    yield arrays(rng, 2, 1, 1, (3, 5), (2, 2))


@layer.group("channels", points=4.5, zh="多个输入通道", en="several input channels")
def channels(rng):
    yield arrays(rng, 1, 3, 1, (4, 5), (3, 2))
    yield arrays(rng, 3, 2, 1, (5, 3), (2, 2))


@layer.group("kernels", points=4, zh="多个卷积核", en="several kernels")
def kernels(rng):
    yield arrays(rng, 1, 1, 3, (3, 5), (2, 3))
    yield arrays(rng, 2, 1, 4, (5, 4), (3, 2))


@layer.group("bias", points=2, zh="偏置", en="biases")
def biases(rng):
    yield arrays(rng, 1, 1, 1, (3, 4), (2, 2), bias=True)
    yield arrays(rng, 3, 2, 4, (4, 3), (2, 3), bias=True)


@layer.group("stride", points=5, zh="步长 2 和 3", en="strides 2 and 3")
def strides(rng):
    for stride, kernel in ((2, (2, 3)), (2, (3, 2)), (3, different(rng, 3, 5))):
        yield *arrays(rng, 1, 1, 1, input_size(rng, kernel, stride), kernel), stride


@layer.group("padding", points=5, zh="填充 1 和 2", en="padding 1 and 2")
def paddings(rng):
    for padding, kernel in ((1, (3, 2)), (1, (2, 3)), (2, different(rng, 3, 5))):
        yield *arrays(rng, 1, 1, 1, input_size(rng, kernel, 1, padding), kernel), 1, padding


@layer.group("remainder", points=5, zh="步长除不尽", en="strides that leave a remainder", visible=False)
def remainders(rng):
    for stride, padding, remainder in (
        (2, 0, (1, 0)),
        (3, 0, different(rng, 1, 3)),
        (2, 1, (1, 1)),
        (3, 1, (0, 2)),
    ):
        kernel = different(rng, 2, 4)
        size = input_size(rng, kernel, stride, padding, remainder)
        yield *arrays(rng, 1, 1, 1, size, kernel), stride, padding


@layer.group(
    "extremes",
    points=3,
    zh="1×1 的核、与图一样大的核、步长大于核、填充不小于核",
    en="1×1 kernels, kernels as large as the map, strides and padding beyond the kernel",
    visible=False,
)
def extreme_layers(rng):
    yield arrays(rng, 2, 3, 4, (3, 2), (1, 1))
    yield *arrays(rng, 2, 1, 3, (4, 3), (4, 3)), 2
    yield *arrays(rng, 1, 2, 3, (7, 6), (2, 1)), 3
    yield *arrays(rng, 2, 3, 1, (2, 1), (2, 3)), 1, 3
    yield *arrays(rng, 3, 1, 2, (1, 3), (2, 1)), 2, 2


@layer.group("everything", points=2, zh="综合", en="all of it together", visible=False)
def everything(rng):
    for stride, padding, remainder in ((2, 2, (0, 1)), (3, 1, (1, 2)), (1, 1, (0, 0))):
        kernel = different(rng, 2, 5)
        N, C, K = different(rng, 2, 5, 3)
        size = input_size(rng, kernel, stride, padding, remainder)
        yield *arrays(rng, N, C, K, size, kernel, bias=True), stride, padding


@layer.group("integers", points=1.5, zh="整数数组", en="integer arrays", visible=False)
def integer_layers(rng):
    x = rng.integers(-9, 10, (2, 3, 4, 3))
    yield x, rng.normal(size=(1, 3, 2, 2)), np.zeros(1), 2, 1
    yield x, rng.integers(-3, 4, (4, 3, 3, 2)), rng.uniform(0.2, 0.8, 4)


@layer.group("layouts", points=1.5, zh="内存布局", en="memory layouts", visible=False)
def layer_layouts(rng):
    for layout, stride, padding in (("fortran", 1, 0), ("strided", 2, 0), ("readonly", 1, 1)):
        args = arrays(rng, 2, 3, 2, (4, 3), (2, 3), bias=True)
        yield Case((*args, stride, padding), layout=layout, fresh=True)


def padded(x, before, after, **how):
    """`x` with `before` more rows and columns at the top and left, `after` at the bottom and right."""
    return np.pad(x, [(0, 0), (0, 0), (before, after), (before, after)], **how)


@layer.misconception(
    zh="卷积核被翻转了 180°：讲义的“卷积”是互相关，核不翻转（见 2.1 的公式）",
    en="the kernels were rotated by 180°: the lecture's convolution is a cross-correlation (formula in 2.1)",
)
def kernels_flipped(x, w, b, stride=1, padding=0):
    return conv2d(x, w[:, :, ::-1, ::-1], b, stride, padding)


@layer.misconception(
    zh="卷积核的行和列对调了：w 的最后两个轴是（行，列）",
    en="the rows and columns of the kernels changed places: the last two axes of w are (rows, columns)",
)
def kernels_transposed(x, w, b, stride=1, padding=0):
    return conv2d(x, w.swapaxes(2, 3), b, stride, padding)


@layer.misconception(
    zh="w 的前两个轴弄反了：第一个数卷积核 K，第二个数输入通道 C",
    en="the first two axes of w changed places: the first counts kernels (K), the second input channels (C)",
)
def kernel_and_channel_axes_swapped(x, w, b, stride=1, padding=0):
    return conv2d(x, w.swapaxes(0, 1), b, stride, padding)


@layer.misconception(
    zh="照抄了 2.1 公式里的 u+p−1：讲义从 1 数起，Python 从 0 数起，−1 是最后一行",
    en="u+p−1 was copied from 2.1: the lecture counts from 1, Python from 0, where row −1 is the last",
)
def layer_indices_from_one(x, w, b, stride=1, padding=0):
    return conv2d(np.roll(padded(x, padding, padding), 1, axis=(2, 3)), w, b, stride)


@layer.misconception(
    zh="填充没有做：先在四边补 0，再计算",
    en="the padding was left out: zeros are added on all four sides first",
)
def padding_forgotten(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, stride)


@layer.misconception(
    zh="只在上边和左边补了 0：四边都要补",
    en="zeros were added at the top and on the left only: all four sides are padded",
)
def padding_before_only(x, w, b, stride=1, padding=0):
    return conv2d(padded(x, padding, 0), w, b, stride)


@layer.misconception(
    zh="两边合起来才补了 padding 圈 0：每一边各补 padding 圈",
    en="the padding was split between the two sides: each side gets all of it",
)
def padding_split_between_sides(x, w, b, stride=1, padding=0):
    return conv2d(padded(x, padding // 2, padding - padding // 2), w, b, stride)


@layer.misconception(
    zh="补的是边缘的值，不是 0",
    en="the edges were repeated for padding where zeros belong",
)
def padded_with_edges(x, w, b, stride=1, padding=0):
    return conv2d(padded(x, padding, padding, mode="edge"), w, b, stride)


@layer.misconception(
    zh="四个轴都补了 0：样本轴和通道轴不填充",
    en="all four axes were padded: the axes of samples and channels are not",
)
def every_axis_padded(x, w, b, stride=1, padding=0):
    N, C, *_ = x.shape
    return conv2d(np.pad(x, padding)[:N, :C], w, b, stride)


@layer.misconception(
    zh="输出大小没有把填充算进去：窗口在填充之后的图上滑动",
    en="the output size leaves the padding out: the windows slide over the padded map",
)
def output_size_without_padding(x, w, b, stride=1, padding=0):
    Ho, Wo = ((n - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))
    return conv2d(x, w, b, stride, padding)[:, :, : max(Ho, 0), : max(Wo, 0)]


@layer.misconception(
    zh="步长没有用上：窗口每次应移动 stride 格",
    en="the stride was ignored: the windows move on by `stride` places",
)
def stride_ignored(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, 1, padding)


@layer.misconception(
    zh="步长只用在了竖直方向：横竖两个方向都要用",
    en="the stride was used downwards only: it holds down and across",
)
def stride_on_rows_only(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, 1, padding)[:, :, ::stride]


@layer.misconception(
    zh="输出大小对了，窗口却仍然每次只移动 1 格",
    en="the output has the right size, but the windows still move on by 1 place",
)
def stride_in_output_size_only(x, w, b, stride=1, padding=0):
    _, _, Ho, Wo = conv2d(x, w, b, stride, padding).shape
    return conv2d(x, w, b, 1, padding)[:, :, :Ho, :Wo]


@layer.misconception(
    zh="除不尽时向上取整了：最后不完整的窗口不计算，应向下取整",
    en="the output size was rounded up: a last window that does not fit is left out, so round down",
)
def output_size_rounded_up(x, w, b, stride=1, padding=0):
    return conv2d(padded(x, padding, padding + stride - 1), w, b, stride)


@layer.misconception(
    zh="特征图少了一行一列：请看输出大小公式的末尾",
    en="the feature maps lack a row and a column: look at the end of the formula of the output size",
)
def layer_one_place_too_few(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, stride, padding)[:, :, :-1, :-1]


@layer.misconception(
    zh="特征图的宽是照着高算的：图和核都不一定是正方形",
    en="the feature maps' width was taken from their height: neither maps nor kernels need be square",
)
def layer_square_assumed(x, w, b, stride=1, padding=0):
    z = conv2d(x, w, b, stride, padding)
    N, K, Ho, _ = z.shape
    square = np.zeros((N, K, Ho, Ho))
    square[:] = z[:, :, :, :Ho]
    return square


@layer.misconception(
    zh="只剩下最后一个通道的结果：各通道的结果要累加",
    en="only the last channel is left: the channels are added up",
)
def last_channel_only(x, w, b, stride=1, padding=0):
    return conv2d(x[:, -1:], w[:, -1:], b, stride, padding)


@layer.misconception(
    zh="各通道的结果取了平均：应当相加",
    en="the channels were averaged: they are added up",
)
def channels_averaged(x, w, b, stride=1, padding=0):
    return conv2d(x, w / x.shape[1], b, stride, padding)


@layer.misconception(
    zh="每个通道都用了卷积核的同一片权重：核在每个输入通道上有自己的权重",
    en="one slice of the kernel was used for every channel: it has weights of its own for each of them",
)
def one_slice_for_all_channels(x, w, b, stride=1, padding=0):
    return conv2d(x.sum(axis=1, keepdims=True), w[:, :1], b, stride, padding)


@layer.misconception(
    zh="只计算了第一个样本，其余样本仍是 0",
    en="only the first sample was computed, the others are still 0",
)
def first_sample_only(x, w, b, stride=1, padding=0):
    z = conv2d(x, w, b, stride, padding)
    z[1:] = 0
    return z


@layer.misconception(
    zh="各卷积核的结果被加成了一张特征图：K 个核得到 K 张特征图",
    en="the kernels' results were added up to one feature map: K kernels give K of them",
)
def one_feature_map(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, stride, padding).sum(axis=1, keepdims=True)


@layer.misconception(
    zh="每张特征图都用了第一个卷积核：第 k 张用第 k 个核",
    en="every feature map was made with the first kernel: map k belongs to kernel k",
)
def first_kernel_for_all(x, w, b, stride=1, padding=0):
    return conv2d(x, np.repeat(w[:1], len(w), axis=0), b, stride, padding)


@layer.misconception(
    zh="乘积没有累加，只留下了核的最后一个位置（见 2.1 公式中的求和号）",
    en="the products were not added up, only the kernel's last place was kept (the sums in lecture 2.1)",
)
def last_place_only(x, w, b, stride=1, padding=0):
    last = np.zeros(w.shape)
    last[:, :, -1, -1] = w[:, :, -1, -1]
    return conv2d(x, last, b, stride, padding)


@layer.misconception(
    zh="偏置没有加上（见 2.1 公式末尾的 b）",
    en="the biases were not added (the b that ends the formula in 2.1)",
)
def layer_bias_forgotten(x, w, b, stride=1, padding=0):
    return conv2d(x, w, np.zeros(len(b)), stride, padding)


@layer.misconception(
    zh="偏置加错了轴，加到了最后一个轴上：第 k 个偏置属于第 k 张特征图，即第二个轴",
    en="the biases were added along the last axis: bias k belongs to feature map k, the second axis",
)
def bias_along_the_width(x, w, b, stride=1, padding=0):
    return conv2d(x, w, np.zeros(len(b)), stride, padding) + b


@layer.misconception(
    zh="所有特征图用了同一个偏置：每张特征图有自己的偏置",
    en="all feature maps were given the same bias: each has its own",
)
def first_bias_for_all(x, w, b, stride=1, padding=0):
    return conv2d(x, w, np.full(len(b), b[0]), stride, padding)


@layer.misconception(
    zh="每个通道都加了一次偏置：各通道先相加，偏置只加一次（见 2.1：b 在求和号之外）",
    en="the bias was added once for each channel: it stands outside the sums (lecture 2.1)",
)
def bias_with_every_channel(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b * x.shape[1], stride, padding)


@layer.misconception(
    zh="返回的是激活值 σ(z)，而题目要的是输入和 z（见 2.1 的两个公式）",
    en="the activation σ(z) was returned where the input sum z is asked for (the two formulas in 2.1)",
)
def layer_activation_applied(x, w, b, stride=1, padding=0):
    return np.maximum(conv2d(x, w, b, stride, padding), 0)


@layer.misconception(
    zh="结果被存进了整数数组，小数部分丢了：x 是整数，z 不一定是",
    en="the result was stored in an integer array and lost its fractions: only x is made of integers",
)
def layer_integer_buffer(x, w, b, stride=1, padding=0):
    return conv2d(x, w, b, stride, padding).astype(x.dtype)


@layer.alternative
def layer_by_loops(x, w, b, stride=1, padding=0):
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    Ho, Wo = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
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
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    Ho, Wo = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    a = padded(x, padding, padding)
    i = stride * np.arange(Ho)[:, None, None, None] + np.arange(kh)[:, None]
    j = stride * np.arange(Wo)[:, None, None] + np.arange(kw)
    columns = a[:, :, i, j].transpose(0, 2, 3, 1, 4, 5).reshape(N * Ho * Wo, C * kh * kw)
    return (columns @ w.reshape(K, -1).T + b).reshape(N, Ho, Wo, K).transpose(0, 3, 1, 2)


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
