"""The tests of `convolution`: the forward pass (lecture 1, 2.1) and its connections and parameters (2.2).

Each group varies one property, so that a mistake costs only the points of that property; the last hidden
groups combine all of them. Sizes are fixed and different (H ≠ W, kh ≠ kw, Ho ≠ Wo, N ≠ C ≠ K), so that no two
ways of indexing agree; values are drawn. Whatever decides whether a mistake shows, such as the sign of a sum,
is not left to chance: a mistake costs the same groups in every draw. The groups "basis" prove a function at
the lecture's size, 3×3 with 2×2: what is linear in the kernel or the map is called with every unit kernel or
unit map.
"""

import math

import numpy as np

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    afterwards,
    both,
    changed,
    columns_flipped,
    first_axes_exchanged,
    given,
    instead,
    like,
    pretend,
    result,
    rotated,
    rows_flipped,
    transposed,
)
from autograder.judging.comparison import Exact

from ..catalogue import (
    LECTURE_A,
    LECTURE_W,
    SIZES_REFUSED,
    added_into,
    different,
    integers,
    layouts,
    left_over,
    moves,
    only,
    padded,
    real,
    sized,
    stops,
    units,
    varied,
    whole,
    without_last_windows,
)
from . import notebook as nb

DOMAIN = "cnn"

# ----------------------------------------------------------------------------------------------- arguments


def with_negative_sums(function, a, w, *rest):
    """The arguments, kernel and bias negated if need be so that the sum of greatest magnitude is negative."""
    z = function(a, w, *rest)
    return (a, w, *rest) if -z.min() >= z.max() else (a, -w, *(-b for b in rest[:1]), *rest[1:])


def lecture_size(rng):
    """A map and a kernel of the lecture's size, in numbers that one can check by hand; no z is 0."""
    while True:
        a, w = with_negative_sums(nb.correlate, whole(rng, 3, 3), whole(rng, 2, 2))
        if np.all(nb.correlate(a, w)):
            return a, w


def as_wide_as_high(array):
    """The last two axes in code that assumes that they are equally long."""
    return array[..., np.arange(array.shape[-2])]


def kernel_size(w):
    """The number of products in a sum: kh · kw, or C · kh · kw."""
    return math.prod(w.shape[-3:])


# -------------------------------------------------------------- misconceptions that several exercises share

WRONG_KERNEL = {
    "kernel_flipped": changed("w", rotated),
    "kernel_upside_down": changed("w", rows_flipped),
    "kernel_mirrored": changed("w", columns_flipped),
    "kernel_transposed": changed("w", transposed),
    "square_kernel": changed("w", as_wide_as_high),
}


def wrong_sums(a):
    """Misconceptions about the sums of a feature map; the map is the argument `a`."""
    return {
        **WRONG_KERNEL,
        "last_product_only": changed("w", only(np.s_[..., -1:, -1:])),
        "products_averaged": changed("w", lambda w: w / kernel_size(w)),
        "bias_forgotten": changed("b", lambda b: 0 * b),
        "bias_with_every_product": given(b=lambda c: c.b * kernel_size(c.w)),
        "one_place_too_few": result(lambda z, c: z[..., :-1, :-1]),
        "square_assumed": afterwards(as_wide_as_high),
        "first_row_only": afterwards(only(np.s_[..., :1, :])),
        "activation_applied": afterwards(lambda z: np.maximum(z, 0)),
        "stored_as_integers": like(a),
    }


# -------------------------------------------------------------------------------------------------- correlate

correlation = Exercise(nb.correlate, points=12, lecture="2.1")


def correlation_case(rng, size, kernel, *b):
    return with_negative_sums(nb.correlate, real(rng, *size), real(rng, *kernel), *b)


lecture_maps = correlation.group("lecture", points=3.5)(lambda rng: [lecture_size(rng)])
lecture_maps.example((LECTURE_A, LECTURE_W))


@correlation.group("basis", points=0.5, visible=False)
def unit_kernels(rng):
    """z is linear in w, and each unit kernel copies a part of the map, all of whose elements differ."""
    a = whole(rng, 3, 3)
    for w in units(2, 2):
        yield a, w


