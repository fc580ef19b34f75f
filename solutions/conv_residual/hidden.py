"""The tests of the assignment `conv_residual` (lecture 3.2): cases, misconceptions, accepted alternatives.

Cases are few and small; groups isolate one idea each, so that what a student got right earns its points,
and the hidden ones go on to remainders, integers, memory layouts and everything at once.
"""

import numpy as np

from autograder.exercise import Case, Exercise

from .notebook import (
    conv2d_input_grad,
    conv_residual,
    dense_residual,
    insert_zeros,
    pad_residual,
    rotate180,
)

# ---------------------------------------------------------------------------- arrays that the cases share


def real(rng, *shape):
    """Normally distributed numbers."""
    return rng.normal(size=shape)


def whole(rng, *shape):
    """Small whole numbers as floats: all different, none zero, of either sign."""
    size = int(np.prod(shape))
    return (rng.permutation(np.arange(1.0, size + 1)) * rng.choice([-1.0, 1.0], size)).reshape(shape)


def integers(rng, *shape):
    """Integer arrays."""
    return rng.integers(1, 10, size=shape) * rng.choice([-1, 1], size=shape)


def relu_slopes(rng, *shape):
    """σ′ of ReLU as an integer array: zeros and ones, at least one of each."""
    size = int(np.prod(shape))
    return rng.permutation(np.arange(size) % 2).reshape(shape)


