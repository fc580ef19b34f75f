"""The tests of the assignment `kernel_gradients` (lecture 3.3): cases, misconceptions, accepted alternatives.

Cases are few and small; groups isolate one idea each, so that what a student got right earns its points,
and the hidden ones go on to remainders, extreme sizes, integers and memory layouts. Upstream residuals are
never all ones: with ones a rotated residual, a mean or a mixed-up axis can go unnoticed.
"""

import numpy as np

from autograder.exercise import Case, Exercise
from autograder.values import Formula

from .notebook import (
    bias_gradient,
    conv2d_bias_grad,
    conv2d_weight_grad,
    kernel_gradient,
    numerical_gradient,
    relative_error,
)

# ---------------------------------------------------------------------------- arrays that the cases share


def real(rng, *shape):
    """Normally distributed numbers."""
    return rng.normal(size=shape)


def whole(rng, *shape):
    """Small whole numbers as floats: all different, none zero, half of them negative."""
    size = int(np.prod(shape))
    numbers = np.arange(1.0, size + 1) * rng.permutation(np.resize([-1.0, 1.0], size))
    return rng.permutation(numbers).reshape(shape)


def integers(rng, *shape):
    """Integer arrays without zeros."""
    return rng.integers(1, 10, size=shape) * rng.choice([-1, 1], size=shape)


LECTURE_A = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
LECTURE_DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])

# --------------------------------------------------------------------------------------- kernel_gradient

kernel = Exercise(kernel_gradient, points=18, lecture="3.3")


def kernel_args(rng, input_shape, kernel_shape, delta=real, a=real):
    """The arguments of `kernel_gradient` for an input and a kernel of the given sizes."""
    (H, W), (kh, kw) = input_shape, kernel_shape
    return delta(rng, H - kh + 1, W - kw + 1), a(rng, H, W)


@kernel.group("lecture", points=6.5, zh="讲义大小的例子", en="examples of the lecture's size")
def kernel_lecture(rng):
    yield kernel_args(rng, (3, 3), (2, 2), whole, whole)
    yield kernel_args(rng, (4, 4), (2, 2))


@kernel_lecture.example
def kernel_lecture_example():
    yield LECTURE_DELTA, LECTURE_A
    yield np.array([[1.0, -1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, -2.0]]), np.arange(16.0).reshape(4, 4) % 7


@kernel.group("shapes", points=6, zh="高与宽不同", en="unequal heights and widths")
def kernel_shapes(rng):
    yield kernel_args(rng, (4, 6), (2, 3))
    yield kernel_args(rng, (6, 5), (4, 2))
    yield kernel_args(rng, (3, 7), (1, 4))


@kernel.group(
    "extremes",
    points=4,
    zh="1×1 的卷积核，与输入一样大的卷积核",
    en="1×1 kernels and kernels as large as the input",
    visible=False,
)
def kernel_extremes(rng):
    yield kernel_args(rng, (3, 4), (1, 1))
    yield kernel_args(rng, (4, 3), (4, 3))
    yield kernel_args(rng, (2, 5), (2, 2))
    yield kernel_args(rng, (1, 6), (1, 3))


@kernel.group("integers", points=0.75, zh="整数数组", en="integer arrays", visible=False)
def kernel_integers(rng):
    yield kernel_args(rng, (4, 5), (2, 3), real, integers)
    yield kernel_args(rng, (5, 4), (2, 2), integers, real)


@kernel.group("layouts", points=0.75, zh="内存布局", en="memory layouts", visible=False)
def kernel_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case(kernel_args(rng, (3, 4), (2, 3)), layout=layout, fresh=True)


@kernel.misconception(
    zh="梯度被翻转了 180°，或者是让输入在残差上滑动；翻转只属于前一层残差（对比讲义 3.2 与 3.3）",
    en="the gradient came out rotated by 180°, or the input slid over the residual; "
    "a rotation belongs only to the residual of the layer before (compare lecture 3.2 and 3.3)",
)
def gradient_rotated(delta, a):
    return kernel_gradient(delta, a)[::-1, ::-1]


@kernel.misconception(
    zh="滑动之前把残差翻转了 180°；讲义 3.3 的“卷积”是互相关，残差不翻转",
    en='the residual was rotated by 180° before sliding; the "convolution" of lecture 3.3 is a correlation',
)
def residual_rotated(delta, a):
    return kernel_gradient(delta[::-1, ::-1], a)


@kernel.misconception(
    zh="像求前一层残差那样在边界补了 0；残差只在前一层输出的内部滑动（见讲义 3.3）",
    en="zeros were padded as for the residual of the layer before; here the residual stays inside the "
    "output of the layer before (lecture 3.3)",
)
def padded_as_for_the_residual(delta, a):
    Ho, Wo = delta.shape
    return kernel_gradient(delta, np.pad(a, ((Ho - 1, Ho - 1), (Wo - 1, Wo - 1))))


@kernel.misconception(
    zh="权重的行与列互换了：p 与 u 是行，q 与 v 是列（见讲义 3.3 权重的梯度）",
    en="rows and columns of the kernel were exchanged: p goes with u, q with v (lecture 3.3, gradient of the "
    "weights)",
)
def rows_and_columns_swapped(delta, a):
    return kernel_gradient(delta, a).T


@kernel.misconception(
    zh="求了平均：讲义 3.3 的公式是对所有位置求和",
    en="a mean was taken over the positions; the formula of lecture 3.3 is a sum",
)
def averaged_over_positions(delta, a):
    return kernel_gradient(delta, a) / delta.size


@kernel.misconception(
    zh="只留下了最后一个位置的贡献；同一个权重参与了每一个 z，各项要累加（见讲义 3.3 例子）",
    en="only the last position was kept; the same weight takes part in every z, so the terms add up "
    "(lecture 3.3, the example)",
)
def last_position_only(delta, a):
    return delta[-1, -1] * a[delta.shape[0] - 1 :, delta.shape[1] - 1 :]


@kernel.misconception(
    zh="把逐元素相乘再求和写成了矩阵乘法（见讲义 3.3 权重的梯度）",
    en="a matrix product stands where elements should be multiplied one by one (lecture 3.3, gradient of the "
    "weights)",
)
def matrix_product(delta, a):
    windows = np.lib.stride_tricks.sliding_window_view(a, delta.shape)
    return np.sum(delta @ windows, axis=(2, 3))


