"""The tests of the assignment `models` (lecture 4): cases and misconceptions.

The backward passes get random residuals, never ones, in sizes that all differ. What is linear in the residual
is also called with a basis: each unit residual is a sample of its own. The counting exercises draw their
layers, so that known figures of AlexNet or ResNet-50 earn nothing; extents, strides, paddings and remainders
are such that two ways of counting never agree.

A mistake costs the same groups in every draw. So whatever decides whether it shows is not left to chance:
signs, remainders, which of two numbers is greater, whether groups divide.
"""

import functools
import math

import numpy as np

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    afterwards,
    changed,
    divided_by,
    given,
    instead,
    like,
    result,
    switched,
    times,
)
from autograder.judging.comparison import Exact

from .. import windows
from ..catalogue import (
    different,
    integers,
    layouts,
    odd,
    only,
    real,
    sized,
    uncancelled,
    units,
    varied,
    whole,
)
from .notebook import (
    DROPOUT,
    LRN,
    RELU,
    SOFTMAX,
    alexnet_layers,
    avg_pool,
    basic_layers,
    batch_norm,
    bottleneck_layers,
    conv,
    dropout_backward,
    dropout_forward,
    fully_connected,
    inception_backward,
    layer_macs,
    layer_parameters,
    max_pool,
    model_totals,
    output_shape,
    relu_backward,
    relu_pool_backward,
    residual_backward,
    resnet_layers,
)

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share


def of_both_signs(rng, *shape):
    """Numbers of magnitude 0.5 to 2; half of them, in random places, are negative.

    Of either sign, every other number is below 1 in magnitude: a limit at 1 is not a limit at 0.
    """
    size = int(np.prod(shape))
    low = np.resize([0.5, 0.5, 1.1, 1.1], size)
    numbers = np.resize([-1.0, 1.0], size) * (low + rng.uniform(0, 0.4 + 0.5 * (low > 1)))
    return rng.permutation(numbers).reshape(shape)


def mask_of(rng, *shape):
    """A mask that keeps two of three units: not the share of any `keep` in the cases."""
    size = int(np.prod(shape))
    return rng.permutation(np.resize([1.0, 0.0, 1.0], size)).reshape(shape)


def probability(rng):
    """A probability of being kept that is neither a half nor the share of the mask."""
    return float(rng.choice([0.25, 0.3, 0.4, 0.75, 0.8, 0.9]))


WRONG_BATCH = {
    "first_sample_only": afterwards(only(np.s_[:1])),
    "last_sample_only": afterwards(only(np.s_[-1:])),
    "divided_by_the_batch": divided_by(lambda c: len(c.delta)),
    "samples_mixed": afterwards(lambda dx: dx.sum(axis=0, keepdims=True) + np.zeros(dx.shape)),
}

# ----------------------------------------------------------------------------------------- relu_backward

relu = Exercise(relu_backward, points=6, lecture="4")


@relu.group("lecture", points=3)
def relu_lecture(rng):
    delta, z = whole(rng, 2, 3), of_both_signs(rng, 2, 3)
    on = np.unravel_index(z.argmax(), z.shape)
    delta[on] = -1 - abs(delta[on])  # a residual below 0 at a unit that is on: relu(δ) would lose it
    yield delta, z
    yield real(rng, 6), of_both_signs(rng, 6)


relu_lecture.example(
    (np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([[1.0, -2.0], [0.0, 3.0]])),
    (np.array([[-1.0, 2.0], [-3.0, 4.0]]), np.array([[2.0, 0.5], [-1.0, -4.0]])),
)


@relu.group("shapes", points=2.05)
def relu_shapes(rng):
    yield real(rng, 2, 3, 4, 5), of_both_signs(rng, 2, 3, 4, 5)
    yield real(rng, 3, 4), of_both_signs(rng, 3, 4) - 5  # no unit is on
    yield real(rng, 4, 2), of_both_signs(rng, 4, 2) + 5  # every unit is on


@relu.group("zeros", points=0.3, visible=False)
def relu_zeros(rng):
    delta, z = real(rng, 2, 4), np.array([[0.0, 1.0, -1.0, 0.0], [2.0, 0.0, 0.0, -3.0]])
    yield delta, z
    yield -delta, z


@relu.group("integers", points=0.3, visible=False)
def relu_integers(rng):
    z = integers(rng, 3, 4)
    z[tuple(rng.integers(z.shape))] = 1  # the least that is on
    yield of_both_signs(rng, 3, 4) / 2, z
    yield integers(rng, 3, 4), integers(rng, 3, 4)


layouts(relu, 0.35, lambda rng: (real(rng, 3, 4), of_both_signs(rng, 3, 4)))

relu.add_misconceptions(
    frequent=("times_activation", "slope_one_at_zero", "stored_as_integers"),
    slope_only=result(lambda dz, c: (c.z > 0) * 1.0),
    residual_untouched=result(lambda dz, c: c.delta * 1.0),
    relu_of_the_residual=result(lambda dz, c: np.maximum(c.delta, 0)),
    sign_of_the_residual=result(lambda dz, c: c.z * (c.delta > 0)),
    passes_where_negative=changed("z", lambda z: -z),
    slope_one_at_zero=changed("z", lambda z: np.where(z == 0, 1, z)),
    times_activation=times(lambda c: np.maximum(c.z, 0)),
    slope_of_sigmoid=result(lambda dz, c: c.delta * np.exp(-c.z) / (1 + np.exp(-c.z)) ** 2),
    leaky_slope=result(lambda dz, c: np.where(c.z > 0, dz, 0.01 * c.delta)),
    stored_as_integers=like("z"),
)


# --------------------------------------------------------------------------------------------- dropout

forward = Exercise(dropout_forward, points=5, lecture="4")
backward = Exercise(dropout_backward, points=5, lecture="4")


def dropout_cases(exercise, example):
    """The cases of both passes: the formula is the same."""

    @exercise.group("lecture", points=2.5)
    def lecture(rng):
        yield whole(rng, 2, 3), mask_of(rng, 2, 3), 0.5
        yield whole(rng, 3, 3), mask_of(rng, 3, 3), 0.5

    masked = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])
    lecture.example(*((example, mask, 0.5) for mask in masked))

    @exercise.group("keep", points=1.25)
    def probabilities(rng):
        yield real(rng, 5, 4), mask_of(rng, 5, 4), probability(rng)
        yield real(rng, 2, 3, 2, 4), mask_of(rng, 2, 3, 2, 4), probability(rng)
        yield real(rng, 3, 2), np.ones((3, 2)), 1.0

    @exercise.group("masks", points=0.75, visible=False)
    def masks(rng):
        yield real(rng, 3, 4), mask_of(rng, 3, 4).astype(int), probability(rng)
        yield real(rng, 4, 3), mask_of(rng, 4, 3).astype(bool), probability(rng)
        yield real(rng, 2, 3), np.zeros((2, 3)), 0.5
        yield real(rng, 2, 3), np.ones((2, 3)), probability(rng)

    @exercise.group("integers", points=0.25, visible=False)
    def whole_numbers(rng):
        yield odd(rng, 3, 4, low=4, high=8), mask_of(rng, 3, 4).astype(int), 0.4

    layouts(exercise, 0.25, lambda rng: (real(rng, 3, 4), mask_of(rng, 3, 4), probability(rng)))


