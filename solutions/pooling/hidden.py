"""The tests of the assignment `pooling` (lecture 3.1): cases and misconceptions.

Part one of the assignment pools one map with a window equal to the stride, part two a batch with channels,
where windows touch, overlap, leave gaps, or leave rows and columns over. The exercises of a part share their
table of sizes, in which samples, channels, the window and both sides of the output differ. Upstream residuals
are never all ones, which would hide a mean or a mixed-up window.

What is linear in the residual (for averages: in the activations) is also called with a whole basis, at the
lecture's size, 4×4 with 2×2, and at AlexNet's, 3×3 with stride 2: a function that passes is right for every
residual of that size.

A mistake costs the same groups in every draw. So it is not left to chance whether a window's maximum is
positive, where it is, or whether two windows share it: see `landscape`, `checkered` and `tied`.
"""

import functools
import inspect

import numpy as np

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import (
    afterwards,
    both,
    changed,
    divided_by,
    given,
    instead,
    like,
    result,
    switched,
    times,
)
from autograder.cnn.comparators import Shares

from .. import windows
from ..catalogue import (
    SIZES_REFUSED,
    added_into,
    columns_as_rows,
    cropped,
    left_over,
    loops_over_input_positions,
    map_before,
    odd,
    only,
    real,
    slopes,
    stops,
    uncancelled,
    units,
    until,
    whole,
    without_last_windows,
)
from ..windows import largest, mean, pair, pooled, routed, steps, whole_windows
from . import notebook as nb

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share


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


def telling(window, step, x):
    """Whether windows that overlap share a maximum, a pit is the greatest, and other windows have others."""
    cells = np.lib.stride_tricks.sliding_window_view(x, (window, window), axis=(2, 3))
    everywhere = cells.max(axis=(4, 5))
    z = everywhere[:, :, ::step, ::step]
    Ho, Wo = z.shape[2:]
    rows_only, columns_only = everywhere[:, :, ::step, :Wo], everywhere[:, :, :Ho, ::step]
    others = step == 1 or (np.any(z != rows_only) and np.any(z != columns_only))
    pit = (-cells.min(axis=(4, 5)) > everywhere)[:, :, ::step, ::step]
    return np.unique(z).size < z.size and pit.any() and others