def window_sums(image, kernel):
    """Σ_m Σ_n kernel[m, n] · image[u + m, v + n] wherever the kernel fits."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("mn,uvmn->uv", kernel, windows)


# ---------------------------------------------------------------------------------------- dense_residual

dense = Exercise(dense_residual, points=6, lecture="3.2")


def dense_args(rng, outputs, inputs, values=real):
    """The arguments of `dense_residual` for a layer of the given size."""
    return values(rng, outputs), values(rng, outputs, inputs), values(rng, inputs)


@dense.group("lecture", points=2, zh="讲义大小的例子", en="examples of the lecture's size")
def dense_lecture(rng):
    yield dense_args(rng, 3, 2, whole)
    yield dense_args(rng, 3, 3, whole)


@dense_lecture.example
def dense_lecture_example():
    yield np.array([1.0, -1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 1.0])


@dense.group("shapes", points=2, zh="输入数与输出数不同", en="unlike numbers of inputs and outputs")
def dense_shapes(rng):
    yield dense_args(rng, 4, 3)
    yield dense_args(rng, 2, 5)
    yield dense_args(rng, 3, 3)


@dense.group("single", points=1.5, zh="只有一个单元", en="a single unit", visible=False)
def dense_single(rng):
    yield dense_args(rng, 1, 4)
    yield dense_args(rng, 4, 1)


@dense.group("integers", points=0.25, zh="整数数组", en="integer arrays", visible=False)
def dense_integers(rng):
    yield integers(rng, 3), real(rng, 3, 4), relu_slopes(rng, 4)
    yield real(rng, 4), integers(rng, 4, 3), integers(rng, 3)


@dense.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def dense_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case(dense_args(rng, 2, 3), layout=layout, fresh=True)


@dense.misconception(
    zh="权重矩阵没有转置：求第 j 个单元的残差要用第 j 列（见讲义 3.2 全连接 ANN 反向传播算法）",
    en="the weight matrix was not transposed: unit j needs column j (lecture 3.2, fully connected networks)",
)
def weights_not_transposed(delta_next, w_next, dsigma):
    return (w_next @ delta_next) * dsigma


@dense.misconception(
    zh="没有乘以 σ′(z)（见讲义 3.2 全连接 ANN 反向传播算法）",
    en="the factor σ′(z) is missing (lecture 3.2, fully connected networks)",
)
def sigma_prime_missing(delta_next, w_next, dsigma):
    return w_next.T @ delta_next


@dense.misconception(
    zh="σ′ 乘到了后一层的残差上：它属于前一层，应在乘以权重之后再乘（见讲义 3.2）",
    en="σ′ was applied to the next layer's residual; it belongs to the layer before (lecture 3.2)",
)
def sigma_prime_of_the_wrong_layer(delta_next, w_next, dsigma):
    return w_next.T @ (delta_next * dsigma)


@dense.misconception(
    zh="σ′ 参与了矩阵乘法：最后一个“·”是逐元素相乘（见讲义 3.2）",
    en="σ′ took part in a matrix product; the formula's last dot multiplies elements (lecture 3.2)",
)
def matrix_product_with_sigma_prime(delta_next, w_next, dsigma):
    return w_next.T @ delta_next @ dsigma


@dense.misconception(
    zh="各个连接传回的残差没有相加（见讲义 3.2 的 δ₁⁽²⁾，它是三项之和）",
    en="what the connections hand back was not added up (lecture 3.2: δ₁⁽²⁾ is a sum of three terms)",
)
def products_not_summed(delta_next, w_next, dsigma):
    return w_next * delta_next[:, None] * dsigma


@dense.misconception(
    zh="对后一层的各个单元取了平均：应当相加（见讲义 3.2 的 δ₁⁽²⁾）",
    en="the next layer's units were averaged; they add up (lecture 3.2, δ₁⁽²⁾)",
)
def mean_over_units(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma / len(delta_next)


@dense.misconception(
    zh="只用了后一层的最后一个单元，循环中的结果被覆盖了，没有累加（见讲义 3.2 的 δ₁⁽²⁾）",
    en="only the next layer's last unit counts: a loop replaced what it should add up (lecture 3.2, δ₁⁽²⁾)",
)
def last_unit_only(delta_next, w_next, dsigma):
    return w_next[-1] * delta_next[-1] * dsigma


@dense.misconception(
    zh="结果存进了整数数组，小数部分被截断了：σ′ 可能是整数数组，残差却不是整数",
    en="the result was stored in an integer array and truncated: σ′ may hold integers, a residual does not",
)
def integer_buffer(delta_next, w_next, dsigma):
    return dense_residual(delta_next, w_next, dsigma).astype(dsigma.dtype)


@dense.alternative
def dense_by_loops(delta_next, w_next, dsigma):
    result = []
    for j in range(w_next.shape[1]):
        total = 0.0
        for i in range(w_next.shape[0]):
            total += w_next[i, j] * delta_next[i]
        result.append(total * dsigma[j])
    return np.array(result)


@dense.alternative
def dense_by_einsum(delta_next, w_next, dsigma):
    return np.einsum("i,ij,j->j", delta_next, w_next, dsigma)


@dense.alternative
def dense_by_row_vector(delta_next, w_next, dsigma):
    return (delta_next.reshape(1, -1) @ w_next * dsigma).ravel()


# --------------------------------------------------------------------------------------------- rotate180

rotation = Exercise(rotate180, points=4, lecture="3.2")


@rotation.group("lecture", points=1.5, zh="2×2 的卷积核", en="a 2×2 kernel")
def rotation_lecture(rng):
    yield (whole(rng, 2, 2),)


@rotation_lecture.example
def rotation_lecture_example():
    yield (np.array([[1.0, 2.0], [3.0, 4.0]]),)


@rotation.group("shapes", points=1.5, zh="高和宽不同的卷积核", en="kernels of unlike height and width")
def rotation_shapes(rng):
    yield (whole(rng, 3, 3),)
    yield (real(rng, 2, 4),)
    yield (real(rng, 3, 2),)


@rotation.group("single", points=0.75, zh="只有一行或一列", en="a single row or column", visible=False)
def rotation_single(rng):
    for shape in ((1, 4), (3, 1), (1, 1)):
        yield (whole(rng, *shape),)


@rotation.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def rotation_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((real(rng, 2, 3),), layout=layout, fresh=True)


@rotation.misconception(
    zh="卷积核没有变化（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was left as it is (lecture 3.2, step 1)",
)
def unchanged(w):
    return w.copy()


@rotation.misconception(
    zh="只做了上下颠倒：翻转 180° 还要左右颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="only top and bottom changed places; a rotation by 180° exchanges left and right, too (lecture 3.2)",
)
def flipped_top_to_bottom_only(w):
    return w[::-1].copy()


@rotation.misconception(
    zh="只做了左右颠倒：翻转 180° 还要上下颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="only left and right changed places; a rotation by 180° exchanges top and bottom, too (lecture 3.2)",
)
def flipped_left_to_right_only(w):
    return w[:, ::-1].copy()


@rotation.misconception(
    zh="用转置代替了翻转：转置交换高和宽，翻转 180° 保持形状（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was transposed, which swaps height and width; a rotation by 180° does not (lecture 3.2)",
)
def transposed(w):
    return w.T.copy()


@rotation.misconception(
    zh="只转了 90°（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was rotated by 90° only (lecture 3.2, step 1)",
)
def rotated_by_90(w):
    return np.rot90(w).copy()


@rotation.misconception(
    zh="翻转之后又转置了一次（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was rotated and then transposed as well (lecture 3.2, step 1)",
)
def rotated_and_transposed(w):
    return w[::-1, ::-1].T.copy()


@rotation.alternative
def rotation_by_loops(w):
    kh, kw = w.shape
    result = np.empty((kh, kw))
    for m in range(kh):
        for n in range(kw):
            result[m, n] = w[kh - 1 - m, kw - 1 - n]
    return result


@rotation.alternative
def rotation_by_two_quarter_turns(w):
    return np.rot90(np.rot90(w)).copy()


@rotation.alternative
def rotation_by_reversing_the_list(w):
    return np.array(w.ravel()[::-1].tolist()).reshape(w.shape)


# ------------------------------------------------------------------------------------------ pad_residual

padding_step = Exercise(pad_residual, points=6, lecture="3.2")


@padding_step.group("lecture", points=2, zh="2×2 的残差与卷积核", en="2×2 residual and kernel")
def pad_lecture(rng):
    yield whole(rng, 2, 2), (2, 2)


@pad_lecture.example
def pad_lecture_example():
    yield np.array([[1.0, 2.0], [3.0, -1.0]]), (2, 2)


@padding_step.group("shapes", points=2, zh="高和宽不同", en="unlike height and width")
def pad_shapes(rng):
    yield real(rng, 3, 2), (3, 3)
    yield real(rng, 2, 3), (2, 4)
    yield real(rng, 2, 1), (5, 3)


@padding_step.group("thin", points=1.75, zh="只有一行、一列的卷积核", en="thin kernels", visible=False)
def pad_thin(rng):
    yield real(rng, 2, 3), (1, 1)
    yield real(rng, 1, 1), (1, 4)
    yield real(rng, 3, 1), (3, 1)


@padding_step.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def pad_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((real(rng, 2, 3), (2, 1)), layout=layout, fresh=True)
    yield Case((real(rng, 2, 2), (1, 1)), fresh=True)


@padding_step.misconception(
    zh="每一边补了 k 个 0：卷积核与残差至少重叠一个元素，只需补 k − 1 个（见讲义 3.2 第 2 步）",
    en="k zeros were added on each side; kernel and residual overlap in at least one element (lecture 3.2)",
)
def padded_by_k(delta, kernel_shape):
    return pad_residual(delta, (kernel_shape[0] + 1, kernel_shape[1] + 1))


@padding_step.misconception(
    zh="卷积核的高和宽弄反了：行数由高决定，列数由宽决定（见讲义 3.2 第 2 步）",
    en="height and width of the kernel changed places: its height decides the rows (lecture 3.2, step 2)",
)
def sides_swapped(delta, kernel_shape):
    return pad_residual(delta, kernel_shape[::-1])


@padding_step.misconception(
    zh="把卷积核当作正方形，两个方向都按高来补 0（见讲义 3.2 第 2 步）",
    en="the kernel was taken to be square: its height decided the columns, too (lecture 3.2, step 2)",
)
def square_kernel_assumed(delta, kernel_shape):
    return pad_residual(delta, (kernel_shape[0], kernel_shape[0]))


@padding_step.misconception(
    zh="总是补一圈 0：一圈只适合 2×2 的卷积核（见讲义 3.2 第 2 步）",
    en="there is always one ring of zeros; that suits a 2×2 kernel only (lecture 3.2, step 2)",
)
def always_one_ring(delta, kernel_shape):
    return pad_residual(delta, (2, 2))


@padding_step.misconception(
    zh="每一边只补了 k 的一半：那是保持大小不变的填充，而前一层的图比残差大（见讲义 3.2 第 2 步）",
    en="half of k was added on each side; that keeps the size, but the layer before is larger (lecture 3.2)",
)
def half_the_kernel(delta, kernel_shape):
    return pad_residual(delta, (kernel_shape[0] // 2 + 1, kernel_shape[1] // 2 + 1))


@padding_step.misconception(
    zh="只在下边和右边补了 0：四边都要补（见讲义 3.2 第 2 步）",
    en="zeros were added at the bottom and right only; all four sides need them (lecture 3.2, step 2)",
)
def bottom_and_right_only(delta, kernel_shape):
    return np.pad(delta, ((0, kernel_shape[0] - 1), (0, kernel_shape[1] - 1)))


@padding_step.misconception(
    zh="边界重复了最外面的残差：边界外没有残差，应当是 0（见讲义 3.2 第 2 步）",
    en="the outermost residuals were repeated; there are no residuals out there, hence zeros (lecture 3.2)",
)
def border_repeated(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), mode="edge")


@padding_step.alternative
def pad_by_loops(delta, kernel_shape):
    Ho, Wo = delta.shape
    kh, kw = kernel_shape
    result = np.zeros((Ho + 2 * kh - 2, Wo + 2 * kw - 2))
    for p in range(Ho):
        for q in range(Wo):
            result[p + kh - 1, q + kw - 1] = delta[p, q]
    return result


@padding_step.alternative
def pad_by_stacking(delta, kernel_shape):
    kh, kw = kernel_shape
    side = np.zeros((delta.shape[0], kw - 1))
    middle = np.hstack([side, delta, side])
    above = np.zeros((kh - 1, middle.shape[1]))
    return np.vstack([above, middle, above])


# ------------------------------------------------------------------------------------------ insert_zeros

insertion = Exercise(insert_zeros, points=6, lecture="3.2")


@insertion.group("lecture", points=2, zh="2×2 的残差，步长 2", en="2×2 residual, stride 2")
def insert_lecture(rng):
    yield whole(rng, 2, 2), 2


@insert_lecture.example
def insert_lecture_example():
    yield np.array([[1.0, 2.0], [3.0, -1.0]]), 2


@insertion.group(
    "shapes", points=2, zh="更大的步长，高和宽不同", en="larger strides, unlike height and width"
)
def insert_shapes(rng):
    yield real(rng, 3, 2), 3
    yield real(rng, 2, 4), 2
    yield real(rng, 2, 3), 4


@insertion.group(
    "single", points=1.75, zh="步长 1，只有一行或一列", en="stride 1, a single row or column", visible=False
)
def insert_single(rng):
    yield real(rng, 2, 3), 1
    yield real(rng, 1, 3), 3
    yield real(rng, 4, 1), 2
    yield real(rng, 1, 1), 2


@insertion.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def insert_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((real(rng, 2, 3), 2), layout=layout, fresh=True)
    yield Case((real(rng, 2, 2), 1), fresh=True)


@insertion.misconception(
    zh="没有插入 0（见讲义 3.2 当步长不为 1 时，第 2 步）",
    en="no zeros were inserted (lecture 3.2, when the stride is not 1, step 2)",
)
def nothing_inserted(delta, stride):
    return delta.copy()


@insertion.misconception(
    zh="相邻的残差之间插入了 s 个 0：相邻两个相距 s，中间只有 s − 1 个（见讲义 3.2 当步长不为 1 时）",
    en="s zeros stand between neighbours; neighbours are s apart, which leaves room for s − 1 (lecture 3.2)",
)
def s_zeros_inserted(delta, stride):
    return insert_zeros(delta, stride + 1)


@insertion.misconception(
    zh="最后一个残差后面也插入了 0：只在相邻残差之间插入，外层的 0 由下一步补（见讲义 3.2 当步长不为 1 时）",
    en="zeros follow the last residual, too; they belong between neighbours only (lecture 3.2, stride)",
)
def zeros_after_the_last_too(delta, stride):
    corner = np.zeros((stride, stride))
    corner[0, 0] = 1
    return np.kron(delta, corner)


@insertion.misconception(
    zh="总是插入一个 0：插入多少由步长决定（见讲义 3.2 当步长不为 1 时）",
    en="there is always one zero between neighbours; the stride decides how many (lecture 3.2, stride)",
)
def always_one_zero(delta, stride):
    return insert_zeros(delta, 2)


@insertion.misconception(
    zh="只在行与行之间插入了 0，列与列之间没有（见讲义 3.2 当步长不为 1 时）",
    en="zeros were inserted between rows but not between columns (lecture 3.2, stride)",
)
def rows_only(delta, stride):
    return insert_zeros(delta, stride)[:, ::stride].copy()


@insertion.misconception(
    zh="重复了残差：被步长跳过的 z 不影响 J，它们的残差是 0（见讲义 3.2 当步长不为 1 时）",
    en="residuals were repeated; the z that the stride skips have no influence on J (lecture 3.2, stride)",
)
def residuals_repeated(delta, stride):
    return np.kron(delta, np.ones((stride, stride)))


@insertion.alternative
def insert_by_loops(delta, stride):
    Ho, Wo = delta.shape
    result = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    for p in range(Ho):
        for q in range(Wo):
            result[p * stride, q * stride] = delta[p, q]
    return result


@insertion.alternative
def insert_by_kron_and_crop(delta, stride):
    last = stride - 1
    spread = zeros_after_the_last_too(delta, stride)
    return spread[: spread.shape[0] - last, : spread.shape[1] - last].copy()


@insertion.alternative
def insert_by_numpy_insert(delta, stride):
    Ho, Wo = delta.shape
    tall = np.insert(delta, np.repeat(np.arange(1, Ho), stride - 1), 0, axis=0)
    return np.insert(tall, np.repeat(np.arange(1, Wo), stride - 1), 0, axis=1)


# ----------------------------------------------------------------------------------------- conv_residual

single_map = Exercise(conv_residual, points=18, lecture="3.2")


def map_args(rng, shape, kernel_shape, values=real):
    """The arguments of `conv_residual` for a map of `shape` before the convolution."""
    (H, W), (kh, kw) = shape, kernel_shape
    return values(rng, H - kh + 1, W - kw + 1), values(rng, kh, kw), values(rng, H, W)


@single_map.group("lecture", points=5, zh="讲义实例的大小 3×3 ∗ 2×2", en="the lecture's size, 3×3 ∗ 2×2")
def map_lecture(rng):
    yield map_args(rng, (3, 3), (2, 2), whole)


@map_lecture.example
def map_lecture_example():
    delta = np.array([[1.0, 2.0], [3.0, -1.0]])
    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    yield delta, w, np.ones((3, 3))
    yield delta, w, np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 1.0, 0.5]])


@single_map.group(
    "shapes", points=6, zh="高和宽不同的图与卷积核", en="maps and kernels of unlike height and width"
)
def map_shapes(rng):
    yield map_args(rng, (5, 4), (3, 3))
    yield map_args(rng, (4, 6), (2, 3))
    yield map_args(rng, (5, 4), (4, 2))


@single_map.group(
    "kernels", points=6, zh="很小与很大的卷积核", en="very small and very large kernels", visible=False
)
def map_kernels(rng):
    yield map_args(rng, (2, 3), (1, 1))
    yield map_args(rng, (3, 4), (1, 3))
    yield map_args(rng, (4, 3), (4, 1))
    yield map_args(rng, (3, 4), (3, 4))
    yield map_args(rng, (5, 4), (4, 3))


@single_map.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def map_integers(rng):
    yield integers(rng, 2, 3), real(rng, 3, 2), relu_slopes(rng, 4, 4)
    yield real(rng, 3, 2), integers(rng, 2, 2), integers(rng, 4, 3)


@single_map.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def map_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case(map_args(rng, (4, 3), (2, 2)), layout=layout, fresh=True)
    yield Case(map_args(rng, (2, 3), (1, 1)), fresh=True)


@single_map.misconception(
    zh="收集残差时卷积核没有翻转 180°，或者分发残差时多翻转了一次（见讲义 3.2 前一层残差计算方式）",
    en="the kernel was not rotated by 180° while gathering, or was rotated while scattering (lecture 3.2)",
)
def kernel_not_rotated(delta, w, dsigma):
    return conv_residual(delta, w[::-1, ::-1], dsigma)


@single_map.misconception(
    zh="卷积核只做了上下颠倒，没有左右颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was turned upside down but not left to right (lecture 3.2, step 1)",
)
def only_rows_flipped(delta, w, dsigma):
    return conv_residual(delta, w[:, ::-1], dsigma)


@single_map.misconception(
    zh="卷积核只做了左右颠倒，没有上下颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was turned left to right but not upside down (lecture 3.2, step 1)",
)
def only_columns_flipped(delta, w, dsigma):
    return conv_residual(delta, w[::-1], dsigma)


@single_map.misconception(
    zh="用转置代替了翻转 180°（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernel was transposed in place of being rotated by 180° (lecture 3.2, step 1)",
)
def kernel_transposed(delta, w, dsigma):
    return window_sums(pad_residual(delta, w.T.shape), w.T) * dsigma


@single_map.misconception(
    zh="没有乘以前一层的 σ′(z)（见讲义 3.2 前一层残差计算公式）",
    en="the factor σ′(z) of the layer before is missing (lecture 3.2, the formula)",
)
def no_sigma_prime(delta, w, dsigma):
    return conv_residual(delta, w, np.ones(dsigma.shape))


@single_map.misconception(
    zh="σ′ 乘到了当前层的残差上：它属于前一层，应在卷积之后再乘（见讲义 3.2 前一层残差计算公式）",
    en="σ′ was applied to the current layer's residual; it belongs to the layer before (lecture 3.2)",
)
def sigma_prime_before_the_convolution(delta, w, dsigma):
    Ho, Wo = delta.shape
    return conv_residual(delta * dsigma[:Ho, :Wo], w, np.ones(dsigma.shape))


@single_map.misconception(
    zh="与 σ′ 做了矩阵乘法：公式中是逐元素相乘（见讲义 3.2 前一层残差计算公式）",
    en="σ′ took part in a matrix product; the formula multiplies element by element (lecture 3.2)",
)
def matrix_product_with_the_slopes(delta, w, dsigma):
    return conv_residual(delta, w, np.ones(dsigma.shape)) @ dsigma


@single_map.misconception(
    zh="残差没有补 0，只算了卷积核完全落在残差内部的位置（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="the residual was not padded; only positions with the kernel inside it count (lecture 3.2, step 2)",
)
def residual_not_padded(delta, w, dsigma):
    result = np.zeros(dsigma.shape)
    inside = window_sums(delta, w[::-1, ::-1])
    result[: inside.shape[0], : inside.shape[1]] = inside
    return result * dsigma


@single_map.misconception(
    zh="每一边补了 k 个 0，而不是 k − 1 个，结果错开了一行一列（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="each side got k zeros, not k − 1, and everything moved by one row and column (lecture 3.2, step 2)",
)
def residual_padded_by_k(delta, w, dsigma):
    H, W = dsigma.shape
    return window_sums(padded_by_k(delta, w.shape), w[::-1, ::-1])[:H, :W] * dsigma


@single_map.misconception(
    zh="只补了一圈 0：补多少由卷积核的大小决定（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="there is one ring of zeros whatever the kernel; its size decides how many (lecture 3.2, step 2)",
)
def one_ring_whatever_the_kernel(delta, w, dsigma):
    return window_sums(np.pad(delta, 1), w[::-1, ::-1]) * dsigma


@single_map.misconception(
    zh="只在残差的下边和右边补了 0：四边都要补（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="zeros were added below and to the right only; all four sides need them (lecture 3.2, step 2)",
)
def padded_on_two_sides_only(delta, w, dsigma):
    kh, kw = w.shape
    return window_sums(np.pad(delta, ((0, 2 * kh - 2), (0, 2 * kw - 2))), w[::-1, ::-1]) * dsigma


@single_map.misconception(
    zh="窗口重叠处的残差被覆盖了，没有累加（见讲义 3.2 实例：δ₂₂ 是四项之和）",
    en="where windows overlap, parts replaced each other; they add up (lecture 3.2: δ₂₂ has four terms)",
)
def replaced_not_added(delta, w, dsigma):
    kh, kw = w.shape
    result = np.zeros(dsigma.shape)
    for p, q in np.ndindex(delta.shape):
        result[p : p + kh, q : q + kw] = delta[p, q] * w
    return result * dsigma


@single_map.misconception(
    zh="结果存进了整数数组，小数部分被截断了：σ′ 可能是整数数组，残差却不是整数",
    en="the result was stored in an integer array and truncated: σ′ may hold integers, a residual does not",
)
def stored_as_integers(delta, w, dsigma):
    return conv_residual(delta, w, dsigma).astype(dsigma.dtype)


@single_map.alternative
def map_by_gathering_loops(delta, w, dsigma):
    H, W = dsigma.shape
    kh, kw = w.shape
    Ho, Wo = delta.shape
    result = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            for m in range(kh):
                for n in range(kw):
                    if 0 <= u - m < Ho and 0 <= v - n < Wo:
                        result[u, v] += w[m, n] * delta[u - m, v - n]
            result[u, v] *= dsigma[u, v]
    return result


@single_map.alternative
def map_by_scattering_windows(delta, w, dsigma):
    kh, kw = w.shape
    result = np.zeros(dsigma.shape)
    for p, q in np.ndindex(delta.shape):
        result[p : p + kh, q : q + kw] += delta[p, q] * w
    return result * dsigma


@single_map.alternative
def map_as_a_fully_connected_layer(delta, w, dsigma):
    """The convolution unrolled into a matrix: then the formula for fully connected layers does it all."""
    H, W = dsigma.shape
    matrix = np.zeros((delta.size, H * W))
    for row, (p, q) in enumerate(np.ndindex(delta.shape)):
        for m, n in np.ndindex(w.shape):
            matrix[row, (p + m) * W + q + n] = w[m, n]
    return ((matrix.T @ delta.ravel()) * dsigma.ravel()).reshape(H, W)


@single_map.alternative
def map_by_full_rows(delta, w, dsigma):
    """Full one-dimensional convolutions of rows: NumPy's `convolve` rotates by itself."""
    result = np.zeros(dsigma.shape)
    for p in range(delta.shape[0]):
        for m in range(w.shape[0]):
            result[p + m] += np.convolve(delta[p], w[m])
    return result * dsigma


