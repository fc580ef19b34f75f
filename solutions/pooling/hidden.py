"""The tests of the assignment `pooling` (lecture 3.1): cases, misconceptions, accepted alternatives.

Part one of the assignment pools one map with a window equal to the stride, part two a batch with channels,
where windows touch, overlap, leave gaps, or leave rows and columns over. The exercises of a part share their
table of sizes, in which samples, channels, the window and both sides of the output have unlike extents.
Upstream residuals are never all ones: with ones a mean or a mixed-up window can go unnoticed.

What is linear in the residual (or, for averages, in the activations) also meets a whole basis: at the size
of the lecture, 4×4 with 2×2, and at AlexNet's, 3×3 with stride 2, every unit residual has its call or its
sample. Who passes these is right for every residual of that size.

A mistake costs the same groups in every draw. So it is not left to chance whether a window's maximum is
positive, where it stands, or whether two windows share it: see `landscape`, `checkered` and `tied`.
"""

import functools
import inspect

import numpy as np

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import both, divided_by, given, like, result, times, turned
from autograder.cnn.comparators import Shares

from ..catalogue import (
    BASIS,
    FIRST_SAMPLE_ONLY,
    INTEGERS,
    LAST_SAMPLE_ONLY,
    REMAINDER_AT_THE_TOP,
    REMAINDER_DROPPED,
    REPLACED_NOT_ADDED,
    RESIDUAL_DIVIDED_BY_THE_BATCH,
    SIGMA_PRIME_MISSING,
    SIGMA_PRIME_TWICE,
    STORED_AS_INTEGERS,
    STRIDE_IGNORED,
    hint,
    real,
    see,
    slopes,
    units,
    whole,
)
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

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share


def odd(rng, *shape):
    """An integer array of odd numbers: halves and quarters of them are never whole."""
    return 2 * rng.integers(-6, 7, size=shape) + 1


def never_whole(rng, shape, window):
    """An integer array of which no mean over a window of part one is whole."""
    a = np.prod(window) * rng.integers(-9, 10, size=shape)
    a[..., :: window[0], :: window[1]] += 1
    return a


def checkered(rng, *shape):
    """All different, at least 0.5 apart, positive and negative like the squares of a chessboard."""
    sizes = 0.5 * (1 + rng.permutation(int(np.prod(shape)))).reshape(shape)
    rows, columns = np.indices(shape)[-2:]
    return np.where((rows + columns) % 2 == 0, sizes, -sizes)


def pair(size):
    """One size for both axes, or two."""
    return size if isinstance(size, tuple) else (size, size)


def steps(size, window, step):
    """How many windows fit, rounded down."""
    return (size - window) // step + 1


def whole_windows(sizes, window, step):
    """The same along both axes: (Ho, Wo)."""
    return [steps(*one) for one in zip(sizes, window, step, strict=True)]