def cells_of_windows(shape, window, step):
    """For every window of an array (…, H, W), the indices of the cells that belong to no other window.

    Windows and their cells are in reading order, but each window starts with a different cell.
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


MAP = np.array([[1.0, 3, 2, 0], [5, 4, 1, 6], [2, 7, 8, 3], [0, 1, 4, 2]])
DELTA = np.array([[4.0, -8.0], [2.0, 6.0]])
SLOPES = np.array([[1.0, 0.5, 1, 0], [0.5, 1, 0.5, 1], [0, 0.5, 1, 0.5], [1, 1, 0.5, 0]])
BATCH = np.stack([[MAP, MAP.T], [-MAP, MAP[::-1]]])
ALEXNET_X = np.array(
    [[[[1.0, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 20, 13, 14], [15, 16, 17, 18, 19], [21, 22, 0, 23, 24]]]]
)

# ----------------------------------------------------------------------------------- the groups of cases
# Of part one: the map (H, W) and the window (m, n). H and W both are multiples of m and of n: who confuses
# these gets the same wrong answer in a loop and by reshaping.

PART_ONE = {
    "lecture": [((4, 4), (2, 2))],
    "rectangular": [((6, 12), (2, 3)), ((4, 8), (4, 1)), ((6, 4), (2, 2))],
    "extremes": [((3, 3), (1, 1)), ((3, 3), (3, 3))],
    "negative": [((4, 4), (2, 2)), ((3, 3), (3, 3))],
    "layouts": [((4, 4), (2, 2))] * 3 + [((2, 2), (1, 1))],
}

# Of part two: the input (N, C, H, W), window, stride. The first case of "touching" is the base, from which
# the groups up to "negative" differ in what they are named after. Several samples come with stride 1: neither
# who forgets the stride nor who takes the window for it loses everything.

PART_TWO = {
    "touching": [((1, 1, 4, 4), 2, 2), ((1, 1, 6, 6), 3, 3)],
    "channels": [((1, 3, 4, 4), 2, 2)],
    "oblong": [((1, 1, 4, 8), 2, 2), ((1, 1, 9, 6), 3, 3)],
    "stride_one": [((1, 1, 4, 4), 2, 1), ((1, 1, 5, 5), 3, 1)],
    "batch": [((3, 1, 4, 4), 2, 1)],
    "overlap": [((1, 1, 5, 5), 3, 2)],
    "gaps": [((1, 1, 5, 5), 2, 3), ((1, 1, 3, 3), 1, 2)],
    "remainder": [((1, 1, 5, 5), 2, 2), ((1, 1, 6, 6), 3, 2), ((1, 1, 6, 6), 2, 3)],
    "negative": [((1, 1, 6, 6), 2, 2), ((1, 1, 4, 4), 4, 5)],
    "extremes": [((1, 1, 4, 4), 1, 1), ((1, 1, 4, 4), 4, 5)],
    "everything": [((2, 5, 8, 5), 3, 2), ((5, 2, 10, 13), 2, 3), ((2, 3, 6, 9), 3, 3)],
    "layouts": [((1, 1, 6, 6), 2, 2)] * 3 + [((1, 1, 3, 3), 1, 1)],
}

HIDDEN = {"extremes", "negative", "remainder", "everything", "layouts"}

BASES = [(4, 4, 2, 2), (5, 5, 3, 2)]
"""H, W, window and stride of the bases that `described` can add to the group `everything`."""


def described(exercise, table, points, call, basis=None):
    """Add the groups of a table that are named in `points`; returns them by their names.

    Parameters
    ----------
    call : function
        `call(rng, group, *size)` gives the arguments of a case.
    basis : function, optional
        `basis(rng, H, W, window, stride)` gives more cases of `everything`, for `BASES`.
    """

    def draw(name, sizes, rng):
        for size, layout in zip(sizes, ("fortran", "strided", "readonly", "C"), strict=False):
            args = call(rng, name, *size)
            yield Case(args, layout=layout, fresh=True) if name == "layouts" else Case(args)
        if basis and name == "everything":
            yield from (Case(basis(rng, *size)) for size in BASES)

    def group(name):
        add = exercise.group(name, points=points[name], visible=name not in HIDDEN)
        return add(functools.partial(draw, name, table[name]))

    return {name: group(name) for name in points}


def activations(rng, group, shape, window, step=None):
    """Activations for max pooling."""
    if step is not None and step < window:
        return until(functools.partial(telling, window, step), lambda: checkered(rng, *shape))
    return (below_zero if group == "negative" else landscape)(rng, shape, window, step)


def residual(rng, group, shape, window, step=None):
    """The upstream residual; small whole numbers at the lecture's size."""
    outputs = whole_windows(shape[-2:], pair(window), pair(step or window))
    return (whole if group == "lecture" else real)(rng, *shape[:-2], *outputs)


# ------------------------------------------------------------- the right functions, window by window
# Their switches, those of `windows.pooled` and `windows.routed`, are what people get wrong inside the loop.