@kernel.misconception(
    zh="把卷积核当成了正方形；高和宽要分别由 H − Ho + 1 和 W − Wo + 1 得到（见讲义 3.3）",
    en="the kernel was taken to be square; its height is H − Ho + 1, its width W − Wo + 1 (lecture 3.3)",
)
def square_kernel(delta, a):
    k = a.shape[0] - delta.shape[0] + 1
    return loops_over_weights(delta, a, (k, k))


@kernel.misconception(
    zh="把残差的形状当成了卷积核的形状；两者只在讲义的例子里恰好相等（见讲义 3.3）",
    en="the residual's shape was taken for the kernel's; they agree only by chance, as in the lecture's "
    "example (lecture 3.3)",
)
def shape_of_the_residual(delta, a):
    return loops_over_weights(delta, a, delta.shape)


@kernel.misconception(
    zh="结果被截断成了整数：前一层的激活值是整数时，梯度仍可能是小数（见本作业的约定）",
    en="the result was truncated to integers, as the activations were; the gradient need not be whole "
    "(conventions of this assignment)",
)
def truncated_to_integers(delta, a):
    return kernel_gradient(delta, a).astype(a.dtype)


def loops_over_weights(delta, a, kernel_shape):
    """∂J/∂w for a kernel of the given shape, right or wrong; too large a shape raises."""
    Ho, Wo = delta.shape
    dw = np.zeros(kernel_shape)
    for p, q in np.ndindex(*kernel_shape):
        dw[p, q] = np.sum(np.multiply(delta, a[p : p + Ho, q : q + Wo]))
    return dw


@kernel.alternative
def kernel_by_plain_loops(delta, a):
    Ho, Wo = delta.shape
    kh, kw = a.shape[0] - Ho + 1, a.shape[1] - Wo + 1
    dw = [[0.0] * kw for _ in range(kh)]
    for p in range(kh):
        for q in range(kw):
            for u in range(Ho):
                for v in range(Wo):
                    dw[p][q] += delta[u, v] * a[u + p, v + q]
    return np.array(dw)


@kernel.alternative
def kernel_by_windows_of_the_forward_pass(delta, a):
    kh, kw = a.shape[0] - delta.shape[0] + 1, a.shape[1] - delta.shape[1] + 1
    return sum(delta[u, v] * a[u : u + kh, v : v + kw] for u, v in np.ndindex(delta.shape))


@kernel.alternative
def kernel_by_unrolled_input(delta, a):
    kh, kw = a.shape[0] - delta.shape[0] + 1, a.shape[1] - delta.shape[1] + 1
    columns = np.lib.stride_tricks.sliding_window_view(a, (kh, kw)).reshape(delta.size, kh * kw)
    return (delta.reshape(1, -1) @ columns).reshape(kh, kw)


# ----------------------------------------------------------------------------------------- bias_gradient

bias = Exercise(bias_gradient, points=6, lecture="3.3")


@bias.group("lecture", points=3, zh="讲义大小的例子", en="examples of the lecture's size")
def bias_lecture(rng):
    yield (whole(rng, 2, 2),)
    yield (real(rng, 3, 3),)


@bias_lecture.example
def bias_lecture_example():
    yield (LECTURE_DELTA,)


@bias.group("shapes", points=2.75, zh="各种大小的残差", en="residuals of various sizes")
def bias_shapes(rng):
    yield (real(rng, 3, 4),)
    yield (real(rng, 1, 5),)
    yield (integers(rng, 4, 2),)
    yield (real(rng, 1, 1),)


@bias.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def bias_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((real(rng, 3, 2),), layout=layout, fresh=True)


@bias.misconception(
    zh="求了平均：讲义 3.3 的公式是把特征图的残差求和",
    en="a mean was taken; the formula of lecture 3.3 adds up the residual of the feature map",
)
def mean_of_the_residual(delta):
    return np.mean(delta)


@bias.misconception(
    zh="每个激活值各有一个偏置；同一张特征图共用一个偏置，梯度要对整张图求和（见讲义 3.3 CNN 中的参数）",
    en="every activation has a bias of its own; a feature map shares one, and its gradient sums over the map "
    "(lecture 3.3, parameters of a CNN)",
)
def one_bias_per_activation(delta):
    return delta.copy()


@bias.misconception(
    zh="只取了一个位置的残差；偏置参与了每一个 z（见讲义 3.3 例子：求偏置值的梯度）",
    en="the residual of a single position was taken; the bias is part of every z (lecture 3.3, the example "
    "of the bias)",
)
def one_position_only(delta):
    return delta[-1, -1]


@bias.misconception(
    zh="只对一个方向求了和；公式里对 u 和 v 都要求和（见讲义 3.3 偏置值的梯度）",
    en="the sum runs over one axis only; the formula sums over u and v (lecture 3.3, gradient of the bias)",
)
def summed_over_one_axis(delta):
    return np.sum(delta, axis=0)


@bias.misconception(
    zh="结果仍是一个数组；一张特征图的偏置是一个数，它的梯度也是（见讲义 3.3）",
    en="the result is still an array; the bias of a feature map is one number and so is its gradient "
    "(lecture 3.3)",
)
def dimensions_kept(delta):
    return np.sum(delta, keepdims=True)


@bias.misconception(
    zh="求和之前取了绝对值；残差的正负会互相抵消，这正是梯度的含义（见讲义 3.3）",
    en="absolute values were added; residuals of opposite signs do cancel in a gradient (lecture 3.3)",
)
def absolute_values_added(delta):
    return np.sum(np.abs(delta))


@bias.alternative
def bias_by_plain_loops(delta):
    db = 0.0
    for row in delta:
        for d in row:
            db += d
    return db


@bias.alternative
def bias_by_ones(delta):
    Ho, Wo = delta.shape
    return np.ones(Ho) @ delta @ np.ones(Wo)


# ------------------------------------------------------------------------------------ numerical_gradient

numerical = Exercise(numerical_gradient, points=10, lecture="3.3")

