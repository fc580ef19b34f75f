"""The tests of the assignment `pooling` (lecture 3.1): cases, misconceptions, accepted alternatives.

Part one of the assignment pools one map with a window equal to the stride, part two a batch with channels,
where windows touch, overlap, leave gaps, or leave rows and columns over. The four functions of part two share
their table of sizes. Activations are spaced well apart, so that it is always clear where a maximum stands;
ties have groups of their own. Upstream residuals are never all ones: with ones a mean or a mixed-up window
can go unnoticed.

A mistake costs the same groups in every draw. So it is not left to chance whether a window's maximum is
positive, where it stands, or whether two windows share it: see `landscape`, `peaked` and `tied_map`.
"""

import numpy as np

from autograder.comparison import Shares
from autograder.exercise import Case, Exercise

from .notebook import (
    avg_pool,
    avg_pool2d,
    avg_pool2d_backward,
    avg_pool_residual,
    max_pool,
    max_pool2d,
    max_pool2d_backward,
    max_pool_residual,
    upsample,
)

# ---------------------------------------------------------------------------- arrays that the cases share


def real(rng, *shape):
    """Normally distributed numbers."""
    return rng.normal(size=shape)


def whole(rng, *shape):
    """Small whole numbers as floats: all different, none zero, of either sign."""
    size = int(np.prod(shape))
    return ((1.0 + rng.permutation(size)) * rng.choice([-1.0, 1.0], size)).reshape(shape)


