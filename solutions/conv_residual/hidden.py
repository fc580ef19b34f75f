"""The tests of the assignment `conv_residual` (lecture 3.2): cases and misconceptions.

Cases are few and small. Each group isolates one idea, so that what a student got right earns its points; the
hidden groups add remainders, integers, memory layouts and combinations. Extents differ wherever they can, so
that no two ways of indexing agree.

The steps of the lecture only move numbers: an array of numbers that are all different shows where each of
them went. Both forms of the convolution's residual are linear in the residual and in the kernel; their groups
`basis` call them with the unit arrays of the lecture's size, 3×3 ∗ 2×2.
"""

import functools

import numpy as np

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    afterwards,
    both,
    changed,
    columns_flipped,
    divided_by,
    first_axes_exchanged,
    given,
    instead,
    like,
    pretend,
    result,
    rotated,
    rotated90,
    rows_flipped,
    switched,
    transposed,
)

from ..catalogue import (
    LECTURE_DELTA,
    LECTURE_LAYER,
    LECTURE_W,
    added_into,
    columns_as_rows,
    cropped,
    each_line,
    formula_for,
    integers,
    layouts,
    loops_over_input_positions,
    lying,
    oblong,
    only,
    real,
    relu_slopes,
    remainder_refused,
    sized,
    slopes,
    spread_out,
    stops,
    uncancelled,
    units,
    varied,
    whole,
    without_last_windows,
)
from ..windows import replaced
from . import notebook as nb

DOMAIN = "cnn"


# ---------------------------------------------------------------------------------------- dense_residual

dense = Exercise(nb.dense_residual, points=6, lecture="3.2")


def dense_args(rng, outputs, inputs):
    """The arguments of `dense_residual` for a layer of the given size."""
    return uncancelled(
        nb.dense_residual, lambda: (real(rng, outputs), real(rng, outputs, inputs), real(rng, inputs))
    )


dense_group = sized(dense, dense_args)
dense_lecture = dense_group("lecture", 2, (3, 2))
dense_lecture.example(
    (np.array([1.0, -1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 1.0]))
)
dense_group("shapes", 1.5, (2, 5), (3, 3))
dense_group("single", 1.5, (1, 4), (4, 1), visible=False)


@dense.group("basis", points=0.5, visible=False)
def dense_basis(rng):
    """Each unit residual of the lecture's layer, 3 units after 2: it brings back its row of w, times σ′.

    A function that is linear in the residual and passes is right for all residuals of this layer.
    """
    for delta in units(3):
        yield delta, real(rng, 3, 2), real(rng, 2)


@dense.group("integers", points=0.25, visible=False)
def dense_integers(rng):
    yield uncancelled(nb.dense_residual, lambda: (integers(rng, 3), real(rng, 3, 4), real(rng, 4)))
    yield uncancelled(nb.dense_residual, lambda: (real(rng, 4), integers(rng, 4, 3), real(rng, 3)))
    yield uncancelled(nb.dense_residual, lambda: (real(rng, 3), real(rng, 3, 4), relu_slopes(rng, 4)))


layouts(dense, 0.25, lambda rng: dense_args(rng, 2, 3))

dense.add_misconceptions(
    frequent=("weights_not_transposed", "sigma_prime_missing", "mean_over_units"),
    weights_not_transposed=changed("w_next", np.transpose),
    sigma_prime_missing=changed("dsigma", np.ones_like),
    sigma_prime_twice=changed("dsigma", np.square),
    sigma_prime_taken_again=changed("dsigma", lambda slopes: slopes * (1 - slopes)),
    mean_over_units=divided_by(lambda c: len(c.delta_next)),
    last_unit_only=given(delta_next=lambda c: c.delta_next[-1:], w_next=lambda c: c.w_next[-1:]),
    stored_as_integers=like("dsigma"),
    sigma_prime_of_the_wrong_layer=instead(lambda delta, w, dsigma: w.T @ (delta * dsigma)),
    matrix_product_with_sigma_prime=instead(lambda delta, w, dsigma: w.T @ delta @ dsigma),
    products_not_summed=instead(lambda delta, w, dsigma: w * delta[:, None] * dsigma),
)


# -------------------------------------------------------------------------------------- derive_residuals

written_out = Exercise(nb.derive_residuals, points=11, lecture="3.2")
each_line(written_out, LECTURE_LAYER, {"z": 0.5, "delta": 1})