def cells_of_windows(shape, window, step):
    """For every window of an array (…, H, W), the places of those cells that no other window holds.

    Windows come in reading order, and so do their cells, but each window's begin with another one.
    """
    rows, columns = (range(max(0, m - s), min(m, s)) for m, s in zip(window, step, strict=True))
    own = [(i, j) for i in rows for j in columns]
    outputs = whole_windows(shape[-2:], window, step)
    for number, (*image, p, q) in enumerate(np.ndindex(*shape[:-2], *outputs)):
        first = (1 + number + number // len(own)) % len(own)
        yield [(*image, p * step[0] + i, q * step[1] + j) for i, j in own[first:] + own[:first]]


def landscape(rng, shape, window, step=None):
    """Activations, all different and at least 0.5 apart, with a peak and a pit in every window.

    The peak is the window's maximum, and no other window holds it; from window to window it stands elsewhere.
    The pit is so far below zero that its magnitude is the greatest. All else in the windows is positive and
    below every peak; what no window reaches is above every peak.
    """
    window, step = pair(window), pair(step or window)
    low = 0.5 * (1 + rng.permutation(int(np.prod(shape)))).reshape(shape)
    a = low + 2 * low.size
    for p, q in np.ndindex(*whole_windows(shape[-2:], window, step)):
        at = (..., *(slice(i * s, i * s + m) for i, s, m in zip((p, q), step, window, strict=True)))
        a[at] = low[at]
    windows = list(cells_of_windows(shape, window, step))
    for cells, height in zip(windows, rng.permutation(len(windows)) / 2, strict=True):
        a[cells[len(cells) // 2]] = -2 * a.size - height
        a[cells[0]] = a.size + height
    return a


def below_zero(rng, shape, window, step=None):
    """A `landscape` of negative activations."""
    a = landscape(rng, shape, window, step)
    return a - a.max() - 0.5


def landscape_of_integers(rng, shape, window, step=None):
    """A `landscape` as an integer array."""
    return (2 * landscape(rng, shape, window, step)).astype(int)


def tied(rng, delta, shape, window, scale=1.0):
    """A `landscape` whose windows have two or more maxima, one of them all, and the comparator for it."""
    a, owner = landscape(rng, shape, window), np.zeros(shape, dtype=int)
    for number, cells in enumerate(cells_of_windows(shape, pair(window), pair(window)), start=1):
        for cell in cells[: 2 + number % (len(cells) - 1)]:
            a[cell], owner[cell] = a[cells[0]], number
    return a, Shares(owner, np.concatenate([[0.0], delta.ravel()]), scale * np.ones(shape))


LECTURE_A = np.array([[1.0, 3, 2, 0], [5, 4, 1, 6], [2, 7, 8, 3], [0, 1, 4, 2]])
LECTURE_DELTA = np.array([[4.0, -8.0], [2.0, 6.0]])
LECTURE_SLOPE = np.array([[1.0, 0.5, 1, 0], [0.5, 1, 0.5, 1], [0, 0.5, 1, 0.5], [1, 1, 0.5, 0]])
LECTURE_BATCH = np.stack([[LECTURE_A, LECTURE_A.T], [-LECTURE_A, LECTURE_A[::-1]]])
ALEXNET_X = np.array(
    [[[[1.0, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 20, 13, 14], [15, 16, 17, 18, 19], [21, 22, 0, 23, 24]]]]
)

# ----------------------------------------------------------------------------------- the groups of cases
# name: title (zh, en), visible?, sizes. Of part one: the map (H, W) and the window (m, n). H and W both are
# multiples of m and of n: who confuses these gets the same wrong answer in a loop as by reshaping.

PART_ONE = {
    "lecture": ("讲义大小的例子", "examples of the lecture's size", True, [((6, 4), (2, 2))]),
    "rectangular": (
        "高与宽不同的滑窗",
        "windows of unequal height and width",
        True,
        [((6, 12), (2, 3)), ((4, 8), (4, 1))],
    ),
    "extremes": (
        "1×1 的滑窗，与特征图一样大的滑窗",
        "1×1 windows and windows as large as the map",
        False,
        [((2, 3), (1, 1)), ((3, 3), (3, 3))],
    ),
    "negative": (
        "全为负数的激活值，与特征图一样大的滑窗",
        "negative activations and windows as large as the map",
        False,
        [((4, 6), (2, 2)), ((3, 3), (3, 3))],
    ),
    "layouts": ("内存布局", "memory layouts", False, [((6, 6), (2, 3)), ((2, 3), (1, 1))]),
}

# Of part two: the input (N, C, H, W), window, stride. Once in a group N is 1, once C is.

PART_TWO = {
    "touching": (
        "步长等于滑窗大小",
        "stride equal to the window",
        True,
        [((5, 1, 6, 12), 3, 3), ((1, 5, 6, 8), 2, 2)],
    ),
    "overlap": (
        "滑窗重叠（步长小于滑窗）",
        "overlapping windows (stride below the window)",
        True,
        [((2, 1, 6, 7), 3, 1), ((2, 5, 3, 9), 3, 2)],
    ),
    "gaps": (
        "滑窗之间有空隙（步长大于滑窗）",
        "gaps between windows (stride above the window)",
        True,
        [((1, 5, 8, 11), 2, 3), ((2, 5, 5, 7), 1, 2)],
    ),
    "remainder": (
        "除不尽：有余下的行和列",
        "rows and columns left over",
        False,
        [((5, 1, 6, 9), 3, 2), ((1, 5, 10, 13), 2, 3), ((4, 5, 8, 5), 3, 3)],
    ),
    "extremes": (
        "1×1 的滑窗，与特征图一样大的滑窗",
        "1×1 windows and windows as large as the map",
        False,
        [((3, 2, 4, 5), 1, 1), ((2, 3, 4, 4), 4, 5)],
    ),
    "negative": (
        "全为负数的激活值，与特征图一样大的滑窗",
        "negative activations and windows as large as the map",
        False,
        [((3, 1, 4, 8), 2, 2), ((2, 3, 4, 4), 4, 5)],
    ),
    "layouts": (
        "内存布局",
        "memory layouts",
        False,
        [((1, 3, 4, 8), 2, 2), ((3, 1, 3, 6), 3, 3), ((2, 1, 3, 4), 1, 1)],
    ),
}

BASES = {"touching": (4, 4, 2, 2), "overlap": (5, 5, 3, 2)}
"""The groups of part two to which `described` can add a basis, and its size: H, W, window, stride."""


def described(exercise, table, call, basis=None, **points):
    """Add the groups of a table that are named in `points`; returns them by their names.

    Parameters
    ----------
    call : function
        `call(rng, group, *size)` gives the arguments of a case.
    basis : function, optional
        `basis(rng, H, W, window, stride)` gives those of one more case in each of the groups of `BASES`.
    """

    def draw(name, sizes, rng):
        for size, layout in zip(sizes, ("fortran", "strided", "readonly"), strict=False):
            args = call(rng, name, *size)
            yield Case(args, layout=layout, fresh=True) if name == "layouts" else Case(args)
        if basis and name in BASES:
            yield Case(basis(rng, *BASES[name]))

    def group(name):
        zh, en, visible, sizes = table[name]
        add = exercise.group(name, points=points[name], zh=zh, en=en, visible=visible)
        return add(functools.partial(draw, name, sizes))

    return {name: group(name) for name in points}


def activations(rng, group, shape, window, step=None):
    """What the maximum is tried on."""
    if group == "overlap":
        return checkered(rng, *shape)
    return (below_zero if group == "negative" else landscape)(rng, shape, window, step)


def residual(rng, group, shape, window, step=None):
    """What comes from above: small whole numbers at the lecture's size."""
    outputs = whole_windows(shape[-2:], pair(window), pair(step or window))
    return (whole if group == "lecture" else real)(rng, *shape[:-2], *outputs)


TIES = {"name": "ties", "zh": "并列的最大值", "en": "ties", "visible": False}

# ------------------------------------------------------------ the right functions, window by window
# They pool the last two axes, so that they serve single maps and batches alike; windows and steps are
# integers or pairs. Their switches are what people get wrong inside of the loop.


def pooled(a, window, step, reduce, outputs=whole_windows, first=0):
    """Pool with `reduce(cells, window)`, which turns the cells (…, m, n) of a window into numbers (…)."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    z = np.zeros((*a.shape[:-2], *outputs(a.shape[-2:], window, step)))
    for p, q in np.ndindex(z.shape[-2:]):
        u, v = p * s + first, q * t + first
        z[..., p, q] = reduce(a[..., u : u + m, v : v + n], window)
    return z


def routed(delta, a, window, step, share, combine=np.add, first=0):
    """Hand every residual to the cells of its window, in the shares that `share(cells, window)` says."""
    (m, n), (s, t) = window, step = pair(window), pair(step)
    dx = np.zeros(a.shape)
    for p, q in np.ndindex(delta.shape[-2:]):
        u, v = p * s + first, q * t + first
        at = (..., slice(u, u + m), slice(v, v + n))
        dx[at] = combine(dx[at], delta[..., p, q, None, None] * share(a[at], window))
    return dx


def rounded_up(sizes, window, step):
    return [-((m - size) // s) + 1 for size, m, s in zip(sizes, window, step, strict=True)]


def sizes_over_step(sizes, window, step):
    return np.floor_divide(sizes, step)


def as_many_columns_as_rows(sizes, window, step):
    Ho, _ = whole_windows(sizes, window, step)
    return Ho, Ho


def largest(cells, window):
    return cells.max(axis=(-2, -1))


def smallest(cells, window):
    return cells.min(axis=(-2, -1))


def mean(cells, window):
    return cells.sum(axis=(-2, -1)) / np.prod(cells.shape[-2:])


def mean_with_zeros_beyond_the_border(cells, window):
    return cells.sum(axis=(-2, -1)) / np.prod(window)


def corner(cells, window):
    return cells[..., 0, 0]


def replaced(old, new):
    return np.broadcast_to(new, old.shape)


def replaced_where_it_arrives(old, new):
    return np.where(new != 0, new, old)


def first_maximum(cells, window):
    flat = cells.reshape(*cells.shape[:-2], -1)
    share = np.zeros(flat.shape)
    np.put_along_axis(share, flat.argmax(axis=-1)[..., None], 1.0, axis=-1)
    return share.reshape(cells.shape)


def every_maximum(cells, window):
    return cells == cells.max(axis=(-2, -1), keepdims=True)


def maxima_equally(cells, window):
    maxima = every_maximum(cells, window)
    return maxima / maxima.sum(axis=(-2, -1), keepdims=True)


def first_minimum(cells, window):
    return first_maximum(-cells, window)


def first_maximum_above_zero(cells, window):
    return np.where(
        cells.max(axis=(-2, -1), keepdims=True) > 0, first_maximum(cells, window), top_left(cells, window)
    )


def greatest_magnitude(cells, window):
    return first_maximum(np.abs(cells), window)


def maximum_itself(cells, window):
    return first_maximum(cells, window) * cells.max(axis=(-2, -1), keepdims=True)


def maximum_transposed(cells, window):
    return first_maximum(cells, window).swapaxes(-2, -1)


def maximum_of_all_channels(cells, window):
    return cells == cells.max(axis=(1, 2, 3), keepdims=True)


def top_left(cells, window):
    share = np.zeros(cells.shape)
    share[..., :1, :1] = 1.0
    return share


def the_whole(cells, window):
    return 1.0


def equally(cells, window):
    return 1 / np.prod(window)


BY_WINDOWS = {
    max_pool: lambda a, window, *, step=None, reduce=largest: pooled(a, window, step or window, reduce),
    avg_pool: lambda a, window, *, step=None, reduce=mean: pooled(a, window, step or window, reduce),
    upsample: lambda delta, window, *, share=the_whole: routed(
        delta, np.zeros(np.multiply(delta.shape, window)), window, window, share
    ),
    max_pool_residual: lambda delta, a, window, dsigma, *, share=first_maximum: (
        routed(delta, a, window, window, share) * dsigma
    ),
    avg_pool_residual: lambda delta, window, dsigma, *, share=equally: (
        routed(delta, dsigma, window, window, share) * dsigma
    ),
    max_pool2d: lambda x, window, stride, *, reduce=largest, **how: pooled(x, window, stride, reduce, **how),
    avg_pool2d: lambda x, window, stride, *, reduce=mean, **how: pooled(x, window, stride, reduce, **how),
    max_pool2d_backward: lambda delta, x, window, stride, *, share=first_maximum, **how: routed(
        delta, x, window, stride, share, **how
    ),
    avg_pool2d_backward: lambda delta, input_shape, window, stride, *, share=equally, **how: routed(
        delta, np.zeros(input_shape), window, stride, share, **how
    ),
}


def by_windows(reference, **how):
    """A right function written window by window, or a wrong one: with switches of `pooled` or `routed`."""
    written_out = BY_WINDOWS[reference]

    @functools.wraps(reference)
    def function(*args, **kwargs):
        return written_out(*args, **kwargs, **how)

    function.__name__ = f"{reference.__name__}_by_windows"
    function.how = how
    return function


# --------------------------------------------------------------------------------------------- mistakes


def inside(**how):
    """A turn: the function is written window by window, and something in its loop is done another way.

    Two such turns add up. They go before turns of arguments and results.
    """
    return lambda function: by_windows(inspect.unwrap(function), **{**getattr(function, "how", {}), **how})


def windows_at(**changes):
    """A turn: `given` another window or stride; a window may then stick out of the map."""
    return both(inside(), given(**changes))


def only(kept):
    """A change of an array: but for the part `kept`, all is 0."""

    def change(array):
        others = np.zeros(array.shape)
        others[kept] = array[kept]
        return others

    return change


def done_only(kept):
    """A turn: only a part of the result is there, the rest is 0."""
    return result(lambda value, call: only(kept)(value))


FIRST_WINDOW = np.s_[..., :1, :1]
FIRST_ROW = np.s_[..., :1, :]


def cropped(array, like):
    """The first rows and columns, as many as `like` has."""
    return array[..., : like.shape[-2], : like.shape[-1]]


def in_blocks(x, k):
    """The windows of a batch where they touch and nothing is left over, (N, C, Ho, k, Wo, k)."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k)


def copied_to_blocks(delta, k):
    return delta.repeat(k, axis=2).repeat(k, axis=3)


def columns_as_rows(delta):
    """The residuals that a loop over Ho×Ho windows finds."""
    Ho, Wo = delta.shape[-2:]
    if Ho > Wo:
        raise IndexError(f"there are no {Ho} columns")
    return only(np.s_[..., :Ho])(delta)


def left_over(shape, call):
    """How many rows and columns lie beyond the last window."""
    return [(size - call.window) % call.stride for size in shape[-2:]]


def trimmed(dx, call):
    H, W = np.subtract(dx.shape[-2:], left_over(dx.shape, call))
    return dx[..., :H, :W]


def left_over_at_the_start(dx, call):
    return np.roll(dx, left_over(dx.shape, call), axis=(-2, -1))


def cropped_at_the_start(call):
    u, v = left_over(call.x.shape, call)
    return call.x[..., u:, v:]


def cut_along_wrong_axes(a, window):
    """The map in which `window` finds together what reshaping to (P, Q, m, n) wrongly takes together."""
    P, Q = np.floor_divide(a.shape, window)
    return a.reshape(P, Q, *window).swapaxes(1, 2).reshape(a.shape)


def pasted_along_wrong_axes(a, window):
    """The other way round: the cells of the windows, one window after the other."""
    P, Q = np.floor_divide(a.shape, window)
    return a.reshape(P, window[0], Q, window[1]).swapaxes(1, 2).reshape(a.shape)


def folded_from_one_line(delta, window):
    return delta.repeat(np.prod(window)).reshape(np.multiply(delta.shape, window))


def maximum_with_row_and_column_swapped(call):
    m, n = call.window
    dx = np.zeros(call.a.shape)
    for p, q in np.ndindex(call.delta.shape):
        i, j = divmod(int(call.a[p * m : p * m + m, q * n : q * n + n].argmax()), n)
        dx[p * m + j, q * n + i] = call.delta[p, q]
    return dx * call.dsigma


def coverage(call):
    """How many windows cover each unit."""
    ones = np.ones(call.delta.shape)
    return by_windows(avg_pool2d_backward, share=the_whole)(ones, call.input_shape, call.window, call.stride)


# Mistakes that several exercises share, with their ids.

WINDOW_CONFUSED = {
    "window_transposed": windows_at(window=lambda c: c.window[::-1]),
    "square_window": windows_at(window=lambda c: pair(c.window[0])),
}
WINDOW_AND_STRIDE_CONFUSED = {
    "window_as_stride": windows_at(stride=lambda c: c.window),
    "stride_as_window": windows_at(window=lambda c: c.stride),
    "window_and_stride_exchanged": windows_at(window=lambda c: c.stride, stride=lambda c: c.window),
    "stride_ignored": windows_at(stride=lambda c: 1),
    "stride_on_rows_only": windows_at(stride=lambda c: (c.stride, 1)),
}
ONE_SAMPLE = {
    "first_sample_only": done_only(np.s_[:1]),
    "last_sample_only": done_only(np.s_[-1:]),
}
RETURNED_TOO_EARLY = {
    "first_window_only": done_only(FIRST_WINDOW),
    "first_row_only": done_only(FIRST_ROW),
}
RESIDUAL_WRONG = {
    "residual_from_above_missing": turned("delta", np.ones_like),
    "first_window_only": turned("delta", only(FIRST_WINDOW)),
    "first_row_only": turned("delta", only(FIRST_ROW)),
}
SIGMA_PRIME_WRONG = {
    "sigma_prime_missing": turned("dsigma", np.ones_like),
    "sigma_prime_twice": turned("dsigma", np.square),
    "sigma_prime_of_the_corner": given(
        dsigma=lambda c: upsample(c.dsigma[:: c.window[0], :: c.window[1]], c.window)
    ),
}
RESIDUAL_OF_A_BATCH_WRONG = {
    **RESIDUAL_WRONG,
    "square_map_assumed": turned("delta", columns_as_rows),
    "remainder_dropped": result(trimmed),
    "remainder_at_the_top": result(left_over_at_the_start),
    "divided_by_the_batch": divided_by(lambda c: len(c.delta)),
    **ONE_SAMPLE,
}
CHANNELS_FOR_COLUMNS = both(
    given(x=lambda c: np.moveaxis(c.x, 3, 1)), result(lambda z, c: np.moveaxis(z, 1, 3))
)

# Why a changed reference may be right all the same.
AXES = "a set of axes is reduced at once; their order changes nothing"
SQUARE = "the two axes of a square window change places, and both are reduced at once"
ORDER = "i and j run over the same square either way; only the order of the sum changes"


def mistakes(exercise, frequent=(), **turns):
    """Add the mistakes with these ids and the hints of the list below; `frequent` ones are paired, too."""
    for id, turn in turns.items():
        (known,) = (one for one in HINTS if one["id"] == id)
        exercise.mistake(turn=turn, frequent=id in frequent, **known)


# Mistakes by their ids, most of which occur in several exercises; the texts complete "It looks as if: …".

HINTS = [
    # windows
    hint(
        "cut_along_wrong_axes",
        "特征图沿错误的轴切成了滑窗：形状对，但每组数不是同一个滑窗里的（见讲义 3.1 的公式中行、列的范围）",
        "the map was cut along the wrong axes: the shape is right, but the numbers taken together are "
        "not those of one window (lecture 3.1, the ranges of rows and columns in the formula)",
    ),
    hint(
        "step_of_one",
        "滑窗每次只移动一格；这里步长等于滑窗大小（见讲义 3.1 池化层前向传播）",
        "the window moved by one cell at a time; here the stride is the size of the window (lecture 3.1, "
        "forward pass)",
    ),
    hint(
        "window_transposed",
        "滑窗的高 m 与宽 n 互换了：m 管行，n 管列（见讲义 3.1 的下标）",
        "the height m and the width n of the window were exchanged: m belongs to rows, n to columns "
        "(lecture 3.1, the indices)",
    ),
    hint(
        "square_window",
        "滑窗被当成了 m×m 的正方形；滑窗的高与宽可以不同（见讲义 3.1 的 m、n）",
        "the window was taken to be a square of m×m; its height and width may differ (lecture 3.1, m and n)",
    ),
    hint(
        "corner_for_the_window",
        "每个滑窗只看了左上角的一个单元；滑窗中的全部单元都要参与（见讲义 3.1 的公式中括号里的范围）",
        "only the top left cell of every window was looked at; all cells of the window take part "
        "(lecture 3.1, what stands between the brackets)",
    ),
    hint(
        "first_window_only",
        "只处理了第一个滑窗就返回了，其余都是 0；要等所有滑窗都处理完（检查 return 属于哪一层循环）",
        "the function returned after the first window and all others stayed 0; it has to go through all "
        "of them (look at which loop the return belongs to)",
    ),
    hint(
        "first_row_only",
        "只处理了第一行滑窗就返回了，其余都是 0；要等所有滑窗都处理完（检查 return 属于哪一层循环）",
        "the function returned after the first row of windows and all others stayed 0; it has to go "
        "through all of them (look at which loop the return belongs to)",
    ),
    # maximum, forward
    hint(
        "search_starts_from_zero",
        "找最大值时从 0 开始比较（或边界补了 0），滑窗中全是负数时就找错了；"
        "最大值应当是滑窗中的某个激活值（见讲义 3.1）",
        "the search for the maximum started from 0 (or zeros were padded), which goes wrong where a "
        "window holds negative activations only; the maximum is one of the window's own activations "
        "(lecture 3.1)",
    ),
    hint(
        "absolute_values_compared",
        "比较的是绝对值；最大池化取的是最大的激活值，不是绝对值最大的（见讲义 3.1）",
        "absolute values were compared; max pooling takes the greatest activation, not the greatest "
        "magnitude (lecture 3.1)",
    ),
    hint(
        "mean_for_maximum",
        "取的是平均值而不是最大值（见讲义 3.1 最大池化层的前向传播）",
        "the mean was taken in place of the maximum (lecture 3.1, forward pass of max pooling)",
    ),
    hint(
        "minimum_for_maximum",
        "取的是最小值而不是最大值（见讲义 3.1 最大池化层的前向传播）",
        "the minimum was taken in place of the maximum (lecture 3.1, forward pass of max pooling)",
    ),
    # averages
    hint(
        "maximum_for_mean",
        "取的是最大值而不是平均值（见讲义 3.1 平均池化层的前向传播）",
        "the maximum was taken in place of the mean (lecture 3.1, forward pass of average pooling)",
    ),
    hint(
        "not_divided",
        "没有除以滑窗中的单元数（见讲义 3.1 平均池化的公式）",
        "the division by the number of cells in the window is missing (lecture 3.1, average pooling)",
    ),
    hint(
        "divided_by_one_side",
        "只除以了滑窗的一条边；滑窗中的单元数是高乘宽（见讲义 3.1 的 1/(m·n)）",
        "only one side of the window was divided by; it holds height times width cells (lecture 3.1, the "
        "factor 1/(m·n))",
    ),
    hint(
        "divided_by_map_size",
        "除以了整张特征图的单元数；平均只在一个滑窗内进行（见讲义 3.1 平均池化的公式）",
        "the division was by the size of the whole map; the mean is that of one window (lecture 3.1, "
        "average pooling)",
    ),
    hint(
        "divided_by_square_of_stride",
        "除以了步长的平方；单元数由滑窗决定，与步长无关（见练习 7、9）",
        "the division was by the square of the stride; the number of cells comes from the window alone "
        "(exercises 7, 9)",
    ),
    hint(
        "divided_twice",
        "除以滑窗的单元数除了两次（见讲义 3.1 的 1/(m·n)）",
        "the division by the number of cells was done twice (lecture 3.1, the factor 1/(m·n))",
    ),
    hint(
        "divided_by_coverage",
        "每个单元收到的残差还除以了覆盖它的滑窗的个数；各滑窗给的份额只相加，不求平均（见练习 9）",
        "what a unit receives was also divided by the number of windows that cover it; their shares add "
        "up, they are not averaged (exercise 9)",
    ),
    see(STORED_AS_INTEGERS, "开头的约定", "the conventions at the beginning"),
    hint(
        "residual_stored_as_integers",
        "残差在乘以 σ′ 之前存进了整数数组，小数部分被截断了：参数可以是整数数组，结果却不一定是整数"
        "（见开头的约定）",
        "the residual was stored in an integer array and truncated before σ′ was applied; whole "
        "activations do not make it whole (the conventions at the beginning)",
    ),
    hint(
        "floor_division",
        "除法向下取整了；平均值和它分出去的残差都可以是小数（见讲义 3.1 平均池化层）",
        "the division rounded down; a mean may have a fraction, and so may the residual that it hands on "
        "(lecture 3.1, average pooling)",
    ),
    # upsampling
    hint(
        "upsampled_and_divided",
        "upsample 时已经除以了 m·n；这里只复制，除法属于平均池化（见练习 3、5）",
        "the residuals were already divided by m·n; upsample merely copies, the division belongs to "
        "average pooling (exercises 3 and 5)",
    ),
    hint(
        "tiled",
        "残差图被整张平铺；应当把每个残差单独放大到它自己的滑窗（见练习 3 的小例子）",
        "the map of residuals was laid side by side as a whole; each residual grows to its own window "
        "(exercise 3, the small example)",
    ),
    hint(
        "folded_from_one_line",
        "残差按行展开后复制，再排成新的形状，于是跑到了别的滑窗里；行与列要分别复制（见练习 3 的小例子）",
        "residuals were copied along one line and then folded into the new shape, so that they ended up "
        "in other windows; rows and columns are copied separately (exercise 3, the small example)",
    ),
    hint(
        "upsampled_with_zeros",
        "残差只放在每个滑窗的左上角，其余补 0；upsample 要复制到整个滑窗（见练习 3 的小例子）",
        "the residual was put at the top left of its window among zeros; upsample copies it to the whole "
        "window (exercise 3, the small example)",
    ),
    hint(
        "upsampled_rows_only",
        "只沿行的方向复制了，列没有放大（见练习 3 的小例子）",
        "only rows were copied, columns did not grow (exercise 3, the small example)",
    ),
    hint(
        "upsampled_columns_only",
        "只沿列的方向复制了，行没有放大（见练习 3 的小例子）",
        "only columns were copied, rows did not grow (exercise 3, the small example)",
    ),
    # where the residual goes
    hint(
        "residual_to_all_cells",
        "残差送给了滑窗中的每一个单元；只有最大值所在的单元的偏导数是 1，其余是 0（见讲义 3.1）",
        "every cell of the window received the residual; ∂z/∂a is 1 at the maximum and 0 elsewhere "
        "(lecture 3.1)",
    ),
    hint(
        "residual_to_top_left",
        "残差总是送到滑窗的左上角，其余单元得到 0；应当看谁对输出有影响（见讲义 3.1 的偏导数 ∂z/∂a）",
        "the residual always went to the top left cell of the window; what matters is which cells "
        "influence the output (lecture 3.1, the derivative ∂z/∂a)",
    ),
    hint(
        "residual_to_minimum",
        "残差送到了最小值的位置；前向传播取的是最大值（见讲义 3.1）",
        "the residual went to the minimum; the forward pass took the maximum (lecture 3.1)",
    ),
    hint(
        "residual_to_greatest_magnitude",
        "残差送到了绝对值最大的单元；最大池化比较的是激活值本身（见讲义 3.1）",
        "the residual went to the cell of greatest magnitude; max pooling compares the activations "
        "themselves (lecture 3.1)",
    ),
    hint(
        "row_and_column_swapped",
        "最大值在滑窗中的行与列互换了（见讲义 3.1：u 是行，v 是列）",
        "row and column of the maximum within its window were exchanged (lecture 3.1: u is the row, v "
        "the column)",
    ),
    hint(
        "residual_times_maximum",
        "残差还乘上了最大值本身；最大值所在单元的偏导数是 1（见讲义 3.1）",
        "the residual was also multiplied by the maximum; the derivative there is 1 (lecture 3.1)",
    ),
    hint(
        "rule_of_average_pooling",
        "用了平均池化的规则，把残差平均分给整个滑窗（对比讲义 3.1 的最大池化与平均池化）",
        "the rule of average pooling was used, sharing the residual equally (compare max and average "
        "pooling in lecture 3.1)",
    ),
    hint(
        "whole_residual_to_every_tie",
        "并列的最大值各得到了一整份残差；各份之和应当等于该滑窗的残差（见练习 4 关于并列的说明）",
        "each of several equal maxima received the whole residual; their shares must add up to the "
        "window's residual (exercise 4, ties)",
    ),
    hint(
        "only_maximum_of_the_map",
        "只有整张特征图的最大值得到了残差；每个滑窗都有自己的最大值（见讲义 3.1 的下标 p、q）",
        "only the greatest activation of the whole map received a residual; every window has its own "
        "maximum (lecture 3.1, the indices p and q)",
    ),
    hint(
        "mean_residual_everywhere",
        "每个单元都得到了全部残差的平均值；单元只从自己所在的滑窗得到残差（见讲义 3.1 的下标 p、q）",
        "every unit received the mean of all residuals; a unit receives that of its own window (lecture "
        "3.1, the indices p and q)",
    ),
    hint(
        "residual_from_above_missing",
        "只求出了偏导数 ∂z/∂a，没有乘以上一层传回的残差 δ（见讲义 3.1 残差公式的第一项）",
        "the derivative ∂z/∂a is there, but the residual δ that comes from above was left out (lecture "
        "3.1, the first factor of the residual's formula)",
    ),
    # σ′
    see(
        SIGMA_PRIME_MISSING,
        "讲义 3.1 残差公式的最后一项",
        "lecture 3.1, the last factor of the residual's formula",
    ),
    see(SIGMA_PRIME_TWICE, "讲义 3.1 的残差公式", "lecture 3.1, the residual's formula"),
    hint(
        "sigma_prime_of_the_corner",
        "整个滑窗用了同一个 σ′（左上角的）；σ′ 属于前一层，每个单元 (u, v) 各有自己的（见讲义 3.1）",
        "one σ′, that of the top left cell, served the whole window; σ′ belongs to the layer before, "
        "where every unit (u, v) has its own (lecture 3.1)",
    ),
    hint(
        "sigma_prime_of_relu_assumed",
        "σ′ 被默认为 ReLU 的导数；激活函数由前一层决定，σ′(z) 已在 dsigma 中给出（见讲义 3.1）",
        "σ′ was taken to be that of ReLU; the activation function is the business of the layer before, "
        "and dsigma holds its σ′(z) (lecture 3.1)",
    ),
    hint(
        "relu_added",
        "结果还乘了 ReLU 的导数；这里求的是 ∂J/∂x，激活函数是另一层的事（见练习 8 的开头）",
        "the result was also multiplied by the derivative of a ReLU; ∂J/∂x is asked for, and the "
        "activation function is a layer of its own (exercise 8, the beginning)",
    ),
    # window and stride
    hint(
        "window_as_stride",
        "步长被当成了滑窗大小；步长决定滑窗停在哪里，讲义 3.1 中两者才相等（见第二部分开头）",
        "the size of the window was used as the stride; the stride says where the windows stand, and "
        "only in lecture 3.1 are the two equal (beginning of part two)",
    ),
    hint(
        "stride_as_window",
        "滑窗大小被当成了步长；滑窗决定哪些单元参与，讲义 3.1 中两者才相等（见第二部分开头）",
        "the stride was used as the size of the window; the window says which cells take part, and only "
        "in lecture 3.1 are the two equal (beginning of part two)",
    ),
    hint(
        "window_and_stride_exchanged",
        "滑窗大小与步长互换了（见第二部分开头对 k 和 s 的说明）",
        "the size of the window and the stride were exchanged (beginning of part two, k and s)",
    ),
    see(STRIDE_IGNORED, "第二部分开头对 s 的说明", "beginning of part two, s"),
    hint(
        "stride_in_output_size_only",
        "步长只用在了输出的大小上，取数时滑窗仍然一格一格地移动（见公式中每个滑窗的行、列范围）",
        "the stride was used for the size of the output only, while the window itself moved on by one "
        "cell (the ranges of rows and columns in the formula)",
    ),
    hint(
        "stride_on_rows_only",
        "步长只用在了行上，列仍然一格一格地移动；两个方向的步长都是 s（见第二部分开头）",
        "the stride was used for rows only, while columns moved on by one; it is s in both directions "
        "(beginning of part two)",
    ),
    hint(
        "indices_from_one",
        "公式的下标从 1 开始，照搬到从 0 开始的代码里，滑窗整体偏了一行一列（见开头的约定）",
        "the formula's indices, which start at 1, were used in code, where they start at 0: every window "
        "is one row and one column too far (the conventions at the beginning)",
    ),
    hint(
        "windows_taken_to_touch",
        "这种写法（按块整形或整块复制）只在滑窗一个挨一个、又没有余数时成立；一般情形下步长与滑窗大小不等"
        "（见第二部分开头）",
        "this way of writing it, in blocks that are reshaped or copied, holds only where windows touch "
        "and nothing is left over; in general the stride is not the window (beginning of part two)",
    ),
    hint(
        "number_rounded_up",
        "滑窗个数向上取整，超出边界的滑窗也算了进去；只使用完整的滑窗（见第二部分开头的公式）",
        "the number of windows was rounded up, so that windows stick out of the map; only whole windows "
        "count (beginning of part two, the formula)",
    ),
    hint(
        "zeros_beyond_the_border",
        "边界外补了 0 来凑满最后的滑窗；没有填充，只使用完整的滑窗（见第二部分开头）",
        "zeros were padded to fill up the last windows; there is no padding and only whole windows count "
        "(beginning of part two)",
    ),
    hint(
        "window_not_subtracted",
        "滑窗个数直接用 H/s、W/s 计算，没有减去滑窗大小；最后一个滑窗也要完整地留在图内"
        "（见第二部分开头的公式）",
        "the number of windows was taken to be H/s by W/s, without subtracting the window, of which the "
        "last has to lie within the map, too (beginning of part two, the formula)",
    ),
    hint(
        "last_window_missing",
        "每行、每列都少了最后一个滑窗；滑窗个数的公式末尾有“+1”（见第二部分开头）",
        "the last window of every row and column is missing; the number of windows ends in +1 (beginning "
        "of part two)",
    ),
    hint(
        "square_map_assumed",
        "特征图被当成了正方形，列方向的滑窗个数用了行方向的；高与宽要分别计算"
        "（见第二部分开头 Ho 与 Wo 的公式）",
        "the map was taken to be square: there are as many windows in a row as in a column; height and "
        "width each have their own number (beginning of part two, Ho and Wo)",
    ),
    see(REMAINDER_AT_THE_TOP, "第二部分开头", "beginning of part two"),
    see(REMAINDER_DROPPED, "练习 8 的规定", "exercise 8, rules"),
    see(REPLACED_NOT_ADDED, "练习 8 的链式法则", "exercise 8, the chain rule"),
    hint(
        "overwritten_at_the_maximum",
        "滑窗重叠时，同一个最大值只留下了最后一个滑窗的残差；它收到的残差要相加（链式法则，"
        "见练习 8 的小例子）",
        "where windows overlap, a shared maximum kept the residual of the last window only; what it "
        "receives adds up (chain rule, exercise 8, the small example)",
    ),
    # batch and channels
    hint(
        "channels_and_rows_pooled",
        "池化沿着通道轴和行轴进行；输入的四个轴依次是 N、C、H、W，池化只管后两个（见第二部分开头）",
        "the axes of channels and rows were pooled; the axes are N, C, H, W, and pooling concerns the "
        "last two (beginning of part two)",
    ),
    hint(
        "channels_mixed",
        "各通道被混在了一起；池化时每个通道单独处理，互不影响（见第二部分开头）",
        "channels were mixed; every channel is pooled on its own (beginning of part two)",
    ),
    see(FIRST_SAMPLE_ONLY, "第二部分开头", "beginning of part two"),
    see(LAST_SAMPLE_ONLY, "第二部分开头", "beginning of part two"),
    see(RESIDUAL_DIVIDED_BY_THE_BATCH, "练习 8 的公式", "exercise 8, the formula"),
]

# ---------------------------------------------------------------------------------------------- max_pool

maximum = Exercise(max_pool, points=6, lecture="3.1")

groups = described(
    maximum,
    PART_ONE,
    lambda rng, group, shape, window: (activations(rng, group, shape, window), window),
    lecture=3,
    rectangular=1.5,
    negative=1.25,
    layouts=0.25,
)


@groups["lecture"].example
def maximum_example():
    yield LECTURE_A, (2, 2)
    yield LECTURE_A, (4, 2)


mistakes(
    maximum,
    frequent=("search_starts_from_zero", "window_transposed", "square_window"),
    step_of_one=inside(step=1),
    stride_in_output_size_only=result(lambda z, c: cropped(pooled(c.a, c.window, 1, largest), z)),
    corner_for_the_window=inside(reduce=corner),
    mean_for_maximum=inside(reduce=mean),
    minimum_for_maximum=inside(reduce=smallest),
    **WINDOW_CONFUSED,
    cut_along_wrong_axes=given(a=lambda c: cut_along_wrong_axes(c.a, c.window)),
    absolute_values_compared=turned("a", np.abs),
    search_starts_from_zero=result(lambda z, c: np.maximum(z, 0.0)),
    **RETURNED_TOO_EARLY,
)

maximum.equivalent("(1, 3) → (3, 1)", because=AXES)

maximum.alternative(by_windows(max_pool))


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

groups = described(
    average,
    PART_ONE,
    lambda rng, group, shape, window: ((whole if group == "lecture" else real)(rng, *shape), window),
    lecture=3,
    rectangular=1.5,
    extremes=1,
    layouts=0.25,
)


@groups["lecture"].example
def average_example():
    yield LECTURE_A, (2, 2)
    yield LECTURE_A, (4, 2)


@average.group(points=0.25, **INTEGERS)
def average_integers(rng):
    yield never_whole(rng, (4, 6), (2, 3)), (2, 3)


mistakes(
    average,
    frequent=("not_divided", "window_transposed", "stored_as_integers"),
    step_of_one=inside(step=1),
    stride_in_output_size_only=result(lambda z, c: cropped(pooled(c.a, c.window, 1, mean), z)),
    corner_for_the_window=inside(reduce=corner),
    maximum_for_mean=inside(reduce=largest),
    **WINDOW_CONFUSED,
    cut_along_wrong_axes=given(a=lambda c: cut_along_wrong_axes(c.a, c.window)),
    not_divided=times(lambda c: np.prod(c.window)),
    divided_by_one_side=times(lambda c: c.window[1]),
    divided_by_map_size=times(lambda c: np.prod(c.window) / c.a.size),
    divided_twice=divided_by(lambda c: np.prod(c.window)),
    **RETURNED_TOO_EARLY,
    stored_as_integers=like("a"),
    floor_division=result(lambda z, c: np.floor(z)),
)

average.equivalent("(1, 3) → (3, 1)", because=AXES)

average.alternative(by_windows(avg_pool))


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

groups = described(
    enlarged,
    PART_ONE,
    lambda rng, group, shape, window: (residual(rng, group, shape, window), window),
    lecture=2.5,
    rectangular=1.5,
    extremes=0.75,
    layouts=0.25,
)


@groups["lecture"].example
def enlarged_example():
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 3)
    yield LECTURE_DELTA, (2, 2)


@enlarged.group(points=1, **BASIS)
def enlarged_units(rng):
    for delta in units(2, 2):
        yield delta, (2, 2)


mistakes(
    enlarged,
    frequent=("upsampled_and_divided", "window_transposed", "tiled"),
    upsampled_with_zeros=inside(share=top_left),
    tiled=result(lambda up, c: np.tile(c.delta, c.window)),
    folded_from_one_line=result(lambda up, c: folded_from_one_line(c.delta, c.window)),
    **WINDOW_CONFUSED,
    upsampled_rows_only=given(window=lambda c: (c.window[0], 1)),
    upsampled_columns_only=given(window=lambda c: (1, c.window[1])),
    first_window_only=turned("delta", only(FIRST_WINDOW)),
    first_row_only=turned("delta", only(FIRST_ROW)),
    upsampled_and_divided=divided_by(lambda c: np.prod(c.window)),
)

enlarged.alternative(by_windows(upsample))


@enlarged.alternative
def upsampled_by_loops(delta, window):
    m, n = window
    up = np.zeros((len(delta) * m, len(delta[0]) * n))
    for u in range(len(up)):
        for v in range(len(up[0])):
            up[u, v] = delta[u // m, v // n]
    return up


@enlarged.alternative
def upsampled_by_kron(delta, window):
    return np.kron(delta, np.ones(window))


@enlarged.alternative
def upsampled_by_broadcasting(delta, window):
    (P, Q), (m, n) = delta.shape, window
    return np.broadcast_to(delta[:, None, :, None], (P, m, Q, n)).reshape(P * m, Q * n).copy()


# ------------------------------------------------------------------------------------- max_pool_residual

max_residual = Exercise(max_pool_residual, points=12, lecture="3.1")


def max_residual_args(rng, group, shape, window):
    """The arguments of `max_pool_residual` for a map of the given shape."""
    delta, a = residual(rng, group, shape, window), activations(rng, group, shape, window)
    return delta, a, window, slopes(rng, *shape)


groups = described(
    max_residual,
    PART_ONE,
    max_residual_args,
    lecture=4,
    rectangular=2.5,
    negative=1.5,
    layouts=0.5,
)


@groups["lecture"].example
def max_residual_example():
    yield LECTURE_DELTA, LECTURE_A, (2, 2), LECTURE_SLOPE
    yield np.array([[3.0], [-2.0]]), LECTURE_A, (2, 4), LECTURE_SLOPE


@max_residual.group(points=1.5, **BASIS)
def max_residual_units(rng):
    a, dsigma = landscape(rng, (4, 4), (2, 2)), slopes(rng, 4, 4)
    for delta in units(2, 2):
        yield delta, a, (2, 2), dsigma


@max_residual.group(
    "relu", points=1, zh="前一层是 ReLU：σ′ 为 0 或 1", en="a ReLU before the pooling: σ′ is 0 or 1"
)
def max_residual_relu(rng):
    z = landscape(rng, (4, 6), (2, 2))
    corners = z[::2, ::2]
    corners[:] = np.where(corners < z.size, -np.abs(corners), corners)  # off, unless they are peaks
    z[:2, :2] = -np.abs(z[:2, :2])  # a window that is off altogether
    yield real(rng, 2, 3), np.maximum(z, 0), (2, 2), np.where(z > 0, 1.0, 0.0)


@max_residual.group(points=0.5, **TIES)
def max_residual_ties(rng):
    for shape, window in (((4, 4), (2, 2)), ((4, 9), (2, 3))):
        delta, dsigma = residual(rng, "ties", shape, window), slopes(rng, *shape)
        a, accept = tied(rng, delta, shape, window, dsigma)
        yield Case((delta, a, window, dsigma), accept=accept)


@max_residual.group(points=0.5, **INTEGERS)
def max_residual_integers(rng):
    a = landscape_of_integers(rng, (6, 4), (2, 2))
    yield real(rng, 3, 2), a, (2, 2), slopes(rng, 6, 4)
    yield odd(rng, 3, 2), a, (2, 2), slopes(rng, 6, 4)


mistakes(
    max_residual,
    frequent=(
        "whole_residual_to_every_tie",
        "residual_to_all_cells",
        "sigma_prime_missing",
        "stored_as_integers",
    ),
    whole_residual_to_every_tie=inside(share=every_maximum),
    residual_to_all_cells=inside(share=the_whole),
    residual_to_top_left=inside(share=top_left),
    residual_to_minimum=inside(share=first_minimum),
    search_starts_from_zero=inside(share=first_maximum_above_zero),
    residual_to_greatest_magnitude=inside(share=greatest_magnitude),
    residual_times_maximum=inside(share=maximum_itself),
    rule_of_average_pooling=inside(share=equally),
    row_and_column_swapped=result(lambda dx, c: maximum_with_row_and_column_swapped(c)),
    only_maximum_of_the_map=result(lambda dx, c: dx * (c.a == c.a.max())),
    tiled=result(
        lambda dx, c: (
            np.tile(c.delta, c.window) * max_pool_residual(np.ones_like(c.delta), c.a, c.window, c.dsigma)
        )
    ),
    cut_along_wrong_axes=result(
        lambda dx, c: (
            c.dsigma
            * pasted_along_wrong_axes(
                max_pool_residual(c.delta, cut_along_wrong_axes(c.a, c.window), c.window, np.ones(c.a.shape)),
                c.window,
            )
        )
    ),
    **WINDOW_CONFUSED,
    **RESIDUAL_WRONG,
    **SIGMA_PRIME_WRONG,
    sigma_prime_of_relu_assumed=given(dsigma=lambda c: c.a > 0),
    residual_stored_as_integers=given(delta=lambda c: c.delta.astype(c.a.dtype)),
    stored_as_integers=like("a"),
)

max_residual.alternative(by_windows(max_pool_residual))


@max_residual.alternative
def max_residual_by_loops(delta, a, window, dsigma):
    m, n = window
    dx = np.zeros((len(a), len(a[0])))
    for p in range(len(delta)):
        for q in range(len(delta[0])):
            u, v = p * m, q * n
            for i in range(p * m, p * m + m):
                for j in range(q * n, q * n + n):
                    if a[i, j] > a[u, v]:
                        u, v = i, j
            dx[u, v] = delta[p, q] * dsigma[u, v]
    return dx


@max_residual.alternative
def max_residual_shared_among_ties(delta, a, window, dsigma):
    mask = a == upsample(max_pool(a, window), window)
    count = avg_pool(mask, window) * np.prod(window)
    return upsample(delta / count, window) * mask * dsigma


@max_residual.alternative
def max_residual_to_last_tie(delta, a, window, dsigma):
    # turned by 180°, the last maximum comes first
    delta, a, dsigma = (array[::-1, ::-1] for array in (delta, a, dsigma))
    return max_pool_residual(delta, a, window, dsigma)[::-1, ::-1]


# ------------------------------------------------------------------------------------- avg_pool_residual

avg_residual = Exercise(avg_pool_residual, points=10, lecture="3.1")

groups = described(
    avg_residual,
    PART_ONE,
    lambda rng, group, shape, window: (residual(rng, group, shape, window), window, slopes(rng, *shape)),
    lecture=3.5,
    rectangular=2.5,
    extremes=1.5,
    layouts=0.5,
)


@groups["lecture"].example
def avg_residual_example():
    yield LECTURE_DELTA, (2, 2), LECTURE_SLOPE
    yield np.array([[8.0], [-4.0]]), (2, 4), LECTURE_SLOPE


@avg_residual.group(points=1.5, **BASIS)
def avg_residual_units(rng):
    dsigma = slopes(rng, 4, 4)
    for delta in units(2, 2):
        yield delta, (2, 2), dsigma


@avg_residual.group(points=0.5, **INTEGERS)
def avg_residual_integers(rng):
    yield odd(rng, 3, 2), (2, 2), slopes(rng, 6, 4)


mistakes(
    avg_residual,
    frequent=("not_divided", "sigma_prime_missing", "stored_as_integers"),
    residual_to_top_left=inside(share=top_left),
    **WINDOW_CONFUSED,
    not_divided=times(lambda c: np.prod(c.window)),
    divided_by_one_side=times(lambda c: c.window[1]),
    divided_by_map_size=times(lambda c: np.prod(c.window) / c.dsigma.size),
    divided_twice=divided_by(lambda c: np.prod(c.window)),
    tiled=result(lambda dx, c: np.tile(c.delta, c.window) / np.prod(c.window) * c.dsigma),
    folded_from_one_line=result(
        lambda dx, c: folded_from_one_line(c.delta, c.window) / np.prod(c.window) * c.dsigma
    ),
    mean_residual_everywhere=turned("delta", lambda delta: np.full(delta.shape, delta.mean())),
    **RESIDUAL_WRONG,
    **SIGMA_PRIME_WRONG,
    stored_as_integers=like("delta"),
    floor_division=given(delta=lambda c: c.delta // np.prod(c.window) * np.prod(c.window)),
)

avg_residual.equivalent("(m, n) → (n, m)", because="m and n are only multiplied with each other")

avg_residual.alternative(by_windows(avg_pool_residual))


@avg_residual.alternative
def avg_residual_by_loops(delta, window, dsigma):
    m, n = window
    dx = np.zeros((len(dsigma), len(dsigma[0])))
    for u in range(len(dsigma)):
        for v in range(len(dsigma[0])):
            dx[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return dx


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

groups = described(
    max2d,
    PART_TWO,
    lambda rng, group, shape, window, stride: (
        activations(rng, group, shape, window, stride),
        window,
        stride,
    ),
    touching=3,
    overlap=2.5,
    gaps=2,
    remainder=2.5,
    negative=1.5,
    layouts=0.5,
)


@groups["touching"].example
def max2d_touching_example():
    yield LECTURE_A[None, None], 2, 2
    yield LECTURE_BATCH, 2, 2


@groups["overlap"].example
def max2d_overlap_example():
    yield ALEXNET_X, 3, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3], 2, 1


mistakes(
    max2d,
    frequent=(
        "number_rounded_up",
        "window_as_stride",
        "stride_ignored",
        "last_window_missing",
        "search_starts_from_zero",
    ),
    number_rounded_up=inside(outputs=rounded_up),
    window_not_subtracted=inside(outputs=sizes_over_step),
    square_map_assumed=inside(outputs=as_many_columns_as_rows),
    corner_for_the_window=inside(reduce=corner),
    mean_for_maximum=inside(reduce=mean),
    minimum_for_maximum=inside(reduce=smallest),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    stride_in_output_size_only=result(lambda z, c: cropped(max_pool2d(c.x, c.window, 1), z)),
    remainder_at_the_top=given(x=cropped_at_the_start),
    channels_and_rows_pooled=CHANNELS_FOR_COLUMNS,
    windows_taken_to_touch=result(lambda z, c: in_blocks(c.x, c.window).max(axis=(3, 5))),
    absolute_values_compared=turned("x", np.abs),
    channels_mixed=result(lambda z, c: z.max(axis=1, keepdims=True) + np.zeros(z.shape)),
    last_window_missing=result(lambda z, c: z[..., :-1, :-1]),
    **ONE_SAMPLE,
    **RETURNED_TOO_EARLY,
    search_starts_from_zero=result(lambda z, c: np.maximum(z, 0.0)),
)

max2d.equivalent("(2, 3) → (3, 2)", because=SQUARE)
max2d.equivalent("(4, 5) → (5, 4)", because=AXES)

max2d.alternative(by_windows(max_pool2d))


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


def im2col(x, k, s):
    """The cells of every window in reading order, (N, C, Ho, Wo, k·k)."""
    rows, columns = (s * np.arange(steps(size, k, s))[:, None] + np.arange(k) for size in x.shape[2:])
    cells = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return cells.reshape(*cells.shape[:4], k * k)


@max2d.alternative
def max2d_by_im2col(x, window, stride):
    return im2col(x, window, stride).max(axis=4)


@max2d.alternative
def max2d_of_slices(x, window, stride):
    Ho, Wo = (steps(size, window, stride) for size in x.shape[2:])
    cells = [
        x[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride]
        for i, j in np.ndindex(window, window)
    ]
    return np.maximum.reduce(cells)


@max2d.alternative
def max2d_by_rows_then_columns(x, window, stride):
    windows = np.lib.stride_tricks.sliding_window_view
    rows = windows(x, window, axis=2)[:, :, ::stride].max(axis=-1)
    return windows(rows, window, axis=3)[:, :, :, ::stride].max(axis=-1)


@max2d.alternative
def max2d_with_channels_last(x, window, stride):
    # float32 inside, and what is returned is a view that lies in memory as N, H, W, C
    images = np.ascontiguousarray(x.transpose(0, 2, 3, 1), dtype=np.float32)
    Ho, Wo = (steps(size, window, stride) for size in x.shape[2:])
    z = np.empty((len(x), Ho, Wo, x.shape[1]), dtype=np.float32)
    for p, q in np.ndindex(Ho, Wo):
        u, v = p * stride, q * stride
        z[:, p, q] = images[:, u : u + window, v : v + window].max(axis=(1, 2))
    return z.transpose(0, 3, 1, 2)


# -------------------------------------------------------------------------------------------- avg_pool2d

avg2d = Exercise(avg_pool2d, points=12, lecture="3.1")

groups = described(
    avg2d,
    PART_TWO,
    lambda rng, group, shape, window, stride: (real(rng, *shape), window, stride),
    lambda rng, H, W, window, stride: (units(1, H, W), window, stride),
    touching=3,
    overlap=2.5,
    gaps=2,
    remainder=2,
    extremes=1.5,
    layouts=0.5,
)


@groups["touching"].example
def avg2d_touching_example():
    yield LECTURE_A[None, None], 2, 2
    yield LECTURE_BATCH, 2, 2


@groups["overlap"].example
def avg2d_overlap_example():
    yield ALEXNET_X, 3, 2
    yield np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3], 2, 1


@avg2d.group(points=0.5, **INTEGERS)
def avg2d_integers(rng):
    yield never_whole(rng, (3, 1, 4, 8), (2, 2)), 2, 2


mistakes(
    avg2d,
    frequent=(
        "window_as_stride",
        "stride_ignored",
        "not_divided",
        "divided_by_one_side",
        "last_window_missing",
        "stored_as_integers",
    ),
    number_rounded_up=inside(outputs=rounded_up),
    window_not_subtracted=inside(outputs=sizes_over_step),
    square_map_assumed=inside(outputs=as_many_columns_as_rows),
    zeros_beyond_the_border=inside(outputs=rounded_up, reduce=mean_with_zeros_beyond_the_border),
    corner_for_the_window=inside(reduce=corner),
    maximum_for_mean=inside(reduce=largest),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    stride_in_output_size_only=result(lambda z, c: cropped(avg_pool2d(c.x, c.window, 1), z)),
    remainder_at_the_top=given(x=cropped_at_the_start),
    channels_and_rows_pooled=CHANNELS_FOR_COLUMNS,
    windows_taken_to_touch=result(lambda z, c: in_blocks(c.x, c.window).mean(axis=(3, 5))),
    channels_mixed=result(lambda z, c: z.mean(axis=1, keepdims=True) + np.zeros(z.shape)),
    not_divided=times(lambda c: c.window**2),
    divided_by_one_side=times(lambda c: c.window),
    divided_by_square_of_stride=times(lambda c: c.window**2 / c.stride**2),
    divided_by_map_size=times(lambda c: c.window**2 / np.prod(c.x.shape[2:])),
    divided_twice=divided_by(lambda c: c.window**2),
    last_window_missing=result(lambda z, c: z[..., :-1, :-1]),
    **ONE_SAMPLE,
    **RETURNED_TOO_EARLY,
    stored_as_integers=like("x"),
    floor_division=result(lambda z, c: np.floor(z)),
)

avg2d.equivalent("(2, 3) → (3, 2)", because=SQUARE)
avg2d.equivalent("(4, 5) → (5, 4)", because=AXES)

avg2d.alternative(by_windows(avg_pool2d))


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
def avg2d_by_im2col(x, window, stride):
    return im2col(x, window, stride) @ np.full(window**2, 1 / window**2)


@avg2d.alternative
def avg2d_by_running_sums(x, window, stride):
    # S[u, v] is the sum of everything above and to the left; four of them give the sum of a window
    S = np.pad(x.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    k = window
    sums = S[:, :, k:, k:] - S[:, :, :-k, k:] - S[:, :, k:, :-k] + S[:, :, :-k, :-k]
    return sums[:, :, ::stride, ::stride] / k**2


def covered(size, count, window, stride):
    """A matrix [u, p]: 1 where window p covers row u, else 0."""
    offset = np.arange(size)[:, None] - stride * np.arange(count)
    return ((offset >= 0) & (offset < window)).astype(float)


@avg2d.alternative
def avg2d_by_matrices(x, window, stride):
    rows, columns = (covered(size, steps(size, window, stride), window, stride) for size in x.shape[2:])
    return np.einsum("up,ncuv,vq->ncpq", rows, x, columns) / window**2


@avg2d.alternative
def avg2d_by_fourier_transform(x, window, stride):
    H, W = x.shape[2:]
    kernel = np.zeros((H, W))
    kernel[:window, :window] = 1 / window**2
    means = np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(kernel).conj(), s=(H, W))
    return means[:, :, : H - window + 1 : stride, : W - window + 1 : stride]


@avg2d.alternative
def avg2d_in_single_precision(x, window, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float32), (window, window), axis=(2, 3))
    return np.asfortranarray(windows[:, :, ::stride, ::stride].mean(axis=(4, 5)))


# ----------------------------------------------------------------------------------- max_pool2d_backward

max_back = Exercise(max_pool2d_backward, points=20, lecture="3.1")


def max_back_args(rng, group, shape, window, stride):
    """The arguments of `max_pool2d_backward` for an input of the given shape."""
    delta = residual(rng, group, shape, window, stride)
    return delta, activations(rng, group, shape, window, stride), window, stride


def max_back_units(rng, H, W, window, stride):
    """Every unit residual as a sample, all with the same activations."""
    P, Q = steps(H, window, stride), steps(W, window, stride)
    x = np.repeat(checkered(rng, 1, 1, H, W), P * Q, axis=0)
    return units(1, P, Q), x, window, stride


groups = described(
    max_back,
    PART_TWO,
    max_back_args,
    max_back_units,
    touching=4,
    overlap=4.5,
    gaps=3,
    remainder=3.5,
    negative=2,
    layouts=1,
)


@groups["touching"].example
def max_back_touching_example():
    yield LECTURE_DELTA[None, None], LECTURE_A[None, None], 2, 2
    yield np.arange(1.0, 17.0).reshape(2, 2, 2, 2), LECTURE_BATCH, 2, 2


@groups["overlap"].example
def max_back_overlap_example():
    yield np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), ALEXNET_X, 3, 2
    x = np.stack([[LECTURE_A, LECTURE_A.T, -LECTURE_A]])[:, :, :3]
    yield np.arange(1.0, 19.0).reshape(1, 3, 2, 3), x, 2, 1


@max_back.group(points=1, **TIES)
def max_back_ties(rng):
    for shape, k in (((3, 1, 4, 8), 2), ((1, 2, 3, 6), 3)):
        delta = residual(rng, "ties", shape, k)
        x, accept = tied(rng, delta, shape, k)
        yield Case((delta, x, k, k), accept=accept)


@max_back.group(points=1, **INTEGERS)
def max_back_integers(rng):
    x = landscape_of_integers(rng, (3, 1, 4, 8), 2)
    yield real(rng, 3, 1, 2, 4), x, 2, 2
    yield odd(rng, 3, 1, 2, 4), x, 2, 2


mistakes(
    max_back,
    frequent=(
        "overwritten_at_the_maximum",
        "whole_residual_to_every_tie",
        "window_as_stride",
        "windows_taken_to_touch",
        "remainder_dropped",
        "divided_by_the_batch",
        "stored_as_integers",
    ),
    overwritten_at_the_maximum=inside(combine=replaced_where_it_arrives),
    replaced_not_added=inside(combine=replaced),
    whole_residual_to_every_tie=inside(share=every_maximum),
    residual_to_all_cells=inside(share=the_whole),
    residual_to_top_left=inside(share=top_left),
    residual_to_minimum=inside(share=first_minimum),
    search_starts_from_zero=inside(share=first_maximum_above_zero),
    residual_to_greatest_magnitude=inside(share=greatest_magnitude),
    row_and_column_swapped=inside(share=maximum_transposed),
    residual_times_maximum=inside(share=maximum_itself),
    rule_of_average_pooling=inside(share=equally),
    channels_mixed=inside(share=maximum_of_all_channels),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    **RESIDUAL_OF_A_BATCH_WRONG,
    windows_taken_to_touch=result(lambda dx, c: copied_to_blocks(c.delta, c.window) * (dx != 0)),
    relu_added=result(lambda dx, c: dx * (c.x > 0)),
    stored_as_integers=like("x"),
)

max_back.equivalent("(i, j) → (j, i)", because=ORDER)

max_back.alternative(by_windows(max_pool2d_backward))
max_back.alternative(by_windows(max_pool2d_backward, share=maxima_equally))


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
def max_back_by_scattering(delta, x, window, stride):
    # the last maximum of every window, as row and column of the map; np.add.at adds up repeated places
    last = window**2 - 1 - im2col(x, window, stride)[..., ::-1].argmax(axis=4)
    n, c, p, q = np.indices(delta.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, p * stride + last // window, q * stride + last % window), delta)
    return dx


@max_back.alternative
def max_back_by_gathering(delta, x, window, stride):
    # every unit asks the windows that hold it whether it is their first maximum
    first = im2col(x, window, stride).argmax(axis=4)
    dx = np.zeros(x.shape)
    for u, v in np.ndindex(x.shape[2:]):
        for p, q in np.ndindex(delta.shape[2:]):
            i, j = u - p * stride, v - q * stride
            if 0 <= i < window and 0 <= j < window:
                dx[:, :, u, v] += np.where(first[:, :, p, q] == i * window + j, delta[:, :, p, q], 0)
    return dx


@max_back.alternative
def max_back_by_derivatives(delta, x, window, stride):
    # the chain rule as a matrix product: ∂z/∂x of every image is a matrix (Ho·Wo, H·W)
    (N, C, H, W), (Ho, Wo) = x.shape, delta.shape[2:]
    place = im2col(np.arange(H * W).reshape(1, 1, H, W), window, stride).reshape(Ho * Wo, window**2)
    first = im2col(x, window, stride).argmax(axis=4).reshape(N, C, Ho * Wo)
    dz_dx = np.eye(H * W)[np.take_along_axis(place[None, None], first[..., None], axis=3)[..., 0]]
    return (delta.reshape(N, C, 1, Ho * Wo) @ dz_dx).reshape(x.shape)


@max_back.alternative
def max_back_in_single_precision(delta, x, window, stride):
    dx = max_pool2d_backward(delta.astype(np.float32), x.astype(np.float32), window, stride)
    return np.asfortranarray(dx, dtype=np.float32)


# ----------------------------------------------------------------------------------- avg_pool2d_backward

avg_back = Exercise(avg_pool2d_backward, points=16, lecture="3.1")


def avg_back_args(rng, group, shape, window, stride):
    """The arguments of `avg_pool2d_backward` for an input of the given shape."""
    return residual(rng, group, shape, window, stride), shape, window, stride


def avg_back_units(rng, H, W, window, stride):
    """Every unit residual as a sample."""
    P, Q = steps(H, window, stride), steps(W, window, stride)
    return units(1, P, Q), (P * Q, 1, H, W), window, stride


groups = described(
    avg_back,
    PART_TWO,
    avg_back_args,
    avg_back_units,
    touching=3.5,
    overlap=4,
    gaps=2.5,
    remainder=3,
    extremes=1.5,
    layouts=0.75,
)


@groups["touching"].example
def avg_back_touching_example():
    yield LECTURE_DELTA[None, None], (1, 1, 4, 4), 2, 2
    yield np.arange(1.0, 13.0).reshape(2, 3, 1, 2), (2, 3, 2, 4), 2, 2


@groups["overlap"].example
def avg_back_overlap_example():
    yield np.array([[[[9.0, 18.0], [27.0, 36.0]]]]), (1, 1, 5, 5), 3, 2
    yield 4 * np.arange(1.0, 13.0).reshape(1, 2, 2, 3), (1, 2, 3, 4), 2, 1


@avg_back.group(points=0.75, **INTEGERS)
def avg_back_integers(rng):
    yield odd(rng, 3, 1, 2, 4), (3, 1, 4, 8), 2, 2


mistakes(
    avg_back,
    frequent=(
        "replaced_not_added",
        "window_as_stride",
        "not_divided",
        "divided_by_one_side",
        "remainder_dropped",
        "divided_by_the_batch",
        "stored_as_integers",
    ),
    replaced_not_added=inside(combine=replaced),
    residual_to_top_left=inside(share=top_left),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    mean_residual_everywhere=turned(
        "delta", lambda delta: delta.mean(axis=(2, 3), keepdims=True) + np.zeros(delta.shape)
    ),
    channels_mixed=turned("delta", lambda delta: delta.mean(axis=1, keepdims=True) + np.zeros(delta.shape)),
    **RESIDUAL_OF_A_BATCH_WRONG,
    windows_taken_to_touch=result(lambda dx, c: copied_to_blocks(c.delta, c.window) / c.window**2),
    not_divided=times(lambda c: c.window**2),
    divided_by_one_side=times(lambda c: c.window),
    divided_by_square_of_stride=times(lambda c: c.window**2 / c.stride**2),
    divided_by_map_size=times(lambda c: c.window**2 / np.prod(c.input_shape[2:])),
    divided_twice=divided_by(lambda c: c.window**2),
    divided_by_coverage=divided_by(lambda c: np.maximum(1, coverage(c))),
    stored_as_integers=like("delta"),
    floor_division=given(delta=lambda c: c.delta // c.window**2 * c.window**2),
)

avg_back.equivalent("(i, j) → (j, i)", because=ORDER)

avg_back.alternative(by_windows(avg_pool2d_backward))


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
def avg_back_by_scattering(delta, input_shape, window, stride):
    n, c, p, q, i, j = np.indices((*delta.shape, window, window))
    dx = np.zeros(input_shape)
    np.add.at(dx, (n, c, p * stride + i, q * stride + j), delta[..., None, None] / window**2)
    return dx


@avg_back.alternative
def avg_back_by_matrices(delta, input_shape, window, stride):
    rows, columns = (
        covered(size, count, window, stride)
        for size, count in zip(input_shape[2:], delta.shape[2:], strict=True)
    )
    return np.einsum("up,ncpq,vq->ncuv", rows, delta, columns) / window**2


def spread_out(delta, input_shape, window, stride):
    """The residuals where their windows start, zeros between them, k − 1 rows and columns of zeros before."""
    N, C, H, W = input_shape
    (Ho, Wo), k = delta.shape[2:], window
    wide = np.zeros((N, C, H + k - 1, W + k - 1))
    wide[:, :, k - 1 : k - 1 + stride * Ho : stride, k - 1 : k - 1 + stride * Wo : stride] = delta
    return wide


@avg_back.alternative
def avg_back_by_gathering(delta, input_shape, window, stride):
    wide = spread_out(delta, input_shape, window, stride)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (window, window), axis=(2, 3))
    return windows.mean(axis=(4, 5))


@avg_back.alternative
def avg_back_by_fourier_transform(delta, input_shape, window, stride):
    wide = spread_out(delta, input_shape, window, stride)
    kernel = np.zeros(wide.shape[2:])
    kernel[:window, :window] = 1 / window**2
    dx = np.fft.irfft2(np.fft.rfft2(wide) * np.fft.rfft2(kernel), s=wide.shape[2:])
    return dx[:, :, window - 1 :, window - 1 :]


@avg_back.alternative
def avg_back_by_running_sums(delta, input_shape, window, stride):
    # a residual enters at a window's first row and leaves behind its last; likewise for columns
    wide = spread_out(delta / window**2, input_shape, window, stride)
    sums = np.pad(wide.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    k = window
    return sums[:, :, k:, k:] - sums[:, :, :-k, k:] - sums[:, :, k:, :-k] + sums[:, :, :-k, :-k]


@avg_back.alternative
def avg_back_in_single_precision(delta, input_shape, window, stride):
    dx = avg_pool2d_backward(delta.astype(np.float32), input_shape, window, stride)
    return np.asfortranarray(dx, dtype=np.float32)