def spaced(rng, *shape):
    """Activations of either sign, all different and at least 0.5 apart."""
    size = int(np.prod(shape))
    return 0.5 * (rng.permutation(size) - size // 2).reshape(shape)


def peaked(rng, *shape):
    """Like `spaced`, but the greatest activation of every map stands in its middle, where windows overlap."""
    x = spaced(rng, *shape)
    x[..., shape[-2] // 2, shape[-1] // 2] = x.size + whole(rng, *shape[:-2]) / 10
    return x


def positive(rng, *shape):
    """Activations above zero, all different and at least 0.5 apart."""
    return -negative(rng, *shape)


def negative(rng, *shape):
    """Activations below zero, all different and at least 0.5 apart."""
    return -0.5 * (1 + rng.permutation(int(np.prod(shape))).reshape(shape))


def integers(rng, *shape):
    """An integer array of either sign, all different."""
    size = int(np.prod(shape))
    return rng.permutation(size).reshape(shape) - size // 3


def odd(rng, *shape):
    """An integer array of odd numbers: halves and quarters of them are never whole."""
    return 2 * rng.integers(-6, 7, size=shape) + 1


def slopes(rng, *shape):
    """σ′ between 0.1 and 0.9."""
    return rng.uniform(0.1, 0.9, size=shape)


def integer_slopes(rng, *shape):
    """σ′ as an integer array: 1 or 2."""
    return rng.integers(1, 3, size=shape)


def own_cells(size, window, step):
    """For every window along an axis, the places that it covers and no other window does."""
    spans = [range(p, p + window) for p in range(0, size - window + 1, step)]
    return [[u for u in span if sum(u in other for other in spans) == 1] for span in spans]


def landscape(rng, shape, window, step=None, summit=None):
    """Activations like `spaced`, with the maximum of every window put in its place.

    Every window has a peak above zero, which no other window reaches. Every second window also has a pit,
    deeper than any peak is high: there, the greatest magnitude is not the maximum. The highest peak of all
    stands at `summit`, a cell of the map, if one is given.
    """
    (m, n), (s, t) = window, step or window
    rows, columns = own_cells(shape[-2], m, s), own_cells(shape[-1], n, t)
    a = spaced(rng, *shape)  # between -size / 4 and size / 4
    outputs = (*shape[:-2], len(rows), len(columns))
    order = rng.permutation(int(np.prod(outputs)))
    for number, (*image, p, q) in enumerate(np.ndindex(outputs)):
        cells = [(u, v) for u in rows[p] for v in columns[q]]
        height = order[number]
        if summit in cells:
            peak, height = summit, len(order)
        else:
            peak = cells[rng.integers(len(cells))]
        a[(*image, *peak)] = (a.size + height) / 2
        others = [cell for cell in cells if cell != peak]
        if others and number % 2 == 0:
            pit = others[rng.integers(len(others))]
            a[(*image, *pit)] = -(a.size + 2 * len(order) + order[number]) / 2
    return a


def map_to_pool(rng, shape, window):
    """A `landscape` for windows that touch. Its summit is a cell that tells right from wrong.

    There, where it is possible, row and column within the window differ, and the map cut along wrong axes or
    a residual laid side by side would mistake the window.
    """
    (H, W), (m, n) = shape, window

    def tells(cell):
        u, v = cell
        windows = (u // m, v // n), (u % (H // m), v % (W // n))
        numbers = u // m * (W // n) + v // n, (u * W + v) // (m * n)
        return (u % m != v % n) + (windows[0] != windows[1]) + (numbers[0] != numbers[1])

    cells = list(np.ndindex(H, W))
    best = [cell for cell in cells if tells(cell) == max(map(tells, cells))]
    return landscape(rng, shape, window, summit=best[rng.integers(len(best))])


def map_below_zero(rng, shape, window):
    """Like `map_to_pool`, but all activations are negative."""
    a = map_to_pool(rng, shape, window)
    return a - a.max() - 0.5


def map_of_integers(rng, shape, window):
    """Like `map_to_pool`, but an integer array."""
    return (2 * map_to_pool(rng, shape, window)).astype(int)


def tied_map(rng, shape, window):
    """Activations with at least two maxima in every window, and the number of the window each maximum is of.

    Windows are numbered from 1 in the order of the residual's elements; 0 marks the cells that are no maxima.
    The first window's first maximum is the second cell. Neither the top left cell is one, nor the cell below;
    and the top left one has the greatest magnitude.
    """
    m, n = window
    a, owner = np.zeros(shape), np.zeros(shape, dtype=int)
    outputs = (*shape[:-2], shape[-2] // m, shape[-1] // n)
    for number, (*image, p, q) in enumerate(np.ndindex(outputs), start=1):
        at = (*image, slice(p * m, p * m + m), slice(q * n, q * n + n))
        maxima = (rng.permutation(m * n) < rng.integers(2, m * n + 1)).reshape(m, n)
        below = rng.integers(1, 9, size=(m, n))
        if number == 1:
            maxima[:2, 0], maxima[0, 1], maxima[-1, -1] = False, True, True
            below[0, 0] = 9
        peak = rng.integers(-3, 4)
        a[at] = np.where(maxima, peak, peak - below)
        owner[at] = np.where(maxima, number, 0)
    return a, owner


def shares(owner, delta, scale):
    """The comparator of a tie case: any subgradient will do."""
    return Shares(owner, np.concatenate([[0.0], delta.ravel()]), scale)


LECTURE_A = np.array([[1.0, 3, 2, 0], [5, 4, 1, 6], [2, 7, 8, 3], [0, 1, 4, 2]])
LECTURE_DELTA = np.array([[4.0, -8.0], [2.0, 6.0]])
LECTURE_SLOPE = np.array([[1.0, 0.5, 1, 0], [0.5, 1, 0.5, 1], [0, 0.5, 1, 0.5], [1, 1, 0.5, 0]])
ALEXNET_X = np.array(
    [[[[1.0, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 20, 13, 14], [15, 16, 17, 18, 19], [21, 22, 0, 23, 24]]]]
)

# The sizes of part two: shape (N, C, H, W), window, stride.
TOUCHING = (((1, 1, 4, 6), 2, 2), ((2, 3, 6, 3), 3, 3))
OVERLAP = (((2, 1, 5, 4), 3, 1), ((1, 2, 5, 7), 3, 2), ((3, 2, 3, 4), 2, 1))
GAPS = (((1, 3, 5, 8), 2, 3), ((3, 2, 5, 3), 1, 2), ((2, 1, 4, 7), 1, 3))
REMAINDER = (((2, 1, 6, 8), 3, 2), ((1, 3, 6, 7), 2, 3), ((3, 2, 5, 6), 2, 2), ((1, 2, 8, 5), 3, 3))
EXTREMES = (((2, 3, 4, 3), 1, 1), ((3, 2, 4, 4), 4, 1), ((1, 2, 3, 6), 3, 3), ((2, 1, 3, 3), 3, 4))

# ------------------------------------------------------ building blocks of misconceptions and alternatives
# They pool the last two axes, so that they serve single maps and batches alike; windows and steps are pairs.


def steps(size, window, step):
    """How many windows fit, rounded down."""
    return (size - window) // step + 1


def steps_rounded_up(size, window, step):
    """How many windows start inside the input if the last may stick out."""
    count = -((window - size) // step) + 1
    return count - 1 if (count - 1) * step >= size else count


def pooled(a, window, step, reduce, count=steps):
    """Pool with `reduce`, which turns the cells (…, m, n) of a window into numbers (…)."""
    (m, n), (s, t) = window, step
    z = np.zeros((*a.shape[:-2], count(a.shape[-2], m, s), count(a.shape[-1], n, t)))
    for p, q in np.ndindex(z.shape[-2:]):
        z[..., p, q] = reduce(a[..., p * s : p * s + m, q * t : q * t + n])
    return z


def largest(cells):
    return cells.max(axis=(-2, -1))


def mean(cells):
    return cells.mean(axis=(-2, -1))


def added(old, new):
    return old + new


def replaced(old, new):
    return new


def replaced_where_it_arrives(old, new):
    return np.where(new != 0, new, old)


def routed(delta, a, window, step, share, combine=added, dtype=float):
    """Hand every residual to the cells of its window, in the shares that `share(cells)` says."""
    (m, n), (s, t) = window, step
    residual = np.zeros(a.shape, dtype)
    for p, q in np.ndindex(delta.shape[-2:]):
        at = (..., slice(p * s, p * s + m), slice(q * t, q * t + n))
        residual[at] = combine(residual[at], delta[..., p, q, None, None] * share(a[at]))
    return residual


def first_maximum(cells):
    flat = cells.reshape(*cells.shape[:-2], -1)
    share = np.zeros(flat.shape)
    np.put_along_axis(share, flat.argmax(axis=-1)[..., None], 1.0, axis=-1)
    return share.reshape(cells.shape)


def every_maximum(cells):
    return cells == cells.max(axis=(-2, -1), keepdims=True)


def maxima_equally(cells):
    return every_maximum(cells) / every_maximum(cells).sum(axis=(-2, -1), keepdims=True)


def first_minimum(cells):
    return first_maximum(-cells)


def greatest_magnitude(cells):
    return first_maximum(np.abs(cells))


def top_left(cells):
    share = np.zeros(cells.shape)
    share[..., :1, :1] = 1.0
    return share


def everywhere(cells):
    return np.ones(cells.shape)


def maximum_itself(cells):
    return first_maximum(cells) * cells.max(axis=(-2, -1), keepdims=True)


def maximum_transposed(cells):
    return first_maximum(cells).swapaxes(-2, -1)


def maximum_of_all_channels(cells):
    return cells == cells.max(axis=(1, 2, 3), keepdims=True)


def pair(size):
    return size, size


def trimmed(dx, window, stride):
    """Without the rows and columns that lie beyond the last window."""
    H, W = dx.shape[2:]
    return dx[:, :, : H - (H - window) % stride, : W - (W - window) % stride]


def remainder_moved_to_start(dx, window, stride):
    """The rows and columns beyond the last window come first instead."""
    H, W = dx.shape[2:]
    return np.roll(dx, ((H - window) % stride, (W - window) % stride), axis=(2, 3))


# -------------------------------------------------------------------------- hints that exercises share

WRONG_AXES = {
    "zh": "特征图沿错误的轴切成了滑窗：形状对，但每组数不是同一个滑窗里的（见讲义 3.1 的公式中行、列的范围）",
    "en": "the map was cut along the wrong axes: the shape is right, but the numbers taken together are "
    "not those of one window (lecture 3.1, the ranges of rows and columns in the formula)",
}
STEP_ONE = {
    "zh": "滑窗每次只移动一格；这里步长等于滑窗大小（见讲义 3.1 池化层前向传播）",
    "en": "the window moved by one cell at a time; here the stride is the size of the window (lecture 3.1, "
    "forward pass)",
}
TRANSPOSED = {
    "zh": "滑窗的高 m 与宽 n 互换了：m 管行，n 管列（见讲义 3.1 的下标）",
    "en": "the height m and the width n of the window were exchanged: m belongs to rows, n to columns "
    "(lecture 3.1, the indices)",
}
SQUARE = {
    "zh": "滑窗被当成了 m×m 的正方形；滑窗的高与宽可以不同（见讲义 3.1 的 m、n）",
    "en": "the window was taken to be a square of m×m; its height and width may differ (lecture 3.1, m and "
    "n)",
}
INTEGER_BUFFER = {
    "zh": "结果存进了整数数组，小数部分被截断了；结果要用浮点数保存（见开头的约定）",
    "en": "the result was stored in an array of integers, which cuts off fractions; results are floats "
    "(the conventions at the beginning)",
}
FLOOR = {
    "zh": "除法向下取整了；平均值和它分出去的残差都可以是小数（见讲义 3.1 平均池化层）",
    "en": "the division rounded down; a mean may have a fraction, and so may the residual that it hands on "
    "(lecture 3.1, average pooling)",
}
WINDOW_AS_STRIDE = {
    "zh": "步长被当成了滑窗大小；步长决定滑窗停在哪里，讲义 3.1 中两者才相等（见第二部分开头）",
    "en": "the size of the window was used as the stride; the stride says where the windows stand, and "
    "only in lecture 3.1 are the two equal (beginning of part two)",
}
STRIDE_AS_WINDOW = {
    "zh": "滑窗大小被当成了步长；滑窗决定哪些单元参与，讲义 3.1 中两者才相等（见第二部分开头）",
    "en": "the stride was used as the size of the window; the window says which cells take part, and only "
    "in lecture 3.1 are the two equal (beginning of part two)",
}
EXCHANGED = {
    "zh": "滑窗大小与步长互换了（见第二部分开头对 k 和 s 的说明）",
    "en": "the size of the window and the stride were exchanged (beginning of part two, k and s)",
}
LAST_MISSING = {
    "zh": "每行、每列都少了最后一个滑窗；滑窗个数的公式末尾有“+1”（见第二部分开头）",
    "en": "the last window of every row and column is missing; the number of windows ends in +1 (beginning "
    "of part two)",
}
AT_START = {
    "zh": "余下的行和列被留在了最上面和最左边；滑窗从左上角开始排，余数在最下面和最右边（见第二部分开头）",
    "en": "the rows and columns left over were put at the top and left; windows start at the top left, so "
    "what is left over lies at the bottom and right (beginning of part two)",
}
CHANNELS_LAST = {
    "zh": "池化沿着通道轴和行轴进行；输入的四个轴依次是 N、C、H、W，池化只管后两个（见第二部分开头）",
    "en": "the axes of channels and rows were pooled; the axes are N, C, H, W, and pooling concerns the "
    "last two (beginning of part two)",
}
FIRST_SAMPLE = {
    "zh": "只处理了批中的第一个样本，其余样本都是 0；每个样本都要处理（见第二部分开头）",
    "en": "only the first sample of the batch was treated and the others stayed 0; every sample counts "
    "(beginning of part two)",
}
ACROSS_CHANNELS = {
    "zh": "各通道被混在了一起；池化时每个通道单独处理，互不影响（见第二部分开头）",
    "en": "channels were mixed; every channel is pooled on its own (beginning of part two)",
}
OVERWRITTEN = {
    "zh": "滑窗重叠时，后一个滑窗的残差覆盖了前一个的；同一个单元收到的残差要相加（链式法则，见练习 8）",
    "en": "where windows overlap, the residual of a later window replaced that of an earlier one; a unit "
    "adds up what it receives (chain rule, exercise 8)",
}
TRIMMED = {
    "zh": "没有滑窗到达的行和列被裁掉了，形状变小；它们的残差是 0，要保留在原来的位置（见练习 8 的规定）",
    "en": "rows and columns that no window reaches were cut off, which shrinks the result; they have "
    "residual 0 and keep their place (exercise 8, rules)",
}
PER_SAMPLE = {
    "zh": "残差除以了批的大小；每个样本的残差各自传回，不求平均（见练习 8 的公式）",
    "en": "the residual was divided by the size of the batch; every sample hands back its own, nothing is "
    "averaged (exercise 8, the formula)",
}
SLOPE_MISSING = {
    "zh": "没有乘以前一层的 σ′(z)（见讲义 3.1 残差公式的最后一项）",
    "en": "σ′(z) of the layer before is missing (lecture 3.1, the last factor of the residual's formula)",
}
SLOPE_TWICE = {
    "zh": "σ′(z) 乘了两次；链式法则中它只出现一次（见讲义 3.1 的残差公式）",
    "en": "σ′(z) was multiplied twice; the chain rule holds it once (lecture 3.1, formula of the residual)",
}
SLOPE_CORNER = {
    "zh": "整个滑窗用了同一个 σ′（左上角的）；σ′ 属于前一层，每个单元 (u, v) 各有自己的（见讲义 3.1）",
    "en": "one σ′, that of the top left cell, served the whole window; σ′ belongs to the layer before, "
    "where every unit (u, v) has its own (lecture 3.1)",
}
TOP_LEFT = {
    "zh": "残差总是送到滑窗的左上角，其余单元得到 0；应当看谁对输出有影响（见讲义 3.1 的偏导数 ∂z/∂a）",
    "en": "the residual always went to the top left cell of the window; what matters is which cells "
    "influence the output (lecture 3.1, the derivative ∂z/∂a)",
}
NO_MASK = {
    "zh": "残差送给了滑窗中的每一个单元；只有最大值所在的单元的偏导数是 1，其余是 0（见讲义 3.1）",
    "en": "every cell of the window received the residual; ∂z/∂a is 1 at the maximum and 0 elsewhere "
    "(lecture 3.1)",
}
MINIMUM = {
    "zh": "残差送到了最小值的位置；前向传播取的是最大值（见讲义 3.1）",
    "en": "the residual went to the minimum; the forward pass took the maximum (lecture 3.1)",
}
SWAPPED = {
    "zh": "最大值在滑窗中的行与列互换了（见讲义 3.1：u 是行，v 是列）",
    "en": "row and column of the maximum within its window were exchanged (lecture 3.1: u is the row, v "
    "the column)",
}
TIMES_MAXIMUM = {
    "zh": "残差还乘上了最大值本身；最大值所在单元的偏导数是 1（见讲义 3.1）",
    "en": "the residual was also multiplied by the maximum; the derivative there is 1 (lecture 3.1)",
}
MEAN_RULE = {
    "zh": "用了平均池化的规则，把残差平均分给整个滑窗（对比讲义 3.1 的最大池化与平均池化）",
    "en": "the rule of average pooling was used, sharing the residual equally (compare max and average "
    "pooling in lecture 3.1)",
}
TIES = {
    "zh": "并列的最大值各得到了一整份残差；各份之和应当等于该滑窗的残差（见练习 4 关于并列的说明）",
    "en": "each of several equal maxima received the whole residual; their shares must add up to the "
    "window's residual (exercise 4, ties)",
}
MAGNITUDE = {
    "zh": "残差送到了绝对值最大的单元；最大池化比较的是激活值本身（见讲义 3.1）",
    "en": "the residual went to the cell of greatest magnitude; max pooling compares the activations "
    "themselves (lecture 3.1)",
}
NOT_DIVIDED = {
    "zh": "没有除以滑窗中的单元数（见讲义 3.1 平均池化的公式）",
    "en": "the division by the number of cells in the window is missing (lecture 3.1, average pooling)",
}
ONE_SIDE = {
    "zh": "只除以了滑窗的一条边；滑窗中的单元数是高乘宽（见讲义 3.1 的 1/(m·n)）",
    "en": "only one side of the window was divided by; it holds height times width cells (lecture 3.1, the "
    "factor 1/(m·n))",
}
MAP_SIZE = {
    "zh": "除以了整张特征图的单元数；平均只在一个滑窗内进行（见讲义 3.1 平均池化的公式）",
    "en": "the division was by the size of the whole map; the mean is that of one window (lecture 3.1, "
    "average pooling)",
}
STEP_SQUARED = {
    "zh": "除以了步长的平方；单元数由滑窗决定，与步长无关（见练习 7、9）",
    "en": "the division was by the square of the stride; the number of cells comes from the window alone "
    "(exercises 7, 9)",
}
TWICE = {
    "zh": "除以滑窗的单元数除了两次（见讲义 3.1 的 1/(m·n)）",
    "en": "the division by the number of cells was done twice (lecture 3.1, the factor 1/(m·n))",
}
MEAN_EVERYWHERE = {
    "zh": "每个单元都得到了全部残差的平均值；单元只从自己所在的滑窗得到残差（见讲义 3.1 的下标 p、q）",
    "en": "every unit received the mean of all residuals; a unit receives that of its own window (lecture "
    "3.1, the indices p and q)",
}
TILED = {
    "zh": "残差图被整张平铺；应当把每个残差单独放大到它自己的滑窗（见练习 3 的小例子）",
    "en": "the map of residuals was laid side by side as a whole; each residual grows to its own window "
    "(exercise 3, the small example)",
}

# ---------------------------------------------------------------------------------------------- max_pool

maximum = Exercise(max_pool, points=6, lecture="3.1")


@maximum.group("lecture", points=3, zh="讲义大小的例子", en="examples of the lecture's size")
def maximum_lecture(rng):
    for shape in ((4, 4), (6, 4)):
        yield map_to_pool(rng, shape, (2, 2)), (2, 2)


@maximum_lecture.example
def maximum_lecture_example():
    yield LECTURE_A, (2, 2)
    yield LECTURE_A, (4, 2)


@maximum.group("rectangular", points=1.5, zh="高与宽不同的滑窗", en="windows of unequal height and width")
def maximum_rectangular(rng):
    for shape, window in (((4, 9), (2, 3)), ((6, 2), (3, 1)), ((3, 8), (1, 4))):
        yield map_to_pool(rng, shape, window), window


@maximum.group(
    "extremes",
    points=1.25,
    zh="全为负数的激活值，1×1 的滑窗，与特征图一样大的滑窗",
    en="negative activations, 1×1 windows, windows as large as the map",
    visible=False,
)
def maximum_extremes(rng):
    for shape, window in (((4, 6), (2, 2)), ((2, 3), (1, 1)), ((4, 4), (4, 4))):
        yield map_below_zero(rng, shape, window), window


@maximum.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def maximum_layouts(rng):
    for layout, shape, window in (
        ("fortran", (4, 6), (2, 3)),
        ("strided", (6, 4), (3, 2)),
        ("readonly", (2, 3), (1, 1)),
    ):
        yield Case((map_to_pool(rng, shape, window), window), layout=layout, fresh=True)


@maximum.misconception(**WRONG_AXES)
def maximum_along_wrong_axes(a, window):
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, W // n, m, n).max(axis=(2, 3))


@maximum.misconception(**STEP_ONE)
def maximum_in_steps_of_one(a, window):
    return pooled(a, window, (1, 1), largest)


@maximum.misconception(**TRANSPOSED)
def maximum_over_transposed_window(a, window):
    return pooled(a, window[::-1], window[::-1], largest)


@maximum.misconception(**SQUARE)
def maximum_over_square_window(a, window):
    return pooled(a, pair(window[0]), pair(window[0]), largest)


@maximum.misconception(
    zh="求最大值时从 0 开始比较，全为负数的滑窗就得到了 0；最大值应当是滑窗中的某个激活值（见讲义 3.1）",
    en="the search for the maximum started from 0, so that a window of negative activations gives 0; the "
    "maximum is one of the window's own activations (lecture 3.1)",
)
def search_starts_from_zero(a, window):
    return np.maximum(max_pool(a, window), 0.0)


@maximum.misconception(
    zh="比较的是绝对值；最大池化取的是最大的激活值，不是绝对值最大的（见讲义 3.1）",
    en="absolute values were compared; max pooling takes the greatest activation, not the greatest "
    "magnitude (lecture 3.1)",
)
def maximum_of_absolute_values(a, window):
    return max_pool(np.abs(a), window)


@maximum.misconception(
    zh="取的是平均值而不是最大值（见讲义 3.1 最大池化层的前向传播）",
    en="the mean was taken in place of the maximum (lecture 3.1, forward pass of max pooling)",
)
def mean_for_maximum(a, window):
    return avg_pool(a, window)


@maximum.alternative
def maximum_by_loops(a, window):
    m, n = window
    rows, columns = len(a) // m, len(a[0]) // n
    z = np.zeros((rows, columns))
    for p in range(rows):
        for q in range(columns):
            best = a[p * m, q * n]
            for i in range(m):
                for j in range(n):
                    if a[p * m + i, q * n + j] > best:
                        best = a[p * m + i, q * n + j]
            z[p, q] = best
    return z


@maximum.alternative
def maximum_of_slices(a, window):
    m, n = window
    return np.stack([a[i::m, j::n] for i in range(m) for j in range(n)]).max(axis=0)


@maximum.alternative
def maximum_by_rows_then_columns(a, window):
    m, n = window
    starts = np.arange(0, a.shape[0], m), np.arange(0, a.shape[1], n)
    return np.maximum.reduceat(np.maximum.reduceat(a, starts[0], axis=0), starts[1], axis=1)


# ---------------------------------------------------------------------------------------------- avg_pool

average = Exercise(avg_pool, points=6, lecture="3.1")


@average.group("lecture", points=3, zh="讲义大小的例子", en="examples of the lecture's size")
def average_lecture(rng):
    yield spaced(rng, 4, 4), (2, 2)
    yield whole(rng, 6, 4), (2, 2)


@average_lecture.example
def average_lecture_example():
    yield LECTURE_A, (2, 2)
    yield LECTURE_A, (4, 2)


@average.group("rectangular", points=1.5, zh="高与宽不同的滑窗", en="windows of unequal height and width")
def average_rectangular(rng):
    yield real(rng, 4, 9), (2, 3)
    yield real(rng, 6, 2), (3, 1)
    yield real(rng, 3, 8), (1, 4)


@average.group(
    "extremes",
    points=1,
    zh="1×1 的滑窗，与特征图一样大的滑窗",
    en="1×1 windows and windows as large as the map",
    visible=False,
)
def average_extremes(rng):
    yield real(rng, 2, 3), (1, 1)
    yield real(rng, 3, 5), (3, 5)
    yield real(rng, 5, 4), (5, 2)


@average.group("integers", points=0.25, zh="整数数组", en="integer arrays", visible=False)
def average_integers(rng):
    yield integers(rng, 4, 6), (2, 2)
    yield integers(rng, 6, 6), (3, 2)


@average.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def average_layouts(rng):
    yield Case((real(rng, 4, 6), (2, 3)), layout="fortran", fresh=True)
    yield Case((real(rng, 6, 4), (3, 2)), layout="strided", fresh=True)
    yield Case((real(rng, 2, 3), (1, 1)), layout="readonly", fresh=True)


@average.misconception(**WRONG_AXES)
def averaged_along_wrong_axes(a, window):
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, W // n, m, n).mean(axis=(2, 3))


@average.misconception(**STEP_ONE)
def averaged_in_steps_of_one(a, window):
    return pooled(a, window, (1, 1), mean)


@average.misconception(**TRANSPOSED)
def averaged_over_transposed_window(a, window):
    return pooled(a, window[::-1], window[::-1], mean)


@average.misconception(**SQUARE)
def averaged_over_square_window(a, window):
    return pooled(a, pair(window[0]), pair(window[0]), mean)


@average.misconception(**NOT_DIVIDED)
def sum_not_divided(a, window):
    return avg_pool(a, window) * np.prod(window)


@average.misconception(**ONE_SIDE)
def divided_by_window_height(a, window):
    return avg_pool(a, window) * window[1]


@average.misconception(**MAP_SIZE)
def divided_by_size_of_map(a, window):
    return avg_pool(a, window) * np.prod(window) / a.size


@average.misconception(
    zh="取的是最大值而不是平均值（见讲义 3.1 平均池化层的前向传播）",
    en="the maximum was taken in place of the mean (lecture 3.1, forward pass of average pooling)",
)
def maximum_for_mean(a, window):
    return max_pool(a, window)


@average.misconception(**INTEGER_BUFFER)
def averaged_into_integers(a, window):
    return avg_pool(a, window).astype(a.dtype)


@average.misconception(**FLOOR)
def averaged_with_floor_division(a, window):
    return np.floor(avg_pool(a, window))


@average.alternative
def average_by_loops(a, window):
    m, n = window
    rows, columns = len(a) // m, len(a[0]) // n
    z = np.zeros((rows, columns))
    for p in range(rows):
        for q in range(columns):
            for i in range(m):
                for j in range(n):
                    z[p, q] += a[p * m + i, q * n + j] / (m * n)
    return z


@average.alternative
def average_of_slices(a, window):
    m, n = window
    return np.mean([a[i::m, j::n] for i in range(m) for j in range(n)], axis=0)


@average.alternative
def average_by_matrices(a, window):
    # averaging rows and averaging columns are both linear: z = R · a · C
    m, n = window
    rows = np.kron(np.eye(a.shape[0] // m), np.full((1, m), 1 / m))
    columns = np.kron(np.eye(a.shape[1] // n), np.full((n, 1), 1 / n))
    return rows @ a @ columns


# ---------------------------------------------------------------------------------------------- upsample

enlarged = Exercise(upsample, points=6, lecture="3.1")


@enlarged.group("lecture", points=3, zh="讲义大小的例子", en="examples of the lecture's size")
def enlarged_lecture(rng):
    yield whole(rng, 2, 2), (2, 2)
    yield real(rng, 2, 3), (2, 2)


@enlarged_lecture.example
def enlarged_lecture_example():
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 3)
    yield LECTURE_DELTA, (2, 2)


@enlarged.group("rectangular", points=1.75, zh="高与宽不同的滑窗", en="windows of unequal height and width")
def enlarged_rectangular(rng):
    yield real(rng, 2, 3), (3, 2)
    yield real(rng, 3, 2), (1, 4)
    yield real(rng, 2, 2), (3, 1)


@enlarged.group(
    "extremes",
    points=1,
    zh="1×1 的滑窗，只有一个残差，只有一行或一列残差",
    en="1×1 windows, a single residual, a single row or column of residuals",
    visible=False,
)
def enlarged_extremes(rng):
    yield real(rng, 2, 3), (1, 1)
    yield real(rng, 1, 1), (2, 3)
    yield real(rng, 1, 4), (3, 2)
    yield real(rng, 3, 1), (2, 2)


@enlarged.group("layouts", points=0.25, zh="内存布局", en="memory layouts", visible=False)
def enlarged_layouts(rng):
    yield Case((real(rng, 2, 3), (2, 3)), layout="fortran", fresh=True)
    yield Case((real(rng, 3, 2), (1, 2)), layout="strided", fresh=True)
    yield Case((real(rng, 2, 3), (1, 1)), layout="readonly", fresh=True)


@enlarged.misconception(
    zh="upsample 时已经除以了 m·n；这里只复制，除法属于平均池化（见练习 3、5）",
    en="the residuals were already divided by m·n; upsample merely copies, the division belongs to average "
    "pooling (exercises 3 and 5)",
)
def upsampled_and_divided(delta, window):
    return upsample(delta, window) / np.prod(window)


@enlarged.misconception(**TILED)
def upsampled_by_tiling(delta, window):
    return np.tile(delta, window)


@enlarged.misconception(
    zh="残差只放在每个滑窗的左上角，其余补 0；upsample 要复制到整个滑窗（见练习 3 的小例子）",
    en="the residual was put at the top left of its window among zeros; upsample copies it to the whole "
    "window (exercise 3, the small example)",
)
def upsampled_with_zeros(delta, window):
    return routed(delta, upsample(delta, window), window, window, top_left)


@enlarged.misconception(**TRANSPOSED)
def upsampled_to_transposed_window(delta, window):
    return upsample(delta, window[::-1])


@enlarged.misconception(**SQUARE)
def upsampled_to_square_window(delta, window):
    return upsample(delta, pair(window[0]))


@enlarged.misconception(
    zh="残差按行展开后复制，再排成新的形状，于是跑到了别的滑窗里；行与列要分别复制（见练习 3 的小例子）",
    en="residuals were copied along one line and then folded into the new shape, so that they ended up in "
    "other windows; rows and columns are copied separately (exercise 3, the small example)",
)
def upsampled_in_one_line(delta, window):
    return delta.repeat(window[0] * window[1]).reshape(upsample(delta, window).shape)


@enlarged.misconception(
    zh="只沿行的方向复制了，列没有放大（见练习 3 的小例子）",
    en="only rows were copied, columns did not grow (exercise 3, the small example)",
)
def upsampled_rows_only(delta, window):
    return delta.repeat(window[0], axis=0)


@enlarged.alternative
def upsampled_by_loops(delta, window):
    m, n = window
    result = np.zeros((len(delta) * m, len(delta[0]) * n))
    for u in range(len(result)):
        for v in range(len(result[0])):
            result[u, v] = delta[u // m, v // n]
    return result


@enlarged.alternative
def upsampled_by_kron(delta, window):
    return np.kron(delta, np.ones(window))


@enlarged.alternative
def upsampled_by_broadcasting(delta, window):
    (P, Q), (m, n) = delta.shape, window
    return np.broadcast_to(delta[:, None, :, None], (P, m, Q, n)).reshape(P * m, Q * n).copy()


# ------------------------------------------------------------------------------------- max_pool_residual

max_residual = Exercise(max_pool_residual, points=12, lecture="3.1")


def max_residual_args(rng, shape, window, a=map_to_pool, delta=real, dsigma=slopes):
    """The arguments of `max_pool_residual` for a map of the given shape."""
    (H, W), (m, n) = shape, window
    return delta(rng, H // m, W // n), a(rng, shape, window), window, dsigma(rng, H, W)


@max_residual.group("lecture", points=4.5, zh="讲义大小的例子", en="examples of the lecture's size")
def max_residual_lecture(rng):
    yield max_residual_args(rng, (4, 4), (2, 2), delta=whole)
    yield max_residual_args(rng, (6, 4), (2, 2), delta=whole)


@max_residual_lecture.example
def max_residual_lecture_example():
    yield LECTURE_DELTA, LECTURE_A, (2, 2), LECTURE_SLOPE
    yield np.array([[3.0], [-2.0]]), LECTURE_A, (2, 4), LECTURE_SLOPE


@max_residual.group(
    "rectangular", points=2.5, zh="高与宽不同的滑窗", en="windows of unequal height and width"
)
def max_residual_rectangular(rng):
    yield max_residual_args(rng, (4, 9), (2, 3))
    yield max_residual_args(rng, (6, 4), (3, 2))
    yield max_residual_args(rng, (3, 8), (1, 4))


@max_residual.group(
    "relu", points=1, zh="前一层是 ReLU：σ′ 为 0 或 1", en="a ReLU before the pooling: σ′ is 0 or 1"
)
def max_residual_relu(rng):
    z = map_to_pool(rng, (4, 6), (2, 2))
    windows = z.reshape(2, 2, 3, 2).swapaxes(1, 2)  # a view of z
    p, q = np.unravel_index(windows.max(axis=(2, 3)).argmax(), (2, 3))
    # In the summit's window, the corner is off and the cell opposite is not; another window is all off.
    windows[p, q, 0, 0], windows[p, q, 1, 1] = -0.25, 0.25
    windows[1 - p, q] = -np.abs(windows[1 - p, q])
    yield real(rng, 2, 3), np.maximum(z, 0), (2, 2), np.where(z > 0, 1.0, 0.0)


@max_residual.group(
    "extremes",
    points=2.5,
    zh="全为负数的激活值，1×1 的滑窗，与特征图一样大的滑窗",
    en="negative activations, 1×1 windows, windows as large as the map",
    visible=False,
)
def max_residual_extremes(rng):
    yield max_residual_args(rng, (4, 6), (2, 2), a=map_below_zero)
    yield max_residual_args(rng, (2, 3), (1, 1))
    yield max_residual_args(rng, (3, 4), (3, 4), a=map_below_zero)


@max_residual.group("ties", points=0.5, zh="并列的最大值", en="ties", visible=False)
def max_residual_ties(rng):
    for shape, window in (((4, 4), (2, 2)), ((4, 9), (2, 3))):
        delta, _, _, dsigma = max_residual_args(rng, shape, window)
        a, owner = tied_map(rng, shape, window)
        yield Case((delta, a, window, dsigma), accept=shares(owner, delta, dsigma))


@max_residual.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def max_residual_integers(rng):
    yield max_residual_args(rng, (4, 6), (2, 3), a=map_of_integers)
    yield max_residual_args(rng, (6, 4), (2, 2), a=map_of_integers, delta=odd)
    yield max_residual_args(rng, (4, 4), (2, 2), a=map_of_integers, delta=odd, dsigma=integer_slopes)


@max_residual.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def max_residual_layouts(rng):
    yield Case(max_residual_args(rng, (4, 6), (2, 3)), layout="fortran", fresh=True)
    yield Case(max_residual_args(rng, (6, 4), (2, 2)), layout="strided", fresh=True)
    yield Case(max_residual_args(rng, (2, 3), (1, 1)), layout="readonly", fresh=True)


@max_residual.misconception(**SLOPE_MISSING)
def max_slope_missing(delta, a, window, dsigma):
    return max_pool_residual(delta, a, window, 1.0)


@max_residual.misconception(**SLOPE_TWICE)
def max_slope_twice(delta, a, window, dsigma):
    return max_pool_residual(delta, a, window, dsigma**2)


@max_residual.misconception(**SLOPE_CORNER)
def max_slope_of_the_corner(delta, a, window, dsigma):
    m, n = window
    return max_pool_residual(delta, a, window, upsample(dsigma[::m, ::n], window))


@max_residual.misconception(
    zh="σ′ 被默认为 ReLU 的导数；激活函数由前一层决定，σ′(z) 已在 dsigma 中给出（见讲义 3.1）",
    en="σ′ was taken to be that of ReLU; the activation function is the business of the layer before, and "
    "dsigma holds its σ′(z) (lecture 3.1)",
)
def slope_of_relu_assumed(delta, a, window, dsigma):
    return max_pool_residual(delta, a, window, a > 0)


@max_residual.misconception(**NO_MASK)
def maximum_not_singled_out(delta, a, window, dsigma):
    return upsample(delta, window) * dsigma


@max_residual.misconception(**TOP_LEFT)
def max_residual_to_top_left(delta, a, window, dsigma):
    return routed(delta, a, window, window, top_left) * dsigma


@max_residual.misconception(**MINIMUM)
def residual_to_minimum(delta, a, window, dsigma):
    return routed(delta, a, window, window, first_minimum) * dsigma


@max_residual.misconception(**SWAPPED)
def row_and_column_of_maximum_swapped(delta, a, window, dsigma):
    m, n = window
    residual = np.zeros(a.shape)
    for p, q in np.ndindex(delta.shape):
        row, column = divmod(int(a[p * m : p * m + m, q * n : q * n + n].argmax()), n)
        residual[p * m + column, q * n + row] += delta[p, q]
    return residual * dsigma


@max_residual.misconception(**TIMES_MAXIMUM)
def residual_times_maximum(delta, a, window, dsigma):
    return routed(delta, a, window, window, maximum_itself) * dsigma


@max_residual.misconception(**MEAN_RULE)
def rule_of_average_pooling(delta, a, window, dsigma):
    return avg_pool_residual(delta, window, dsigma)


@max_residual.misconception(**TIES)
def whole_residual_to_every_tie(delta, a, window, dsigma):
    return routed(delta, a, window, window, every_maximum) * dsigma


@max_residual.misconception(**MAGNITUDE)
def residual_to_greatest_magnitude(delta, a, window, dsigma):
    return routed(delta, a, window, window, greatest_magnitude) * dsigma


@max_residual.misconception(
    zh="只有整张特征图的最大值得到了残差；每个滑窗都有自己的最大值（见讲义 3.1 的下标 p、q）",
    en="only the greatest activation of the whole map received a residual; every window has its own "
    "maximum (lecture 3.1, the indices p and q)",
)
def only_maximum_of_the_map(delta, a, window, dsigma):
    return upsample(delta, window) * (a == a.max()) * dsigma


@max_residual.misconception(**TILED)
def max_residual_tiled(delta, a, window, dsigma):
    return np.tile(delta, window) * routed(np.ones(delta.shape), a, window, window, first_maximum) * dsigma


@max_residual.misconception(**INTEGER_BUFFER)
def max_residual_in_integers(delta, a, window, dsigma):
    return max_pool_residual(delta, a, window, dsigma).astype(a.dtype)


@max_residual.alternative
def max_residual_by_loops(delta, a, window, dsigma):
    m, n = window
    residual = np.zeros((len(a), len(a[0])))
    for p in range(len(delta)):
        for q in range(len(delta[0])):
            u, v = p * m, q * n
            for i in range(p * m, p * m + m):
                for j in range(q * n, q * n + n):
                    if a[i, j] > a[u, v]:
                        u, v = i, j
            residual[u, v] = delta[p, q] * dsigma[u, v]
    return residual


@max_residual.alternative
def max_residual_shared_among_ties(delta, a, window, dsigma):
    z = max_pool(a, window)
    mask = a == upsample(z, window)
    count = avg_pool(mask, window) * np.prod(window)
    return upsample(delta / count, window) * mask * dsigma


@max_residual.alternative
def max_residual_to_last_tie(delta, a, window, dsigma):
    # turned by 180°, the last maximum comes first
    turned = (array[::-1, ::-1] for array in (delta, a, dsigma))
    delta, a, dsigma = turned
    return (routed(delta, a, window, window, first_maximum) * dsigma)[::-1, ::-1].copy()


# ------------------------------------------------------------------------------------- avg_pool_residual

avg_residual = Exercise(avg_pool_residual, points=10, lecture="3.1")


def avg_residual_args(rng, shape, window, delta=real, dsigma=slopes):
    """The arguments of `avg_pool_residual` for a map of the given shape."""
    (H, W), (m, n) = shape, window
    return delta(rng, H // m, W // n), window, dsigma(rng, H, W)


@avg_residual.group("lecture", points=4.5, zh="讲义大小的例子", en="examples of the lecture's size")
def avg_residual_lecture(rng):
    yield avg_residual_args(rng, (4, 4), (2, 2), delta=whole)
    yield avg_residual_args(rng, (6, 4), (2, 2), delta=whole)


@avg_residual_lecture.example
def avg_residual_lecture_example():
    yield LECTURE_DELTA, (2, 2), LECTURE_SLOPE
    yield np.array([[8.0], [-4.0]]), (2, 4), LECTURE_SLOPE


@avg_residual.group(
    "rectangular", points=2.5, zh="高与宽不同的滑窗", en="windows of unequal height and width"
)
def avg_residual_rectangular(rng):
    yield avg_residual_args(rng, (4, 9), (2, 3))
    yield avg_residual_args(rng, (6, 4), (3, 1))
    yield avg_residual_args(rng, (3, 8), (1, 4))


@avg_residual.group(
    "extremes",
    points=2,
    zh="1×1 的滑窗，与特征图一样大的滑窗，σ′ 为 0 或 1",
    en="1×1 windows, windows as large as the map, a σ′ of zeros and ones",
    visible=False,
)
def avg_residual_extremes(rng):
    yield avg_residual_args(rng, (2, 3), (1, 1))
    yield avg_residual_args(rng, (3, 4), (3, 4))
    yield real(rng, 2, 2), (2, 3), np.where(spaced(rng, 4, 6) > 0, 1.0, 0.0)


@avg_residual.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def avg_residual_integers(rng):
    yield avg_residual_args(rng, (4, 6), (2, 2), delta=odd)
    yield avg_residual_args(rng, (4, 4), (2, 2), delta=odd, dsigma=integer_slopes)


@avg_residual.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def avg_residual_layouts(rng):
    yield Case(avg_residual_args(rng, (4, 6), (2, 3)), layout="fortran", fresh=True)
    yield Case(avg_residual_args(rng, (6, 4), (2, 2)), layout="strided", fresh=True)
    yield Case(avg_residual_args(rng, (2, 3), (1, 1)), layout="readonly", fresh=True)


@avg_residual.misconception(**NOT_DIVIDED)
def residual_not_divided(delta, window, dsigma):
    return upsample(delta, window) * dsigma


@avg_residual.misconception(**ONE_SIDE)
def residual_divided_by_window_height(delta, window, dsigma):
    return upsample(delta, window) / window[0] * dsigma


@avg_residual.misconception(**TWICE)
def residual_divided_twice(delta, window, dsigma):
    return avg_pool_residual(delta, window, dsigma) / np.prod(window)


@avg_residual.misconception(**MAP_SIZE)
def residual_divided_by_size_of_map(delta, window, dsigma):
    return upsample(delta, window) / dsigma.size * dsigma


@avg_residual.misconception(**SLOPE_MISSING)
def avg_slope_missing(delta, window, dsigma):
    return avg_pool_residual(delta, window, 1.0)


@avg_residual.misconception(**SLOPE_TWICE)
def avg_slope_twice(delta, window, dsigma):
    return avg_pool_residual(delta, window, dsigma**2)


@avg_residual.misconception(**SLOPE_CORNER)
def avg_slope_of_the_corner(delta, window, dsigma):
    m, n = window
    return avg_pool_residual(delta, window, upsample(dsigma[::m, ::n], window))


@avg_residual.misconception(**TOP_LEFT)
def avg_residual_to_top_left(delta, window, dsigma):
    return routed(delta, dsigma, window, window, top_left) * dsigma


@avg_residual.misconception(**TILED)
def avg_residual_tiled(delta, window, dsigma):
    return np.tile(delta, window) / np.prod(window) * dsigma


@avg_residual.misconception(**MEAN_EVERYWHERE)
def mean_residual_everywhere(delta, window, dsigma):
    return delta.mean() / np.prod(window) * dsigma


@avg_residual.misconception(**INTEGER_BUFFER)
def avg_residual_in_integers(delta, window, dsigma):
    return avg_pool_residual(delta, window, dsigma).astype(delta.dtype)


@avg_residual.misconception(**FLOOR)
def residual_with_floor_division(delta, window, dsigma):
    return upsample(delta, window) // np.prod(window) * dsigma


@avg_residual.alternative
def avg_residual_by_loops(delta, window, dsigma):
    m, n = window
    residual = np.zeros((len(dsigma), len(dsigma[0])))
    for u in range(len(dsigma)):
        for v in range(len(dsigma[0])):
            residual[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return residual


@avg_residual.alternative
def avg_residual_by_kron(delta, window, dsigma):
    return np.kron(delta, np.full(window, 1 / np.prod(window))) * dsigma


@avg_residual.alternative
def avg_residual_by_broadcasting(delta, window, dsigma):
    (P, Q), (m, n) = delta.shape, window
    blocks = dsigma.reshape(P, m, Q, n)
    return (delta[:, None, :, None] * blocks / (m * n)).reshape(dsigma.shape)


# -------------------------------------------------------------------------------------------- max_pool2d

max2d = Exercise(max_pool2d, points=12, lecture="3.1")


@max2d.group("touching", points=3, zh="步长等于滑窗大小", en="stride equal to the window")
def max2d_touching(rng):
    for shape, k, s in TOUCHING:
        yield positive(rng, *shape), k, s


@max2d_touching.example
def max2d_touching_example():
    yield LECTURE_A[None, None], 2, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T], [-LECTURE_A, LECTURE_A[::-1]]]), 2, 2


@max2d.group(
    "overlap", points=2.5, zh="滑窗重叠（步长小于滑窗）", en="overlapping windows (stride below the window)"
)
def max2d_overlap(rng):
    for shape, k, s in OVERLAP:
        yield positive(rng, *shape), k, s


@max2d_overlap.example
def max2d_overlap_example():
    yield ALEXNET_X, 3, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3], 2, 1


@max2d.group(
    "gaps", points=2, zh="滑窗之间有空隙（步长大于滑窗）", en="gaps between windows (stride above the window)"
)
def max2d_gaps(rng):
    for shape, k, s in GAPS:
        yield positive(rng, *shape), k, s


@max2d.group(
    "remainder",
    points=2.5,
    zh="除不尽：有余下的行和列",
    en="rows and columns left over",
    visible=False,
)
def max2d_remainder(rng):
    for shape, k, s in REMAINDER:
        yield positive(rng, *shape), k, s


@max2d.group(
    "extremes",
    points=1.5,
    zh="全为负数的激活值，1×1 的滑窗，与特征图一样大的滑窗",
    en="negative activations, 1×1 windows, windows as large as the map",
    visible=False,
)
def max2d_extremes(rng):
    for shape, k, s in EXTREMES:
        yield negative(rng, *shape), k, s


@max2d.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def max2d_layouts(rng):
    yield Case((positive(rng, 2, 1, 5, 4), 3, 1), layout="fortran", fresh=True)
    yield Case((positive(rng, 1, 2, 4, 6), 2, 2), layout="strided", fresh=True)
    yield Case((positive(rng, 1, 2, 2, 3), 1, 1), layout="readonly", fresh=True)


@max2d.misconception(**WINDOW_AS_STRIDE)
def pooled_with_window_as_stride(x, window, stride):
    return max_pool2d(x, window, window)


@max2d.misconception(**STRIDE_AS_WINDOW)
def pooled_with_stride_as_window(x, window, stride):
    return max_pool2d(x, stride, stride)


@max2d.misconception(**EXCHANGED)
def pooled_with_window_and_stride_exchanged(x, window, stride):
    return max_pool2d(x, stride, window)


@max2d.misconception(
    zh="滑窗每次只移动一格，没有用到步长（见第二部分开头对 s 的说明）",
    en="the window moved by one cell at a time and the stride was ignored (beginning of part two, s)",
)
def pooled_in_steps_of_one(x, window, stride):
    return max_pool2d(x, window, 1)


@max2d.misconception(
    zh="滑窗个数向上取整，超出边界的滑窗也算了进去；只使用完整的滑窗（见第二部分开头的公式）",
    en="the number of windows was rounded up, so that windows stick out of the map; only whole windows "
    "count (beginning of part two, the formula)",
)
def pooled_with_number_rounded_up(x, window, stride):
    return pooled(x, pair(window), pair(stride), largest, steps_rounded_up)


@max2d.misconception(**LAST_MISSING)
def pooled_without_last_window(x, window, stride):
    return max_pool2d(x, window, stride)[:, :, :-1, :-1]


@max2d.misconception(**AT_START)
def pooled_with_remainder_at_start(x, window, stride):
    H, W = x.shape[2:]
    return max_pool2d(x[:, :, (H - window) % stride :, (W - window) % stride :], window, stride)


@max2d.misconception(
    zh="求最大值时从 0 开始比较（或边界补了 0），全为负数的滑窗就得到了 0；"
    "最大值应当是滑窗中的某个激活值（见讲义 3.1）",
    en="the search for the maximum started from 0 (or zeros were padded), so that a window of negative "
    "activations gives 0; the maximum is one of the window's own activations (lecture 3.1)",
)
def pooled_starting_from_zero(x, window, stride):
    return np.maximum(max_pool2d(x, window, stride), 0.0)


@max2d.misconception(**CHANNELS_LAST)
def pooled_over_channels_and_rows(x, window, stride):
    return np.moveaxis(max_pool2d(np.moveaxis(x, 3, 1), window, stride), 1, 3)


@max2d.misconception(**ACROSS_CHANNELS)
def pooled_across_channels(x, window, stride):
    z = max_pool2d(x, window, stride)
    return np.broadcast_to(z.max(axis=1, keepdims=True), z.shape)


@max2d.misconception(**FIRST_SAMPLE)
def pooled_first_sample_only(x, window, stride):
    z = max_pool2d(x, window, stride)
    z[1:] = 0.0
    return z


@max2d.misconception(
    zh="取的是平均值而不是最大值（见讲义 3.1 最大池化层的前向传播）",
    en="the mean was taken in place of the maximum (lecture 3.1, forward pass of max pooling)",
)
def mean_for_maximum_in_batch(x, window, stride):
    return avg_pool2d(x, window, stride)


@max2d.alternative
def max2d_by_loops(x, window, stride):
    N, C, H, W = x.shape
    z = np.zeros((N, C, (H - window) // stride + 1, (W - window) // stride + 1))
    for n in range(N):
        for c in range(C):
            for p in range(z.shape[2]):
                for q in range(z.shape[3]):
                    best = -np.inf
                    for i in range(window):
                        for j in range(window):
                            best = max(best, x[n, c, p * stride + i, q * stride + j])
                    z[n, c, p, q] = best
    return z


@max2d.alternative
def max2d_window_by_window(x, window, stride):
    return pooled(x, pair(window), pair(stride), largest)


@max2d.alternative
def max2d_of_slices(x, window, stride):
    Ho, Wo = steps(x.shape[2], window, stride), steps(x.shape[3], window, stride)
    cells = [
        x[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride]
        for i, j in np.ndindex(window, window)
    ]
    return np.maximum.reduce(cells)


# -------------------------------------------------------------------------------------------- avg_pool2d

avg2d = Exercise(avg_pool2d, points=12, lecture="3.1")


@avg2d.group("touching", points=3, zh="步长等于滑窗大小", en="stride equal to the window")
def avg2d_touching(rng):
    for shape, k, s in TOUCHING:
        yield real(rng, *shape), k, s


@avg2d_touching.example
def avg2d_touching_example():
    yield LECTURE_A[None, None], 2, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T], [-LECTURE_A, LECTURE_A[::-1]]]), 2, 2


@avg2d.group(
    "overlap", points=2.5, zh="滑窗重叠（步长小于滑窗）", en="overlapping windows (stride below the window)"
)
def avg2d_overlap(rng):
    for shape, k, s in OVERLAP:
        yield real(rng, *shape), k, s


@avg2d_overlap.example
def avg2d_overlap_example():
    yield ALEXNET_X, 3, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3], 2, 1


@avg2d.group(
    "gaps", points=2, zh="滑窗之间有空隙（步长大于滑窗）", en="gaps between windows (stride above the window)"
)
def avg2d_gaps(rng):
    for shape, k, s in GAPS:
        yield real(rng, *shape), k, s


@avg2d.group(
    "remainder",
    points=2,
    zh="除不尽：有余下的行和列",
    en="rows and columns left over",
    visible=False,
)
def avg2d_remainder(rng):
    for shape, k, s in REMAINDER:
        yield real(rng, *shape), k, s


@avg2d.group(
    "extremes",
    points=1.5,
    zh="1×1 的滑窗，与特征图一样大的滑窗",
    en="1×1 windows and windows as large as the map",
    visible=False,
)
def avg2d_extremes(rng):
    for shape, k, s in EXTREMES:
        yield real(rng, *shape), k, s


@avg2d.group("integers", points=0.5, zh="整数数组", en="integer arrays", visible=False)
def avg2d_integers(rng):
    yield integers(rng, 2, 1, 4, 6), 2, 2
    yield integers(rng, 1, 2, 5, 5), 3, 2


@avg2d.group("layouts", points=0.5, zh="内存布局", en="memory layouts", visible=False)
def avg2d_layouts(rng):
    yield Case((real(rng, 2, 1, 5, 4), 3, 1), layout="fortran", fresh=True)
    yield Case((real(rng, 1, 2, 4, 6), 2, 2), layout="strided", fresh=True)
    yield Case((real(rng, 1, 2, 2, 3), 1, 1), layout="readonly", fresh=True)


@avg2d.misconception(**WINDOW_AS_STRIDE)
def averaged_with_window_as_stride(x, window, stride):
    return avg_pool2d(x, window, window)


@avg2d.misconception(**STRIDE_AS_WINDOW)
def averaged_with_stride_as_window(x, window, stride):
    return avg_pool2d(x, stride, stride)


@avg2d.misconception(**EXCHANGED)
def averaged_with_window_and_stride_exchanged(x, window, stride):
    return avg_pool2d(x, stride, window)


@avg2d.misconception(
    zh="超出边界的滑窗也参与了平均；只使用完整的滑窗，个数向下取整（见第二部分开头的公式）",
    en="windows that stick out of the map were averaged as well; only whole windows count, their number is "
    "rounded down (beginning of part two, the formula)",
)
def averaged_with_number_rounded_up(x, window, stride):
    return pooled(x, pair(window), pair(stride), mean, steps_rounded_up)


@avg2d.misconception(
    zh="边界外补了 0 来凑满最后的滑窗；没有填充，只使用完整的滑窗（见第二部分开头）",
    en="zeros were padded to fill up the last windows; there is no padding and only whole windows count "
    "(beginning of part two)",
)
def averaged_with_zeros_beyond_border(x, window, stride):
    return pooled(
        x, pair(window), pair(stride), lambda cells: cells.sum(axis=(-2, -1)) / window**2, steps_rounded_up
    )


@avg2d.misconception(**LAST_MISSING)
def averaged_without_last_window(x, window, stride):
    return avg_pool2d(x, window, stride)[:, :, :-1, :-1]


@avg2d.misconception(**AT_START)
def averaged_with_remainder_at_start(x, window, stride):
    H, W = x.shape[2:]
    return avg_pool2d(x[:, :, (H - window) % stride :, (W - window) % stride :], window, stride)


@avg2d.misconception(**NOT_DIVIDED)
def batch_sum_not_divided(x, window, stride):
    return avg_pool2d(x, window, stride) * window**2


@avg2d.misconception(**ONE_SIDE)
def divided_by_side_of_window(x, window, stride):
    return avg_pool2d(x, window, stride) * window


@avg2d.misconception(**STEP_SQUARED)
def divided_by_square_of_stride(x, window, stride):
    return avg_pool2d(x, window, stride) * window**2 / stride**2


@avg2d.misconception(**CHANNELS_LAST)
def averaged_over_channels_and_rows(x, window, stride):
    return np.moveaxis(avg_pool2d(np.moveaxis(x, 3, 1), window, stride), 1, 3)


@avg2d.misconception(**ACROSS_CHANNELS)
def averaged_across_channels(x, window, stride):
    z = avg_pool2d(x, window, stride)
    return np.broadcast_to(z.mean(axis=1, keepdims=True), z.shape)


@avg2d.misconception(**FIRST_SAMPLE)
def averaged_first_sample_only(x, window, stride):
    z = avg_pool2d(x, window, stride)
    z[1:] = 0.0
    return z


@avg2d.misconception(**INTEGER_BUFFER)
def batch_averaged_into_integers(x, window, stride):
    return avg_pool2d(x, window, stride).astype(x.dtype)


@avg2d.misconception(**FLOOR)
def batch_averaged_with_floor_division(x, window, stride):
    return np.floor(avg_pool2d(x, window, stride))


@avg2d.alternative
def avg2d_by_loops(x, window, stride):
    N, C, H, W = x.shape
    z = np.zeros((N, C, (H - window) // stride + 1, (W - window) // stride + 1))
    for n in range(N):
        for c in range(C):
            for p in range(z.shape[2]):
                for q in range(z.shape[3]):
                    total = 0.0
                    for i in range(window):
                        for j in range(window):
                            total += x[n, c, p * stride + i, q * stride + j]
                    z[n, c, p, q] = total / window**2
    return z


@avg2d.alternative
def avg2d_window_by_window(x, window, stride):
    return pooled(x, pair(window), pair(stride), mean)


@avg2d.alternative
def avg2d_by_running_sums(x, window, stride):
    # S[u, v] is the sum of everything above and to the left; four of them give the sum of a window
    S = np.pad(x.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    k = window
    sums = S[:, :, k:, k:] - S[:, :, :-k, k:] - S[:, :, k:, :-k] + S[:, :, :-k, :-k]
    return sums[:, :, ::stride, ::stride] / k**2


# ----------------------------------------------------------------------------------- max_pool2d_backward

max_back = Exercise(max_pool2d_backward, points=20, lecture="3.1")


def residual_for(rng, shape, window, stride, delta=real):
    """A residual of the size that pooling an input of the given shape has."""
    N, C, H, W = shape
    return delta(rng, N, C, steps(H, window, stride), steps(W, window, stride))


def max_back_args(rng, shape, window, stride, x=spaced, delta=real):
    """The arguments of `max_pool2d_backward` for an input of the given shape."""
    return residual_for(rng, shape, window, stride, delta), x(rng, *shape), window, stride


@max_back.group("touching", points=4, zh="步长等于滑窗大小", en="stride equal to the window")
def max_back_touching(rng):
    for sizes in TOUCHING:
        yield max_back_args(rng, *sizes)


@max_back_touching.example
def max_back_touching_example():
    yield LECTURE_DELTA[None, None], LECTURE_A[None, None], 2, 2
    x = np.stack([[LECTURE_A, LECTURE_A.T], [-LECTURE_A, LECTURE_A[::-1]]])
    yield np.arange(1.0, 17.0).reshape(2, 2, 2, 2), x, 2, 2


@max_back.group(
    "overlap", points=4.5, zh="滑窗重叠（步长小于滑窗）", en="overlapping windows (stride below the window)"
)
def max_back_overlap(rng):
    for sizes, x in zip(OVERLAP, (peaked, spaced, spaced), strict=True):
        yield max_back_args(rng, *sizes, x=x)


@max_back_overlap.example
def max_back_overlap_example():
    yield np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), ALEXNET_X, 3, 2
    x = np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3]
    yield np.arange(1.0, 19.0).reshape(1, 3, 2, 3), x, 2, 1


@max_back.group(
    "gaps", points=3, zh="滑窗之间有空隙（步长大于滑窗）", en="gaps between windows (stride above the window)"
)
def max_back_gaps(rng):
    for sizes in GAPS:
        yield max_back_args(rng, *sizes)


@max_back.group(
    "remainder",
    points=3.5,
    zh="除不尽：有余下的行和列",
    en="rows and columns left over",
    visible=False,
)
def max_back_remainder(rng):
    for shape, k, s in REMAINDER:
        # where windows overlap, no two of them share a maximum
        x = landscape(rng, shape, pair(k), pair(s)) if s < k else spaced(rng, *shape)
        yield residual_for(rng, shape, k, s), x, k, s


@max_back.group(
    "extremes",
    points=2,
    zh="全为负数的激活值，1×1 的滑窗，与特征图一样大的滑窗",
    en="negative activations, 1×1 windows, windows as large as the map",
    visible=False,
)
def max_back_extremes(rng):
    for sizes in EXTREMES:
        yield max_back_args(rng, *sizes, x=negative)


@max_back.group("ties", points=1, zh="并列的最大值", en="ties", visible=False)
def max_back_ties(rng):
    for shape, k in (((2, 1, 4, 6), 2), ((1, 2, 3, 6), 3)):
        delta = residual_for(rng, shape, k, k)
        x, owner = tied_map(rng, shape, pair(k))
        yield Case((delta, x, k, k), accept=shares(owner, delta, np.ones(shape)))


@max_back.group("integers", points=1, zh="整数数组", en="integer arrays", visible=False)
def max_back_integers(rng):
    for shape, k, delta in (((2, 1, 4, 6), 2, real), ((1, 2, 3, 6), 3, real), ((1, 1, 4, 4), 2, odd)):
        x = (2 * landscape(rng, shape, pair(k))).astype(int)
        yield residual_for(rng, shape, k, k, delta), x, k, k


@max_back.group("layouts", points=1, zh="内存布局", en="memory layouts", visible=False)
def max_back_layouts(rng):
    yield Case(max_back_args(rng, (2, 1, 3, 6), 3, 3), layout="fortran", fresh=True)
    yield Case(max_back_args(rng, (1, 2, 4, 6), 2, 2), layout="strided", fresh=True)
    yield Case(max_back_args(rng, (1, 2, 2, 3), 1, 1), layout="readonly", fresh=True)


@max_back.misconception(
    zh="滑窗重叠时，同一个最大值只留下了最后一个滑窗的残差；它收到的残差要相加（链式法则，见练习 8 "
    "的小例子）",
    en="where windows overlap, a shared maximum kept the residual of the last window only; what it "
    "receives adds up (chain rule, exercise 8, the small example)",
)
def overwritten_at_the_maximum(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), first_maximum, replaced_where_it_arrives)


@max_back.misconception(**OVERWRITTEN)
def routed_overwriting_whole_windows(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), first_maximum, replaced)


@max_back.misconception(**WINDOW_AS_STRIDE)
def routed_with_window_as_stride(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(window), first_maximum)


@max_back.misconception(**STRIDE_AS_WINDOW)
def routed_with_stride_as_window(delta, x, window, stride):
    return routed(delta, x, pair(stride), pair(stride), first_maximum)


@max_back.misconception(**NO_MASK)
def routed_to_all_cells(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), everywhere)


@max_back.misconception(**TOP_LEFT)
def routed_to_top_left(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), top_left)


@max_back.misconception(**MINIMUM)
def routed_to_minimum(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), first_minimum)


@max_back.misconception(**MAGNITUDE)
def routed_to_greatest_magnitude(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), greatest_magnitude)


@max_back.misconception(**SWAPPED)
def routed_with_row_and_column_swapped(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), maximum_transposed)