def lecture_lines(
    *,
    z_weight="w{i}{j}",
    bias=" + b",
    weight="w{i}{j}",
    slope=" σ'(z{u}{v})",
    of_each="",
    joined=" + ",
    last=4,
):
    """The 13 lines, right or wrong; `{i}` and `{k}` are a row and the opposite row.

    Parameters
    ----------
    z_weight, weight : str
        The weight beside a in z, and beside δ in the residual.
    bias, slope : str
        The end of each z and of each residual.
    of_each : str
        A further factor of every term of the residuals.
    last : int
        How many terms a residual has at most.
    """
    lines = []
    for p, q in np.ndindex(2, 2):
        terms = [
            f"a{p + i + 1}{q + j + 1} " + z_weight.format(i=i + 1, j=j + 1, k=2 - i, m=2 - j)
            for i, j in np.ndindex(2, 2)
        ]
        lines.append(f"z{p + 1}{q + 1} = {' + '.join(terms)}{bias}")
    for u, v in np.ndindex(3, 3):
        places = [(p, q) for p, q in np.ndindex(2, 2) if 0 <= u - p < 2 and 0 <= v - q < 2]
        terms = [
            f"δ{p + 1}{q + 1} {weight}{of_each}".format(
                i=u - p + 1, j=v - q + 1, k=2 - u + p, m=2 - v + q, u=u + 1, v=v + 1, p=p + 1, q=q + 1
            )
            for p, q in places
        ]
        end = slope.format(u=u + 1, v=v + 1, n=len(terms))
        lines.append(f"δ{u + 1}{v + 1} = ({joined.join(terms[:last])}){end}")
    return "\n".join(lines)


lines = switched(lecture_lines)

written_out.add_misconceptions(
    kernel_rotated_forward=lines(z_weight="w{k}{m}"),
    bias_forgotten=lines(bias=""),
    kernel_not_rotated=lines(weight="w{k}{m}"),
    kernel_transposed=lines(weight="w{j}{i}"),
    weight_of_the_place_of_delta=lines(weight="w{p}{q}"),
    sigma_prime_missing=lines(slope=""),
    sigma_prime_of_this_layer=lines(of_each=" σ'(z{p}{q}^(l))", slope=""),
    sigma_prime_of_a=lines(slope=" σ'(a{u}{v})"),
    activation_for_its_slope=lines(slope=" a{u}{v}"),
    first_neighbour_only=lines(last=1),
    terms_averaged=lines(slope=" / {n} σ'(z{u}{v})"),
    terms_subtracted=lines(joined=" - "),
    bias_in_the_residual=lines(slope=" σ'(z{u}{v}) + b"),
)


# --------------------------------------------------------------------------------------------- rotate180

rotation = Exercise(nb.rotate180, points=4, lecture="3.2")

rotation_lecture = rotation.group("lecture", points=1.5)(lambda rng: [(whole(rng, 2, 2),)])
rotation_lecture.example((LECTURE_W,))
rotation.group("shapes", points=1.5)(lambda rng: [(real(rng, 2, 4),), (real(rng, 5, 3),)])
rotation.group("single", points=0.75, visible=False)(lambda rng: [(whole(rng, 1, 4),), (whole(rng, 3, 1),)])
layouts(rotation, 0.25, lambda rng: (real(rng, 2, 3),))

rotation.add_misconceptions(
    unchanged=afterwards(rotated),
    only_rows_flipped=changed("w", columns_flipped),
    only_columns_flipped=changed("w", rows_flipped),
    kernel_transposed=changed("w", lambda w: rotated(transposed(w))),
    kernel_rotated_by_90=changed("w", lambda w: rotated(rotated90(w))),
    rotated_by_90_clockwise=changed("w", rotated90),
    rotated_and_transposed=changed("w", transposed),
    turned_about_the_first=afterwards(lambda w_rot: np.roll(w_rot, (1, 1), (0, 1))),
)


# ------------------------------------------------------------------------------------------ pad_residual

padding_step = Exercise(nb.pad_residual, points=6, lecture="3.2")