correlation_group = sized(correlation, correlation_case)
correlation_group(
    "shapes", 3, ((4, 7), (3, 3)), ((5, 5), (2, 3)), ((6, 5), (3, 2)), ((3, 5), (1, 5)), ((4, 2), (3, 1))
)


@correlation.group("bias", points=2)
def biased_maps(rng):
    b = float(rng.choice([-1, 1]) * rng.uniform(0.5, 2))
    yield correlation_case(rng, (4, 4), (2, 2), b)
    yield correlation_case(rng, (5, 5), (3, 3), -b)


@correlation.group("extremes", points=2, visible=False)
def extreme_maps(rng):
    yield correlation_case(rng, (3, 3), (1, 1))
    for k in (1, 2, 4):  # one sum: reals might cancel
        yield with_negative_sums(nb.correlate, whole(rng, k, k), whole(rng, k, k))


@correlation.group("integers", points=0.5, visible=False)
def integer_maps(rng):
    yield with_negative_sums(nb.correlate, integers(rng, 4, 4), real(rng, 2, 2))
    yield with_negative_sums(nb.correlate, real(rng, 4, 4), integers(rng, 2, 2))
    yield with_negative_sums(
        nb.correlate, integers(rng, 4, 4), integers(rng, 2, 2), float(rng.uniform(0.2, 0.8))
    )


layouts(correlation, 0.5, lambda rng: correlation_case(rng, (4, 4), (2, 2)))


def matrix_product(a, w, b=0.0):
    return (np.lib.stride_tricks.sliding_window_view(a, w.shape) @ w).sum(axis=(2, 3)) + b


def size_of_the_example(a, w, b=0.0):
    H, W = (n - k + 1 for n, k in zip(a.shape, w.shape, strict=True))
    return sum(w[p, q] * a[p : p + H, q : q + W] for p in range(2) for q in range(2)) + b