# No entry of a gradient depends on its own x alone, and third derivatives are not small: with a large h the
# forward, the backward and the central difference are well apart. `cumsum` and `arange` tell entries apart.
# STEEP is for the default h = 1e-5. Its derivatives grow by up to c = 40 each, so one-sided differences are
# off by c·h/2 = 2e-4, which counts as wrong; central ones by c²·h²/6 = 3e-8, rounding by 1e-11.
STEEP = Formula("np.exp(np.sum(np.arange(10, 10 * x.size + 10, 10) * x))")
SMOOTH = Formula("np.exp(np.sum(np.sin(x)) / 4) + np.sum(x ** 3)")
CUMULATIVE = Formula("np.sum(np.cumsum(x) ** 3) / 3")
NEIGHBOURS = Formula("np.sum(x[1:] * np.exp(x[:-1])) + np.sum(np.cos(2 * x))")
WAVE = Formula("np.sum(np.sin(x + np.sum(x) / 2) * x)")
WEIGHTED = Formula("np.sum(np.arange(1, x.size + 1) * np.ravel(x) ** 2) * np.exp(np.mean(x))")
CORRELATION = Formula(
    "np.sum(x[:, :, 1:, :] * x[:, :, :-1, :] ** 2) + np.sum(np.cumsum(x) ** 2 * np.ravel(x)) / 5"
)


def between(rng, *shape):
    """Numbers between −1 and 1.4, away from zero: the formulas stay of moderate size."""
    return np.asarray(rng.uniform(0.3, 1.2, size=shape) * rng.choice([-1.0, 1.0], size=shape) + 0.2)


@numerical.group("vectors", points=2, zh="向量，默认的 h", en="vectors, with the default h")
def numerical_vectors(rng):
    yield SMOOTH, between(rng, 3)
    yield STEEP, between(rng, 4) / 10


@numerical_vectors.example
def numerical_vectors_example():
    yield Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0])
    yield Formula("np.sum(x ** 2) * x[2]"), np.array([1.0, -1.0, 0.5])


@numerical.group(
    "steps", points=3, zh="较大的 h：中心差分而非单侧差分", en="a large h: central, not one-sided differences"
)
def numerical_steps(rng):
    yield CUMULATIVE, between(rng, 3), 0.1
    yield WAVE, between(rng, 4), 0.25
    yield SMOOTH, between(rng, 2), 0.05


@numerical_steps.example
def numerical_steps_example():
    yield Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0]), 0.1
    yield Formula("np.exp(np.sum(x)) + x[0] ** 3"), np.array([0.5, -1.0, 1.0]), 0.25


@numerical.group("matrices", points=2, zh="矩阵", en="matrices")
def numerical_matrices(rng):
    yield WEIGHTED, between(rng, 2, 3)
    yield NEIGHBOURS, between(rng, 3, 2), 0.1


@numerical.group(
    "shapes", points=2, zh="四维数组和没有轴的数组", en="four axes, one entry, no axes at all", visible=False
)
def numerical_shapes(rng):
    yield CORRELATION, between(rng, 1, 2, 3, 2), 0.1
    yield WAVE, between(rng), 0.1
    yield WEIGHTED, between(rng, 1, 1), 0.1


@numerical.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def numerical_integers(rng):
    yield CUMULATIVE, rng.integers(1, 4, size=3), 0.3
    yield WEIGHTED, rng.integers(-2, 3, size=(2, 2)), 0.25


@numerical.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def numerical_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((WEIGHTED, between(rng, 2, 3), 0.1), layout=layout, fresh=True)


def moved(x, index, step):
    """`x` as floats, with `step` added at `index`."""
    x = np.array(x, dtype=float)
    x[index] += step
    return x


@numerical.misconception(
    zh="用的是向前差分 (f(x+h) − f(x)) / h，不是中心差分（见练习 3 的表格）",
    en="it is a forward difference, (f(x+h) − f(x)) / h, not the central one (the table of exercise 3)",
)
def forward_difference(f, x, h=1e-5):
    return entrywise(lambda i: (f(moved(x, i, h)) - f(moved(x, i, 0))) / h, x)


@numerical.misconception(
    zh="用的是向后差分 (f(x) − f(x−h)) / h，不是中心差分（见练习 3 的表格）",
    en="it is a backward difference, (f(x) − f(x−h)) / h, not the central one (the table of exercise 3)",
)
def backward_difference(f, x, h=1e-5):
    return entrywise(lambda i: (f(moved(x, i, 0)) - f(moved(x, i, -h))) / h, x)


@numerical.misconception(
    zh="除以了 h：两点之间的距离是 2h（见练习 3 的公式）",
    en="the division is by h, although the two points are 2h apart (the formula of exercise 3)",
)
def divided_by_h(f, x, h=1e-5):
    return 2 * numerical_gradient(f, x, h)


@numerical.misconception(
    zh="正负号反了：应当用 f(x+h) 减去 f(x−h)（见练习 3 的公式）",
    en="the sign is reversed: f(x−h) is to be subtracted from f(x+h) (the formula of exercise 3)",
)
def sign_reversed(f, x, h=1e-5):
    return -numerical_gradient(f, x, h)


@numerical.misconception(
    zh="没有使用参数 h，而是用了固定的步长（见练习 3）",
    en="the argument h is not used, the step is a fixed one (exercise 3)",
)
def step_fixed(f, x, h=1e-5):
    return numerical_gradient(f, x)


@numerical.misconception(
    zh="所有分量同时改变了；偏导数每次只改变一个分量（见练习 3）",
    en="all entries were changed at once; a partial derivative changes one at a time (exercise 3)",
)
def all_entries_at_once(f, x, h=1e-5):
    return np.full(np.shape(x), (f(x + h) - f(x - h)) / (2 * h))