def rounded_up(sizes, window, step):
    return [-((m - size) // s) + 1 for size, m, s in zip(sizes, window, step, strict=True)]


def sizes_over_step(sizes, window, step):
    return np.floor_divide(sizes, step)


def as_many_columns_as_rows(sizes, window, step):
    Ho, _ = whole_windows(sizes, window, step)
    return Ho, Ho


def smallest(cells, window):
    return cells.min(axis=(-2, -1))


def mean_with_zeros_beyond_the_border(cells, window):
    return cells.sum(axis=(-2, -1)) / np.prod(window)


def corner(cells, window):
    return cells[..., 0, 0]


def first_maximum_above_zero(cells, window):
    return np.where(
        cells.max(axis=(-2, -1), keepdims=True) > 0,
        windows.first_maximum(cells, window),
        windows.top_left(cells, window),
    )


def maximum_itself(cells, window):
    return windows.first_maximum(cells, window) * cells.max(axis=(-2, -1), keepdims=True)


BY_WINDOWS = {
    nb.max_pool: lambda a, window, *, step=None, reduce=largest: pooled(a, window, step or window, reduce),
    nb.avg_pool: lambda a, window, *, step=None, reduce=mean: pooled(a, window, step or window, reduce),
    nb.upsample: lambda delta, window, *, share=windows.the_whole: routed(
        delta, np.zeros(np.multiply(delta.shape, window)), window, window, share
    ),
    nb.max_pool_residual: lambda delta, a, window, dsigma, *, share=windows.first_maximum: (
        routed(delta, a, window, window, share) * dsigma
    ),
    nb.avg_pool_residual: lambda delta, window, dsigma, *, share=windows.equally: (
        routed(delta, dsigma, window, window, share) * dsigma
    ),
    nb.max_pool2d: lambda x, window, stride, *, reduce=largest, **how: pooled(
        x, window, stride, reduce, **how
    ),
    nb.avg_pool2d: lambda x, window, stride, *, reduce=mean, **how: pooled(x, window, stride, reduce, **how),
    nb.max_pool2d_backward: lambda delta, x, window, stride, *, share=windows.first_maximum, **how: routed(
        delta, x, window, stride, share, **how
    ),
    nb.avg_pool2d_backward: lambda delta, input_shape, window, stride, *, share=windows.equally, **how: (
        routed(delta, np.zeros(input_shape), window, stride, share, **how)
    ),
}


def by_windows(reference, **how):
    """A right function written window by window, or a wrong one: with switches of `pooled` or `routed`."""
    function = switched(BY_WINDOWS[reference])(**how)(reference)
    function.__name__ = f"{reference.__name__}_by_windows"
    return function


# --------------------------------------------------------------------------------------- misconceptions


def inside(**how):
    """A transform: the function as a loop over windows with one step changed.

    Two such transforms accumulate; they must precede transforms of arguments and results.
    """
    return lambda function: by_windows(
        inspect.unwrap(function), **{**getattr(function, "switches", {}), **how}
    )


def windows_at(**changes):
    """A transform: `given` another window or stride; a window may then extend beyond the map."""
    return both(inside(), given(**changes))


def done_only(kept):
    """A transform: only a part of the result is computed, the rest is 0."""
    return result(lambda value, call: only(kept)(value))


FIRST_WINDOW = np.s_[..., :1, :1]
FIRST_ROW = np.s_[..., :1, :]


def in_blocks(x, k):
    """The windows of a batch where they touch and nothing is left over, (N, C, Ho, k, Wo, k)."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k)


def copied_to_blocks(delta, k):
    return delta.repeat(k, axis=2).repeat(k, axis=3)


def cropped_at_the_start(call):
    u, v = left_over(call)
    return call.x[..., u:, v:]


def oblong_map(call):
    return call.a.shape[0] != call.a.shape[1]


def cut_along_wrong_axes(a, window):
    """The map whose windows hold the cells that reshaping to (P, Q, m, n) wrongly groups."""
    P, Q = np.floor_divide(a.shape, window)
    return a.reshape(P, Q, *window).swapaxes(1, 2).reshape(a.shape)


def pasted_along_wrong_axes(a, window):
    """The inverse: the cells of the windows, one window after the other."""
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
    """The number of windows that cover each unit."""
    ones = np.ones(call.delta.shape)
    return by_windows(nb.avg_pool2d_backward, share=windows.the_whole)(
        ones, call.input_shape, call.window, call.stride
    )


# Misconceptions that several exercises share.

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
ONE_SAMPLE = {"first_sample_only": done_only(np.s_[:1]), "last_sample_only": done_only(np.s_[-1:])}
RETURNED_TOO_EARLY = {"first_window_only": done_only(FIRST_WINDOW), "first_row_only": done_only(FIRST_ROW)}
RESIDUAL_WRONG = {
    "residual_from_above_missing": changed("delta", np.ones_like),
    "first_window_only": changed("delta", only(FIRST_WINDOW)),
    "first_row_only": changed("delta", only(FIRST_ROW)),
}
SIGMA_PRIME_WRONG = {
    "sigma_prime_missing": changed("dsigma", np.ones_like),
    "sigma_prime_twice": changed("dsigma", np.square),
    "sigma_prime_of_the_corner": given(
        dsigma=lambda c: nb.upsample(c.dsigma[:: c.window[0], :: c.window[1]], c.window)
    ),
}
RESIDUAL_OF_A_BATCH_WRONG = {
    **RESIDUAL_WRONG,
    "square_map_assumed": changed("delta", columns_as_rows),
    "remainder_dropped": result(lambda dx, c: cropped(dx, np.subtract(dx.shape[-2:], left_over(c)))),
    "remainder_at_the_top": result(lambda dx, c: np.roll(dx, left_over(c), axis=(-2, -1))),
    "divided_by_the_batch": divided_by(lambda c: len(c.delta)),
    **ONE_SAMPLE,
}


def inner_part(reduce):
    """The cells of a slice that ends one row and one column too early."""
    return lambda cells, window: reduce(cells[..., :-1, :-1], window)


NUMBER_OF_WINDOWS_WRONG = {
    "last_windows_left_out": afterwards(without_last_windows),
    **SIZES_REFUSED,
}
RESIDUALS_MISCOUNTED = {
    "window_not_subtracted": stops(
        lambda c: np.any(np.floor_divide(map_before(c), c.stride) > c.delta.shape[2:]), IndexError
    ),
    "loops_over_input_positions": loops_over_input_positions,
    "last_windows_left_out": changed("delta", without_last_windows),
    **SIZES_REFUSED,
}
CHANNELS_FOR_COLUMNS = both(
    given(x=lambda c: np.moveaxis(c.x, 3, 1)), result(lambda z, c: np.moveaxis(z, 1, 3))
)

# Why some mutants are equivalent to the reference.
AXES = "a set of axes is reduced at once; their order changes nothing"
SQUARE = "the two axes of a square window change places, and both are reduced at once"
ORDER = "i and j run over the same square either way; only the order of the sum changes"


# ---------------------------------------------------------------------------------------------- max_pool

maximum = Exercise(nb.max_pool, points=6, lecture="3.1")

groups = described(
    maximum,
    PART_ONE,
    {"lecture": 3, "rectangular": 1.5, "negative": 1.25, "layouts": 0.25},
    lambda rng, group, shape, window: (activations(rng, group, shape, window), window),
)
groups["lecture"].example((MAP, (2, 2)))

maximum.add_misconceptions(
    frequent=("search_starts_from_zero", "window_transposed", "square_window"),
    step_of_one=inside(step=1),
    stride_in_output_size_only=result(lambda z, c: cropped(pooled(c.a, c.window, 1, largest), z.shape[-2:])),
    corner_for_the_window=inside(reduce=corner),
    mean_for_maximum=inside(reduce=mean),
    minimum_for_maximum=inside(reduce=smallest),
    **WINDOW_CONFUSED,
    cut_along_wrong_axes=given(a=lambda c: cut_along_wrong_axes(c.a, c.window)),
    absolute_values_compared=changed("a", np.abs),
    search_starts_from_zero=result(lambda z, c: np.maximum(z, 0.0)),
    **RETURNED_TOO_EARLY,
    square_map_assumed=instead(
        lambda a, window: pooled(a, window, window, largest, outputs=as_many_columns_as_rows)
    ),
    slice_one_too_short=inside(reduce=inner_part(largest)),
    last_windows_left_out=afterwards(without_last_windows),
    square_maps_only=stops(oblong_map),
)

maximum.equivalent("(1, 3) → (3, 1)", because=AXES)


# ---------------------------------------------------------------------------------------------- avg_pool

average = Exercise(nb.avg_pool, points=6, lecture="3.1")

groups = described(
    average,
    PART_ONE,
    {"lecture": 3, "rectangular": 1.5, "extremes": 1, "layouts": 0.25},
    lambda rng, group, shape, window: uncancelled(
        nb.avg_pool, lambda: ((whole if group == "lecture" else real)(rng, *shape), window)
    ),
)
groups["lecture"].example((MAP, (2, 2)))
average.group("integers", points=0.25, visible=False)(
    lambda rng: [(never_whole(rng, (4, 4), (2, 2)), (2, 2))]
)

average.add_misconceptions(
    frequent=("not_divided", "window_transposed", "stored_as_integers"),
    step_of_one=inside(step=1),
    stride_in_output_size_only=result(lambda z, c: cropped(pooled(c.a, c.window, 1, mean), z.shape[-2:])),
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
    square_map_assumed=instead(
        lambda a, window: pooled(a, window, window, mean, outputs=as_many_columns_as_rows)
    ),
    slice_one_too_short=inside(reduce=inner_part(mean)),
    last_windows_left_out=afterwards(without_last_windows),
    square_maps_only=stops(oblong_map),
)

average.equivalent("(1, 3) → (3, 1)", because=AXES)


# ---------------------------------------------------------------------------------------------- upsample

enlarged = Exercise(nb.upsample, points=6, lecture="3.1")

groups = described(
    enlarged,
    PART_ONE,
    {"lecture": 2.5, "rectangular": 1.5, "extremes": 0.75, "layouts": 0.25},
    lambda rng, group, shape, window: (residual(rng, group, shape, window), window),
)
groups["lecture"].example((np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 3)), (DELTA, (2, 2)))


@enlarged.group("basis", points=1, visible=False, fixed=True)
def enlarged_units(rng):
    for delta in units(2, 2):
        yield delta, (2, 2)


enlarged.add_misconceptions(
    frequent=("upsampled_and_divided", "window_transposed", "tiled"),
    upsampled_with_zeros=inside(share=windows.top_left),
    tiled=result(lambda up, c: np.tile(c.delta, c.window)),
    folded_from_one_line=result(lambda up, c: folded_from_one_line(c.delta, c.window)),
    **WINDOW_CONFUSED,
    upsampled_rows_only=given(window=lambda c: (c.window[0], 1)),
    upsampled_columns_only=given(window=lambda c: (1, c.window[1])),
    first_window_only=changed("delta", only(FIRST_WINDOW)),
    first_row_only=changed("delta", only(FIRST_ROW)),
    upsampled_and_divided=divided_by(lambda c: np.prod(c.window)),
)


# ------------------------------------------------------------------------------------- max_pool_residual

max_residual = Exercise(nb.max_pool_residual, points=12, lecture="3.1")

groups = described(
    max_residual,
    PART_ONE,
    {"lecture": 4, "rectangular": 2.5, "negative": 1.5, "layouts": 0.5},
    lambda rng, group, shape, window: (
        residual(rng, group, shape, window),
        activations(rng, group, shape, window),
        window,
        slopes(rng, *shape),
    ),
)
groups["lecture"].example((DELTA, MAP, (2, 2), SLOPES), (np.array([[3.0], [-2.0]]), MAP, (2, 4), SLOPES))


@max_residual.group("basis", points=1.5, visible=False)
def max_residual_units(rng):
    a, dsigma = landscape(rng, (4, 4), (2, 2)), slopes(rng, 4, 4)
    for delta in units(2, 2):
        yield delta, a, (2, 2), dsigma


@max_residual.group("relu", points=1)
def max_residual_relu(rng):
    z = landscape(rng, (4, 6), (2, 2))
    corners = z[::2, ::2]
    corners[:] = np.where(corners < z.size, -np.abs(corners), corners)  # off, unless they are peaks
    z[:2, :2] = -np.abs(z[:2, :2])  # a window that is off altogether
    yield real(rng, 2, 3), np.maximum(z, 0), (2, 2), np.where(z > 0, 1.0, 0.0)


@max_residual.group("ties", points=0.5, visible=False)
def max_residual_ties(rng):
    for shape, window in (((4, 4), (2, 2)), ((4, 9), (2, 3))):
        delta, dsigma = residual(rng, "ties", shape, window), slopes(rng, *shape)
        a, accept = tied(rng, delta, shape, window, dsigma)
        yield Case((delta, a, window, dsigma), accept=accept)


@max_residual.group("integers", points=0.5, visible=False)
def max_residual_integers(rng):
    a = landscape_of_integers(rng, (6, 4), (2, 2))
    yield real(rng, 3, 2), a, (2, 2), slopes(rng, 6, 4)
    yield odd(rng, 3, 2), a, (2, 2), slopes(rng, 6, 4)


max_residual.add_misconceptions(
    frequent=(
        "whole_residual_to_every_tie",
        "residual_to_all_cells",
        "sigma_prime_missing",
        "stored_as_integers",
    ),
    whole_residual_to_every_tie=inside(share=windows.every_maximum),
    residual_to_all_cells=inside(share=windows.the_whole),
    residual_to_top_left=inside(share=windows.top_left),
    residual_to_minimum=inside(share=windows.first_minimum),
    search_starts_from_zero=inside(share=first_maximum_above_zero),
    residual_to_greatest_magnitude=inside(share=windows.greatest_magnitude),
    residual_times_maximum=inside(share=maximum_itself),
    rule_of_average_pooling=inside(share=windows.equally),
    row_and_column_swapped=result(lambda dx, c: maximum_with_row_and_column_swapped(c)),
    only_maximum_of_the_map=result(lambda dx, c: dx * (c.a == c.a.max())),
    tiled=both(changed("delta", np.ones_like), result(lambda dx, c: np.tile(c.delta, c.window) * dx)),
    cut_along_wrong_axes=both(
        given(a=lambda c: cut_along_wrong_axes(c.a, c.window), dsigma=lambda c: np.ones(c.a.shape)),
        result(lambda dx, c: c.dsigma * pasted_along_wrong_axes(dx, c.window)),
    ),
    **WINDOW_CONFUSED,
    **RESIDUAL_WRONG,
    **SIGMA_PRIME_WRONG,
    sigma_prime_of_relu_assumed=given(dsigma=lambda c: c.a > 0),
    residual_stored_as_integers=given(delta=lambda c: c.delta.astype(c.a.dtype)),
    stored_as_integers=like("a"),
    floats_added_to_integers=added_into("a"),
    last_windows_left_out=changed("delta", without_last_windows),
)


# ------------------------------------------------------------------------------------- avg_pool_residual

avg_residual = Exercise(nb.avg_pool_residual, points=10, lecture="3.1")

groups = described(
    avg_residual,
    PART_ONE,
    {"lecture": 3.5, "rectangular": 2.5, "extremes": 1.5, "layouts": 0.5},
    lambda rng, group, shape, window: (residual(rng, group, shape, window), window, slopes(rng, *shape)),
)
groups["lecture"].example((DELTA, (2, 2), SLOPES), (np.array([[8.0], [-4.0]]), (2, 4), SLOPES))


@avg_residual.group("basis", points=1.5, visible=False)
def avg_residual_units(rng):
    dsigma = slopes(rng, 4, 4)
    for delta in units(2, 2):
        yield delta, (2, 2), dsigma


avg_residual.group("integers", points=0.5, visible=False)(
    lambda rng: [(odd(rng, 3, 2), (2, 2), slopes(rng, 6, 4))]
)

avg_residual.add_misconceptions(
    frequent=("not_divided", "sigma_prime_missing", "stored_as_integers"),
    residual_to_top_left=inside(share=windows.top_left),
    **WINDOW_CONFUSED,
    not_divided=times(lambda c: np.prod(c.window)),
    divided_by_one_side=times(lambda c: c.window[1]),
    divided_by_map_size=times(lambda c: np.prod(c.window) / c.dsigma.size),
    divided_twice=divided_by(lambda c: np.prod(c.window)),
    tiled=result(lambda dx, c: np.tile(c.delta, c.window) / np.prod(c.window) * c.dsigma),
    folded_from_one_line=result(
        lambda dx, c: folded_from_one_line(c.delta, c.window) / np.prod(c.window) * c.dsigma
    ),
    mean_residual_everywhere=changed("delta", lambda delta: np.full(delta.shape, delta.mean())),
    **RESIDUAL_WRONG,
    **SIGMA_PRIME_WRONG,
    stored_as_integers=like("delta"),
    floor_division=given(delta=lambda c: c.delta // np.prod(c.window) * np.prod(c.window)),
    floats_added_to_integers=added_into("delta"),
    last_windows_left_out=changed("delta", without_last_windows),
)

avg_residual.equivalent("(m, n) → (n, m)", because="m and n are only multiplied with each other")


# -------------------------------------------------------------------------------------------- max_pool2d

max2d = Exercise(nb.max_pool2d, points=12, lecture="3.1")

groups = described(
    max2d,
    PART_TWO,
    {"touching": 2, "channels": 1, "oblong": 1.25, "stride_one": 1.5, "batch": 1, "overlap": 1.25, "gaps": 1}
    | {"remainder": 1, "negative": 0.75, "everything": 0.75, "layouts": 0.5},
    lambda rng, group, *size: (activations(rng, group, *size), *size[1:]),
)
groups["touching"].example((MAP[None, None], 2, 2))
groups["batch"].example((BATCH, 2, 1))
groups["overlap"].example((ALEXNET_X, 3, 2))

max2d.add_misconceptions(
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
    stride_in_output_size_only=result(lambda z, c: cropped(nb.max_pool2d(c.x, c.window, 1), z.shape[-2:])),
    remainder_at_the_top=given(x=cropped_at_the_start),
    channels_and_rows_pooled=CHANNELS_FOR_COLUMNS,
    windows_taken_to_touch=result(lambda z, c: in_blocks(c.x, c.window).max(axis=(3, 5))),
    absolute_values_compared=changed("x", np.abs),
    channels_mixed=result(lambda z, c: z.max(axis=1, keepdims=True) + np.zeros(z.shape)),
    last_window_missing=result(lambda z, c: z[..., :-1, :-1]),
    **ONE_SAMPLE,
    **RETURNED_TOO_EARLY,
    search_starts_from_zero=result(lambda z, c: np.maximum(z, 0.0)),
    batch_and_channels_mixed=result(lambda z, c: z.max(axis=(0, 1), keepdims=True) + np.zeros(z.shape)),
    slice_one_too_short=inside(reduce=inner_part(largest)),
    **NUMBER_OF_WINDOWS_WRONG,
)

max2d.equivalent("(2, 3) → (3, 2)", because=SQUARE)
max2d.equivalent("(4, 5) → (5, 4)", because=AXES)


# -------------------------------------------------------------------------------------------- avg_pool2d

avg2d = Exercise(nb.avg_pool2d, points=12, lecture="3.1")

groups = described(
    avg2d,
    PART_TWO,
    {"touching": 2, "channels": 1, "oblong": 1.25, "stride_one": 1.25, "batch": 1, "overlap": 1.25, "gaps": 1}
    | {"remainder": 1, "extremes": 0.75, "everything": 0.5, "layouts": 0.5},
    lambda rng, group, shape, window, stride: (real(rng, *shape), window, stride),
    lambda rng, H, W, window, stride: (units(1, H, W), window, stride),
)
groups["touching"].example((MAP[None, None], 2, 2))
groups["batch"].example((BATCH, 2, 1))
groups["overlap"].example((ALEXNET_X, 3, 2))
avg2d.group("integers", points=0.5, visible=False)(
    lambda rng: [(never_whole(rng, (1, 1, 4, 4), (2, 2)), 2, 2)]
)

avg2d.add_misconceptions(
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
    stride_in_output_size_only=result(lambda z, c: cropped(nb.avg_pool2d(c.x, c.window, 1), z.shape[-2:])),
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
    batch_and_channels_mixed=result(lambda z, c: z.mean(axis=(0, 1), keepdims=True) + np.zeros(z.shape)),
    slice_one_too_short=inside(reduce=inner_part(mean)),
    floats_added_to_integers=added_into("x"),
    **NUMBER_OF_WINDOWS_WRONG,
)

avg2d.equivalent("(2, 3) → (3, 2)", because=SQUARE)
avg2d.equivalent("(4, 5) → (5, 4)", because=AXES)


# ----------------------------------------------------------------------------------- max_pool2d_backward

max_back = Exercise(nb.max_pool2d_backward, points=20, lecture="3.1")


def unit_residuals(H, W, window, stride):
    """Every unit residual as a sample, for one of `BASES`."""
    return units(1, steps(H, window, stride), steps(W, window, stride))


def max_back_units(rng, H, W, window, stride):
    """Every unit residual, all with the same activations."""
    delta = unit_residuals(H, W, window, stride)
    return delta, np.repeat(checkered(rng, 1, 1, H, W), len(delta), axis=0), window, stride


groups = described(
    max_back,
    PART_TWO,
    {"touching": 3.5, "channels": 1.5, "oblong": 2, "stride_one": 2, "batch": 1.5, "overlap": 2.5}
    | {"gaps": 1.5, "remainder": 1.5, "negative": 1, "everything": 1, "layouts": 0.5},
    lambda rng, group, *size: (residual(rng, group, *size), activations(rng, group, *size), *size[1:]),
    max_back_units,
)
groups["touching"].example((DELTA[None, None], MAP[None, None], 2, 2))
groups["overlap"].example((np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), ALEXNET_X, 3, 2))


@max_back.group("ties", points=0.75, visible=False)
def max_back_ties(rng):
    for shape, k in (((1, 1, 6, 6), 2), ((1, 1, 6, 6), 3)):
        delta = residual(rng, "ties", shape, k)
        x, accept = tied(rng, delta, shape, k)
        yield Case((delta, x, k, k), accept=accept)


@max_back.group("integers", points=0.75, visible=False)
def max_back_integers(rng):
    x = landscape_of_integers(rng, (1, 1, 6, 6), 2)
    yield real(rng, 1, 1, 3, 3), x, 2, 2
    yield odd(rng, 1, 1, 3, 3), landscape(rng, x.shape, 2), 2, 2
    yield odd(rng, 1, 1, 3, 3), x, 2, 2


max_back.add_misconceptions(
    frequent=(
        "overwritten_at_the_maximum",
        "whole_residual_to_every_tie",
        "window_as_stride",
        "windows_taken_to_touch",
        "remainder_dropped",
        "divided_by_the_batch",
        "stored_as_integers",
    ),
    overwritten_at_the_maximum=inside(combine=windows.replaced_where_it_arrives),
    replaced_not_added=inside(combine=windows.replaced),
    whole_residual_to_every_tie=inside(share=windows.every_maximum),
    residual_to_all_cells=inside(share=windows.the_whole),
    residual_to_top_left=inside(share=windows.top_left),
    residual_to_minimum=inside(share=windows.first_minimum),
    search_starts_from_zero=inside(share=first_maximum_above_zero),
    residual_to_greatest_magnitude=inside(share=windows.greatest_magnitude),
    row_and_column_swapped=inside(share=windows.maximum_transposed),
    residual_times_maximum=inside(share=maximum_itself),
    rule_of_average_pooling=inside(share=windows.equally),
    channels_mixed=inside(share=windows.maximum_of_all_channels),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    **RESIDUAL_OF_A_BATCH_WRONG,
    windows_taken_to_touch=result(lambda dx, c: copied_to_blocks(c.delta, c.window) * (dx != 0)),
    relu_added=result(lambda dx, c: dx * (c.x > 0)),
    stored_as_integers=like("x"),
    floats_added_to_integers=added_into("x"),
    **RESIDUALS_MISCOUNTED,
)

max_back.equivalent("(i, j) → (j, i)", because=ORDER)


# ----------------------------------------------------------------------------------- avg_pool2d_backward

avg_back = Exercise(nb.avg_pool2d_backward, points=16, lecture="3.1")


def avg_back_units(rng, H, W, window, stride):
    """Every unit residual."""
    delta = unit_residuals(H, W, window, stride)
    return delta, (len(delta), 1, H, W), window, stride


groups = described(
    avg_back,
    PART_TWO,
    {"touching": 2.5, "channels": 1.25, "oblong": 1.75, "stride_one": 1.75, "batch": 1.25, "overlap": 2.25}
    | {"gaps": 1.25, "remainder": 1.25, "extremes": 1, "everything": 1, "layouts": 0.5},
    lambda rng, group, *size: (residual(rng, group, *size), *size),
    avg_back_units,
)
groups["touching"].example((DELTA[None, None], (1, 1, 4, 4), 2, 2))
groups["overlap"].example((np.array([[[[9.0, 18.0], [27.0, 36.0]]]]), (1, 1, 5, 5), 3, 2))
avg_back.group("integers", points=0.25, visible=False)(
    lambda rng: [(odd(rng, 1, 1, 2, 2), (1, 1, 4, 4), 2, 2)]
)

avg_back.add_misconceptions(
    frequent=(
        "replaced_not_added",
        "window_as_stride",
        "not_divided",
        "divided_by_one_side",
        "remainder_dropped",
        "divided_by_the_batch",
        "stored_as_integers",
    ),
    replaced_not_added=inside(combine=windows.replaced),
    residual_to_top_left=inside(share=windows.top_left),
    indices_from_one=inside(first=1),
    **WINDOW_AND_STRIDE_CONFUSED,
    mean_residual_everywhere=changed(
        "delta", lambda delta: delta.mean(axis=(2, 3), keepdims=True) + np.zeros(delta.shape)
    ),
    channels_mixed=changed("delta", lambda delta: delta.mean(axis=1, keepdims=True) + np.zeros(delta.shape)),
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
    floats_added_to_integers=added_into("delta"),
    **RESIDUALS_MISCOUNTED,
)

avg_back.equivalent("(i, j) → (j, i)", because=ORDER)