def wrong_dropout(name):
    """The misconceptions of both passes; `name` is the array's name."""

    def array(c):
        return getattr(c, name)

    return {
        "not_rescaled": times(lambda c: c.keep),
        "multiplied_by_keep": times(lambda c: c.keep**2),
        "keep_taken_for_drop": result(lambda value, c: array(c) * c.mask / (1.0 - c.keep)),
        "mask_inverted": changed("mask", lambda mask: 1 - mask),
        "mask_ignored": changed("mask", np.ones_like),
        "untouched": result(lambda value, c: array(c) * 1.0),
        "divided_by_the_share_kept": times(lambda c: c.keep / np.mean(c.mask)),
        "rescaled_twice": times(lambda c: 1 / c.keep),
        "rescaled_but_not_kept": result(lambda value, c: np.where(c.mask, value, array(c))),
        "variance_kept": times(lambda c: np.sqrt(c.keep)),
        "same_sum_kept": result(lambda value, c: value * np.sum(array(c)) / np.sum(value)),
        "stored_as_integers": like(name),
    }


MOST_OFTEN = ("not_rescaled", "mask_inverted", "stored_as_integers")

dropout_cases(forward, np.array([[2.0, 4.0], [6.0, 8.0]]))
forward.add_misconceptions(frequent=MOST_OFTEN, **wrong_dropout("a"))

dropout_cases(backward, np.array([[1.0, 2.0], [3.0, 4.0]]))
backward.add_misconceptions(frequent=MOST_OFTEN, **wrong_dropout("delta"))

# ------------------------------------------------------------------------------------ relu_pool_backward

pooled = Exercise(relu_pool_backward, points=7, lecture="4, 3.1")


def hills(rng, *shape):
    """Inputs of a ReLU, all different and at least 0.5 apart.

    In every map a peak belongs to several windows, and a pit is greater in size than everything else. In the
    last map of a batch the last window is all negative.
    """
    size = int(np.prod(shape))
    z = of_both_signs(rng, *shape)
    z = np.sign(z) * 0.5 * (1 + rng.permutation(size).reshape(shape))
    P, Q = (windows.steps(size, 3, 2) for size in shape[-2:])
    maps = list(np.ndindex(shape[:2]))
    for number, index in enumerate(maps):
        row = 2 if P > 1 and number % 2 == 0 and index != maps[-1] else 1
        column = 2 if (Q > 1 and number % 3 != 1) or index == maps[-1] else 0
        z[(*index, row, column)] = size + number
        z[(*index, 0, 1)] = -2 * size - number
        z[(*index, 1, 1)] = np.abs(z[(*index, 1, 1)])
    if P * Q > 1:
        last = z[-1, -1, 2 * (P - 1) :, 2 * (Q - 1) :]
        last[:] = -np.abs(last)
    return z


def pooled_args(rng, N, C, H, W):
    return of_both_signs(rng, N, C, windows.steps(H, 3, 2), windows.steps(W, 3, 2)), hills(rng, N, C, H, W)


@pooled.group("lecture", points=2.5)
def pooled_lecture(rng):
    delta, z = whole(rng, 1, 1, 2, 2), hills(rng, 1, 1, 5, 5)
    yield delta, z
    yield -delta, z
    yield pooled_args(rng, 1, 2, 5, 5)


EXAMPLE_Z = np.array([[[[1.0, -2, 3, -1, 2], [-4, 5, 8, 4, -3], [-1, -2, -6, -5, -7],
                        [-8, -9, -2, -1, -4], [7, -6, -5, -2, -1]]]])  # fmt: skip
pooled_lecture.example(
    (np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), EXAMPLE_Z), (np.array([[[[-2.0, 5.0]]]]), EXAMPLE_Z[:, :, 1:4])
)
pooled_group = sized(pooled, pooled_args)
pooled_group("shapes", 1.2, (1, 1, 5, 7), (1, 1, 7, 5), (1, 2, 3, 9))
pooled_group("batch", 1, (2, 3, 5, 7), (3, 1, 5, 5))
pooled_group("remainder", 1.2, (1, 1, 6, 8), (1, 3, 5, 6), visible=False)
pooled.group("basis", points=0.4, visible=False)(
    lambda rng: [(units(1, 2, 3), np.repeat(hills(rng, 1, 1, 5, 7), 6, axis=0))]
)


@pooled.group("integers", points=0.35, visible=False)
def pooled_integers(rng):
    delta, z = of_both_signs(rng, 1, 1, 2, 2) / 2, (2 * hills(rng, 1, 1, 5, 5)).astype(int)
    yield delta, z
    yield -delta, z


layouts(pooled, 0.35, lambda rng: pooled_args(rng, 1, 1, 5, 5))


def pooled_by_windows(
    delta, z, *, window=3, stride=2, share=windows.first_maximum, relu=relu_backward, combine=np.add, first=0
):
    """`relu_pool_backward` by a loop over windows, with switches for its mistakes."""
    return relu(windows.routed(delta, z, window, stride, windows.within(share), combine, first), z)


def maximum_above_zero(cells, window):
    return windows.first_maximum(cells, window) * np.maximum(cells, 0)


inside = switched(pooled_by_windows)


def how_often(c):
    """The number of windows whose maximum each unit is, at least 1."""
    return np.maximum(1, relu_pool_backward(np.ones(c.delta.shape), c.z))


pooled.add_misconceptions(
    frequent=("relu_forgotten", "replaced_not_added", "divided_by_the_batch", "stored_as_integers"),
    relu_forgotten=inside(relu=lambda dz, z: dz),
    replaced_not_added=inside(combine=windows.replaced_where_it_arrives),
    windows_do_not_overlap=inside(stride=3),
    window_of_two=inside(window=2),
    stride_of_one=inside(stride=1),
    residual_to_all_positive=inside(share=lambda cells, window: cells > 0),
    rule_of_average_pooling=inside(share=windows.equally),
    residual_to_top_left=inside(share=windows.top_left),
    residual_to_greatest_magnitude=inside(share=windows.greatest_magnitude),
    residual_to_minimum=inside(share=windows.first_minimum, relu=lambda dz, z: dz),
    row_and_column_swapped=inside(share=windows.maximum_transposed),
    residual_times_maximum=inside(share=maximum_above_zero),
    maximum_of_all_channels=inside(share=windows.maximum_of_all_channels),
    indices_from_one=inside(first=1),
    shared_among_windows=result(lambda dz, c: dz / how_often(c)),
    sign_of_the_residual_decides=afterwards(lambda dz: np.maximum(dz, 0)),
    **WRONG_BATCH,
    remainder_dropped=result(lambda dz, c: dz[..., : 2 * c.delta.shape[-2] + 1, : 2 * c.delta.shape[-1] + 1]),
    stored_as_integers=like("z"),
)


# ------------------------------------------------------------------------------------ inception_backward

module = Exercise(inception_backward, points=11, lecture="4")