pad_lecture = padding_step.group("lecture", points=2)(lambda rng: [(whole(rng, 2, 2), (2, 2))])
pad_lecture.example((LECTURE_DELTA, (2, 2)))
padding_step.group("shapes", points=2)(lambda rng: [(real(rng, 4, 2), (3, 5)), (real(rng, 3, 1), (4, 2))])
padding_step.group("thin", points=1.75, visible=False)(
    lambda rng: [(real(rng, 2, 3), (1, 1)), (real(rng, 1, 1), (1, 4)), (real(rng, 4, 1), (3, 1))]
)
layouts(padding_step, 0.25, lambda rng: (real(rng, 2, 3), (2, 1)), lambda rng: (real(rng, 2, 2), (1, 1)))


def kernel_taken_for(shape):
    """A transform: the kernel's shape is taken to be `shape(kh, kw)`."""
    return changed("kernel_shape", lambda sides: shape(*sides))


def padded_by(width, **how):
    """A transform: rows and columns are added as `width(k)` = (before, after) says."""
    return instead(lambda delta, kernel_shape: np.pad(delta, [width(k) for k in kernel_shape], **how))


padding_step.add_misconceptions(
    padded_by_k=kernel_taken_for(lambda kh, kw: (kh + 1, kw + 1)),
    square_kernel=kernel_taken_for(lambda kh, kw: (kh, kh)),
    always_one_ring=kernel_taken_for(lambda kh, kw: (2, 2)),
    half_the_kernel=kernel_taken_for(lambda kh, kw: (kh // 2 + 1, kw // 2 + 1)),
    sides_swapped=kernel_taken_for(lambda kh, kw: (kw, kh)),
    rows_only=kernel_taken_for(lambda kh, kw: (kh, 1)),
    padded_by_its_own_size=given(kernel_shape=lambda c: c.delta.shape),
    zeros_on_two_sides_only=padded_by(lambda k: (0, k - 1)),
    top_and_left_only=padded_by(lambda k: (k - 1, 0)),
    border_repeated=padded_by(lambda k: (k - 1, k - 1), mode="edge"),
)


# ------------------------------------------------------------------------------------------ insert_zeros

insertion = Exercise(nb.insert_zeros, points=6, lecture="3.2")

insert_lecture = insertion.group("lecture", points=2)(lambda rng: [(whole(rng, 2, 2), 2)])
insert_lecture.example((LECTURE_DELTA, 2))
insertion.group("shapes", points=2)(lambda rng: [(real(rng, 4, 2), 3), (real(rng, 2, 3), 4)])
insertion.group("single", points=1.75, visible=False)(
    lambda rng: [(real(rng, 2, 3), 1), (real(rng, 1, 3), 3), (real(rng, 4, 1), 2)]
)
layouts(insertion, 0.25, lambda rng: (real(rng, 2, 3), 2), lambda rng: (real(rng, 2, 2), 1))


def each_replaced_by(block):
    """A transform: each residual becomes a square of s × s elements, itself times `block(s)`."""
    return instead(lambda delta, stride: np.kron(delta, block(stride)))


def one_at(row, column):
    """A square of zeros but for a 1."""
    return lambda stride: np.outer(np.eye(stride)[row], np.eye(stride)[column])


insertion.add_misconceptions(
    no_zeros_inserted=pretend("stride", 1),
    s_zeros_inserted=changed("stride", lambda s: s + 1),
    always_one_zero=pretend("stride", 2),
    zeros_after_the_last_too=each_replaced_by(one_at(0, 0)),
    zeros_before_the_first_too=each_replaced_by(one_at(-1, -1)),
    residuals_repeated=each_replaced_by(lambda stride: np.ones((stride, stride))),
    rows_only=result(lambda spread, c: spread[:, :: c.stride]),
    columns_only=result(lambda spread, c: spread[:: c.stride]),
    residuals_skipped=given(delta=lambda c: c.delta[:: c.stride, :: c.stride], stride=lambda c: 1),
)


# --------------------------------------------------- the residual of a convolution, wrong in its inside
#
# A mistake that is not "the right function with other arguments or another result" is one of these
# transforms of `conv2d_input_grad`; `on_one_map` makes transforms of `conv_residual` of them. `surrounded`
# and `scattered` ignore the function that they are applied to, so in a pair of mistakes they
# come first.


def middle(da, H, W, p):
    """The right crop of a padded map."""
    return da[:, :, p : p + H, p : p + W]


def whole_map(da, H, W, p):
    """No crop at all."""
    return da


def on_a_canvas(da, H, W, p):
    """The right crop; where `da` is too small, zeros at the bottom and right."""
    canvas = np.zeros((*da.shape[:2], H + 2 * p, W + 2 * p))
    part = da[:, :, : H + 2 * p, : W + 2 * p]
    canvas[:, :, : part.shape[2], : part.shape[3]] = part
    return middle(canvas, H, W, p)


def without_border(da, H, W, p):
    """p rows and columns cut off on each side, however large the map is."""
    return da[:, :, p : da.shape[2] - p, p : da.shape[3] - p]


def at_the_end(da, H, W, p):
    """The right crop; where `da` is too small, zeros at the top and left."""
    lacking = H + 2 * p - da.shape[2], W + 2 * p - da.shape[3]
    return middle(np.pad(da, [(0, 0), (0, 0), *((rest, 0) for rest in lacking)]), H, W, p)


def surrounded(zeros, crop=middle):
    """A transform: gathered, with `zeros(kh, kw, p)` = (top, bottom), (left, right) around the residual."""

    def wrong(delta, w, input_shape, stride=1, padding=0):
        (H, W), (kh, kw) = input_shape[2:], w.shape[2:]
        (top, bottom), (left, right) = zeros(kh, kw, padding)
        rh, rw = (H + 2 * padding - kh) % stride, (W + 2 * padding - kw) % stride
        around = np.pad(spread_out(delta, stride), ((0, 0), (0, 0), (top, bottom + rh), (left, right + rw)))
        windows = np.lib.stride_tricks.sliding_window_view(around, (kh, kw), axis=(2, 3))
        return crop(np.einsum("kcij,nkuvij->ncuv", rotated(w), windows), H, W, padding)

    return instead(wrong)


def evenly(rows, columns):
    """The same number of rows, and of columns, before and after."""
    return (rows, rows), (columns, columns)


gathered = surrounded(lambda kh, kw, p: evenly(kh - 1, kw - 1))  # wrong only by what is done to it


def scattered(put=np.add, apart=lambda s, kh, kw: (s, s), one_by_one=False):
    """A transform: δ·w, window by window.

    `put(old, new)` combines a window's old and new values, `apart(s, kh, kw)` is the distance of windows.
    With `one_by_one` the kernels' parts are put one after the other, else their sum.
    """

    def wrong(delta, w, input_shape, stride=1, padding=0):
        (N, C, H, W), (kh, kw) = input_shape, w.shape[2:]
        down, across = apart(stride, kh, kw)
        da = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
        kernels = [[k] for k in range(len(w))] if one_by_one else [slice(None)]
        for p, q in np.ndindex(delta.shape[2:]):
            window = da[:, :, p * down : p * down + kh, q * across : q * across + kw]
            for some in kernels:
                window[...] = put(window, np.einsum("nk,kcij->ncij", delta[:, some, p, q], w[some]))
        return middle(da, H, W, padding)

    return instead(wrong)


def with_crop(crop):
    """A transform: the right residual of the padded map with another crop, `crop(da, H, W, p)`."""

    def transform(function):
        @functools.wraps(function)
        def wrong(delta, w, input_shape, stride=1, padding=0):
            N, C, H, W = input_shape
            da = function(delta, w, (N, C, H + 2 * padding, W + 2 * padding), stride)
            return crop(da, H, W, padding)

        return wrong

    return transform


def reached(crop, apart=lambda s: s):
    """A transform: right on what windows reach that stand `apart(s)` from each other; then cropped."""

    def transform(function):
        @functools.wraps(function)
        def wrong(delta, w, input_shape, stride=1, padding=0):
            (N, _, Ho, Wo), (_, C, kh, kw) = delta.shape, w.shape
            s = apart(stride)
            da = function(delta, w, (N, C, (Ho - 1) * s + kh, (Wo - 1) * s + kw), s)
            return crop(da, *input_shape[2:], padding)

        return wrong

    return transform


def averaged_where_windows_overlap(function):
    """A transform: the sum at each place is divided by the number of windows that reach it."""

    @functools.wraps(function)
    def wrong(delta, w, input_shape, stride=1, padding=0):
        ones = np.ones((1, 1, *delta.shape[2:])), np.ones((1, 1, *w.shape[2:])), (1, 1, *input_shape[2:])
        windows = nb.conv2d_input_grad(*ones, stride, padding)
        return function(delta, w, input_shape, stride, padding) / np.maximum(windows, 1)

    return wrong


def on_one_map(transform):
    """The transform of `conv_residual` that corresponds to one of `conv2d_input_grad`."""
    on_a_batch = transform(nb.conv2d_input_grad)

    def wrong(delta, w, dsigma):
        return on_a_batch(delta[None, None], w[None, None], (1, 1, *dsigma.shape))[0, 0] * dsigma

    return instead(wrong)


# ----------------------------------------------------------------------------------------- conv_residual

single_map = Exercise(nb.conv_residual, points=12, lecture="3.2")


def map_args(rng, shape, kernel_shape):
    """The arguments of `conv_residual` for a map of `shape` before the convolution."""
    (H, W), (kh, kw) = shape, kernel_shape
    return real(rng, H - kh + 1, W - kw + 1), real(rng, kh, kw), real(rng, H, W)


@single_map.group("lecture", points=3)
def map_lecture(rng):
    delta, w = whole(rng, 2, 2, 2)  # eight numbers, all different: the residual is not like its kernel
    yield delta, w, whole(rng, 3, 3)


map_lecture.example(
    (LECTURE_DELTA, LECTURE_W, np.ones((3, 3))),
    (LECTURE_DELTA, LECTURE_W, np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 1.0, 0.5]])),
)
single_map_group = sized(single_map, map_args)
single_map_group(
    "shapes", 4, ((7, 5), (3, 3)), ((5, 5), (2, 3)), ((5, 4), (4, 2)), ((3, 5), (1, 4)), ((4, 3), (4, 1))
)
single_map_group(
    "kernels", 3, ((3, 3), (1, 1)), ((6, 6), (3, 3)), *(((k, k), (k, k)) for k in (1, 2, 4)), visible=False
)