# ------------------------------------------------------------------------------------- conv2d_input_grad

general = Exercise(conv2d_input_grad, points=60, lecture="3.2")


def conv_args(rng, input_shape, kernels, *options, values=real):
    """The arguments of `conv2d_input_grad`.

    `kernels` is (K, kh, kw); `options` are stride and padding, left out where their defaults are meant.
    """
    N, C, H, W = input_shape
    K, kh, kw = kernels
    stride, padding = (*options, *(1, 0)[len(options) :])
    Ho = (H + 2 * padding - kh) // stride + 1
    Wo = (W + 2 * padding - kw) // stride + 1
    return values(rng, N, K, Ho, Wo), values(rng, K, C, kh, kw), input_shape, *options


@general.group("lecture", points=6, zh="讲义实例的大小", en="the lecture's size")
def conv_lecture(rng):
    yield conv_args(rng, (1, 1, 3, 3), (1, 2, 2), values=whole)
    yield conv_args(rng, (1, 1, 4, 3), (1, 2, 3), values=whole)


@conv_lecture.example
def conv_lecture_example():
    delta = np.array([[[[1.0, 2.0], [3.0, -1.0]]]])
    w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    yield delta, w, (1, 1, 3, 3)


@general.group("stride", points=8, zh="步长大于 1", en="stride above 1")
def conv_stride(rng):
    yield conv_args(rng, (1, 1, 5, 6), (1, 3, 4), 2)  # windows overlap
    yield conv_args(rng, (1, 1, 4, 6), (1, 2, 2), 2)  # they touch
    yield conv_args(rng, (1, 1, 5, 7), (1, 2, 1), 3)  # gaps between them
    yield conv_args(rng, (1, 1, 7, 8), (1, 4, 5), 3)