def module_args(rng, N, C, H, W, channels):
    """The arguments for branches of `channels`; every branch is any linear map."""

    def draw():
        matrices = [real(rng, C * H * W, K * H * W) for K in channels]
        return real(rng, N, sum(channels), H, W), list(channels), matrices

    return uncancelled(inception_backward, draw)


@module.group("lecture", points=3)
def module_lecture(rng):
    delta, channels, matrices = module_args(rng, 1, 2, 1, 1, (1, 2))
    yield delta, channels, matrices
    yield -delta, channels, matrices
    yield module_args(rng, 1, 3, 1, 1, (2, 1, 4))


EXAMPLE_DELTA, EXAMPLE_B = np.array([[[[1.0]], [[2.0]], [[3.0]]]]), np.array([[0.0, 1.0], [1.0, 0.0]])
module_lecture.example(
    (EXAMPLE_DELTA, [1, 2], [np.array([[1.0], [2.0]]), EXAMPLE_B]),
    (-EXAMPLE_DELTA, [2, 1], [EXAMPLE_B, np.array([[3.0], [-1.0]])]),
)
module_group = sized(module, module_args)
module_group("shapes", 3.5, (3, 2, 2, 3, (3, 1, 2)), (2, 4, 3, 1, (1, 3, 1, 2)))
module_group("equal", 1.5, (2, 3, 2, 1, (2, 2, 2)), (3, 1, 1, 2, (4, 4)), visible=False)
module_group("extremes", 1.4, (2, 3, 1, 2, (4,)), (2, 1, 2, 2, (1, 2, 3)), visible=False)


@module.group("basis", points=0.5, visible=False)
def module_units(rng):
    _, channels, matrices = module_args(rng, 1, 2, 1, 2, (1, 2))
    yield units(3, 1, 2), channels, matrices


@module.group("integers", points=0.55, visible=False)
def module_integers(rng):
    _, channels, matrices = module_args(rng, 2, 3, 1, 2, (1, 2))
    delta = whole(rng, 2, 3, 1, 2).astype(int)
    yield delta, channels, matrices
    yield -delta, channels, matrices


layouts(module, 0.55, lambda rng: module_args(rng, 3, 2, 1, 2, (3, 1)))


def parts(c, take=lambda number, start, count, c: slice(start, start + count), axes=(0, 1, 2, 3)):
    """The residual of each branch, (N, C, H, W).

    `take(number, start, count, c)` chooses its channels; it is unrolled with its axes in the order `axes`.
    """
    N, _, H, W = c.delta.shape
    start, found = 0, []
    for number, (count, B) in enumerate(zip(c.branch_channels, c.branch_backwards, strict=True)):
        part = c.delta[:, take(number, start, count, c)].transpose(axes)
        found.append((part.reshape(N, -1) @ B.T).reshape(N, -1, H, W))
        start += count
    return found


def joined(join):
    """A mistake in how the branches' residuals are put together."""
    return result(lambda dx, c: join(parts(c)))


def split(**how):
    """A mistake in which channels a branch gets, or in how they are unrolled."""
    return result(lambda dx, c: sum(parts(c, **how)))


def equal_parts(number, start, count, c):
    size = c.delta.shape[1] / len(c.branch_channels)
    if size != int(size) or size != count:
        raise ValueError("the matrix does not fit")
    return slice(start, start + count)


def in_turn(number, start, count, c):
    return slice(number, None, len(c.branch_channels))


def from_the_end(number, start, count, c):
    end = c.delta.shape[1] - start
    return slice(end - count, end)


def share_of_channels(c):
    return [K / sum(c.branch_channels) for K in c.branch_channels]


module.add_misconceptions(
    frequent=("branches_averaged", "always_the_first_channels", "divided_by_the_batch", "stored_as_integers"),
    branches_averaged=joined(lambda found: sum(found) / len(found)),
    branches_stacked=joined(lambda found: np.concatenate(found, axis=1)),
    first_branch_only=joined(lambda found: found[0]),
    last_branch_only=joined(lambda found: found[-1]),
    last_branch_missing=joined(lambda found: sum(found[:-1], np.zeros(found[0].shape))),
    first_branch_twice=joined(lambda found: found[0] + sum(found)),
    branches_multiplied=joined(lambda found: np.prod(found, axis=0)),
    greatest_branch=joined(lambda found: np.max(found, axis=0)),
    weighted_by_channels=result(
        lambda dx, c: sum(share * part for share, part in zip(share_of_channels(c), parts(c), strict=True))
    ),
    always_the_first_channels=split(take=lambda number, start, count, c: slice(0, count)),
    branches_in_reverse=split(take=from_the_end),
    channels_dealt_in_turn=split(take=in_turn),
    split_evenly=split(take=equal_parts),
    columns_unrolled_first=split(axes=(0, 1, 3, 2)),
    channels_unrolled_last=split(axes=(0, 2, 3, 1)),
    result_rolled_up_wrongly=afterwards(lambda dx: dx.reshape(dx.swapaxes(2, 3).shape).swapaxes(2, 3)),
    batch_for_samples=result(lambda dx, c: dx.sum(axis=0, keepdims=True)),
    signs_lost=afterwards(lambda dx: np.maximum(dx, 0)),
    **WRONG_BATCH,
    stored_as_integers=like("delta"),
)


# ------------------------------------------------------------------------------------- residual_backward

shortcut = Exercise(residual_backward, points=5, lecture="4")

shortcut_lecture = shortcut.group("lecture", points=2.5)(
    lambda rng: [(whole(rng, 1, 1, 2, 2), whole(rng, 1, 1, 2, 2)[..., ::-1] * 3)]
)
shortcut_lecture.example((np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[10.0, 20.0], [-3.0, 0.0]]]])))


@shortcut.group("shapes", points=2, visible=False)
def shortcut_batches(rng):
    yield real(rng, 2, 3, 4, 5), real(rng, 2, 3, 4, 5)
    yield real(rng, 3, 1, 2, 4), real(rng, 3, 1, 2, 4)
    yield real(rng, 1, 2, 3, 1), real(rng, 1, 2, 3, 1)
    yield real(rng, 1, 2, 3, 1), np.zeros((1, 2, 3, 1))


shortcut.group("integers", points=0.25, visible=False)(
    lambda rng: [(integers(rng, 2, 1, 2, 3), of_both_signs(rng, 2, 1, 2, 3) / 3)]
)
layouts(shortcut, 0.25, lambda rng: (real(rng, 2, 1, 3, 2), real(rng, 2, 1, 3, 2)))

shortcut.add_misconceptions(
    frequent=("paths_averaged", "divided_by_the_batch", "stored_as_integers"),
    shortcut_forgotten=result(lambda dx, c: c.branch_grad * 1.0),
    branch_forgotten=result(lambda dx, c: c.delta * 1.0),
    paths_multiplied=result(lambda dx, c: c.delta * c.branch_grad),
    paths_averaged=result(lambda dx, c: dx / 2),
    paths_subtracted=changed("branch_grad", lambda grad: -grad),
    shortcut_twice=result(lambda dx, c: dx + c.delta),
    derivative_of_the_sum_plus_one=result(lambda dx, c: c.branch_grad + 1.0),
    relu_of_the_sum=afterwards(lambda dx: np.maximum(dx, 0)),
    branch_scaled_by_shortcut=given(branch_grad=lambda c: c.delta * c.branch_grad),
    branches_stacked=result(lambda dx, c: np.concatenate([c.delta, c.branch_grad], axis=1)),
    greatest_branch=result(lambda dx, c: np.maximum(c.delta, c.branch_grad)),
    **WRONG_BATCH,
    stored_as_integers=like("delta"),
)