@numerical.misconception(
    zh="算完一个分量后没有恢复原值，后面的分量是在别的点上求的（见练习 3）",
    en="an entry did not get its old value back, so the next ones are taken at another point (exercise 3)",
)
def entry_not_restored(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


@numerical.misconception(
    zh="整行一起改变了：x 有多个轴时，每一个元素都要单独改变（见练习 3）",
    en="whole rows were changed together; with several axes each single entry has its own turn (exercise 3)",
)
def rows_changed_together(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for i in range(len(x)):
        gradient[i] = (f(moved(x, i, h)) - f(moved(x, i, -h))) / (2 * h)
    return gradient


@numerical.misconception(
    zh="结果被拉平成了一维；它应与 x 形状相同（见练习 3）",
    en="the result is flat; it should have the shape of x (exercise 3)",
)
def result_flattened(f, x, h=1e-5):
    return numerical_gradient(f, x, h).ravel()


@numerical.misconception(
    zh="在整数数组里加 h，步子被截断了（见练习 3）",
    en="h was added inside an integer array, which truncates the step (exercise 3)",
)
def step_truncated(f, x, h=1e-5):
    def truncated(i, step):
        copy = x.copy()
        copy[i] = x[i] + step
        return copy

    return entrywise(lambda i: (f(truncated(i, h)) - f(truncated(i, -h))) / (2 * h), x)


@numerical.misconception(
    zh="梯度存进了整数数组，小数部分丢失了（见练习 3）",
    en="the gradient was stored in an integer array and lost its fractions (exercise 3)",
)
def gradient_truncated(f, x, h=1e-5):
    return numerical_gradient(f, x, h).astype(x.dtype)


def entrywise(derivative, x):
    """An array shaped like `x` of derivative(index)."""
    gradient = np.zeros(np.shape(x))
    for i in np.ndindex(gradient.shape):
        gradient[i] = derivative(i)
    return gradient


@numerical.alternative
def numerical_in_place_on_a_copy(f, x, h=1e-5):
    x = x.astype(float)
    flat = x.reshape(-1)
    gradient = []
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        above = f(flat.reshape(x.shape))
        flat[i] = old - h
        below = f(flat.reshape(x.shape))
        flat[i] = old
        gradient.append((above - below) / (2 * h))
    return np.array(gradient).reshape(x.shape)


@numerical.alternative
def numerical_by_nditer(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        gradient[i] = f(moved(x, i, h)) / (2 * h) - f(moved(x, i, -h)) / (2 * h)
        it.iternext()
    return gradient


# ---------------------------------------------------------------------------------------- relative_error

relative = Exercise(relative_error, points=6, lecture="3.3")


def nearly(rng, *shape):
    """Two arrays of mixed signs that differ by 5 to 20 per cent; the smallest entry by more, 40 to 50.

    That entry is positive, and b is the larger one there.
    """
    size = int(np.prod(shape))
    a = rng.permutation(np.arange(1.0, size + 1)) * rng.choice([-1.0, 1.0], size)
    b = a * (1 + rng.uniform(0.05, 0.2, size) * rng.choice([-1, 1], size))
    worst = np.argmin(np.abs(a))
    a[worst] = 1.0
    b[worst] = rng.uniform(1.4, 1.5)
    return a.reshape(shape), b.reshape(shape)


@relative.group("vectors", points=2.5, zh="向量", en="vectors")
def relative_vectors(rng):
    yield nearly(rng, 5)
    yield nearly(rng, 3)[::-1]


@relative_vectors.example
def relative_vectors_example():
    yield np.array([1.0, -2.0, 0.0]), np.array([1.0, -1.0, 0.0])
    yield np.array([100.0, 2.0, -3.0]), np.array([104.0, 3.0, -4.0])
    yield np.array([1.0, 2.0]), np.array([1.5, 2.5])


@relative.group("signs", points=1, zh="符号相反，或有一边是 0", en="opposite signs, or a zero on one side")
def relative_signs(rng):
    yield np.append(real(rng, 3), 1.0), np.append(real(rng, 3), -0.4)
    yield np.array([0.0, 2.0, -3.0]), np.array([rng.uniform(1, 2), 2.0, -3.0])


@relative.group(
    "tiny", points=1.25, zh="两边都是 0，或都小于 1e-8", en="zeros on both sides, or numbers below 1e-8"
)
def relative_tiny(rng):
    yield np.zeros(3), np.zeros(3)
    yield rng.uniform(1e-9, 2e-9, 3), rng.uniform(4e-9, 6e-9, 3)
    yield np.array([0.0, 4.0, 5.0]), np.array([0.0, 4.0 + rng.uniform(0.5, 1), 5.0])


@relative.group("shapes", points=1, zh="其他形状", en="other shapes", visible=False)
def relative_shapes(rng):
    yield nearly(rng, 2, 3)
    yield nearly(rng, 2, 1, 2, 3)
    yield np.array(rng.uniform(1, 2)), np.array(rng.uniform(3, 4))  # no axes at all
    a, b = nearly(rng, 2, 2)
    yield a.astype(int), b


@relative.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def relative_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case(nearly(rng, 2, 3), layout=layout, fresh=True)


def errors(a, b):
    """|a − b| / max(1e-8, |a| + |b|), entry by entry."""
    return np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))


@relative.misconception(
    zh="没有除以梯度的大小，得到的是绝对误差（见练习 4）",
    en="nothing was divided by the size of the gradients; that is the absolute error (exercise 4)",
)
def absolute_error(a, b):
    return np.max(np.abs(a - b))


@relative.misconception(
    zh="先取最大值再相除；应当先逐个元素相除，再取最大值（见练习 4）",
    en="the maxima were divided; divide entry by entry first, then take the maximum (exercise 4)",
)
def ratio_of_maxima(a, b):
    return np.max(np.abs(a - b)) / max(1e-8, np.max(np.abs(a) + np.abs(b)))


@relative.misconception(
    zh="用范数代替了逐个元素的误差，小元素的错误被掩盖（见练习 4）",
    en="norms took the place of the entries' own errors, which hides mistakes in small entries (exercise 4)",
)
def ratio_of_norms(a, b):
    return np.linalg.norm(a - b) / max(1e-8, np.linalg.norm(a) + np.linalg.norm(b))


@relative.misconception(
    zh="取了平均值；要看的是最坏的那个元素（见练习 4）",
    en="a mean was taken; what counts is the worst entry (exercise 4)",
)
def mean_of_errors(a, b):
    return np.mean(errors(a, b))


@relative.misconception(
    zh="没有取最大值，返回了每个元素的误差（见练习 4）",
    en="the maximum is missing: the errors of all entries were returned (exercise 4)",
)
def maximum_missing(a, b):
    return errors(a, b)


@relative.misconception(
    zh="只除以了其中一个梯度的大小（见练习 4 的分母）",
    en="the division is by the size of one of the two only (the denominator of exercise 4)",
)
def one_gradient_in_the_denominator(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(b)))


@relative.misconception(
    zh="分母取了 |a| 与 |b| 中较大的，而不是它们的和（见练习 4 的分母）",
    en="the denominator is the larger of |a| and |b| instead of their sum (the denominator of exercise 4)",
)
def larger_in_the_denominator(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.maximum(np.abs(a), np.abs(b))))


@relative.misconception(
    zh="分母写成了 |a + b|，符号相反时会变得很小（见练习 4 的分母）",
    en="the denominator is |a + b|, which gets small where signs differ (the denominator of exercise 4)",
)
def absolute_value_of_the_sum(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a + b)))