@max_back.misconception(**TIMES_MAXIMUM)
def routed_times_maximum(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), maximum_itself)


@max_back.misconception(**MEAN_RULE)
def routed_by_rule_of_average_pooling(delta, x, window, stride):
    return avg_pool2d_backward(delta, x.shape, window, stride)


@max_back.misconception(**TIES)
def routed_whole_to_every_tie(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), every_maximum)


@max_back.misconception(**ACROSS_CHANNELS)
def routed_to_maximum_of_all_channels(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), maximum_of_all_channels)


@max_back.misconception(**TRIMMED)
def routed_and_trimmed(delta, x, window, stride):
    return trimmed(max_pool2d_backward(delta, x, window, stride), window, stride)


@max_back.misconception(**AT_START)
def routed_with_remainder_at_start(delta, x, window, stride):
    return remainder_moved_to_start(max_pool2d_backward(delta, x, window, stride), window, stride)


@max_back.misconception(**FIRST_SAMPLE)
def routed_first_sample_only(delta, x, window, stride):
    dx = max_pool2d_backward(delta, x, window, stride)
    dx[1:] = 0.0
    return dx


@max_back.misconception(**PER_SAMPLE)
def routed_and_divided_by_batch(delta, x, window, stride):
    return max_pool2d_backward(delta, x, window, stride) / len(x)