pooled.equivalent("(i, j) → (j, i)", because="the two loops only change places")
PAIRED = "zip(branch_channels, branch_backwards, strict=True)"
for paired in ("", ", strict=False"):
    module.equivalent(
        f"{PAIRED} → zip(branch_channels, branch_backwards{paired})", because="the two lists are equally long"
    )
module.equivalent("-1 → -2", because="any negative size is found out by NumPy")

# ------------------------------------------------------------------------------------ layers for counting


def oblong(rng, layer):
    """The convolution with a kernel that is no square."""
    return {**layer, "kernel_shape": different(rng, 2, 6)}


def some_conv(rng, stride=1, padding=0, groups=1, bias=False):
    """A convolution with unlike channels, kernels, height and width; both of the former hold the groups."""
    C, K = (groups * n for n in different(rng, 3, 12))
    return oblong(rng, conv(C, K, 1, stride, padding, groups, bias))


def room_for(rng, kernel_shape, stride, padding, remainder):
    """A map's (H, W), H ≠ W, on which the kernel leaves `remainder` and gives an oblong output."""
    (kh, kw), (rh, rw) = kernel_shape, remainder
    for Ho, Wo in rng.permutation([(a, b) for a in range(3, 9) for b in range(3, 9) if a != b]).tolist():
        H, W = kh - 2 * padding + stride * (Ho - 1) + rh, kw - 2 * padding + stride * (Wo - 1) + rw
        if H != W and min(H, W) > max(kh, kw):
            return H, W
    raise ValueError("no such size")


def on_a_map(rng, layer, remainder=(0, 0)):
    """The arguments (layer, input_shape) of a convolution."""
    sizes = room_for(rng, layer["kernel_shape"], layer["stride"], layer["padding"], remainder)
    return layer, (layer["in_channels"], *sizes)


def conv_on_a_map(rng, remainder=(0, 0), **sizes):
    """The arguments (layer, input_shape) of `some_conv` of these sizes."""
    return on_a_map(rng, some_conv(rng, **sizes), remainder)


def without_parameters(rng):
    """One layer of each kind without parameters, with the shape of its input."""
    C, H, W = different(rng, 7, 15, 3)
    pool = rng.permutation([3, 4]).tolist()
    yield max_pool(pool[0], 2), (C, H, W)
    yield avg_pool(pool[1], 3), (C, W, H)
    for layer in (RELU, DROPOUT, LRN, SOFTMAX):
        yield layer, (C, H, W)
    yield {"kind": "pad_channels", "channels": 2 * C + 1, "stride": 2}, (C, H, W)


def some_fully_connected(rng, bias):
    """A fully connected layer and an input of its size."""
    C, H, W, more = different(rng, 2, 9, 4)
    return fully_connected(C * H * W, C * H * W + more, bias), (C, H, W)


CONV1 = conv(3, 64, 7, stride=2, padding=3, bias=False)
ALEXNET_CONV2 = conv(96, 256, 5, padding=2, groups=2)


def of_kind(*kinds):
    """A function that restricts a transform of a counting function to these kinds of layers."""

    def for_these(transform):
        def wrong_for_these(reference):
            wrong = transform(reference)

            @functools.wraps(reference)
            def either(layer, *args, **kwargs):
                return (wrong if layer["kind"] in kinds else reference)(layer, *args, **kwargs)

            return either

        return wrong_for_these

    return for_these


def layer_with(**changes):
    """The layer is taken to have other entries: `name=lambda layer: value`."""
    return changed("layer", lambda layer: {**layer, **{k: change(layer) for k, change in changes.items()}})


def more(amount):
    """`amount(layer)` is added to the count."""
    return result(lambda count, c: count + amount(c.layer))


in_conv, in_connected, in_batch_norm = of_kind("conv"), of_kind("fully_connected"), of_kind("batch_norm")
in_both, in_pools = of_kind("conv", "fully_connected"), of_kind("max_pool", "avg_pool")