@general.group("channels", points=7, zh="多个输入通道", en="several input channels")
def conv_channels(rng):
    yield conv_args(rng, (1, 3, 4, 5), (1, 2, 3))
    yield conv_args(rng, (1, 2, 3, 4), (1, 1, 1))


@general.group("kernels", points=7, zh="多个卷积核", en="several kernels")
def conv_kernels(rng):
    yield conv_args(rng, (1, 1, 4, 3), (3, 3, 2))
    yield conv_args(rng, (1, 2, 3, 4), (4, 1, 2))
    yield conv_args(rng, (1, 2, 4, 3), (2, 2, 3))


@general.group("batch", points=6, zh="一批样本", en="a batch of samples")
def conv_batch(rng):
    yield conv_args(rng, (3, 1, 4, 3), (1, 2, 2))
    yield conv_args(rng, (2, 1, 3, 4), (1, 3, 4))  # kernels as large as the input
    yield conv_args(rng, (4, 2, 3, 4), (3, 2, 1))


@general.group("padding", points=8, zh="输入的边界有 0 填充", en="an input padded with zeros")
def conv_padding(rng):
    yield conv_args(rng, (1, 1, 4, 5), (1, 3, 2), 1, 1)
    yield conv_args(rng, (1, 1, 3, 4), (1, 2, 3), 1, 2)  # p ≥ k - 1
    yield conv_args(rng, (1, 1, 2, 3), (1, 1, 2), 1, 1)