@max_back.misconception(**INTEGER_BUFFER)
def routed_into_integers(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), first_maximum, dtype=x.dtype)


@max_back.alternative
def max_back_by_loops(delta, x, window, stride):
    dx = np.zeros(x.shape)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    u, v = p * stride, q * stride
                    for i in range(p * stride, p * stride + window):
                        for j in range(q * stride, q * stride + window):
                            if x[n, c, i, j] > x[n, c, u, v]:
                                u, v = i, j
                    dx[n, c, u, v] += delta[n, c, p, q]
    return dx


@max_back.alternative
def max_back_shared_among_ties(delta, x, window, stride):
    return routed(delta, x, pair(window), pair(stride), maxima_equally)


@max_back.alternative
def max_back_by_scattering(delta, x, window, stride):
    # the last maximum of every window, as row and column of the map; np.add.at adds up repeated places
    windows = np.lib.stride_tricks.sliding_window_view(x, pair(window), axis=(2, 3))[:, :, ::stride, ::stride]
    last = window**2 - 1 - windows.reshape(*delta.shape, window**2)[..., ::-1].argmax(axis=4)
    n, c, p, q = np.indices(delta.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, p * stride + last // window, q * stride + last % window), delta)
    return dx


# ----------------------------------------------------------------------------------- avg_pool2d_backward

avg_back = Exercise(avg_pool2d_backward, points=16, lecture="3.1")


def avg_back_args(rng, shape, window, stride, delta=real):
    """The arguments of `avg_pool2d_backward` for an input of the given shape."""
    return residual_for(rng, shape, window, stride, delta), shape, window, stride


@avg_back.group("touching", points=3.5, zh="步长等于滑窗大小", en="stride equal to the window")
def avg_back_touching(rng):
    for sizes in TOUCHING:
        yield avg_back_args(rng, *sizes)


@avg_back_touching.example
def avg_back_touching_example():
    yield LECTURE_DELTA[None, None], (1, 1, 4, 4), 2, 2
    yield np.arange(1.0, 13.0).reshape(2, 3, 1, 2), (2, 3, 2, 4), 2, 2


@avg_back.group(
    "overlap", points=4, zh="滑窗重叠（步长小于滑窗）", en="overlapping windows (stride below the window)"
)
def avg_back_overlap(rng):
    for sizes in OVERLAP:
        yield avg_back_args(rng, *sizes)


@avg_back_overlap.example
def avg_back_overlap_example():
    yield np.array([[[[9.0, 18.0], [27.0, 36.0]]]]), (1, 1, 5, 5), 3, 2
    yield 4 * np.arange(1.0, 13.0).reshape(1, 2, 2, 3), (1, 2, 3, 4), 2, 1


@avg_back.group(
    "gaps",
    points=2.5,
    zh="滑窗之间有空隙（步长大于滑窗）",
    en="gaps between windows (stride above the window)",
)
def avg_back_gaps(rng):
    for sizes in GAPS:
        yield avg_back_args(rng, *sizes)


@avg_back.group(
    "remainder",
    points=3,
    zh="除不尽：有余下的行和列",
    en="rows and columns left over",
    visible=False,
)
def avg_back_remainder(rng):
    for sizes in REMAINDER:
        yield avg_back_args(rng, *sizes)


@avg_back.group(
    "extremes",
    points=1.5,
    zh="1×1 的滑窗，与特征图一样大的滑窗",
    en="1×1 windows and windows as large as the map",
    visible=False,
)
def avg_back_extremes(rng):
    for sizes in EXTREMES:
        yield avg_back_args(rng, *sizes)


@avg_back.group("integers", points=0.75, zh="整数数组", en="integer arrays", visible=False)
def avg_back_integers(rng):
    yield avg_back_args(rng, (2, 1, 4, 6), 2, 2, delta=odd)
    yield avg_back_args(rng, (1, 2, 3, 4), 2, 1, delta=odd)


@avg_back.group("layouts", points=0.75, zh="内存布局", en="memory layouts", visible=False)
def avg_back_layouts(rng):
    yield Case(avg_back_args(rng, (2, 1, 5, 4), 3, 1), layout="fortran", fresh=True)
    yield Case(avg_back_args(rng, (1, 2, 4, 6), 2, 2), layout="strided", fresh=True)
    yield Case(avg_back_args(rng, (1, 2, 2, 3), 1, 1), layout="readonly", fresh=True)


def spread(delta, input_shape, window, step, divisor, combine=added, dtype=float):
    """Give every cell of a window the window's residual over `divisor`."""
    return routed(
        delta, np.zeros(input_shape), pair(window), pair(step), lambda cells: 1 / divisor, combine, dtype
    )


@avg_back.misconception(**OVERWRITTEN)
def spread_overwriting_whole_windows(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, window**2, replaced)


@avg_back.misconception(**WINDOW_AS_STRIDE)
def spread_with_window_as_stride(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, window, window**2)


@avg_back.misconception(**STRIDE_AS_WINDOW)
def spread_with_stride_as_window(delta, input_shape, window, stride):
    return spread(delta, input_shape, stride, stride, stride**2)


@avg_back.misconception(**NOT_DIVIDED)
def spread_without_division(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, 1)


@avg_back.misconception(**ONE_SIDE)
def spread_and_divided_by_side(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, window)


@avg_back.misconception(**STEP_SQUARED)
def spread_and_divided_by_square_of_stride(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, stride**2)


@avg_back.misconception(**MAP_SIZE)
def spread_and_divided_by_size_of_map(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, input_shape[2] * input_shape[3])


@avg_back.misconception(**TWICE)
def spread_and_divided_twice(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, window**4)


@avg_back.misconception(
    zh="每个单元收到的残差还除以了覆盖它的滑窗的个数；各滑窗给的份额只相加，不求平均（见练习 9）",
    en="what a unit receives was also divided by the number of windows that cover it; their shares add up, "
    "they are not averaged (exercise 9)",
)
def spread_and_divided_by_coverage(delta, input_shape, window, stride):
    coverage = spread(np.ones(delta.shape), input_shape, window, stride, 1)
    return avg_pool2d_backward(delta, input_shape, window, stride) / np.maximum(coverage, 1)


@avg_back.misconception(**MEAN_EVERYWHERE)
def spread_mean_of_all(delta, input_shape, window, stride):
    return spread(
        np.broadcast_to(delta.mean(axis=(2, 3), keepdims=True), delta.shape),
        input_shape,
        window,
        stride,
        window**2,
    )


@avg_back.misconception(**TOP_LEFT)
def spread_to_top_left_only(delta, input_shape, window, stride):
    return routed(delta, np.zeros(input_shape), pair(window), pair(stride), top_left)


@avg_back.misconception(**TRIMMED)
def spread_and_trimmed(delta, input_shape, window, stride):
    return trimmed(avg_pool2d_backward(delta, input_shape, window, stride), window, stride)


@avg_back.misconception(**AT_START)
def spread_with_remainder_at_start(delta, input_shape, window, stride):
    return remainder_moved_to_start(avg_pool2d_backward(delta, input_shape, window, stride), window, stride)


@avg_back.misconception(**FIRST_SAMPLE)
def spread_first_sample_only(delta, input_shape, window, stride):
    dx = avg_pool2d_backward(delta, input_shape, window, stride)
    dx[1:] = 0.0
    return dx


@avg_back.misconception(**PER_SAMPLE)
def spread_and_divided_by_batch(delta, input_shape, window, stride):
    return avg_pool2d_backward(delta, input_shape, window, stride) / len(delta)


@avg_back.misconception(**INTEGER_BUFFER)
def spread_into_integers(delta, input_shape, window, stride):
    return spread(delta, input_shape, window, stride, window**2, dtype=delta.dtype)


@avg_back.misconception(**FLOOR)
def spread_with_floor_division(delta, input_shape, window, stride):
    return spread(delta // window**2, input_shape, window, stride, 1)


@avg_back.alternative
def avg_back_by_loops(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    for i in range(window):
                        for j in range(window):
                            dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q] / window**2
    return dx


@avg_back.alternative
def avg_back_window_by_window(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    for p, q in np.ndindex(delta.shape[2:]):
        u, v = p * stride, q * stride
        dx[:, :, u : u + window, v : v + window] += delta[:, :, p, q, None, None] / window**2
    return dx


@avg_back.alternative
def avg_back_by_matrices(delta, input_shape, window, stride):
    # rows[u, p] is 1 where window p covers row u; likewise for columns
    def cover(size, count):
        offset = np.arange(size)[:, None] - stride * np.arange(count)
        return ((offset >= 0) & (offset < window)).astype(float)

    rows, columns = cover(input_shape[2], delta.shape[2]), cover(input_shape[3], delta.shape[3])
    return np.einsum("up,ncpq,vq->ncuv", rows, delta, columns) / window**2