@single_map.group("basis", points=1, visible=False)
def map_basis(rng):
    """Each unit residual and each unit kernel of the lecture's size, once.

    A unit residual returns the kernel, a unit kernel the residual, each at a place of its own. The other
    numbers are random reals, so that no sum of wrong terms equals the right one: each of the 16 products δ·w
    shows where it went, and a function that is linear in both and passes is right for this size.
    """
    for delta in units(2, 2):
        yield delta, real(rng, 2, 2), real(rng, 3, 3)
    for w in units(2, 2):
        yield real(rng, 2, 2), w, real(rng, 3, 3)


@single_map.group("integers", points=0.5, visible=False)
def map_integers(rng):
    """Each sum has one term: then it does not matter whether terms or their sums are truncated."""
    yield integers(rng, 1, 1), real(rng, 3, 3), slopes(rng, 3, 3)
    yield real(rng, 1, 1), integers(rng, 3, 3), slopes(rng, 3, 3)
    yield real(rng, 1, 1), real(rng, 3, 3), relu_slopes(rng, 3, 3)
    yield real(rng, 3, 3), integers(rng, 1, 1), integers(rng, 3, 3)


layouts(single_map, 0.5, lambda rng: map_args(rng, (4, 4), (2, 2)), lambda rng: map_args(rng, (2, 2), (1, 1)))