WEIGHTS_MISCOUNTED = {
    "channels_forgotten": in_conv(layer_with(in_channels=lambda layer: 1, groups=lambda layer: 1)),
    "kernels_forgotten": in_conv(layer_with(kernels=lambda layer: 1)),
    "groups_ignored": in_conv(layer_with(groups=lambda layer: 1)),
    "groups_multiply": in_conv(
        layer_with(in_channels=lambda layer: layer["in_channels"] * layer["groups"] ** 2)
    ),
    "one_group_only": in_conv(layer_with(kernels=lambda layer: layer["kernels"] // layer["groups"])),
}
SUM_FOR_PRODUCT = in_connected(
    more(lambda layer: layer["inputs"] + layer["outputs"] - layer["inputs"] * layer["outputs"])
)

# ---------------------------------------------------------------------------------------- layer_parameters

parameters = Exercise(layer_parameters, points=11, lecture="4, 3.3", accept=Exact())

parameters_group = varied(parameters, lambda rng, **sizes: (some_conv(rng, **sizes),))
parameters_conv = parameters_group("conv", 2.5, {}, {"stride": 2, "padding": 1})
parameters_conv.example((CONV1,), ({**conv(5, 7, 1, bias=False), "kernel_shape": (2, 3)},))
parameters_group("bias", 2, {"bias": True}, {"stride": 3, "padding": 2, "bias": True})
parameters.group("fully_connected", points=1.5)(
    lambda rng: [some_fully_connected(rng, True)[:1], some_fully_connected(rng, False)[:1]]
)


@parameters.group("others", points=1.5)
def parameters_others(rng):
    yield (batch_norm(int(rng.integers(5, 99))),)
    for layer, _ in without_parameters(rng):
        yield (layer,)


parameters_group("groups", 1.5, {"groups": 2}, {"groups": 3, "bias": True}).example((ALEXNET_CONV2,))


@parameters.group("depthwise", points=0.75, visible=False)
def parameters_depthwise(rng):
    C, multiple = different(rng, 3, 9)
    yield (oblong(rng, conv(C, C * multiple, 1, groups=C)),)


@parameters.group("everything", points=1.25, visible=False)
def parameters_everything(rng):
    yield (some_conv(rng, stride=2, padding=3, groups=5, bias=True),)
    yield (batch_norm(int(rng.integers(100, 999))),)
    yield some_fully_connected(rng, True)[:1]


def biases(amount):
    """A wrong number of biases in a convolution: `amount(layer)`."""
    return in_conv(more(lambda layer: layer["bias"] * (amount(layer) - layer["kernels"])))


def area(layer):
    return math.prod(layer["kernel_shape"])


parameters.add_misconceptions(
    frequent=("biases_not_counted", "groups_ignored", "channels_forgotten", "batch_norm_statistics_counted"),
    biases_not_counted=in_both(layer_with(bias=lambda layer: False)),
    conv_biases_not_counted=in_conv(layer_with(bias=lambda layer: False)),
    connected_biases_not_counted=in_connected(layer_with(bias=lambda layer: False)),
    biases_always_counted=in_both(layer_with(bias=lambda layer: True)),
    connected_biases_of_inputs=in_connected(
        more(lambda layer: layer["bias"] * (layer["inputs"] - layer["outputs"]))
    ),
    biases_of_input_channels=biases(lambda layer: layer["in_channels"]),
    one_bias_for_the_layer=biases(lambda layer: 1),
    one_bias_for_each_weight=biases(
        lambda layer: layer["kernels"] * layer["in_channels"] // layer["groups"] * area(layer)
    ),
    **WEIGHTS_MISCOUNTED,
    square_kernel=in_conv(layer_with(kernel_shape=lambda layer: (layer["kernel_shape"][0],) * 2)),
    height_and_width_added=in_conv(layer_with(kernel_shape=lambda layer: (1, sum(layer["kernel_shape"])))),
    kernel_area_forgotten=in_conv(layer_with(kernel_shape=lambda layer: (1, 1))),
    batch_norm_statistics_counted=in_batch_norm(times(lambda c: 2)),
    batch_norm_scale_only=in_batch_norm(result(lambda count, c: count // 2)),
    batch_norm_forgotten=in_batch_norm(times(lambda c: 0)),
    batch_norm_per_layer=in_batch_norm(result(lambda count, c: 2)),
    pooling_given_weights=in_pools(more(lambda layer: layer["window"] ** 2)),
    padding_given_weights=of_kind("pad_channels")(more(lambda layer: layer["channels"])),
    connected_as_sum=SUM_FOR_PRODUCT,
)

parameters.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")


# -------------------------------------------------------------------------------------------- output_shape

shapes = Exercise(output_shape, points=8, lecture="4, 2.1", accept=Exact())

shapes_group = varied(shapes, conv_on_a_map)
shapes_conv = shapes_group("conv", 2, {}, {})
shapes_conv.example((conv(1, 4, 3), (1, 8, 8)), ({**conv(3, 5, 1), "kernel_shape": (2, 3)}, (3, 6, 9)))
shapes_strides = shapes_group(
    "strides", 2, {"stride": 2, "padding": 1}, {"stride": 3, "padding": 2, "remainder": (1, 2)}
)
shapes_strides.example((CONV1, (3, 224, 224)), (conv(2, 6, 3, stride=2, padding=1), (2, 7, 10)))


@shapes.group("pooling", points=1.5)
def shapes_pooling(rng):
    C, H, W = different(rng, 9, 18, 3)
    yield max_pool(3, 2), (C, 2 * H, 2 * W + 1)
    yield avg_pool(2, 3, padding=1), (C, 3 * H, 3 * W + 1)
    yield max_pool(3, 2, padding=1), (C, 2 * W, 2 * H)


@shapes.group("others", points=1.25)
def shapes_others(rng):
    yield some_fully_connected(rng, True)
    for layer, shape in without_parameters(rng):
        if "window" not in layer:
            yield layer, shape
    C, H, W = different(rng, 4, 9, 3)
    yield batch_norm(C), (C, H, W)
    yield {"kind": "pad_channels", "channels": 2 * C, "stride": 2}, (C, 2 * H + 1, 2 * W)
    yield {"kind": "pad_channels", "channels": 3 * C, "stride": 2}, (C, 2 * W, 2 * H + 1)
    yield {"kind": "pad_channels", "channels": 3 * C, "stride": 3}, (C, 3 * W + 1, 3 * H + 2)


@shapes.group("everything", points=1.25, visible=False)
def shapes_everything(rng):
    yield conv_on_a_map(rng, (1, 0), stride=2, padding=3, groups=2, bias=True)
    yield conv_on_a_map(rng, (0, 3), stride=4, padding=2)
    layer = some_conv(rng)
    yield layer, (layer["in_channels"], *layer["kernel_shape"])


moves = of_kind("conv", "max_pool", "avg_pool")
slides = ("conv", "max_pool", "avg_pool")


def sizes_by(rule):
    """Another rule for height and width: `rule(size, k, s, p)`."""

    def change(shape, c):
        if c.layer["kind"] not in slides:
            return shape
        sides = c.layer.get("kernel_shape") or (c.layer.get("window"),) * 2
        s, p = c.layer["stride"], c.layer["padding"]
        H, W = (rule(size, k, s, p) for size, k in zip(c.input_shape[1:], sides, strict=True))
        return shape[0], H, W

    return result(change)


shapes.add_misconceptions(
    frequent=("rounded_up", "one_place_too_few", "padded_on_one_side", "channels_kept"),
    rounded_up=sizes_by(lambda size, k, s, p: -((k - size - 2 * p) // s) + 1),
    rounded_to_nearest=sizes_by(lambda size, k, s, p: round((size + 2 * p - k) / s) + 1),
    one_place_too_few=sizes_by(lambda size, k, s, p: (size + 2 * p - k) // s),
    padded_on_one_side=sizes_by(lambda size, k, s, p: (size + p - k) // s + 1),
    padding_ignored=sizes_by(lambda size, k, s, p: (size - k) // s + 1),
    stride_ignored=sizes_by(lambda size, k, s, p: size + 2 * p - k + 1),
    size_over_stride=sizes_by(lambda size, k, s, p: size // s),
    size_kept=sizes_by(lambda size, k, s, p: size),
    channels_kept=in_conv(result(lambda shape, c: (c.input_shape[0], *shape[1:]))),
    height_for_width=moves(result(lambda shape, c: (shape[0], shape[1], shape[1]))),
    height_and_width_exchanged=moves(result(lambda shape, c: (shape[0], shape[2], shape[1]))),
    kernel_turned=in_conv(layer_with(kernel_shape=lambda layer: layer["kernel_shape"][::-1])),
    channels_last=result(lambda shape, c: (*shape[1:], shape[0])),
    windows_taken_to_touch=in_pools(layer_with(stride=lambda layer: layer["window"])),
    pooling_padding_ignored=in_pools(layer_with(padding=lambda layer: 0)),
    connected_shape_flat=in_connected(result(lambda shape, c: shape[:1])),
    connected_keeps_map=in_connected(result(lambda shape, c: (shape[0], *c.input_shape[1:]))),
    shortcut_rounded_down=of_kind("pad_channels")(
        result(lambda shape, c: (shape[0], *(size // c.layer["stride"] for size in c.input_shape[1:])))
    ),
    shortcut_channels_kept=of_kind("pad_channels")(result(lambda shape, c: (c.input_shape[0], *shape[1:]))),
    shortcut_size_kept=of_kind("pad_channels")(layer_with(stride=lambda layer: 1)),
)

shapes.equivalent("('max_pool', 'avg_pool') → ('avg_pool', 'max_pool')", because="a set of two kinds")
shapes.equivalent(
    "(channels, kh, kw, padding) → (channels, kw, kh, padding)", because="the windows of pooling are squares"
)
shapes.equivalent(
    "(channels, kh, kw, padding) → (channels, kw, kh, padding) (2)",
    because="the shortcut takes single rows and columns",
)

# ---------------------------------------------------------------------------------------------- layer_macs

macs = Exercise(layer_macs, points=11, lecture="4", accept=Exact())

macs_group = varied(macs, conv_on_a_map)
macs_group("conv", 2.5, {}, {}).example(
    (conv(1, 4, 3, bias=False), (1, 8, 8)), ({**conv(2, 5, 1, bias=False), "kernel_shape": (2, 3)}, (2, 6, 9))
)
macs_strides = macs_group(
    "strides",
    2.25,
    {"stride": 2, "padding": 1, "remainder": (1, 0)},
    {"stride": 3, "padding": 2, "remainder": (1, 2)},
)
macs_strides.example((CONV1, (3, 224, 224)), (conv(2, 6, 3, stride=2, padding=1, bias=False), (2, 7, 10)))
macs.group("bias", points=1)(lambda rng: [conv_on_a_map(rng, bias=True), some_fully_connected(rng, True)])
macs.group("fully_connected", points=1.5)(
    lambda rng: [some_fully_connected(rng, False), some_fully_connected(rng, False)]
)


@macs.group("others", points=1.25)
def macs_others(rng):
    C, H, W = different(rng, 4, 9, 3)
    yield batch_norm(C), (C, H, W)
    yield from without_parameters(rng)
    yield conv_on_a_map(rng)


macs_groups = macs_group("groups", 1.25, {"groups": 2}, {"groups": 3})
macs_groups.example(({**ALEXNET_CONV2, "bias": False}, (96, 27, 27)))


@macs.group("everything", points=1.25, visible=False)
def macs_everything(rng):
    yield conv_on_a_map(rng, (1, 0), stride=2, padding=3, groups=5, bias=True)
    layer = some_conv(rng, groups=2)
    yield layer, (layer["in_channels"], *layer["kernel_shape"])
    C, multiple = different(rng, 3, 9)
    yield on_a_map(rng, oblong(rng, conv(C, C * multiple, 1, padding=1, groups=C)))


def outputs_by(rule):
    """Another rule for the size of the output: `rule(size, k, s, p)`."""

    def change(count, c):
        _, Ho, Wo = output_shape(c.layer, c.input_shape)
        sides = zip(c.input_shape[1:], c.layer["kernel_shape"], strict=True)
        H, W = (rule(size, k, c.layer["stride"], c.layer["padding"]) for size, k in sides)
        return count // (Ho * Wo) * H * W

    return in_conv(result(change))


def count_of_outputs(c):
    return math.prod(output_shape(c.layer, c.input_shape))


macs.add_misconceptions(
    frequent=(
        "input_size_for_output_size",
        "multiply_and_add_apart",
        "biases_counted",
        "groups_ignored",
        "channels_forgotten",
    ),
    input_size_for_output_size=outputs_by(lambda size, k, s, p: size),
    multiply_and_add_apart=in_both(times(lambda c: 2)),
    one_addition_less=in_both(result(lambda count, c: count - count_of_outputs(c))),
    biases_counted=in_both(result(lambda count, c: count + c.layer["bias"] * count_of_outputs(c))),
    one_bias_a_kernel_counted=in_conv(more(lambda layer: layer["bias"] * layer["kernels"])),
    parameters_for_macs=in_conv(result(lambda count, c: layer_parameters({**c.layer, "bias": False}))),
    **WEIGHTS_MISCOUNTED,
    kernel_area_forgotten=in_conv(result(lambda count, c: count // area(c.layer))),
    square_kernel=in_conv(result(lambda count, c: count // area(c.layer) * c.layer["kernel_shape"][0] ** 2)),
    square_map=outputs_by(lambda size, k, s, p: 0),
    stride_ignored=outputs_by(lambda size, k, s, p: size + 2 * p - k + 1),
    macs_rounded_up=outputs_by(lambda size, k, s, p: -((k - size - 2 * p) // s) + 1),
    macs_one_place_too_few=outputs_by(lambda size, k, s, p: (size + 2 * p - k) // s),
    macs_padding_ignored=outputs_by(lambda size, k, s, p: (size - k) // s + 1),
    macs_padded_on_one_side=outputs_by(lambda size, k, s, p: (size + p - k) // s + 1),
    batch_norm_counted=in_batch_norm(result(lambda count, c: 2 * math.prod(c.input_shape))),
    activation_counted=of_kind("relu")(result(lambda count, c: math.prod(c.input_shape))),
    pooling_counted=in_pools(result(lambda count, c: c.layer["window"] ** 2 * count_of_outputs(c))),
    connected_not_counted=in_connected(times(lambda c: 0)),
    connected_at_every_place=in_connected(times(lambda c: math.prod(c.input_shape[1:]))),
    connected_as_sum=SUM_FOR_PRODUCT,
)

macs.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")
macs.equivalent("(K, Ho, Wo) → (Ho, K, Wo)", because="only the product of the three is used")
macs.equivalent("(K, Ho, Wo) → (K, Wo, Ho)", because="only the product of the three is used")


# -------------------------------------------------------------------------------------------- model_totals

model = Exercise(model_totals, points=12, lecture="4", accept=Exact())


def beginning(C, H, W):
    return {"kind": "input", "shape": (C, H, W)}


def some_image(rng, channels=None):
    """The start of a table: a map large enough to be halved a few times."""
    H, W = different(rng, 30, 45)
    return beginning(channels or int(rng.integers(2, 6)), H, W)


def even_image(rng, channels):
    """A map that halving by 1×1 or 3×3 leaves with a remainder, so that rounding of sizes matters."""
    H, W = different(rng, 15, 22)
    return beginning(channels, 2 * H, 2 * W)


def chain(rng, C, stride=None):
    """Some layers one behind the other, and the number of channels behind them."""
    first, second = different(rng, 5, 12)
    stride = stride or int(rng.integers(2, 4))
    return [
        *(conv(C, first, 3, stride, padding=1), RELU, LRN, max_pool(3, 2)),
        *(conv(first, 2 * second, 2, bias=False), batch_norm(2 * second), RELU),
    ], 2 * second


def end(rng, C):
    """A classifier."""
    outputs = int(rng.integers(5, 20))
    return [avg_pool(2, 1), DROPOUT, fully_connected(C, outputs), SOFTMAX]


def inception_of(rng, C):
    """A module of four branches, and the number of channels behind it."""
    one, before, three, five = different(rng, 2, 11, 4)
    branches = [
        [conv(C, one, 1), RELU],
        [conv(C, before, 1), RELU, conv(before, three, 3, padding=1), RELU],
        [conv(C, 2, 1), RELU, conv(2, five, 5, padding=2), RELU],
        [max_pool(3, 1, padding=1), conv(C, 3, 1), RELU],
    ]
    return {"kind": "concat", "branches": branches}, one + three + five + 3


@model.group("chain", points=3.5)
def model_chain(rng):
    for _ in range(2):
        image = some_image(rng)
        layers, C = chain(rng, image["shape"][0])
        yield ([image, *layers, *end(rng, C)],)


SMALL_MODEL = [beginning(1, 8, 8), conv(1, 4, 3), RELU, max_pool(2, 2), fully_connected(36, 10)]
model_chain.example((SMALL_MODEL,), (alexnet_layers(),))


@model.group("add", points=2.5)
def model_add(rng):
    C, K = different(rng, 3, 9)
    yield ([even_image(rng, C), *bottleneck_layers(C, K, 2, "library"), *end(rng, 4 * K)],)
    yield ([some_image(rng, 4 * K), *bottleneck_layers(4 * K, K, 1), conv(4 * K, C, 3)],)
    yield ([some_image(rng, C), *basic_layers(C, K, 2), *basic_layers(K, K, 1), conv(K, 5, 2)],)


@model.group("concat", points=2.5)
def model_concat(rng):
    image = even_image(rng, int(rng.integers(2, 6)))
    one, C = inception_of(rng, image["shape"][0])
    other, K = inception_of(rng, C)
    yield ([image, one, max_pool(3, 2), other, conv(K, K, 1), conv(K, K, 1), *end(rng, K)],)


@model.group("nested", points=1.5, visible=False)
def model_nested(rng):
    C, K = different(rng, 3, 8)
    inner = {"kind": "concat", "branches": [[conv(C, K, 3, padding=1)], [conv(C, 2, 1), RELU]]}
    halves = [conv(K + 2, C, 3, stride=2, padding=1, bias=False), batch_norm(C)]
    outer = {"kind": "add", "branches": [[inner, *halves], [conv(C, C, 1, stride=2)]]}
    yield ([some_image(rng, C), outer, RELU, conv(C, 7, 3), *end(rng, 7)],)
    halved = {"kind": "concat", "branches": [bottleneck_layers(C, K, 2), [conv(C, 3, 2, stride=2)]]}
    yield ([beginning(C, 20, 34), halved, conv(4 * K + 3, 6, 3)],)


@model.group("deep", points=2, visible=False)
def model_deep(rng):
    image = even_image(rng, int(rng.integers(2, 6)))
    layers, C = chain(rng, image["shape"][0], stride=2)
    K = int(rng.integers(3, 7))
    blocks = [*bottleneck_layers(C, K, 1), *bottleneck_layers(4 * K, K, 1)]
    blocks += bottleneck_layers(4 * K, K + 1, 2)
    module_, more_channels = inception_of(rng, 4 * K + 4)
    yield ([image, *layers, *blocks, module_, *end(rng, more_channels)],)
    blocks = [*basic_layers(C, C, 1), *basic_layers(C, K, 2), *basic_layers(K, K, 1)]
    yield ([image, *layers, *blocks, *end(rng, K)],)


def walked(
    layers,
    *,
    parameters=layer_parameters,
    macs=layer_macs,
    shape_of=output_shape,
    branches=lambda layer, depth: layer["branches"],
    into=lambda start, before: start,
    behind=lambda start, end: end,
    late=False,
):
    """`model_totals`, with switches for mistakes."""

    def walk(table, shape, depth):
        """The totals of the table and the shape after it."""
        learned = work = 0
        for layer in table:
            if "branches" in layer:
                start = end = shape
                for branch in branches(layer, depth):
                    more_learned, more_work, end = walk(branch, into(start, end), depth + 1)
                    learned, work = learned + more_learned, work + more_work
                shape = behind(start, end)
            else:
                after = shape_of(layer, shape)
                learned, work = learned + parameters(layer), work + macs(layer, after if late else shape)
                shape = after
        return learned, work, shape

    return walk(layers[1:], layers[0]["shape"], 0)[:2]


walking = switched(walked)


def but_for(kinds, function, other):
    """The function for all layers but those of some kinds."""
    return lambda layer, *shape: other(*shape) if layer["kind"] in kinds else function(layer, *shape)


def nothing(*shape):
    return 0


def but_last(layers):
    """The totals without the last layer that counts."""
    *_, last = [layer for layer in layers if layer["kind"] in ("conv", "fully_connected")]
    return walked(
        layers,
        parameters=lambda layer: 0 if layer is last else layer_parameters(layer),
        macs=lambda layer, shape: 0 if layer is last else layer_macs(layer, shape),
    )


def equal_layers_once(layers):
    """The totals in which a layer that equals an earlier one is left out."""
    seen = []

    def is_new(layer):
        if layer in seen:
            return False
        seen.append(layer)
        return True

    simple = []
    walked(layers, macs=lambda layer, shape: simple.append((layer, shape)) or 0)
    new = [(layer, shape) for layer, shape in simple if is_new(layer)]
    return sum(layer_parameters(layer) for layer, _ in new), sum(layer_macs(*one) for one in new)


model.add_misconceptions(
    frequent=("size_never_updated", "shortcuts_skipped", "answers_exchanged", "normalisation_skipped"),
    size_never_updated=walking(shape_of=lambda layer, shape: shape),
    size_updated_too_early=walking(late=True),
    pooling_does_not_shrink=walking(shape_of=but_for(("max_pool", "avg_pool"), output_shape, lambda s: s)),
    branches_skipped=walking(branches=lambda layer, depth: []),
    main_branch_only=walking(branches=lambda layer, depth: layer["branches"][:1]),
    shortcuts_skipped=walking(
        branches=lambda layer, depth: layer["branches"][: 1 if layer["kind"] == "add" else None]
    ),
    branches_one_behind_the_other=walking(into=lambda start, before: before),
    size_before_the_block=walking(behind=lambda start, end: start),
    inner_branches_skipped=walking(branches=lambda layer, depth: [] if depth else layer["branches"]),
    multiply_and_add_apart=result(lambda totals, c: (totals[0], 2 * totals[1])),
    connected_layers_skipped=walking(
        parameters=but_for(("fully_connected",), layer_parameters, nothing),
        macs=but_for(("fully_connected",), layer_macs, nothing),
    ),
    normalisation_skipped=walking(parameters=but_for(("batch_norm",), layer_parameters, nothing)),
    last_layer_skipped=instead(but_last),
    first_layer_skipped=result(
        lambda totals, c: tuple(np.subtract(totals, model_totals(c.layers[:2])).tolist())
    ),
    each_kind_once=instead(equal_layers_once),
    answers_exchanged=result(lambda totals, c: totals[::-1]),
)

model.equivalent("('add', 'concat') → ('concat', 'add')", because="a set of two kinds")
model.equivalent("1: → :", because="the input itself has no parameters and keeps its shape")
model.equivalent("layers[1:] → layers[0:]", because="the input itself has no parameters and keeps its shape")


# --------------------------------------------------------------------------------------- bottleneck_layers

bottleneck = Exercise(bottleneck_layers, points=6, lecture="4", accept=Exact())


@bottleneck.group("identity", points=1.75)
def bottleneck_identity(rng):
    K = int(rng.integers(2, 99))
    yield 4 * K, K, 1


bottleneck_identity.example((256, 64, 1))


@bottleneck.group("projection", points=1.75)
def bottleneck_projection(rng):
    C, K = different(rng, 2, 99)
    yield 4 * C, K, 2
    yield C + 400, K, 1


bottleneck_projection.example((64, 64, 1), (256, 128, 2))


@bottleneck.group("convention", points=1.25)
def bottleneck_convention(rng):
    C, K = different(rng, 2, 99)
    yield 4 * C, K, 2, "library"
    yield 4 * K, K, 1, "library"
    yield 4 * C, K, 2, "paper"


@bottleneck.group("everything", points=1.25, visible=False)
def bottleneck_everything(rng):
    C, K = different(rng, 2, 99)
    yield 4 * K, K, 2, "paper"
    yield 4 * K, K, 3, "library"
    yield K, K, 1, "library"
    yield C + 400, K, 3


def block(
    in_channels,
    channels,
    stride,
    convention="paper",
    *,
    growth=4,
    bias=False,
    padding=1,
    norm=lambda channels: [batch_norm(channels)],
    strides=lambda stride, convention: (stride, 1, 1) if convention == "paper" else (1, stride, 1),
    projected=lambda in_channels, out, stride: stride != 1 or in_channels != out,
    projection=lambda layer, in_channels, out, stride: layer(in_channels, out, 1, stride),
    last_relu=False,
    order=lambda branch, shortcut: [branch, shortcut],
    behind=(RELU,),
):
    """`bottleneck_layers` with switches for mistakes."""

    def layer(C, K, size, stride=1, padding=0):
        return [conv(C, K, size, stride, padding, bias=bias), *norm(K)]

    first, second, third = strides(stride, convention)
    out = growth * channels
    branch = [
        *(*layer(in_channels, channels, 1, first), RELU),
        *(*layer(channels, channels, 3, second, padding), RELU),
        *(*layer(channels, out, 1, third), *((RELU,) if last_relu else ())),
    ]
    shortcut = []
    if projected(in_channels, out, stride):
        shortcut = projection(layer, in_channels, out, stride)
    return [{"kind": "add", "branches": order(branch, shortcut)}, *behind]


built = switched(block)


def paper_or_library(convention):
    return given(convention=lambda c: convention)


bottleneck.add_misconceptions(
    frequent=("convention_ignored", "channels_not_restored", "projected_with_stride_only", "biases_kept"),
    stride_at_the_other_place=given(convention=lambda c: "library" if c.convention == "paper" else "paper"),
    always_as_libraries=paper_or_library("library"),
    stride_in_the_last_convolution=built(strides=lambda stride, convention: (1, 1, stride)),
    stride_in_two_convolutions=built(strides=lambda stride, convention: (stride, stride, 1)),
    branch_without_stride=built(strides=lambda stride, convention: (1, 1, 1)),
    channels_not_restored=built(growth=1),
    always_projected=built(projected=lambda C, out, stride: True),
    never_projected=built(projected=lambda C, out, stride: False),
    projected_with_stride_only=built(projected=lambda C, out, stride: stride != 1),
    projected_for_channels_only=built(projected=lambda C, out, stride: out != C),
    projection_without_stride=built(projection=lambda layer, C, out, stride: layer(C, out, 1)),
    projection_without_normalisation=built(
        projection=lambda layer, C, out, stride: layer(C, out, 1, stride)[:1]
    ),
    projection_of_3x3=built(projection=lambda layer, C, out, stride: layer(C, out, 3, stride, padding=1)),
    shortcut_padded=built(
        projection=lambda layer, C, out, stride: [{"kind": "pad_channels", "channels": out, "stride": stride}]
    ),
    biases_kept=built(bias=True),
    normalisation_forgotten=built(norm=lambda channels: []),
    relu_before_the_addition=built(last_relu=True),
    relu_behind_forgotten=built(behind=()),
    padding_forgotten=built(padding=0),
    shortcut_first=built(order=lambda branch, shortcut: [shortcut, branch]),
    convention_ignored=paper_or_library("paper"),
)


# ------------------------------------------------------------------------------------------- resnet_layers

resnet = Exercise(resnet_layers, points=13, lecture="4", accept=Exact())

resnet.group("basic", points=4, fixed=True)(lambda rng: [(18,), (18, "library")])


@resnet.group("bottleneck", points=4, fixed=True)
def resnet_bottleneck(rng):
    yield 50, "library"  # the paper's variant comes with 101 layers; the tables are long, so each comes once


resnet_bottleneck.example((50,))
resnet.group("deeper", points=5, visible=False)(
    lambda rng: [(34, str(rng.choice(["paper", "library"]))), (101,), (152, "library")]
)

STEM = (conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU, max_pool(3, 2, padding=1))
TIMES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def net(
    depth,
    convention="paper",
    *,
    times=None,
    bottlenecks=lambda depth: depth >= 50,
    strides=lambda stage, number: 2 if stage and not number else 1,
    blocks=(basic_layers, bottleneck_layers),
    growing=True,
    stem=STEM,
    head=lambda C: [avg_pool(7, 1), fully_connected(C, 1000), SOFTMAX],
    begin=True,
):
    """`resnet_layers` with switches for mistakes."""
    deep = bottlenecks(depth)
    layers, C = [*([beginning(3, 224, 224)] if begin else []), *stem], 64
    for stage, count in enumerate((times or TIMES)[depth]):
        K = 64 * 2**stage
        for number in range(count):
            layers += blocks[deep](C, K, strides(stage, number), convention)
            if growing:
                C = 4 * K if deep else K
    return [*layers, *head(C if growing else 512 * (4 if deep else 1))]


assembled = switched(net)

resnet.add_misconceptions(
    net_convention_ignored=paper_or_library("paper"),
    net_always_as_libraries=paper_or_library("library"),
    conv2_halves_too=assembled(strides=lambda stage, number: 1 if number else 2),
    no_block_halves=assembled(strides=lambda stage, number: 1),
    every_block_halves=assembled(strides=lambda stage, number: 2 if stage else 1),
    channels_never_grow=assembled(growing=False),
    basic_blocks_everywhere=assembled(bottlenecks=lambda depth: False),
    bottlenecks_everywhere=assembled(bottlenecks=lambda depth: True),
    one_block_too_few=assembled(
        times={depth: tuple(count - 1 for count in counts) for depth, counts in TIMES.items()}
    ),
    stem_not_pooled=assembled(stem=(conv(3, 64, 7, 2, 3, bias=False), batch_norm(64), RELU)),
    stem_with_biases=assembled(stem=(conv(3, 64, 7, 2, 3), batch_norm(64), RELU, max_pool(3, 2, 1))),
    stem_not_padded=assembled(stem=(conv(3, 64, 7, 2, bias=False), batch_norm(64), RELU, max_pool(3, 2))),
    stem_not_normalised=assembled(stem=(conv(3, 64, 7, 2, 3, bias=False), RELU, max_pool(3, 2, 1))),
    head_not_pooled=assembled(head=lambda C: [fully_connected(C, 1000), SOFTMAX]),
    softmax_forgotten=assembled(head=lambda C: [avg_pool(7, 1), fully_connected(C, 1000)]),
    head_of_512=assembled(head=lambda C: [avg_pool(7, 1), fully_connected(512, 1000), SOFTMAX]),
    input_forgotten=assembled(begin=False),
)

NO_DIFFERENCE = "in these nets channels change exactly where there is a stride"
resnet.equivalent("depth < 50 → depth < 49", because="there is no net of 49 layers")
for condition in ("stride == 1", "in_channels == channels", "stride == 1 or in_channels == channels"):
    resnet.equivalent(f"stride == 1 and in_channels == channels → {condition}", because=NO_DIFFERENCE)