@general.group(
    "remainder",
    points=6,
    zh="步长除不尽：有的行、列没有窗口到达",
    en="strides that leave a remainder: rows and columns that no window reaches",
    visible=False,
)
def conv_remainder(rng):
    yield conv_args(rng, (1, 1, 6, 5), (1, 3, 2), 2)
    yield conv_args(rng, (1, 1, 6, 9), (1, 2, 4), 3)
    yield conv_args(rng, (1, 1, 7, 5), (1, 2, 2), 3, 0)
    yield conv_args(rng, (1, 1, 4, 6), (1, 3, 3), 2, 1)  # what no window reaches is padding
    yield conv_args(rng, (1, 1, 5, 6), (1, 2, 3), 3, 1)  # here part of it is


@general.group("combined", points=8, zh="综合", en="everything at once", visible=False)
def conv_combined(rng):
    yield conv_args(rng, (2, 3, 5, 6), (4, 3, 2), 2, 1)
    yield conv_args(rng, (3, 2, 7, 5), (1, 2, 4), 3, 2)
    yield conv_args(rng, (2, 1, 4, 6), (3, 4, 1), 2)
    yield conv_args(rng, (1, 4, 3, 4), (2, 1, 1), 2, 1)
    yield conv_args(rng, (3, 2, 4, 7), (2, 3, 3), 2, 1)