@relative.misconception(
    zh="分子没有取绝对值，b 比 a 大时误差成了负数（见练习 4）",
    en="the numerator lacks its absolute value and turns negative where b is larger (exercise 4)",
)
def sign_kept(a, b):
    return np.max((a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


@relative.misconception(
    zh="分母没有下限 1e-8，两边都是 0 时成了 0/0（见练习 4）",
    en="the denominator has no lower limit of 1e-8: where both are 0 it is 0/0 (exercise 4)",
)
def no_lower_limit(a, b):
    return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b)))


@relative.misconception(
    zh="1e-8 是加到分母上的；它应当是分母的下限（见练习 4）",
    en="1e-8 was added to the denominator; it should be its lower limit (exercise 4)",
)
def limit_added(a, b):
    return np.max(np.abs(a - b) / (1e-8 + np.abs(a) + np.abs(b)))


@relative.alternative
def relative_by_plain_loops(a, b):
    worst = 0.0
    for one, other in zip(np.ravel(a), np.ravel(b), strict=True):
        worst = max(worst, abs(one - other) / max(1e-8, abs(one) + abs(other)))
    return worst


@relative.alternative
def relative_by_where(a, b):
    size = abs(a) + abs(b)
    return (abs(a - b) / np.where(size > 1e-8, size, 1e-8)).max()


# ------------------------------------------------------------------------------------ conv2d_weight_grad

weight = Exercise(conv2d_weight_grad, points=45, lecture="3.3")


def weight_args(rng, images, kernels, stride=None, padding=None, delta=real, x=real):
    """The arguments of `conv2d_weight_grad`.

    Parameters
    ----------
    images : (N, C, H, W)
    kernels : (K, kh, kw)
    stride, padding : int or None
        None leaves the argument out, as it is in most calls.
    """
    N, _, H, W = images
    K, kh, kw = kernels
    s, p = stride or 1, padding or 0
    outputs = N, K, (H + 2 * p - kh) // s + 1, (W + 2 * p - kw) // s + 1
    args = delta(rng, *outputs), x(rng, *images), (kh, kw)
    if padding is not None:
        return *args, s, p
    return args if stride is None else (*args, s)


@weight.group(
    "lecture", points=5, zh="讲义的情形：一张图，一个卷积核", en="the lecture's case: one map, one kernel"
)
def weight_lecture(rng):
    yield weight_args(rng, (1, 1, 3, 3), (1, 2, 2), delta=whole, x=whole)
    yield weight_args(rng, (1, 1, 4, 6), (1, 2, 3))


@weight_lecture.example
def weight_lecture_example():
    yield LECTURE_DELTA[None, None], LECTURE_A[None, None], (2, 2)


@weight.group("channels", points=5, zh="多个通道，多个卷积核", en="several channels, several kernels")
def weight_channels(rng):
    yield weight_args(rng, (1, 3, 4, 5), (2, 2, 3))
    yield weight_args(rng, (1, 1, 5, 3), (3, 3, 2))
    yield weight_args(rng, (1, 2, 4, 4), (1, 3, 3))
    yield weight_args(rng, (1, 2, 3, 4), (2, 2, 2))


@weight.group("batch", points=5, zh="多个样本", en="several samples")
def weight_batch(rng):
    yield weight_args(rng, (2, 3, 4, 3), (4, 3, 2))
    yield weight_args(rng, (3, 1, 3, 5), (2, 2, 4))
    yield weight_args(rng, (2, 2, 3, 3), (2, 2, 2))


@weight.group("stride", points=6, zh="步长大于 1", en="stride above 1")
def weight_stride(rng):
    yield weight_args(
        rng, (1, 2, 5, 7), (3, 3, 1), 2
    )  # windows overlap in one direction, leave gaps in the other
    yield weight_args(rng, (1, 3, 6, 8), (1, 3, 2), 3)  # they touch; gaps
    yield weight_args(rng, (1, 1, 6, 8), (2, 2, 4), 2)  # they touch; overlap


@weight_stride.example
def weight_stride_example():
    yield np.array([[[[1.0, 10.0]]]]), np.arange(1.0, 6.0).reshape(1, 1, 1, 5), (1, 3), 2
    yield np.array([[[[1.0], [2.0]], [[3.0], [-1.0]]]]), np.arange(20.0).reshape(1, 1, 5, 4) % 7, (3, 4), 2


@weight.group("padding", points=6, zh="填充", en="padding")
def weight_padding(rng):
    yield weight_args(rng, (1, 2, 4, 3), (3, 3, 2), 1, 1)
    yield weight_args(rng, (1, 3, 3, 4), (1, 2, 3), 1, 2)  # some windows see nothing but zeros


@weight.group("combined", points=6, zh="批、步长与填充一起", en="batch, stride and padding together")
def weight_combined(rng):
    yield weight_args(rng, (2, 3, 5, 4), (4, 3, 2), 2, 1)
    yield weight_args(rng, (3, 1, 4, 5), (2, 2, 3), 3, 2)


@weight.group(
    "remainder",
    points=5,
    zh="有余数：最后几行、几列没有窗口到达",
    en="a remainder: no window reaches the last rows or columns",
    visible=False,
)
def weight_remainder(rng):
    yield weight_args(rng, (1, 2, 5, 6), (3, 2, 3), 2)
    yield weight_args(rng, (2, 1, 5, 6), (3, 2, 1), 3, 1)
    yield weight_args(
        rng, (2, 3, 5, 6), (1, 3, 3), 3, 1
    )  # as many rows are out of reach as were padded, and more
    yield weight_args(rng, (1, 2, 6, 4), (2, 3, 2), 2, 0)


@weight.group(
    "extremes",
    points=4,
    zh="1×1 的卷积核，与输入一样大的卷积核",
    en="1×1 kernels and kernels as large as the input",
    visible=False,
)
def weight_extremes(rng):
    yield weight_args(rng, (2, 3, 2, 3), (2, 1, 1))
    yield weight_args(rng, (1, 2, 3, 6), (3, 1, 1), 3, 2)
    yield weight_args(rng, (3, 2, 3, 4), (2, 3, 4))
    yield weight_args(
        rng, (2, 1, 2, 3), (3, 4, 3), 1, 1
    )  # higher than the input, lower only than what is padded
    yield weight_args(rng, (3, 2, 1, 5), (1, 1, 3), 2, 0)