correlation.add_misconceptions(
    frequent=("kernel_flipped", "bias_forgotten", "activation_applied"),
    **wrong_sums("a"),
    indices_from_one=given(a=lambda c: np.roll(c.a, 1, axis=(0, 1))),
    padded_to_input_size=given(a=lambda c: np.pad(c.a, [(k // 2, (k - 1) // 2) for k in c.w.shape])),
    padded_by_the_kernel=given(a=lambda c: np.pad(c.a, [(k - 1, k - 1) for k in c.w.shape])),
    windows_side_by_side=result(lambda z, c: z[:: len(c.w), :: len(c.w.T)]),
    matrix_product=instead(matrix_product),
    size_of_the_example=instead(size_of_the_example),
    last_windows_left_out=afterwards(without_last_windows),
    floats_added_to_integers=added_into("a"),
)


# --------------------------------------------------------------------------------------------- sobel, prewitt

sobel_edges = Exercise(nb.sobel, points=6, lecture="1")
prewitt_edges = Exercise(nb.prewitt, points=6, lecture="1")


def hillside(rng, H, W):
    """An image that grows brighter to the right and darker downwards: gx > 0 > gy everywhere."""
    rows, columns = np.indices((H, W))
    return 5.0 * (H - 1 - rows + columns) + rng.uniform(0, 5, (H, W))


def edges(change):
    """A transform: a mistake in the result: `change(gx, gy, magnitude)`."""
    return result(lambda parts, c: change(*parts))


def differences(image, middle):
    """First the difference, then the weighted sum across it: the kernel is separable."""
    across, down = image[:, 2:] - image[:, :-2], image[2:] - image[:-2]
    gx = across[:-2] + middle * across[1:-1] + across[2:]
    gy = down[:, :-2] + middle * down[:, 1:-1] + down[:, 2:]
    return gx, gy, np.hypot(gx, gy)


def edge_images(exercise, example):
    """The cases of Sobel and Prewitt, which differ only in the weight of the middle row."""

    @exercise.group("lecture", points=2)
    def one_window(rng):
        yield (np.floor(hillside(rng, 3, 3)),)

    one_window.example((np.array(example),))

    @exercise.group("shapes", points=2.5)
    def oblong_images(rng):
        yield (hillside(rng, 4, 6),)
        yield (-hillside(rng, 6, 5),)

    @exercise.group("steps", points=1, visible=False)
    def steps_and_point(rng):
        """Steps, and a single point: its response is the rotated kernel, which determines the filter."""
        step, point = np.zeros((3, 5)), np.zeros((5, 6))
        step[:, 3:], point[2, 3] = rng.integers(2, 10, 2)  # whole, so that gy of the first is exactly 0
        yield (step,)
        yield (-step.T,)
        yield (point,)

    @exercise.group("integers", points=0.25, visible=False)
    def integer_images(rng):
        yield (hillside(rng, 5, 4).astype(np.uint8),)

    layouts(exercise, 0.25, lambda rng: (hillside(rng, 4, 3),))


def wrong_edges(middle, other):
    """Misconceptions about the operator with this weight of the middle row, confused with `other`."""

    def wraps_around(image):
        gx, gy, _ = differences(image, middle)
        return gx, gy, np.hypot(gx.astype(float), gy.astype(float))

    return {
        "kernel_flipped": edges(lambda gx, gy, magnitude: (-gx, -gy, magnitude)),
        "gx_mirrored": edges(lambda gx, gy, magnitude: (-gx, gy, magnitude)),
        "gy_upside_down": edges(lambda gx, gy, magnitude: (gx, -gy, magnitude)),
        "gx_and_gy_swapped": edges(lambda gx, gy, magnitude: (gy, gx, magnitude)),
        "one_kernel_for_both": edges(lambda gx, gy, magnitude: (gx, gx, np.hypot(gx, gx))),
        "weights_of_the_other_operator": instead(other),
        "magnitude_without_root": edges(lambda gx, gy, magnitude: (gx, gy, magnitude**2)),
        "magnitude_of_absolute_values": edges(lambda gx, gy, magnitude: (gx, gy, abs(gx) + abs(gy))),
        "magnitude_of_half_and_half": edges(lambda gx, gy, magnitude: (gx, gy, (abs(gx) + abs(gy)) / 2)),
        "absolute_values": edges(lambda gx, gy, magnitude: (abs(gx), abs(gy), magnitude)),
        "clipped_for_display": edges(lambda *parts: tuple(np.clip(part, 0, 255) for part in parts)),
        "padded_to_image_size": changed("image", lambda image: np.pad(image, 1)),
        "normalised": edges(lambda *parts: tuple(part / (4 + 2 * middle) for part in parts)),
        "stored_as_integers": result(
            lambda parts, c: (*parts[:2], parts[2].astype(int if c.image.dtype.kind in "iu" else float))
        ),
        "wraps_around": instead(wraps_around),
    }


MOST_OFTEN = ("kernel_flipped", "gx_and_gy_swapped", "magnitude_of_absolute_values")

edge_images(sobel_edges, [[0.0, 0.0, 2.0], [0.0, 7.0, 2.0], [3.0, 2.0, 3.0]])
sobel_edges.add_misconceptions(frequent=MOST_OFTEN, **wrong_edges(2, nb.prewitt))

edge_images(prewitt_edges, [[0.0, 0.0, 1.0], [0.0, 7.0, 1.0], [1.0, 2.0, 2.0]])
prewitt_edges.add_misconceptions(frequent=MOST_OFTEN, **wrong_edges(1, nb.sobel))

# ------------------------------------------------------------------------------------------------ conv_matrix

unrolled = Exercise(nb.conv_matrix, points=10, lecture="2.2")

lecture_matrices = unrolled.group("lecture", points=3)(lambda rng: [(whole(rng, 2, 2), (3, 3))])
lecture_matrices.example((LECTURE_W, (3, 3)))


@unrolled.group("basis", points=0.5, visible=False, fixed=True)
def unit_matrices(rng):
    """M is linear in w: what is right for each unit kernel is right for all kernels of this size."""
    for w in units(2, 2):
        yield w, (3, 3)


unrolled_group = sized(unrolled, lambda rng, kernel, map: (real(rng, *kernel), map))
unrolled_group("shapes", 3.5, ((2, 3), (4, 4)), ((2, 2), (3, 5)), ((2, 3), (5, 4)), ((3, 2), (4, 6)))
unrolled_group(
    "extremes", 2.5, ((1, 1), (2, 3)), ((3, 2), (3, 2)), ((1, 3), (3, 4)), ((2, 1), (4, 2)), visible=False
)
layouts(unrolled, 0.5, lambda rng: (real(rng, 2, 3), (3, 4)))


def numbered(column):
    """M with w[p, q] of row (u, v) in a wrong column: `column(u, v, p, q, W, Wo)`."""

    def matrix(w, input_shape):
        (H, W), (kh, kw) = input_shape, w.shape
        Ho, Wo = H - kh + 1, W - kw + 1
        M = np.zeros((Ho * Wo, H * W))
        for u, v, p, q in np.ndindex(Ho, Wo, kh, kw):
            M[u * Wo + v, column(u, v, p, q, W, Wo)] = w[p, q]
        return M

    return instead(matrix)


def as_many_outputs_as_inputs(w, input_shape):
    H, W = input_shape
    M = np.zeros((H * W, H, W))
    for row, (u, v) in zip(M, np.ndindex(H, W), strict=True):
        row[u : u + len(w), v : v + len(w.T)] = w[: H - u, : W - v]
    return M.reshape(H * W, H * W)


unrolled.add_misconceptions(
    frequent=("kernel_flipped", "matrix_transposed"),
    **WRONG_KERNEL,
    matrix_transposed=result(lambda M, c: M.T),
    column_by_column=both(changed("w", transposed), changed("input_shape", lambda shape: shape[::-1])),
    map_column_by_column=result(lambda M, c: M.reshape(-1, *c.input_shape).swapaxes(1, 2).reshape(M.shape)),
    no_jump_at_the_end_of_a_row=numbered(lambda u, v, p, q, W, Wo: u * Wo + v + p * W + q),
    no_gap_between_kernel_rows=numbered(lambda u, v, p, q, W, Wo: u * W + v + p * (W - Wo + 1) + q),
    columns_by_output_width=numbered(lambda u, v, p, q, W, Wo: (u + p) * Wo + v + q),
    height_and_width_swapped=changed("input_shape", lambda shape: shape[::-1]),
    first_window_only=afterwards(only(np.s_[:1])),
    windows_side_by_side=result(
        lambda M, c: M[
            np.arange(len(M)).reshape(c.input_shape[0] - len(c.w) + 1, -1)[:: len(c.w), :: len(c.w.T)].ravel()
        ]
    ),
    connections_for_weights=result(lambda M, c: np.where(M == 0, 0.0, 1.0)),
    stored_as_integers=result(lambda M, c: M.astype(int)),
    as_many_outputs_as_inputs=instead(as_many_outputs_as_inputs),
)


# --------------------------------------------------------------------------------- connections and parameters

fully_connected = Exercise(nb.fully_connected_counts, points=4, lecture="2.2", accept=Exact())
locally_connected = Exercise(nb.locally_connected_counts, points=4, lecture="2.2", accept=Exact())
shared_weights = Exercise(nb.convolution_counts, points=4, lecture="2.2", accept=Exact())


def counted(change):
    """A transform: a mistake in the two counts: `change(connections, parameters, call)`."""
    return result(lambda counts, c: change(*counts, c))


def outputs(c):
    """The number of neurons of the output map."""
    (H, W), (kh, kw) = c.input_shape, c.kernel_shape
    return (H - kh + 1) * (W - kw + 1)


WRONG_COUNTS = {
    "biases_not_counted": pretend("bias", False),
    "biases_always_counted": pretend("bias", True),
    "bias_is_a_connection": counted(
        lambda n, m, c: (n + c.bias * (outputs(c) if "kernel_shape" in vars(c) else c.outputs), m)
    ),
    "counts_exchanged": counted(lambda n, m, c: (m, n)),
    "connections_counted_twice": counted(lambda n, m, c: (2 * n, m)),
}

dense_layers = fully_connected.group("lecture", points=1.5)(
    lambda rng: [different(rng, 3, 40), (*different(rng, 3, 40), False)]
)
dense_layers.example((9, 4))
fully_connected.group("bias", points=1.5)(lambda rng: [(*different(rng, 3, 40), True)])
fully_connected.group("extremes", points=1, visible=False)(
    lambda rng: [(int(rng.integers(3, 40)), 1, True), (1, int(rng.integers(3, 40)), True)]
)

fully_connected.add_misconceptions(
    frequent=("biases_not_counted", "bias_is_a_connection"),
    **WRONG_COUNTS,
    one_bias_for_the_layer=counted(lambda n, m, c: (n, n + c.bias)),
    one_bias_for_each_input=counted(lambda n, m, c: (n, n + c.bias * c.inputs)),
    biases_of_both_layers=counted(lambda n, m, c: (n, m + c.bias * c.inputs)),
    one_bias_for_each_connection=counted(lambda n, m, c: (n, n + c.bias * n)),
    weights_shared=counted(lambda n, m, c: (n, m - n + c.inputs)),
    neurons_added=counted(lambda n, m, c: (c.inputs + c.outputs, m - n + c.inputs + c.outputs)),
)


def map_and_kernel(rng):
    """The shapes of a map and of a smaller kernel, neither of them square; kh + kw ≠ W + 1."""
    return different(rng, 7, 14), different(rng, 2, 5)


def window_cases(exercise):
    """The cases of local connection and convolution, which are the same."""

    @exercise.group("lecture", points=1.5)
    def layers(rng):
        yield map_and_kernel(rng)
        yield (*map_and_kernel(rng), False)
        yield different(rng, 7, 14), (3, 3)

    layers.example(((3, 3), (2, 2)))

    @exercise.group("bias", points=1.5)
    def layers_with_bias(rng):
        yield (*map_and_kernel(rng), True)

    @exercise.group("extremes", points=1, visible=False)
    def extreme_layers(rng):
        shape = different(rng, 3, 9)
        yield shape, (1, 1), True
        yield shape, shape, True
        yield shape, (1, shape[1] - 1), True


WRONG_WINDOWS = {
    **WRONG_COUNTS,
    "as_many_outputs_as_inputs": given(
        input_shape=lambda c: tuple(n + k - 1 for n, k in zip(c.input_shape, c.kernel_shape, strict=True))
    ),
    "one_place_too_few": changed("input_shape", lambda shape: (shape[0] - 1, shape[1] - 1)),
    "windows_side_by_side": given(
        input_shape=lambda c: tuple(
            n // k + k - 1 for n, k in zip(c.input_shape, c.kernel_shape, strict=True)
        )
    ),
    "one_connection_for_each_output": counted(lambda n, m, c: (outputs(c), m)),
    "square_map": changed("input_shape", lambda shape: (shape[0], shape[0])),
    "square_kernel": changed("kernel_shape", lambda shape: (shape[0], shape[0])),
}

window_cases(locally_connected)
window_cases(shared_weights)

locally_connected.add_misconceptions(
    frequent=("biases_not_counted", "bias_is_a_connection", "one_place_too_few"),
    **WRONG_WINDOWS,
    weights_shared=counted(lambda n, m, c: (n, math.prod(c.kernel_shape) + c.bias)),
    one_bias_for_the_layer=counted(lambda n, m, c: (n, n + c.bias)),
    joined_to_the_whole_map=given(
        input_shape=lambda c: (outputs(c), math.prod(c.input_shape)),
        kernel_shape=lambda c: (1, math.prod(c.input_shape)),
    ),
)

shared_weights.add_misconceptions(
    frequent=("biases_not_counted", "bias_is_a_connection", "one_place_too_few"),
    **WRONG_WINDOWS,
    weights_not_shared=counted(lambda n, m, c: (n, n + c.bias)),
    parameters_for_connections=counted(lambda n, m, c: (m - c.bias, m)),
    one_bias_for_each_activation=counted(lambda n, m, c: (n, m + c.bias * (outputs(c) - 1))),
    joined_to_the_whole_map=counted(lambda n, m, c: (outputs(c) * math.prod(c.input_shape), m)),
)


# ------------------------------------------------------------------------------------- convolution_parameters

layer_parameters = Exercise(nb.convolution_parameters, points=14, lecture="2.2, 3.3", accept=Exact())


@layer_parameters.group("lecture", points=2.5)
def single_kernels(rng):
    for k in different(rng, 3, 9):
        yield 1, 1, (k, k), False
    yield 1, 1, different(rng, 2, 6), False


single_kernels.example((1, 1, (2, 2), False))


@layer_parameters.group("channels", points=3)
def channels_and_kernels(rng):
    yield *different(rng, 2, 20), different(rng, 2, 6), False
    yield int(rng.integers(2, 20)), 1, different(rng, 2, 6), False
    yield 1, int(rng.integers(2, 20)), different(rng, 2, 6), False


@layer_parameters.group("bias", points=3)
def kernels_with_bias(rng):
    yield *different(rng, 2, 20), different(rng, 2, 6)
    yield *different(rng, 2, 20), different(rng, 2, 6), True


@layer_parameters.group("groups", points=3)
def grouped_kernels(rng):
    for g in different(rng, 2, 6):
        per_group, kernels_per_group = different(rng, 2, 6)
        yield g * per_group, g * kernels_per_group, different(rng, 2, 6), False, g


@layer_parameters.group("depthwise", points=1, visible=False)
def depthwise_kernels(rng):
    C, multiple = different(rng, 2, 6)
    yield C, C, different(rng, 2, 6), False, C
    yield C, C * multiple, different(rng, 2, 6), True, C


@layer_parameters.group("everything", points=1.5, visible=False)
def whole_layers(rng):
    g, per_group, kernels_per_group = different(rng, 2, 8, 3)
    yield g * per_group, g * kernels_per_group, different(rng, 2, 6), True, g
    yield *different(rng, 30, 70), (1, int(rng.integers(2, 8))), True


layer_parameters.equivalent("(kh, kw) → (kw, kh)", because="only the product kh · kw is used")


def biases(amount):
    """A transform: a mistake in the number of biases: `amount(call)` of them."""
    return result(lambda count, c: count + c.bias * (amount(c) - c.kernels))


layer_parameters.add_misconceptions(
    frequent=("biases_not_counted", "channels_forgotten", "groups_ignored", "square_kernel"),
    biases_not_counted=pretend("bias", False),
    channels_forgotten=both(pretend("in_channels", 1), pretend("groups", 1)),
    groups_ignored=pretend("groups", 1),
    square_kernel=changed("kernel_shape", lambda shape: (shape[0], shape[0])),
    one_kernel_only=pretend("kernels", 1),
    channels_and_kernels_added=given(
        kernels=lambda c: c.kernels + c.in_channels // c.groups, in_channels=lambda c: c.groups
    ),
    height_and_width_added=changed("kernel_shape", lambda shape: (1, sum(shape))),
    biases_always_counted=pretend("bias", True),
    one_bias_for_the_layer=biases(lambda c: 1),
    biases_of_input_channels=biases(lambda c: c.in_channels),
    biases_within_the_kernels=biases(lambda c: c.kernels * c.in_channels),
    one_bias_for_each_weight=biases(
        lambda c: c.kernels * (c.in_channels // c.groups) * math.prod(c.kernel_shape)
    ),
    one_bias_for_each_group=biases(lambda c: c.groups),
    biases_of_one_group=biases(lambda c: c.kernels // c.groups),
    biases_of_every_group=biases(lambda c: c.kernels * c.groups),
    groups_multiply=given(in_channels=lambda c: c.in_channels * c.groups**2),
    one_group_only=given(kernels=lambda c: c.kernels // c.groups),
    batch_norm_counted=result(lambda count, c: count + 2 * c.kernels),
    batch_norm_statistics_counted=result(lambda count, c: count + 4 * c.kernels),
)


# ----------------------------------------------------------------------------------------------------- conv2d

layer = Exercise(nb.conv2d, points=40, lecture="2.1")


def layer_case(rng, N, C, K, map, kernel, x=real, w=real, b=None, stride=1, padding=0):
    """Arguments of a call; b is never 0 outside of the lecture's case, and no other sum is."""
    settings = () if (stride, padding) == (1, 0) else (stride, padding)[: 1 + (padding > 0)]
    b = rng.uniform(0.5, 2, K) * rng.choice([-1.0, 1.0], K) if b is None else b(rng, K)
    return with_negative_sums(nb.conv2d, x(rng, N, C, *map), w(rng, K, C, *kernel), b, *settings)


@layer.group("lecture", points=4)
def lecture_layers(rng):
    a, w = lecture_size(rng)
    yield a[None, None], w[None, None], np.zeros(1)


lecture_layers.example((LECTURE_A[None, None], LECTURE_W[None, None], np.zeros(1)))


@layer.group("basis", points=1, visible=False, fixed=True)
def unit_layers(rng):
    """z is linear in x and in w: each unit map with each unit kernel proves a function for this size."""
    yield units(1, 3, 3), units(1, 2, 2), np.zeros(4)


# Maps and kernels are square where the group is about something else. Several channels and kernels meet
# padding, so that neither a function without padding nor one that needs it loses everything.
layer_group = varied(layer, layer_case, N=1, C=1, K=1, map=(5, 5), kernel=(3, 3))
layer_group("bias", 2.5, {"map": (3, 3), "kernel": (2, 2)}, {})
layer_group("oblong", 3.5, {"map": (5, 7)}, {"kernel": (3, 2)}, {"map": (6, 4), "kernel": (2, 3)})
layer_group("stride", 4.5, {"stride": 2}, {"map": (6, 6), "stride": 3}, {"kernel": (2, 2), "stride": 3})
layer_group("padding", 4, {"padding": 1}, {"kernel": (4, 4), "padding": 2})
layer_group("batch", 2.5, {"N": 3})
layer_group("channels", 4, {"C": 3, "padding": 1})
layer_group("kernels", 3, {"K": 4, "padding": 1})
layer_group(
    "remainder", 3, {"map": (6, 6), "stride": 2}, {"map": (7, 7), "stride": 3}, {"stride": 3}, visible=False
)
layer_group(
    "extremes",
    1.5,
    {"kernel": (1, 1)},
    {"kernel": (1, 1), "stride": 2},
    {"kernel": (5, 5)},
    {"map": (2, 2), "kernel": (2, 2), "padding": 3},
    visible=False,
)
layer_group(
    "everything",
    3.5,
    {"N": 3, "C": 2, "K": 5, "map": (8, 6), "kernel": (3, 4), "stride": 2, "padding": 1},
    {"N": 2, "C": 4, "K": 3, "map": (5, 7), "kernel": (4, 2), "stride": 3, "padding": 2},
    {"C": 2, "K": 3, "map": (7, 6), "kernel": (2, 1), "stride": 3, "padding": 1},
    visible=False,
)
layer_group("integers", 1.5, {"x": integers}, {"w": integers}, {"b": integers}, visible=False)
layouts(layer, 1.5, lambda rng: layer_case(rng, 1, 1, 1, (3, 3), (2, 2)))


def instead_of_padding(change):
    """A transform: wrong padding; windows move over the map `change(x, padding, call)`."""
    return given(x=lambda c: change(c.x, c.padding, c), padding=lambda c: 0)


def cropped_to(stride, padding):
    """A transform: only the output's size is wrong, at most that of another stride or padding."""

    def crop(z, c):
        sizes = zip(c.x.shape[2:], c.w.shape[2:], strict=True)
        Ho, Wo = (max(0, (n + padding(c) - k) // stride(c) + 1) for n, k in sizes)
        return z[:, :, :Ho, :Wo]

    return result(crop)


def without_the_remainder(x, p, c):
    """The padded map from where windows start that end at the bottom right: the rest is at the top left."""
    top, left = left_over(c)
    return padded(x, p)[:, :, top:, left:]


def stride_within_the_kernel(x, w, b, stride=1, padding=0):
    K, C, kh, kw = w.shape
    wide = np.zeros((K, C, stride * (kh - 1) + 1, stride * (kw - 1) + 1))
    wide[:, :, ::stride, ::stride] = w
    return nb.conv2d(x, wide, b, 1, padding)


def of_size(outputs):
    """A transform: `outputs(H + 2p, kh, s)` windows in a column; beyond the border they meet zeros."""

    def wrong(x, w, b, stride=1, padding=0):
        sizes = [outputs(n + 2 * padding, k, stride) for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
        far = padded(x, padding, padding + max(w.shape[2:]) + stride * max(sizes))
        return nb.conv2d(far, w, b, stride)[:, :, : sizes[0], : sizes[1]]

    return instead(wrong)


def width_from_height(z, c):
    """As many columns as follow from the height of the map; too many stick out of it."""
    Wo = (c.x.shape[2] + 2 * c.padding - c.w.shape[3]) // c.stride + 1
    if Wo > z.shape[3]:
        raise ValueError("a window sticks out of the map")
    return z[..., : max(0, Wo)]


def one_window_too_many(c):
    """Whether rounding to the nearest number of windows finds more than fit."""
    return np.any(np.rint(moves(c) / c.stride) > moves(c) // c.stride)


layer.add_misconceptions(
    frequent=("kernel_flipped", "bias_forgotten", "activation_applied", "stride_ignored", "padding_ignored"),
    **wrong_sums("x"),
    stride_ignored=pretend("stride", 1),
    padding_ignored=pretend("padding", 0),
    indices_from_one=instead_of_padding(lambda x, p, c: np.roll(padded(x, p), 1, axis=(2, 3))),
    kernel_axes_exchanged=changed("w", first_axes_exchanged),
    padding_before_only=instead_of_padding(lambda x, p, c: padded(x, p, 0)),
    padding_after_only=instead_of_padding(lambda x, p, c: padded(x, 0, p)),
    padding_on_rows_only=instead_of_padding(lambda x, p, c: np.pad(x, [(0, 0), (0, 0), (p, p), (0, 0)])),
    padding_split_between_sides=instead_of_padding(lambda x, p, c: padded(x, p // 2, p - p // 2)),
    padding_of_one=changed("padding", lambda padding: min(padding, 1)),
    padded_with_edges=instead_of_padding(lambda x, p, c: padded(x, p, mode="edge")),
    every_axis_padded=instead_of_padding(lambda x, p, c: np.pad(x, p)[: len(x), : len(x[0])]),
    padded_to_input_size=instead_of_padding(
        lambda x, p, c: np.pad(x, [(0, 0), (0, 0), *((k // 2, (k - 1) // 2) for k in c.w.shape[2:])])
    ),
    output_size_without_padding=cropped_to(stride=lambda c: c.stride, padding=lambda c: 0),
    stride_on_rows_only=both(pretend("stride", 1), result(lambda z, c: z[:, :, :: c.stride])),
    stride_on_columns_only=both(pretend("stride", 1), result(lambda z, c: z[..., :: c.stride])),
    stride_in_output_size_only=both(
        pretend("stride", 1), cropped_to(stride=lambda c: c.stride, padding=lambda c: 2 * c.padding)
    ),
    output_size_rounded_up=instead_of_padding(lambda x, p, c: padded(x, p, p + c.stride - 1)),
    remainder_at_the_top=instead_of_padding(without_the_remainder),
    stride_within_the_kernel=instead(stride_within_the_kernel),
    first_channel_only=both(changed("x", lambda x: x[:, :1]), changed("w", lambda w: w[:, :1])),
    last_channel_only=both(changed("x", lambda x: x[:, -1:]), changed("w", lambda w: w[:, -1:])),
    channels_averaged=changed("w", lambda w: w / w.shape[1]),
    one_slice_for_all_channels=changed("w", lambda w: np.repeat(w[:, :1], w.shape[1], axis=1)),
    first_kernel_for_all=changed("w", lambda w: np.repeat(w[:1], len(w), axis=0)),
    last_kernel_for_all=changed("w", lambda w: np.repeat(w[-1:], len(w), axis=0)),
    one_feature_map=result(lambda z, c: z.sum(axis=1, keepdims=True)),
    samples_and_kernels_exchanged=result(lambda z, c: z.swapaxes(0, 1)),
    feature_maps_last=result(lambda z, c: np.moveaxis(z, 1, -1)),
    first_sample_only=result(lambda z, c: z * (np.arange(len(z)) == 0)[:, None, None, None]),
    last_sample_only=result(lambda z, c: z * (np.arange(len(z)) == len(z) - 1)[:, None, None, None]),
    bias_along_the_width=both(changed("b", lambda b: 0 * b), result(lambda z, c: z + c.b)),
    first_bias_for_all=changed("b", lambda b: np.full(len(b), b[0])),
    bias_with_every_channel=given(b=lambda c: c.b * c.x.shape[1]),
    window_not_subtracted=of_size(lambda n, k, s: n // s),
    number_rounded_to_nearest=stops(one_window_too_many, IndexError),
    width_from_height=result(width_from_height),
    padding_always_one=pretend("padding", 1),
    padding_counted_twice=changed("padding", lambda padding: 2 * padding),
    slice_empty_without_padding=stops(lambda c: c.padding == 0),
    **SIZES_REFUSED,
    last_windows_left_out=afterwards(without_last_windows),
    floats_added_to_integers=added_into("x"),
)