@general.group("integers", points=2, zh="整数数组", en="integer arrays", visible=False)
def conv_integers(rng):
    delta, w, *rest = conv_args(rng, (2, 1, 3, 4), (3, 2, 3))
    yield integers(rng, *delta.shape), w, *rest
    delta, w, *rest = conv_args(rng, (1, 2, 4, 3), (1, 2, 2))
    yield delta, integers(rng, *w.shape), *rest


@general.group("layouts", points=2, zh="内存布局", en="memory layouts", visible=False)
def conv_layouts(rng):
    yield Case(conv_args(rng, (2, 1, 4, 3), (3, 2, 2)), layout="fortran", fresh=True)
    yield Case(conv_args(rng, (1, 2, 3, 4), (3, 2, 3)), layout="strided", fresh=True)
    yield Case(conv_args(rng, (2, 3, 3, 4), (1, 3, 1)), layout="readonly", fresh=True)
    yield Case(conv_args(rng, (2, 1, 2, 3), (1, 1, 1)), fresh=True)


def on_padded_map(delta, w, input_shape, stride=1, padding=0):
    """The residual of the whole padded map, (N, C, H + 2p, W + 2p)."""
    N, C, H, W = input_shape
    return conv2d_input_grad(delta, w, (N, C, H + 2 * padding, W + 2 * padding), stride)


def reached(delta, w, stride=1):
    """The residual of those positions of the padded map that lie before the last window's end."""
    (N, _, Ho, Wo), (_, C, kh, kw) = delta.shape, w.shape
    return conv2d_input_grad(delta, w, (N, C, (Ho - 1) * stride + kh, (Wo - 1) * stride + kw), stride)


def cut(array, height, width, top=0, left=0):
    """A part of the last two axes; zeros where `array` ends before it."""
    result = np.zeros((*array.shape[:2], height, width))
    part = array[:, :, top : top + height, left : left + width]
    result[:, :, : part.shape[2], : part.shape[3]] = part
    return result


def scatter(delta, w, input_shape, stride=1, padding=0, dtype=float, step=None):
    """δ·w added window by window into a padded map of `dtype`; windows start `step` (or `stride`) apart."""
    N, C, H, W = input_shape
    step = step or (stride, stride)
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype)
    for n, k, p, q in np.ndindex(delta.shape):
        for c, i, j in np.ndindex(w.shape[1:]):
            u, v = p * step[0] + i, q * step[1] + j
            da[n, c, u, v] = da[n, c, u, v] + delta[n, k, p, q] * w[k, c, i, j]
    return da[:, :, padding : padding + H, padding : padding + W]


@general.misconception(
    zh="收集残差时卷积核没有翻转 180°，或者分发残差时多翻转了一次（见讲义 3.2 前一层残差计算方式）",
    en="the kernels were not rotated by 180° while gathering, or were rotated while scattering (lecture 3.2)",
)
def kernels_not_rotated(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w[:, :, ::-1, ::-1], input_shape, stride, padding)


@general.misconception(
    zh="卷积核只做了上下颠倒，没有左右颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernels were turned upside down but not left to right (lecture 3.2, step 1)",
)
def kernels_flipped_top_to_bottom_only(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w[:, :, :, ::-1], input_shape, stride, padding)


@general.misconception(
    zh="卷积核只做了左右颠倒，没有上下颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernels were turned left to right but not upside down (lecture 3.2, step 1)",
)
def kernels_flipped_left_to_right_only(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w[:, :, ::-1], input_shape, stride, padding)


@general.misconception(
    zh="翻转了卷积核的四个轴：通道和卷积核的顺序不能颠倒（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="all four axes were reversed; channels and kernels keep their order (lecture 3.2, step 1)",
)
def all_axes_reversed(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w[::-1, ::-1], input_shape, stride, padding)


@general.misconception(
    zh="卷积核用了转置，没有翻转 180°（见讲义 3.2 前一层残差计算方式第 1 步）",
    en="the kernels were transposed in place of being rotated by 180° (lecture 3.2, step 1)",
)
def kernels_transposed(delta, w, input_shape, stride=1, padding=0):
    w_transposed = w.swapaxes(2, 3)[:, :, ::-1, ::-1]
    return conv2d_input_grad(delta, w_transposed, input_shape, stride, padding)