def from_the_residual(delta, w):
    """Gathered from the residual as it is."""
    windows = np.lib.stride_tricks.sliding_window_view(delta, w.shape)
    return np.einsum("ij,uvij->uv", rotated(w), windows)


def not_surrounded(delta, w, dsigma):
    """NumPy spreads a single number, and refuses what does not fit."""
    return from_the_residual(delta, w) * dsigma


def beyond_the_residual(delta, w, dsigma):
    """At every place of the layer before: windows at the rim are cut off, and do not fit."""
    da = np.zeros(dsigma.shape)
    for u, v in np.ndindex(da.shape):
        da[u, v] = np.sum(delta[u : u + w.shape[0], v : v + w.shape[1]] * rotated(w))
    return da * dsigma


single_map.add_misconceptions(
    frequent=("replaced_not_added", "kernel_not_rotated", "sigma_prime_missing"),
    replaced_not_added=on_one_map(scattered(replaced)),
    overlaps_averaged=on_one_map(averaged_where_windows_overlap),
    padded_by_k=on_one_map(surrounded(lambda kh, kw, p: evenly(kh, kw))),
    half_the_kernel=on_one_map(surrounded(lambda kh, kw, p: evenly(kh // 2, kw // 2), whole_map)),
    always_one_ring=on_one_map(surrounded(lambda kh, kw, p: evenly(1, 1), whole_map)),
    square_kernel=on_one_map(surrounded(lambda kh, kw, p: evenly(kh - 1, kh - 1), whole_map)),
    zeros_on_two_sides_only=on_one_map(surrounded(lambda kh, kw, p: ((0, 2 * kh - 2), (0, 2 * kw - 2)))),
    residual_not_surrounded=instead(not_surrounded),
    read_beyond_the_residual=instead(beyond_the_residual),  # its text is true of whatever raises there, too
    kernel_not_rotated=changed("w", rotated),
    only_rows_flipped=changed("w", columns_flipped),
    only_columns_flipped=changed("w", rows_flipped),
    kernel_transposed=changed("w", lambda w: rotated(transposed(w))),
    kernel_rotated_by_90=changed("w", lambda w: rotated(rotated90(w))),
    residual_rotated=given(delta=lambda c: rotated(c.delta), w=lambda c: rotated(c.w)),
    sigma_prime_missing=changed("dsigma", np.ones_like),
    sigma_prime_twice=changed("dsigma", np.square),
    stored_as_integers=like("dsigma"),
    floats_added_to_integers=added_into("dsigma"),
    sigma_prime_of_the_wrong_layer=given(
        delta=lambda c: c.delta * cropped(c.dsigma, c.delta.shape), dsigma=lambda c: np.ones(c.dsigma.shape)
    ),
    matrix_product_with_sigma_prime=both(
        changed("dsigma", np.ones_like), result(lambda da, c: da @ c.dsigma)
    ),
    residual_not_padded=instead(
        lambda delta, w, dsigma: (
            on_a_canvas(from_the_residual(delta, w)[None, None], *dsigma.shape, 0)[0, 0] * dsigma
        )
    ),
    last_windows_left_out=changed("delta", without_last_windows),
    square_maps_only=stops(lambda c: c.dsigma.shape[0] != c.dsigma.shape[1]),
)


# -------------------------------------------------------------------------------------- residual_formula

in_one_formula = Exercise(nb.residual_formula, points=3, lecture="3.2")

formula_stride_1 = in_one_formula.group("stride 1", points=1)(
    lambda rng: [formula_for("delta", *lying(rng, (3, 4), (2, 3)))]
)
formula_stride_1.example(formula_for("delta", **LECTURE_LAYER))


@in_one_formula.group("stride", points=2)
def formula_stride(rng):
    """At least two windows along each side: with one window the stride has no effect."""
    yield formula_for("delta", *lying(rng, (3, 4), (1, 2)), 2)
    yield formula_for("delta", *lying(rng, (4, 5), (1, 2)), 3)


formula_stride.example(formula_for("delta", (5, 4), (3, 2), 2))


def formula(text):
    return instead(lambda: text)


in_one_formula.add_misconceptions(
    kernel_not_rotated=formula("δ_{u,v} = Σ_m Σ_n w_{m,n} δ_{u+m-1,v+n-1} σ'(z_{u,v})"),
    stride_ignored=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-p+1,v-q+1} σ'(z_{u,v})"),
    window_off_by_one=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-ps,v-qs} σ'(z_{u,v})"),
    rows_and_columns_exchanged=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{v-(q-1)s,u-(p-1)s} σ'(z_{u,v})"),
    residual_transposed=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(q-1)s,v-(p-1)s} σ'(z_{u,v})"),
    sigma_prime_missing=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s,v-(q-1)s}"),
    sigma_prime_of_this_layer=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s,v-(q-1)s} σ'(z_{p,q}^{(l)})"),
    forward_indices=formula("δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{(u-1)s+p,(v-1)s+q} σ'(z_{u,v})"),
)