@weight.group("integers", points=1.5, zh="整数数组", en="integer arrays", visible=False)
def weight_integers(rng):
    yield weight_args(rng, (2, 1, 4, 3), (2, 2, 2), 1, 1, real, integers)
    yield weight_args(rng, (1, 2, 3, 4), (3, 2, 3), delta=integers)


@weight.group("layouts", points=1.5, zh="内存布局", en="memory layouts", visible=False)
def weight_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        args = weight_args(rng, (2, 3, 3, 4), (2, 2, 3))  # without padding, which would copy x
        yield Case(args, layout=layout, fresh=True)


def padded(x, padding):
    """x with zeros on every side of its maps."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def sums_over_windows(delta, x_pad, kernel_shape, step=1, spacing=1):
    """Σ_n Σ_u Σ_v δ[n, k, u, v] · x_pad[n, c, u·step + p·spacing, v·step + q·spacing]."""
    Ho, Wo = delta.shape[2:]
    dw = np.zeros((delta.shape[1], x_pad.shape[1], *kernel_shape))
    for p, q in np.ndindex(*kernel_shape):
        window = x_pad[:, :, p * spacing :: step, q * spacing :: step][:, :, :Ho, :Wo]
        dw[:, :, p, q] = np.einsum("nkuv,ncuv->kc", delta, window)
    return dw


@weight.misconception(
    zh="梯度被翻转了 180°；翻转只属于前一层残差（对比讲义 3.2 与 3.3）",
    en="the gradient came out rotated by 180°; a rotation belongs only to the residual of the layer before "
    "(compare lecture 3.2 and 3.3)",
)
def gradients_rotated(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding)[:, :, ::-1, ::-1]


@weight.misconception(
    zh="滑动之前把残差翻转了 180°；讲义 3.3 的“卷积”是互相关，残差不翻转",
    en='the residual was rotated by 180° before sliding; the "convolution" of lecture 3.3 is a correlation',
)
def residuals_rotated(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta[:, :, ::-1, ::-1], x, kernel_shape, stride, padding)


@weight.misconception(
    zh="用了没有填充的输入；补上的 0 也参与了前向计算（见讲义 3.2 当输入的边界有 0 填充时）",
    en="the input was taken without its padding, whose zeros took part in the forward pass "
    "(lecture 3.2, zero padding)",
)
def padding_forgotten(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, x, kernel_shape, stride)


@weight.misconception(
    zh="填充的 0 全补到了下边和右边；前向计算时每一边都补了 0（见讲义 3.2 当输入的边界有 0 填充时）",
    en="all the padding went to the bottom and right; the forward pass pads every side (lecture 3.2, zero "
    "padding)",
)
def padding_on_one_side(delta, x, kernel_shape, stride=1, padding=0):
    x_pad = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    return conv2d_weight_grad(delta, x_pad, kernel_shape, stride)


@weight.misconception(
    zh="没有考虑步长：相邻两个残差所用的输入相距 s（见练习 5 与讲义 3.2 当步长不为 1 时）",
    en="the stride was left out: the inputs of neighbouring residuals are s apart "
    "(exercise 5 and lecture 3.2, when the stride is not 1)",
)
def stride_forgotten(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), kernel_shape)


@weight.misconception(
    zh="步长用在了权重的下标上：每隔 s 个取一个的是求和的位置，权重仍逐个移动（见练习 5）",
    en="the stride was applied to the weights' indices; the positions of the sum are s apart, "
    "the weights move one by one (exercise 5)",
)
def stride_on_the_weights(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), kernel_shape, 1, stride)


@weight.misconception(
    zh="结果比卷积核大：没有窗口到达的余数部分没有去掉（见练习 5 的余数）",
    en="the result is larger than the kernel: the remainder that no window reaches was not cut off "
    "(exercise 5, remainder)",
)
def remainder_kept(delta, x, kernel_shape, stride=1, padding=0):
    sizes = [x.shape[i] + 2 * padding - (delta.shape[i] - 1) * stride for i in (2, 3)]
    return conv2d_weight_grad(delta, x, sizes, stride, padding)


@weight.misconception(
    zh="余数部分从上边和左边去掉了；没有窗口到达的是下边和右边（见练习 5 的余数）",
    en="the remainder was cut off at the top and left; it is the bottom and right that no window reaches "
    "(exercise 5, remainder)",
)
def remainder_cut_at_the_top(delta, x, kernel_shape, stride=1, padding=0):
    x_pad = padded(x, padding)
    rh, rw = ((x_pad.shape[2 + i] - kernel_shape[i]) % stride for i in (0, 1))
    return conv2d_weight_grad(delta, x_pad[:, :, rh:, rw:], kernel_shape, stride)


@weight.misconception(
    zh="只留下了最后一个样本；每个样本都用了同一个卷积核，各样本的梯度要累加（见练习 5 的批）",
    en="only the last sample was kept; every sample used the same kernel, so their gradients add up "
    "(exercise 5, batch)",
)
def last_sample_only(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta[-1:], x[-1:], kernel_shape, stride, padding)


@weight.misconception(
    zh="只用了第一个样本；每个样本都用了同一个卷积核，各样本的梯度要累加（见练习 5 的批）",
    en="only the first sample was used; every sample used the same kernel, so their gradients add up "
    "(exercise 5, batch)",
)
def first_sample_only(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta[:1], x[:1], kernel_shape, stride, padding)


@weight.misconception(
    zh="只留下了最后一个位置的贡献；同一个权重参与了每一个 z，各项要累加（见讲义 3.3 例子）",
    en="only the last position was kept; the same weight takes part in every z, so the terms add up "
    "(lecture 3.3, the example)",
)
def last_window_only(delta, x, kernel_shape, stride=1, padding=0):
    Ho, Wo = delta.shape[2:]
    x_pad = padded(x, padding)[:, :, (Ho - 1) * stride :, (Wo - 1) * stride :]
    return sums_over_windows(delta[:, :, -1:, -1:], x_pad, kernel_shape, stride)


@weight.misconception(
    zh="除以了样本数 N；梯度是对批求和，不是求平均（见练习 5 的批）",
    en="it was divided by the number of samples; the gradient is a sum over the batch, not a mean (exercise "
    "5, batch)",
)
def averaged_over_the_batch(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding) / len(x)


@weight.misconception(
    zh="除以了位置的个数；讲义 3.3 的公式是对所有位置求和",
    en="it was divided by the number of positions; the formula of lecture 3.3 is a sum",
)
def averaged_over_the_positions(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding) / delta[0, 0].size


@weight.misconception(
    zh="对批和位置一起求了平均；公式对它们求和（见讲义 3.3 和练习 5 的批）",
    en="a mean was taken over batch and positions; the formula sums over both (lecture 3.3; exercise 5, "
    "batch)",
)
def averaged_over_everything(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding) / delta[:, 0].size


@weight.misconception(
    zh="卷积核的轴与通道的轴互换了：结果的形状是 (K, C, kh, kw)（见练习 5）",
    en="the axes of kernels and channels were exchanged; the result is (K, C, kh, kw) (exercise 5)",
)
def kernels_and_channels_swapped(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding).swapaxes(0, 1)


@weight.misconception(
    zh="用 reshape 代替了交换轴：形状对了，数却排错了卷积核与通道（见练习 5）",
    en="axes were reshaped where they should be transposed: the shape is right, but the numbers stand at the "
    "wrong kernels and channels (exercise 5)",
)
def gradient_reshaped(delta, x, kernel_shape, stride=1, padding=0):
    dw = conv2d_weight_grad(delta, x, kernel_shape, stride, padding)
    return dw.swapaxes(0, 1).reshape(dw.shape)


@weight.misconception(
    zh="把残差直接 reshape 成 (K, …)：样本与卷积核混在了一起，应当先交换轴（见练习 5）",
    en="the residual was reshaped to (K, …) at once, which mixes samples and kernels; exchange the axes "
    "first (exercise 5)",
)
def residual_reshaped(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    mixed = delta.reshape(K, N, Ho, Wo).swapaxes(0, 1)
    return conv2d_weight_grad(mixed, x, kernel_shape, stride, padding)


@weight.misconception(
    zh="对通道求了和：第 c 个通道的权重只遇到第 c 张输入图（见练习 5 与讲义 3.2 当卷积输入通道不为 1 时）",
    en="the channels were added up; the weights of channel c meet input map c only "
    "(exercise 5 and lecture 3.2, several input channels)",
)
def channels_added(delta, x, kernel_shape, stride=1, padding=0):
    added = np.broadcast_to(x.sum(axis=1, keepdims=True), x.shape)
    return conv2d_weight_grad(delta, added, kernel_shape, stride, padding)


@weight.misconception(
    zh="对卷积核求了和：第 k 个卷积核只影响第 k 张残差图（见练习 5 与讲义 3.2 当卷积核数量不为 1 时）",
    en="the kernels' residuals were added up; kernel k has an influence on map k only "
    "(exercise 5 and lecture 3.2, several kernels)",
)
def residual_maps_added(delta, x, kernel_shape, stride=1, padding=0):
    added = np.broadcast_to(delta.sum(axis=1, keepdims=True), delta.shape)
    return conv2d_weight_grad(added, x, kernel_shape, stride, padding)


@weight.misconception(
    zh="权重的行与列互换了：p 与 u 是行，q 与 v 是列（见讲义 3.3 权重的梯度）",
    en="rows and columns of the kernel were exchanged: p goes with u, q with v (lecture 3.3, gradient of the "
    "weights)",
)
def weights_transposed(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding).swapaxes(2, 3)


@weight.misconception(
    zh="把卷积核当成了正方形；kernel_shape 的第一个数是高，第二个是宽（见练习 5）",
    en="the kernel was taken to be square; kernel_shape holds its height first, then its width (exercise 5)",
)
def kernel_taken_as_square(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), (kernel_shape[0],) * 2, stride)


@weight.misconception(
    zh="结果被截断成了整数：输入是整数时，梯度仍可能是小数（见本作业的约定）",
    en="the result was truncated to integers, as the input was; the gradient need not be whole "
    "(conventions of this assignment)",
)
def stored_as_integers(delta, x, kernel_shape, stride=1, padding=0):
    return conv2d_weight_grad(delta, x, kernel_shape, stride, padding).astype(x.dtype)


@weight.alternative
def weight_by_plain_loops(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), (_, C, H, W), (kh, kw) = delta.shape, x.shape, kernel_shape
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for u in range(Ho):
                    for v in range(Wo):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:  # anything else is a padding zero
                                    dw[k, c, p, q] += delta[n, k, u, v] * x[n, c, i, j]
    return dw


@weight.alternative
def weight_by_strided_slices(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), kernel_shape, stride)


@weight.alternative
def weight_by_accumulating_windows(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    x_pad = padded(x, padding)
    dw = 0.0
    for u, v in np.ndindex(delta.shape[2:]):
        window = x_pad[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
        dw = dw + np.tensordot(delta[:, :, u, v], window, axes=(0, 0))
    return dw


@weight.alternative
def weight_by_im2col(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), C, (kh, kw) = delta.shape, x.shape[1], kernel_shape
    rows = stride * np.arange(Ho)[:, None] + np.arange(kh)  # (Ho, kh)
    columns = stride * np.arange(Wo)[:, None] + np.arange(kw)  # (Wo, kw)
    windows = padded(x, padding)[
        :, :, rows[:, None, :, None], columns[None, :, None, :]
    ]  # (N, C, Ho, Wo, kh, kw)
    unrolled = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * Ho * Wo, C * kh * kw)
    return (delta.transpose(1, 0, 2, 3).reshape(K, -1) @ unrolled).reshape(K, C, kh, kw)


@weight.alternative
def weight_by_inserting_zeros(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), (kh, kw) = delta.shape, kernel_shape
    spread = np.zeros((N, K, (Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = delta
    windows = np.lib.stride_tricks.sliding_window_view(padded(x, padding), spread.shape[2:], axis=(2, 3))
    return np.einsum("nkij,ncpqij->kcpq", spread, windows)[:, :, :kh, :kw]


# -------------------------------------------------------------------------------------- conv2d_bias_grad

biases = Exercise(conv2d_bias_grad, points=15, lecture="3.3")


@biases.group(
    "lecture", points=3, zh="讲义的情形：一张图，一个卷积核", en="the lecture's case: one map, one kernel"
)
def biases_lecture(rng):
    yield (whole(rng, 1, 1, 2, 2),)
    yield (real(rng, 1, 1, 3, 4),)


@biases_lecture.example
def biases_lecture_example():
    yield (LECTURE_DELTA[None, None],)


@biases.group("kernels", points=4, zh="多个卷积核", en="several kernels")
def biases_kernels(rng):
    yield (real(rng, 1, 3, 2, 4),)
    yield (real(rng, 1, 2, 3, 1),)


@biases.group("batch", points=5, zh="多个样本", en="several samples")
def biases_batch(rng):
    yield (real(rng, 2, 3, 4, 5),)
    yield (real(rng, 3, 2, 1, 4),)
    yield (real(rng, 4, 1, 2, 3),)


@biases_batch.example
def biases_batch_example():
    yield (np.array([[[[1.0, 2.0]], [[10.0, 20.0]]], [[[3.0, 4.0]], [[30.0, 50.0]]]]),)
    yield (np.array([[[[1.0], [-2.0]]], [[[4.0], [0.5]]], [[[-3.0], [1.0]]]]),)


@biases.group(
    "equal sizes",
    points=2.25,
    zh="各轴一样长，或长度为 1",
    en="axes of equal length, or of length 1",
    visible=False,
)
def biases_equal_sizes(rng):
    yield (real(rng, 3, 3, 3, 3),)
    yield (real(rng, 2, 2, 1, 1),)
    yield (real(rng, 1, 4, 1, 1),)
    yield (integers(rng, 2, 3, 2, 2),)


@biases.group("layouts", points=0.75, zh="内存布局", en="memory layouts", visible=False)
def biases_layouts(rng):
    for layout in ("fortran", "strided", "readonly"):
        yield Case((real(rng, 2, 3, 2, 4),), layout=layout, fresh=True)


@biases.misconception(
    zh="对批和位置一起求了平均；公式对它们求和（见讲义 3.3 偏置值的梯度）",
    en="a mean was taken over batch and positions; the formula is a sum (lecture 3.3, gradient of the bias)",
)
def mean_of_everything(delta):
    return np.mean(delta, axis=(0, 2, 3))


@biases.misconception(
    zh="除以了样本数 N；梯度是对批求和，不是求平均（见练习 6）",
    en="it was divided by the number of samples; the gradient is a sum over the batch, not a mean (exercise "
    "6)",
)
def mean_over_the_batch(delta):
    return conv2d_bias_grad(delta) / len(delta)


@biases.misconception(
    zh="对位置求了平均；讲义 3.3 的公式是把特征图的残差求和",
    en="a mean was taken over the positions; the formula of lecture 3.3 adds up the residual of the feature "
    "map",
)
def mean_over_the_positions(delta):
    return conv2d_bias_grad(delta) / delta[0, 0].size


@biases.misconception(
    zh="没有对批求和，每个样本各有一份梯度；所有样本共用同一组偏置（见练习 6）",
    en="the batch was not summed over: every sample has a gradient of its own, yet all share the biases "
    "(exercise 6)",
)
def batch_not_summed(delta):
    return np.sum(delta, axis=(2, 3))


@biases.misconception(
    zh="每个激活值各有一个偏置；同一张特征图共用一个偏置，梯度要对整张图求和（见讲义 3.3 CNN 中的参数）",
    en="every activation has a bias of its own; a feature map shares one, and its gradient sums over the map "
    "(lecture 3.3, parameters of a CNN)",
)
def bias_for_each_activation(delta):
    return np.sum(delta, axis=0)


@biases.misconception(
    zh="对卷积核的轴求了和，却保留了批的轴；每个卷积核有自己的偏置（见练习 6）",
    en="the sum runs over the kernels and leaves the batch; each kernel has a bias of its own (exercise 6)",
)
def summed_over_the_kernels(delta):
    return np.sum(delta, axis=(1, 2, 3))


@biases.misconception(
    zh="所有卷积核的残差加成了一个数；每个卷积核有自己的偏置（见练习 6）",
    en="the residuals of all kernels were added to one number; each kernel has a bias of its own (exercise "
    "6)",
)
def one_bias_for_all_kernels(delta):
    return np.sum(delta)


@biases.misconception(
    zh="只用了第一个样本；所有样本的残差都要相加（见练习 6）",
    en="only the first sample was used; the residuals of all samples add up (exercise 6)",
)
def only_the_first_sample(delta):
    return np.sum(delta[0], axis=(1, 2))


@biases.misconception(
    zh="只留下了最后一个样本；所有样本的残差都要相加（见练习 6）",
    en="only the last sample was kept; the residuals of all samples add up (exercise 6)",
)
def only_the_last_sample(delta):
    return np.sum(delta[-1], axis=(1, 2))


@biases.misconception(
    zh="只取了一个位置的残差；偏置参与了这张图上的每一个 z（见讲义 3.3 例子：求偏置值的梯度）",
    en="the residual of a single position was taken; the bias is part of every z of its map "
    "(lecture 3.3, the example of the bias)",
)
def only_one_position(delta):
    return np.sum(delta[:, :, -1, -1], axis=0)


@biases.misconception(
    zh="求和之后保留了长度为 1 的轴；结果的形状是 (K,)（见练习 6）",
    en="axes of length 1 were kept after summing; the result is of shape (K,) (exercise 6)",
)
def axes_kept(delta):
    return np.sum(delta, axis=(0, 2, 3), keepdims=True)


@biases.misconception(
    zh="把残差直接 reshape 成 (K, …)：样本与卷积核混在了一起，应当先交换轴（见练习 6）",
    en="the residual was reshaped to (K, …) at once, which mixes samples and kernels; exchange the axes "
    "first (exercise 6)",
)
def samples_and_kernels_mixed(delta):
    return delta.reshape(delta.shape[1], -1).sum(axis=1)


@biases.misconception(
    zh="求和之前取了绝对值；残差的正负会互相抵消，这正是梯度的含义（见讲义 3.3）",
    en="absolute values were added; residuals of opposite signs do cancel in a gradient (lecture 3.3)",
)
def absolute_residuals_added(delta):
    return np.sum(np.abs(delta), axis=(0, 2, 3))


@biases.alternative
def biases_by_plain_loops(delta):
    N, K, Ho, Wo = delta.shape
    db = [0.0] * K
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    db[k] += delta[n, k, u, v]
    return np.array(db)


@biases.alternative
def biases_by_einsum(delta):
    return np.einsum("nkuv->k", delta)


@biases.alternative
def biases_by_exchanging_axes(delta):
    return delta.swapaxes(0, 1).reshape(delta.shape[1], -1).sum(axis=1)