@general.misconception(
    zh="窗口重叠处的残差被覆盖了，没有累加（见讲义 3.2 实例：δ₂₂ 是四项之和）",
    en="where windows overlap, parts replaced each other; they add up (lecture 3.2: δ₂₂ has four terms)",
)
def overlaps_replaced(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for p, q in np.ndindex(delta.shape[2:]):
        u, v = p * stride, q * stride
        da[:, :, u : u + kh, v : v + kw] = np.einsum("nk,kcij->ncij", delta[:, :, p, q], w)
    return da[:, :, padding : padding + H, padding : padding + W]


@general.misconception(
    zh="分发残差时忘了步长：窗口应当相隔 s，而不是 1（见讲义 3.2 当步长不为 1 时）",
    en="the stride was forgotten while scattering: windows stand s apart, not 1 (lecture 3.2, stride)",
)
def stride_forgotten(delta, w, input_shape, stride=1, padding=0):
    return scatter(delta, w, input_shape, stride, padding, step=(1, 1))


@general.misconception(
    zh="步长大于 1 时没有插入 0，结果比前一层的图小（见讲义 3.2 当步长不为 1 时，第 2 步）",
    en="no zeros were inserted for a stride above 1: the result is too small (lecture 3.2, stride, step 2)",
)
def no_zeros_inserted(delta, w, input_shape, stride=1, padding=0):
    da = reached(delta, w)
    return da[:, :, padding : da.shape[2] - padding, padding : da.shape[3] - padding]


@general.misconception(
    zh="相邻的残差之间插入了 s 个 0，而不是 s − 1 个（见讲义 3.2 当步长不为 1 时，第 2 步）",
    en="s zeros were inserted between neighbours, not s − 1 (lecture 3.2, stride, step 2)",
)
def s_zeros_between_neighbours(delta, w, input_shape, stride=1, padding=0):
    return cut(reached(delta, w, stride + 1), *input_shape[2:], padding, padding)


@general.misconception(
    zh="把步长当成了卷积核的大小，窗口一个挨着一个（见讲义 3.2 当步长不为 1 时）",
    en="the stride was taken to be the size of the kernel, one window beside the other (lecture 3.2, stride)",
)
def windows_side_by_side(delta, w, input_shape, stride=1, padding=0):
    return scatter(delta, w, input_shape, stride, padding, step=w.shape[2:])


@general.misconception(
    zh="没有窗口到达的行、列被丢掉了，结果变小：它们的残差是 0，但位置要保留（见讲义 3.2 当步长不为 1 时）",
    en="what no window reaches was dropped; its residual is 0, but it keeps its place (lecture 3.2, stride)",
)
def remainder_dropped(delta, w, input_shape, stride=1, padding=0):
    H, W = input_shape[2:]
    return reached(delta, w, stride)[:, :, padding : padding + H, padding : padding + W]


@general.misconception(
    zh="没有窗口到达的行、列放在了上边和左边：窗口从左上角开始滑动，余下的在下边和右边（见讲义 3.2）",
    en="what no window reaches was put at the top and left, but windows start there (lecture 3.2, stride)",
)
def remainder_at_the_top(delta, w, input_shape, stride=1, padding=0):
    H, W = input_shape[2:]
    da = reached(delta, w, stride)
    rh, rw = H + 2 * padding - da.shape[2], W + 2 * padding - da.shape[3]
    moved = np.pad(da, ((0, 0), (0, 0), (rh, 0), (rw, 0)))
    return cut(moved, H, W, padding, padding)


@general.misconception(
    zh="先裁掉了下边和右边的填充，再补余数：填充里没有窗口到达的部分被裁了两次（见讲义 3.2 填充与步长）",
    en="the padding was cropped before the remainder was added, which costs real residuals (lecture 3.2)",
)
def cropped_before_the_remainder(delta, w, input_shape, stride=1, padding=0):
    da = reached(delta, w, stride)
    inner = da[:, :, padding : da.shape[2] - padding, padding : da.shape[3] - padding]
    return cut(inner, *input_shape[2:])


@general.misconception(
    zh="没有裁掉填充的残差，结果比前一层的图大：填充的残差是冗余的（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the padding's own residual was not cropped; it is redundant (lecture 3.2, when the input is padded)",
)
def padding_not_cropped(delta, w, input_shape, stride=1, padding=0):
    return on_padded_map(delta, w, input_shape, stride, padding)


@general.misconception(
    zh="从左上角裁出了 H×W：填充在四边，前一层的图在中间（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the crop started at the corner; the map lies in the middle of its padding (lecture 3.2, padding)",
)
def cropped_at_the_corner(delta, w, input_shape, stride=1, padding=0):
    return on_padded_map(delta, w, input_shape, stride, padding)[:, :, : input_shape[2], : input_shape[3]]


@general.misconception(
    zh="没有填充（p = 0）时，裁剪的结果是空的（见讲义 3.2 当输入的边界有 0 填充时）",
    en="cropping left nothing at all where there is no padding, p = 0 (lecture 3.2, padding)",
)
def empty_crop_without_padding(delta, w, input_shape, stride=1, padding=0):
    da = on_padded_map(delta, w, input_shape, stride, padding)
    return da[:, :, padding:-padding, padding:-padding]


@general.misconception(
    zh="残差外层补了 k 个 0，而不是 k − 1 个，结果错开了一行一列（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="each side of the residual got k zeros, not k − 1, and everything moved by one (lecture 3.2, step 2)",
)
def residuals_padded_by_k(delta, w, input_shape, stride=1, padding=0):
    da = np.pad(on_padded_map(delta, w, input_shape, stride, padding), ((0, 0), (0, 0), (1, 1), (1, 1)))
    return cut(da, *input_shape[2:], padding, padding)


@general.misconception(
    zh="残差外层补的是前向的填充 p，而不是 k − 1（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="the residual was surrounded by the forward padding p of zeros, not by k − 1 (lecture 3.2, step 2)",
)
def padded_by_the_forward_padding(delta, w, input_shape, stride=1, padding=0):
    one_to_one = np.eye(delta.shape[1])[:, :, None, None]
    spread = reached(delta, one_to_one, stride)  # zeros inserted, nothing else
    padded = np.pad(spread, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    return np.einsum("kcij,nkuvij->ncuv", w[:, :, ::-1, ::-1], windows)


@general.misconception(
    zh="用少补几个 0 代替了裁剪：填充 p 超过 k − 1 时就没有可少补的了（见讲义 3.2 当输入的边界有 0 填充时）",
    en="fewer zeros were padded in place of cropping; that fails for a padding p above k − 1 (lecture 3.2)",
)
def padding_subtracted(delta, w, input_shape, stride=1, padding=0):
    np.pad(delta[0, 0], [(side - 1 - padding, 0) for side in w.shape[2:]])  # a negative width raises
    return conv2d_input_grad(delta, w, input_shape, stride, padding)


@general.misconception(
    zh="把卷积核当作正方形，两个方向都按高来补 0（见讲义 3.2 前一层残差计算方式第 2 步）",
    en="the kernels were taken to be square: their height decided the columns, too (lecture 3.2, step 2)",
)
def square_kernels_assumed(delta, w, input_shape, stride=1, padding=0):
    H, W = input_shape[2:]
    kh, kw = w.shape[2:]
    da = on_padded_map(delta, w, input_shape, stride, padding)
    shifted = np.pad(da, ((0, 0), (0, 0), (0, 0), (kh, kh)))
    return cut(shifted, H, W, padding, padding + kw)


@general.misconception(
    zh="只有最后一个卷积核的残差，其余的被覆盖了：各卷积核的残差要相加（见讲义 3.2 当卷积核数量不为 1 时）",
    en="only the last kernel's residual is there; those of all kernels add up (lecture 3.2, several kernels)",
)
def last_kernel_only(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta[:, -1:], w[-1:], input_shape, stride, padding)


@general.misconception(
    zh="对各个卷积核取了平均：应当相加（见讲义 3.2 当卷积核数量不为 1 时）",
    en="the kernels' residuals were averaged; they add up (lecture 3.2, several kernels)",
)
def mean_over_kernels(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w, input_shape, stride, padding) / w.shape[0]


@general.misconception(
    zh="卷积核与残差没有一一对应：先分别求和，再做了卷积（见讲义 3.2 当卷积核数量不为 1 时）",
    en="kernels and residuals were summed before they met; each kernel has its own residual (lecture 3.2)",
)
def kernels_summed_first(delta, w, input_shape, stride=1, padding=0):
    summed = delta.sum(axis=1, keepdims=True), w.sum(axis=0, keepdims=True)
    return conv2d_input_grad(*summed, input_shape, stride, padding)


@general.misconception(
    zh="把 (K, C, kh, kw) 的卷积核按 (C, K, kh, kw) 来读（见讲义 3.2 输入通道与卷积核数量）",
    en="kernels (K, C, kh, kw) were read as (C, K, kh, kw) (lecture 3.2, channels and kernels)",
)
def kernels_read_as_channels(delta, w, input_shape, stride=1, padding=0):
    K, C, kh, kw = w.shape
    return conv2d_input_grad(delta, w.reshape(C, K, kh, kw).swapaxes(0, 1), input_shape, stride, padding)


@general.misconception(
    zh="所有通道得到同样的残差：每个通道要用自己的卷积核参数（见讲义 3.2 当卷积输入通道不为 1 时）",
    en="all channels got the same residual; each has its own part of the kernel (lecture 3.2, channels)",
)
def first_channel_for_all(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, np.repeat(w[:, :1], w.shape[1], axis=1), input_shape, stride, padding)


@general.misconception(
    zh="把各通道的卷积核参数加在了一起：反向时各通道分别计算（见讲义 3.2 当卷积输入通道不为 1 时）",
    en="the channels' parts of the kernel were summed; backwards, each channel is on its own (lecture 3.2)",
)
def summed_over_channels(delta, w, input_shape, stride=1, padding=0):
    w_summed = np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    return conv2d_input_grad(delta, w_summed, input_shape, stride, padding)


@general.misconception(
    zh="除以了样本数 N：每个样本有自己的残差，不取平均（见讲义 3.2）",
    en="the result was divided by the number of samples; each sample has a residual of its own (lecture 3.2)",
)
def divided_by_batch(delta, w, input_shape, stride=1, padding=0):
    return conv2d_input_grad(delta, w, input_shape, stride, padding) / input_shape[0]


@general.misconception(
    zh="不同样本的残差混在了一起：第 n 个样本的结果只来自第 n 个样本的残差（见讲义 3.2）",
    en="samples were mixed; sample n of the result comes from sample n of the residual alone (lecture 3.2)",
)
def samples_mixed(delta, w, input_shape, stride=1, padding=0):
    total = np.repeat(delta.sum(axis=0, keepdims=True), input_shape[0], axis=0)
    return conv2d_input_grad(total, w, input_shape, stride, padding)


@general.misconception(
    zh="结果存进了整数数组，小数部分被截断了：残差可能是整数数组，结果却不是整数",
    en="the result was stored in an integer array and truncated; whole residuals do not make it whole",
)
def truncated_to_integers(delta, w, input_shape, stride=1, padding=0):
    return scatter(delta, w, input_shape, stride, padding, dtype=delta.dtype)


@general.alternative
def conv_by_loops(delta, w, input_shape, stride=1, padding=0):
    return scatter(delta, w, input_shape, stride, padding)


@general.alternative
def conv_by_gathering_loops(delta, w, input_shape, stride=1, padding=0):
    """Stands on each input in turn and asks which windows used it; neither pads nor inserts zeros."""
    H, W = input_shape[2:]
    kh, kw = w.shape[2:]
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(input_shape)
    for u in range(H):
        for v in range(W):
            for i in range(kh):
                for j in range(kw):
                    p, row_rest = divmod(u + padding - i, stride)
                    q, column_rest = divmod(v + padding - j, stride)
                    if row_rest == column_rest == 0 and 0 <= p < Ho and 0 <= q < Wo:
                        dx[:, :, u, v] += delta[:, :, p, q] @ w[:, :, i, j]
    return dx


@general.alternative
def conv_by_strided_slices(delta, w, input_shape, stride=1, padding=0):
    """Scatters one kernel position at a time to all windows at once."""
    N, C, H, W = input_shape
    Ho, Wo = delta.shape[2:]
    da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i, j in np.ndindex(w.shape[2:]):
        part = np.einsum("nkpq,kc->ncpq", delta, w[:, :, i, j])
        da[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride][:, :, :Ho, :Wo] += part
    return da[:, :, padding : padding + H, padding : padding + W]


@general.alternative
def conv_by_columns(delta, w, input_shape, stride=1, padding=0):
    """col2im: one matrix product, then the columns are added back to where they were taken from."""
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = delta.shape[2:]
    Hp, Wp = H + 2 * padding, W + 2 * padding
    index = np.arange(C * Hp * Wp).reshape(C, Hp, Wp)
    taken = np.lib.stride_tricks.sliding_window_view(index, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    taken = taken.transpose(0, 3, 4, 1, 2).reshape(C * kh * kw, Ho * Wo)
    columns = w.reshape(K, -1).T @ delta.reshape(N, K, -1)
    da = np.zeros((N, C * Hp * Wp))
    for n in range(N):
        np.add.at(da[n], taken, columns[n])
    return da.reshape(N, C, Hp, Wp)[:, :, padding : padding + H, padding : padding + W].copy()


@general.alternative
def conv_in_single_precision(delta, w, input_shape, stride=1, padding=0):
    return conv_by_strided_slices(
        delta.astype(np.float32), w.astype(np.float32), input_shape, stride, padding
    ).astype(np.float32)