# ------------------------------------------------------------------------------------- conv2d_input_grad

general = Exercise(nb.conv2d_input_grad, points=52, lecture="3.2")


def conv_args(rng, N, C, K, map, kernel, stride=1, padding=0, delta=real, w=real):
    """The arguments of `conv2d_input_grad`; stride and padding are left out for the defaults."""
    sizes = ((n + 2 * padding - k) // stride + 1 for n, k in zip(map, kernel, strict=True))
    options = () if (stride, padding) == (1, 0) else (stride, padding)[: 1 + (padding > 0)]
    return delta(rng, N, K, *sizes), w(rng, K, C, *kernel), (N, C, *map), *options


@general.group("lecture", points=3)
def conv_lecture(rng):
    delta, w = whole(rng, 2, 1, 1, 2, 2)  # eight numbers, all different: the residual is not like its kernel
    yield delta, w, (1, 1, 3, 3)


conv_lecture.example((LECTURE_DELTA[None, None], LECTURE_W[None, None], (1, 1, 3, 3)))


@general.group("basis", points=3, visible=False, fixed=True)
def conv_basis(rng):
    """All 16 connections of the lecture's example in one call: unit residual n meets unit kernel c.

    Samples and channels are independent, so sample n and channel c of the result is what the n-th residual
    sends back through the c-th element of the kernel: a single 1. A function that is linear in the residual
    and in the kernel and passes is right for this size.
    """
    yield units(1, 2, 2), units(2, 2)[None], (4, 4, 3, 3)


# Maps and kernels are square where the group is about something else. Several channels and kernels meet
# padding, so that neither a function without padding nor one that needs it loses everything. "stride":
# windows overlap, touch, leave gaps; "padding": the second with p > k − 1; "combined": once K = C, where
# exchanged axes give numbers; in the fourth what no window reaches is padding, in the fifth part of it is.
general_group = varied(general, conv_args, N=1, C=1, K=1, map=(5, 5), kernel=(3, 3))
general_group("oblong", 5, {"map": (5, 7)}, {"kernel": (2, 3)}, {"map": (4, 3), "kernel": (3, 2)})
general_group(
    "stride",
    6,
    {"stride": 2},
    {"map": (4, 4), "kernel": (2, 2), "stride": 2},
    {"kernel": (2, 2), "stride": 3},
)
general_group("batch", 4.5, {}, {"N": 3})
general_group("padding", 6.5, {"padding": 1}, {"map": (3, 3), "kernel": (2, 2), "padding": 2})
general_group("channels", 4.5, {"C": 3, "padding": 1})
general_group("kernels", 5.5, {"K": 4, "padding": 1})
general_group("remainder", 4.5, {"map": (6, 6), "stride": 2}, {"stride": 3}, visible=False)
general_group(
    "extremes",
    1.5,
    {"map": (3, 3)},
    {"map": (2, 2), "kernel": (2, 2), "stride": 2},
    {"kernel": (1, 1)},
    {"kernel": (1, 1), "stride": 2},
    visible=False,
)


@general.group("combined", points=6, visible=False)
def conv_combined(rng):
    """The last call is a basis again, now with stride, padding and remainder: N = Ho·Wo, C = kh·kw."""
    yield conv_args(rng, 2, 3, 4, (5, 6), (3, 2), 2, 1)
    yield conv_args(rng, 3, 2, 1, (7, 5), (2, 4), 3, 2)
    yield conv_args(rng, 3, 2, 2, (4, 3), (2, 3), 1, 1)
    yield conv_args(rng, 1, 1, 1, (4, 6), (3, 3), 2, 1)
    yield conv_args(rng, 1, 1, 1, (5, 6), (2, 3), 3, 1)
    yield units(1, 2, 2), units(2, 3)[None], (4, 6, 3, 4), 2, 1


# Each sum has one term: then it does not matter whether terms or their sums are truncated.
general_group(
    "integers", 1, {"map": (3, 3), "delta": integers}, {"map": (3, 3), "w": integers}, visible=False
)
layouts(
    general,
    1,
    lambda rng: conv_args(rng, 1, 1, 1, (4, 4), (2, 2)),
    lambda rng: conv_args(rng, 1, 1, 1, (2, 2), (1, 1)),
)


def padding_subtracted(delta, w, input_shape, stride=1, padding=0):
    np.pad(delta[0, 0], [(side - 1 - padding, 0) for side in w.shape[2:]])  # a negative width raises
    return nb.conv2d_input_grad(delta, w, input_shape, stride, padding)


def kernels_for_channels(da, c):
    """As many channels as kernels."""
    K, C = c.w.shape[:2]
    return np.pad(da, [(0, 0), (0, max(0, K - C)), (0, 0), (0, 0)])[:, :K]


general.add_misconceptions(
    frequent=(
        "replaced_not_added",
        "kernel_not_rotated",
        "stride_ignored",
        "no_zeros_inserted",
        "remainder_dropped",
        "empty_crop_without_padding",
        "divided_by_the_batch",
    ),
    # how windows and kernels meet
    replaced_not_added=scattered(replaced),
    last_product_only=scattered(replaced, one_by_one=True),
    overlaps_averaged=averaged_where_windows_overlap,
    # the three steps
    padded_by_k=surrounded(lambda kh, kw, p: evenly(kh, kw)),
    half_the_kernel=surrounded(lambda kh, kw, p: evenly(kh // 2, kw // 2)),
    always_one_ring=surrounded(lambda kh, kw, p: evenly(1, 1)),
    square_kernel=surrounded(lambda kh, kw, p: evenly(kh - 1, kh - 1)),
    padded_by_the_forward_padding=surrounded(lambda kh, kw, p: evenly(p, p), whole_map),
    kernel_not_rotated=changed("w", rotated),
    only_rows_flipped=changed("w", columns_flipped),
    only_columns_flipped=changed("w", rows_flipped),
    all_axes_reversed=changed("w", lambda w: w[::-1, ::-1]),
    kernel_transposed=both(gathered, changed("w", lambda w: rotated(transposed(w)))),
    kernel_rotated_by_90=both(gathered, changed("w", lambda w: rotated(rotated90(w)))),
    residual_rotated=given(delta=lambda c: rotated(c.delta), w=lambda c: rotated(c.w)),
    # stride
    stride_ignored=reached(on_a_canvas, lambda s: 1),
    no_zeros_inserted=reached(without_border, lambda s: 1),
    s_zeros_inserted=reached(on_a_canvas, lambda s: s + 1),
    always_one_zero=reached(on_a_canvas, lambda s: min(s, 2)),
    windows_side_by_side=scattered(apart=lambda s, kh, kw: (kh, kw)),
    stride_on_rows_only=scattered(apart=lambda s, kh, kw: (s, 1)),
    # remainder
    remainder_dropped=reached(middle),
    remainder_at_the_top=reached(at_the_end),
    cropped_before_the_remainder=reached(
        lambda da, H, W, p: on_a_canvas(without_border(da, H, W, p), H, W, 0)
    ),
    # padding
    padding_not_cropped=with_crop(whole_map),
    cropped_at_the_corner=with_crop(lambda da, H, W, p: da[:, :, :H, :W]),
    crop_ends_too_early=with_crop(lambda da, H, W, p: da[:, :, p:H, p:W]),
    empty_crop_without_padding=with_crop(lambda da, H, W, p: da[:, :, p:-p, p:-p]),
    padding_subtracted=instead(padding_subtracted),
    # kernels, channels, samples
    last_kernel_only=given(delta=lambda c: c.delta[:, -1:], w=lambda c: c.w[-1:]),
    mean_over_kernels=divided_by(lambda c: len(c.w)),
    kernels_summed_first=given(
        delta=lambda c: c.delta.sum(axis=1, keepdims=True), w=lambda c: c.w.sum(axis=0, keepdims=True)
    ),
    kernel_axes_exchanged=changed("w", first_axes_exchanged),
    kernels_read_as_channels=changed(
        "w", lambda w: w.reshape(w.shape[1], w.shape[0], *w.shape[2:]).swapaxes(0, 1)
    ),
    first_channel_for_all=changed("w", lambda w: np.repeat(w[:, :1], w.shape[1], axis=1)),
    summed_over_channels=changed("w", lambda w: np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)),
    divided_by_the_batch=divided_by(lambda c: c.input_shape[0]),
    divided_by_the_positions=divided_by(lambda c: c.delta[0, 0].size),
    samples_mixed=changed(
        "delta", lambda delta: np.repeat(delta.sum(axis=0, keepdims=True), len(delta), axis=0)
    ),
    first_sample_only=changed("delta", only(np.s_[:1])),
    kernels_for_channels=result(kernels_for_channels),
    axes_of_one_dropped=afterwards(np.squeeze),
    # sizes
    square_map_assumed=changed("delta", columns_as_rows),
    square_maps_only=stops(oblong),
    remainder_refused=remainder_refused,
    padding_always_one=with_crop(lambda da, H, W, p: da[:, :, 1:-1, 1:-1]),
    loops_over_input_positions=loops_over_input_positions,
    last_windows_left_out=changed("delta", without_last_windows),
    # integers
    stored_as_integers=like("delta"),
    floats_added_to_integers=added_into("delta"),
)
