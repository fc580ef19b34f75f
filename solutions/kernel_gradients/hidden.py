"""The tests of the assignment `kernel_gradients` (lecture 3.3): cases and misconceptions.

Cases are few and small. Each group isolates one idea, so that what a student got right earns its points; the
hidden groups add remainders, extreme sizes, integers and memory layouts. Extents differ wherever the exercise
lets them, and upstream residuals are never all ones, which would hide a rotated residual, a mean or a
mixed-up axis.

The gradients are linear in the residual, those of weights also in the input. The groups `basis` call a
function with every unit residual, and every unit input, of the lecture's 3×3 ∗ 2×2; cases of `combined` and
`remainder` with every unit residual of a batch with stride and padding. A function that passes is right for
all numbers at that size.
"""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.linalg import norm

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    afterwards,
    both,
    changed,
    divided_by,
    first_axes_exchanged,
    given,
    instead,
    like,
    pretend,
    result,
    rotated,
    rows_flipped,
    switched,
    times,
    transposed,
)
from autograder.sandbox.values import Formula

from ..catalogue import (
    LECTURE_A,
    LECTURE_DELTA,
    LECTURE_LAYER,
    added_into,
    columns_as_rows,
    cropped,
    each_line,
    formula_for,
    integers,
    layouts,
    leaning,
    left_over,
    loops_over_input_positions,
    lying,
    oblong,
    only,
    padded,
    real,
    remainder_refused,
    sized,
    spread_out,
    stops,
    units,
    varied,
    whole,
    without_last_windows,
)
from . import notebook as nb

DOMAIN = "cnn"


def positive(rng, *shape):
    """What a ReLU lets through."""
    return rng.uniform(1, 2, size=shape)


def unit_residuals(N, Ho, Wo):
    """Every unit residual of a batch, each as the residual of a kernel of its own: (N, N·Ho·Wo, Ho, Wo)."""
    return units(N, Ho, Wo).swapaxes(0, 1)


# -------------------------------------------------------------- misconceptions that several exercises share


def sample_by_sample(function):
    """A transform: the results of the samples side by side."""

    def wrong(*args):
        def sample(n):
            return [each[n : n + 1] if isinstance(each, np.ndarray) else each for each in args]

        return np.stack([function(*sample(n)) for n in range(len(args[0]))])

    return wrong


WRONG_GRADIENT = {
    "averaged_over_the_positions": divided_by(lambda c: np.prod(c.delta.shape[-2:])),
    "last_position_only": changed("delta", only(np.s_[..., -1:, -1:])),
    "counted_from_one": changed("delta", only(np.s_[..., 1:, 1:])),
    "descent_direction": afterwards(np.negative),
}


def wrong_weights(input, on_input):
    """Misconceptions about the weights of one kernel and of many.

    Parameters
    ----------
    input : str
        The name of the argument that holds the previous layer.
    on_input : function
        `on_input(change)` is the transform that changes the input of the forward pass's windows.
    """
    return {
        "gradient_rotated": afterwards(rotated),
        "residual_rotated": changed("delta", rotated),
        "rows_reversed": changed("delta", rows_flipped),
        "rows_and_columns_swapped": afterwards(transposed),
        "indices_from_one": on_input(lambda a: np.roll(a, (1, 1), axis=(-2, -1))),
        "stored_as_integers": like(input),
    }


def wrong_biases(batch, kept):
    """Misconceptions about one bias and about many.

    Parameters
    ----------
    batch : tuple of int
        The axis of the samples, if there is one.
    kept : tuple of int
        The shape of a sum that keeps its axes.
    """
    return {
        "absolute_values_added": changed("delta", np.abs),
        "dimensions_kept": afterwards(lambda db: np.reshape(db, kept)),
        "one_bias_per_activation": instead(lambda delta: np.sum(delta, axis=batch)),
        "summed_over_one_axis": instead(lambda delta: np.sum(delta, axis=(*batch, -2))),
        "summed_along_the_rows": instead(lambda delta: np.sum(delta, axis=(*batch, -1))),
    }


WRONG_BATCH = {
    "first_sample_only": changed("delta", only(np.s_[:1])),
    "last_sample_only": changed("delta", only(np.s_[-1:])),
    "divided_by_the_batch": divided_by(lambda c: len(c.delta)),
    "averaged_over_everything": divided_by(lambda c: c.delta[:, 0].size),
    "last_term_only": changed("delta", only(np.s_[-1:, :, -1:, -1:])),
    "batch_not_summed": sample_by_sample,
    "residual_reshaped": changed(
        "delta", lambda d: d.reshape(d.shape[1], len(d), *d.shape[2:]).swapaxes(0, 1)
    ),
}

# -------------------------------------------------------------------------------------- derive_gradients

written_out = Exercise(nb.derive_gradients, points=5, lecture="3.3")
each_line(written_out, LECTURE_LAYER, {"w": 1, "b": 1})


def gradient_lines(
    term="δ{u}{v} a{i}{j}", line="w{p}{q}", mean="", bias="δ{u}{v}", bias_mean="", of=range(4)
):
    """The 5 lines, right or wrong.

    Parameters
    ----------
    term, bias : str
        A term of ∂J/∂w[p, q] and of ∂J/∂b; `{i}{j}` is where w[p, q] meets a under δ[u, v].
    line : str
        The weight on the left-hand side; `{k}{m}` is the one opposite w[p, q].
    mean, bias_mean : str
        The end of the lines.
    of : sequence of int
        The positions of δ that are summed over.
    """
    positions = [(u, v) for place, (u, v) in enumerate(np.ndindex(2, 2)) if place in of]

    def total(form, p, q):
        terms = [
            form.format(
                u=u + 1, v=v + 1, i=u + p + 1, j=v + q + 1, k=u + 2 - p, m=v + 2 - q, p=p + 1, q=q + 1
            )
            for u, v in positions
        ]
        return f"({' + '.join(terms)})"

    lines = [
        f"∂J/∂{line.format(p=p + 1, q=q + 1, k=2 - p, m=2 - q)} = {total(term, p, q)}{mean}"
        for p, q in np.ndindex(2, 2)
    ]
    return "\n".join([*lines, f"∂J/∂b = {total(bias, 0, 0)}{bias_mean}"])


lines = switched(gradient_lines)

written_out.add_misconceptions(
    gradient_rotated=lines(line="w{k}{m}"),
    gradient_transposed=lines(line="w{q}{p}"),
    pre_activation_for_activation=lines(term="δ{u}{v} z{i}{j}^(l-1)"),
    activation_of_this_layer=lines(term="δ{u}{v} a{u}{v}^(l)"),
    sigma_prime_once_more=lines(term="δ{u}{v} σ'(z{u}{v}^(l)) a{i}{j}"),
    weight_kept=lines(term="δ{u}{v} a{i}{j} w{p}{q}"),
    first_position_only=lines(of=range(1)),
    last_position_only=lines(of=range(3, 4)),
    mean_over_positions=lines(mean=" / 4", bias_mean=" / 4"),
    bias_averaged=lines(bias_mean=" / 4"),
    bias_times_itself=lines(bias="δ{u}{v} b"),
    bias_takes_the_input=lines(bias="δ{u}{v} a{u}{v}"),
)


# --------------------------------------------------------------------------------------- kernel_gradient

kernel = Exercise(nb.kernel_gradient, points=14, lecture="3.3")


def kernel_args(rng, input_shape, kernel_shape, delta=real, a=real):
    """The arguments of `kernel_gradient` for an input and a kernel of the given sizes."""
    (H, W), (kh, kw) = input_shape, kernel_shape
    return delta(rng, H - kh + 1, W - kw + 1), a(rng, H, W)


kernel_group = sized(kernel, kernel_args)
kernel_lecture = kernel_group("lecture", 3.5, ((3, 3), (2, 2), whole, whole), ((4, 4), (2, 2)))
kernel_lecture.example(
    (LECTURE_DELTA, LECTURE_A),
    (np.array([[1.0, -1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, -2.0]]), np.arange(16.0).reshape(4, 4) % 7),
)
kernel_group(
    "shapes", 4.5, ((4, 7), (2, 2)), ((4, 4), (2, 3)), ((6, 5), (4, 2)), ((3, 7), (1, 4)), ((1, 6), (1, 3))
)


@kernel.group("basis", points=1.5, visible=False)
def kernel_basis(rng):
    """A basis: the first four fix what is linear in the residual, the others what is linear in the input."""
    for delta in units(2, 2):
        yield delta, real(rng, 3, 3)
    for a in units(3, 3):
        yield real(rng, 2, 2), a


kernel_group(
    "extremes",
    3.5,
    ((3, 3), (1, 1), leaning, positive),
    *(((k, k), (k, k)) for k in (1, 2, 4)),
    ((6, 6), (4, 4)),
    visible=False,
)
kernel_group(
    "integers", 0.5, ((4, 4), (2, 2), real, integers), ((4, 4), (2, 2), integers, real), visible=False
)
layouts(kernel, 0.5, lambda rng: kernel_args(rng, (3, 3), (2, 2)))


def shape_of_the_kernel(delta, a):
    return a.shape[0] - delta.shape[0] + 1, a.shape[1] - delta.shape[1] + 1


def kernel_in_windows(delta, a, kernel_shape):
    """∂J/∂w for a kernel of the given shape, right or wrong; too large a shape raises."""
    return sums_over_windows(delta[None, None], a[None, None], kernel_shape)[0, 0]


def sums_over_windows(delta, x_pad, kernel_shape, rows=1, columns=1):
    """Σ_n Σ_u Σ_v δ[n, k, u, v] · x_pad[n, c, u·rows + p, v·columns + q]."""
    Ho, Wo = delta.shape[2:]
    dw = np.zeros((delta.shape[1], x_pad.shape[1], *kernel_shape))
    for p, q in np.ndindex(*kernel_shape):
        window = x_pad[:, :, p::rows, q::columns][:, :, :Ho, :Wo]
        dw[:, :, p, q] = np.einsum("nkuv,ncuv->kc", delta, window)
    return dw


def without_its_last(dw):
    """The right shape, but the loops end one position too early: `range(H - Ho)`."""
    dw = dw.copy()
    dw[-1:], dw[:, -1:] = 0, 0
    return dw


kernel.add_misconceptions(
    frequent=("gradient_rotated", "residual_rotated", "averaged_over_the_positions"),
    **wrong_weights("a", functools.partial(changed, "a")),
    **WRONG_GRADIENT,
    padded_as_for_the_residual=given(
        a=lambda c: np.pad(c.a, [(size - 1, size - 1) for size in c.delta.shape])
    ),
    kernel_one_too_small=afterwards(lambda dw: dw[:-1, :-1]),
    loops_one_too_short=afterwards(without_its_last),
    matrix_product=instead(lambda delta, a: np.sum(delta @ sliding_window_view(a, delta.shape), axis=(2, 3))),
    square_kernel=instead(
        lambda delta, a: kernel_in_windows(delta, a, shape_of_the_kernel(delta, a)[:1] * 2)
    ),
    shape_of_the_residual=instead(lambda delta, a: kernel_in_windows(delta, a, delta.shape)),
    floats_added_to_integers=added_into("a"),
)


# ----------------------------------------------------------------------------------------- bias_gradient

bias = Exercise(nb.bias_gradient, points=6, lecture="3.3")

bias_lecture = bias.group("lecture", points=2.25)(lambda rng: [(leaning(rng, 2, 2),), (leaning(rng, 3, 3),)])
bias_lecture.example((LECTURE_DELTA,))
bias.group("shapes", points=2.75)(
    lambda rng: [(leaning(rng, 3, 4),), (leaning(rng, 1, 5),), (integers(rng, 4, 2),), (leaning(rng, 1, 1),)]
)


@bias.group("basis", points=0.75, visible=False)
def bias_basis(rng):
    """A basis: passing it proves a linear function for 2×2."""
    for delta in units(2, 2):
        yield (rng.uniform(-2, -1) * delta,)


layouts(bias, 0.25, lambda rng: (leaning(rng, 3, 2),))

bias.add_misconceptions(
    frequent=("dimensions_kept", "averaged_over_the_positions"),
    **wrong_biases(batch=(), kept=(1, 1)),
    **WRONG_GRADIENT,
)


# ------------------------------------------------------------------------------------ numerical_gradient

numerical = Exercise(nb.numerical_gradient, points=10, lecture="3.3")

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


numerical_vectors = numerical.group("vectors", points=2)(
    lambda rng: [(SMOOTH, between(rng, 3)), (STEEP, between(rng, 4) / 10)]
)
numerical_vectors.example(
    (Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0])),
    (Formula("np.sum(x ** 2) * x[2]"), np.array([1.0, -1.0, 0.5])),
)


@numerical.group("steps", points=3)
def numerical_steps(rng):
    yield CUMULATIVE, between(rng, 3), 0.1
    yield WAVE, between(rng, 4), 0.25
    yield SMOOTH, between(rng, 2), 0.05


numerical_steps.example(
    (Formula("x[0] ** 3 + x[0] * x[1]"), np.array([2.0, 3.0]), 0.1),
    (Formula("np.exp(np.sum(x)) + x[0] ** 3"), np.array([0.5, -1.0, 1.0]), 0.25),
)
numerical.group("matrices", points=2)(
    lambda rng: [(WEIGHTED, between(rng, 2, 3)), (NEIGHBOURS, between(rng, 3, 2), 0.1)]
)


@numerical.group("shapes", points=2, visible=False)
def numerical_shapes(rng):
    yield CORRELATION, between(rng, 1, 2, 3, 2), 0.1
    yield WAVE, between(rng), 0.1
    yield WEIGHTED, between(rng, 1, 1), 0.1


@numerical.group("integers", points=0.5, visible=False)
def numerical_integers(rng):
    yield CUMULATIVE, rng.integers(1, 4, size=3), 0.3
    yield WEIGHTED, rng.integers(-2, 3, size=(2, 2)), 0.25


layouts(numerical, 0.5, lambda rng: (WEIGHTED, between(rng, 2, 3), 0.1))


def moved(x, index, step):
    """`x` as floats, with `step` added at `index`."""
    x = np.array(x, dtype=float)
    x[index] += step
    return x


def moved_like_those_before(x, index, step):
    """`moved`, where earlier entries were not reset after their last step."""
    x, place = moved(x, index, step), np.arange(x.size).reshape(x.shape)
    return np.where(place < place[index], x - abs(step), x)


def quotient(move=moved, ahead=1, back=1):
    """Difference quotients with steps of `ahead`·h and `back`·h, which `move(x, index, step)` takes."""

    def gradient_of(f, x, h=1e-5):
        gradient = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            above, below = f(move(x, i, ahead * h)), f(move(x, i, -back * h))
            gradient[i] = (above - below) / ((ahead + back) * h)
        return gradient

    return gradient_of


numerical.add_misconceptions(
    frequent=("step_fixed", "divided_by_h", "sign_reversed"),
    step_fixed=pretend("h", 1e-5),
    divided_by_h=times(lambda c: 2),
    sign_reversed=afterwards(np.negative),
    multiplied_by_h=times(lambda c: c.h**2),
    returned_inside_the_loop=afterwards(
        lambda gradient: gradient * (np.arange(gradient.size) == 0).reshape(gradient.shape)
    ),
    result_flattened=afterwards(np.ravel),
    stored_as_integers=like("x"),
    forward_difference=instead(quotient(back=0)),
    backward_difference=instead(quotient(ahead=0)),
    all_entries_at_once=instead(quotient(lambda x, i, step: x + step)),
    rows_changed_together=instead(quotient(lambda x, i, step: moved(x, i[0], step))),
    entry_not_restored=instead(quotient(moved_like_those_before)),
    step_truncated=instead(quotient(lambda x, i, step: moved(x, i, step).astype(x.dtype))),
)


# ---------------------------------------------------------------------------------------- relative_error

relative = Exercise(nb.relative_error, points=6, lecture="3.3")


def nearly(rng, *shape):
    """Two arrays of mixed signs that differ by 5 to 20 per cent; the smallest entry by more, 40 to 50.

    That entry is positive, and b is the larger one there.
    """
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([-1.0, 1.0], size))
    a = rng.permutation(np.arange(1.0, size + 1)) * signs
    b = a * (1 + rng.uniform(0.05, 0.2, size) * rng.choice([-1, 1], size))
    worst = np.argmin(np.abs(a))
    a[worst] = 1.0
    b[worst] = rng.uniform(1.4, 1.5)
    return a.reshape(shape), b.reshape(shape)


relative_vectors = relative.group("vectors", points=2.5)(lambda rng: [nearly(rng, 5), nearly(rng, 3)[::-1]])
relative_vectors.example(
    (np.array([1.0, -2.0, 0.0]), np.array([1.0, -1.0, 0.0])),
    (np.array([100.0, 2.0, -3.0]), np.array([104.0, 3.0, -4.0])),
    (np.array([1.0, 2.0]), np.array([1.5, 2.5])),
)


@relative.group("signs", points=1)
def relative_signs(rng):
    # |a + b| is 0.6 at the end, and so is |a| − |b|, which is below 0 in the middle
    yield np.append(real(rng, 3), [0.5, 1.0]), np.append(real(rng, 3), [0.6, -0.4])
    yield np.array([0.0, 2.0, -3.0]), np.array([rng.uniform(1, 2), 2.0, -3.0])


@relative.group("tiny", points=1.25)
def relative_tiny(rng):
    yield np.zeros(3), np.zeros(3)
    yield np.zeros(3), rng.uniform(1, 2, 3)
    yield rng.uniform(1e-9, 2e-9, 3), rng.uniform(4e-9, 6e-9, 3)
    yield np.array([0.0, 4.0, 5.0]), np.array([0.0, 4.0 + rng.uniform(0.5, 1), 5.0])


@relative.group("shapes", points=1, visible=False)
def relative_shapes(rng):
    yield nearly(rng, 2, 3)
    yield nearly(rng, 2, 1, 2, 3)
    yield np.array(rng.uniform(1, 2)), np.array(rng.uniform(3, 4))  # no axes at all
    a, b = nearly(rng, 2, 2)
    yield a.astype(int), b


layouts(relative, 0.25, lambda rng: nearly(rng, 2, 3))


def difference(a, b):
    return np.abs(a - b)


def sum_of_sizes(a, b):
    return np.abs(a) + np.abs(b)


def worst_ratio(a, b, *, above=difference, below=sum_of_sizes, limited=np.maximum, over=np.max):
    """`relative_error`, with switches for each of its parts."""
    return over(above(a, b) / limited(below(a, b), 1e-8))


inside = switched(worst_ratio)

relative.add_misconceptions(
    frequent=(
        "mean_of_errors",
        "one_gradient_in_the_denominator",
        "larger_in_the_denominator",
        "no_lower_limit",
    ),
    absolute_error=inside(below=lambda a, b: 1.0),
    mean_of_errors=inside(over=np.mean),
    maximum_missing=inside(over=np.array),
    one_gradient_in_the_denominator=inside(below=lambda a, b: np.abs(b)),
    larger_in_the_denominator=inside(below=lambda a, b: np.maximum(np.abs(a), np.abs(b))),
    absolute_value_of_the_sum=inside(below=lambda a, b: np.abs(a + b)),
    sizes_without_absolute_values=inside(below=np.add),
    sign_kept=inside(above=np.subtract),
    no_lower_limit=inside(limited=lambda size, limit: size),
    limit_added=inside(limited=np.add),
    ratio_of_maxima=instead(lambda a, b: np.max(difference(a, b)) / max(1e-8, np.max(sum_of_sizes(a, b)))),
    ratio_of_norms=instead(lambda a, b: norm(a - b) / max(1e-8, norm(a) + norm(b))),
)

relative.equivalent(
    "np.maximum(1e-08, np.abs(a) + np.abs(b)) → np.maximum(np.abs(a) + np.abs(b), 1e-08)",
    because="the larger of two numbers does not depend on their order",
)

# ------------------------------------------------------------------------------------- gradient_formulas

in_formulas = Exercise(nb.gradient_formulas, points=4, lecture="3.3")
BOTH = ("w", "b")

formula_of_weights = in_formulas.group("weights", points=1)(
    lambda rng: [formula_for("w", *lying(rng, (3, 4), (2, 3)), of=BOTH)]
)
formula_of_weights.example(formula_for("w", **LECTURE_LAYER, of=BOTH))


@in_formulas.group("stride", points=2)
def formula_of_weights_with_stride(rng):
    """At least two windows along each side: with one window the stride has no effect."""
    yield formula_for("w", *lying(rng, (4, 5), (2, 3)), 2, BOTH)
    yield formula_for("w", *lying(rng, (4, 5), (1, 2)), 3, BOTH)


formula_of_weights_with_stride.example(formula_for("w", (5, 4), (3, 2), 2, BOTH))
formula_of_bias = in_formulas.group("bias", points=1)(
    lambda rng: [formula_for("b", *lying(rng, (4, 5), (2, 3)), 2, BOTH)]
)
formula_of_bias.example(formula_for("b", **LECTURE_LAYER, of=BOTH))


def both_formulas(weights="Σ_u Σ_v δ_{u,v} a_{(u-1)s+p,(v-1)s+q}", bias="Σ_u Σ_v δ_{u,v}"):
    return f"∂J/∂w_{{p,q}} = {weights}\n∂J/∂b = {bias}"


formulas = switched(both_formulas)

in_formulas.add_misconceptions(
    stride_ignored=formulas(weights="Σ_u Σ_v δ_{u,v} a_{u+p-1,v+q-1}"),
    window_off_by_one=formulas(weights="Σ_u Σ_v δ_{u,v} a_{us+p-1,vs+q-1}"),
    stride_between_weights=formulas(weights="Σ_u Σ_v δ_{u,v} a_{u+(p-1)s,v+(q-1)s}"),
    rows_and_columns_exchanged=formulas(weights="Σ_u Σ_v δ_{u,v} a_{(v-1)s+q,(u-1)s+p}"),
    gradient_transposed=formulas(weights="Σ_u Σ_v δ_{u,v} a_{(u-1)s+q,(v-1)s+p}"),
    pre_activation_for_activation=formulas(weights="Σ_u Σ_v δ_{u,v} z_{(u-1)s+p,(v-1)s+q}^{(l-1)}"),
    sigma_prime_once_more=formulas(weights="Σ_u Σ_v δ_{u,v} σ'(z_{u,v}^{(l)}) a_{(u-1)s+p,(v-1)s+q}"),
    bias_takes_the_input=formulas(bias="Σ_u Σ_v δ_{u,v} a_{u,v}"),
    bias_times_itself=formulas(bias="Σ_u Σ_v δ_{u,v} b"),
)


# ------------------------------------------------------------------------------------ conv2d_weight_grad

weight = Exercise(nb.conv2d_weight_grad, points=40, lecture="3.3")


def weight_args(rng, N, C, K, map, kernel, stride=1, padding=0, delta=real, x=real):
    """The arguments of `conv2d_weight_grad`; stride and padding are left out for the defaults."""
    sizes = ((n + 2 * padding - k) // stride + 1 for n, k in zip(map, kernel, strict=True))
    options = () if (stride, padding) == (1, 0) else (stride, padding)[: 1 + (padding > 0)]
    return delta(rng, N, K, *sizes), x(rng, N, C, *map), kernel, *options


# Maps and kernels are square where the group is about something else. Several channels and kernels meet
# padding, so that neither a function without padding nor one that needs it loses everything. "stride":
# windows overlap, touch, leave gaps; "padding": in the second some windows see nothing but zeros.
weight_group = varied(weight, weight_args, N=1, C=1, K=1, map=(5, 5), kernel=(3, 3))
weight_lecture = weight_group("lecture", 3, {"map": (3, 3), "kernel": (2, 2), "delta": whole, "x": whole}, {})
weight_lecture.example((LECTURE_DELTA[None, None], LECTURE_A[None, None], (2, 2)))
weight_group("oblong", 4, {"map": (4, 7)}, {"kernel": (2, 3)}, {"map": (6, 5), "kernel": (3, 2)})
weight_stride = weight_group(
    "stride", 5, {"stride": 2}, {"map": (6, 6), "stride": 3}, {"kernel": (2, 2), "stride": 3}
)
weight_stride.example(
    (np.array([[[[1.0, 10.0], [2.0, -1.0]]]]), np.arange(25.0).reshape(1, 1, 5, 5) % 7, (3, 3), 2)
)
weight_group("padding", 4.5, {"padding": 1}, {"map": (3, 3), "kernel": (2, 2), "padding": 2})
weight_group("batch", 4, {"N": 3})
weight_group("channels", 3, {"C": 3, "padding": 1})
weight_group("kernels", 2.5, {"K": 4, "padding": 1})
weight_group("remainder", 4, {"map": (6, 6), "stride": 2}, {"stride": 3}, visible=False)


@weight.group("basis", points=1.5, visible=False, fixed=True)
def weight_basis(rng):
    """Every unit residual has a kernel, every unit input a channel: proves a function for 3×3 ∗ 2×2."""
    yield unit_residuals(1, 2, 2), units(3, 3)[None], (2, 2)


weight_group(
    "extremes",
    1.5,
    {"map": (3, 3)},
    {"map": (3, 3), "stride": 3},
    {"map": (3, 3), "kernel": (1, 1), "delta": leaning, "x": positive},
    {"map": (4, 4), "kernel": (1, 1), "stride": 3},
    visible=False,
)


@weight.group("combined", points=4.5, visible=False)
def weight_combined(rng):
    """In the basis cases every unit residual has a kernel of its own, which proves a function for the size.

    In the fourth as many rows are out of reach as were padded, and more columns. The last kernel is higher
    than the input, lower only than what is padded.
    """
    yield weight_args(rng, 3, 1, 2, (3, 7), (4, 2), 3, 2)
    yield weight_args(rng, 2, 2, 2, (3, 4), (2, 3), 1, 1)
    yield unit_residuals(2, 2, 3), real(rng, 2, 3, 3, 4), (3, 2), 2, 1
    yield unit_residuals(2, 2, 2), real(rng, 2, 3, 5, 6), (3, 3), 3, 1
    yield weight_args(rng, 2, 1, 3, (2, 3), (4, 3), 1, 1)


weight_group("integers", 1.25, {"x": integers}, {"delta": integers}, visible=False)

# without padding, which would copy x
layouts(weight, 1.25, lambda rng: weight_args(rng, 1, 1, 1, (3, 3), (2, 2)))


def without_a_border(maps, width):
    H, W = maps.shape[2:]
    return maps[:, :, width : H - width, width : W - width]


def slid_over(x_pad, spread):
    """A residual with zeros inserted, moved over all of x_pad; the kernel's weights come first."""
    windows = sliding_window_view(x_pad, spread.shape[2:], axis=(2, 3))
    return np.einsum("nkij,ncpqij->kcpq", spread, windows)


def weight_by_slices(delta, x, kernel_shape, stride=1, padding=0):
    return sums_over_windows(delta, padded(x, padding), kernel_shape, stride, stride)


def on_padded(change):
    """A transform: the input is padded and then changed, `change(x_pad, arguments)`."""
    return given(x=lambda c: change(padded(c.x, c.padding), c), padding=lambda c: 0)


def within_reach(x_pad, c):
    """What windows reach that move one by one."""
    return cropped(x_pad, np.add(c.delta.shape[2:], c.kernel_shape) - 1)


def size_with_the_remainder(c):
    """The number of positions of a residual that moves over the whole input."""
    return [c.x.shape[i] + 2 * c.padding - (c.delta.shape[i] - 1) * c.stride for i in (2, 3)]


def without_the_remainder_at_the_top(x_pad, c):
    rows, columns = left_over(c)
    return x_pad[:, :, rows:, columns:]


def with_padding(padding):
    """A transform: the input is padded by `padding(p)`."""

    def wrong(delta, x, kernel_shape, stride=1, p=0):
        return sums_over_windows(delta, padded(x, padding(p)), kernel_shape, stride, stride)

    return instead(wrong)


weight.add_misconceptions(
    frequent=(
        *("gradient_rotated", "residual_rotated", "stride_ignored", "padding_ignored", "padding_on_one_side"),
        *("last_sample_only", "divided_by_the_batch", "averaged_over_the_positions"),
    ),
    **wrong_weights("x", lambda change: on_padded(lambda x_pad, c: change(x_pad))),
    stride_ignored=both(pretend("stride", 1), on_padded(within_reach)),
    stride_for_rows_only=instead(
        lambda delta, x, shape, s=1, p=0: sums_over_windows(delta, padded(x, p), shape, rows=s)
    ),
    stride_on_the_weights=instead(
        lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), d)[:, :, ::s, ::s], shape)
    ),
    one_zero_too_many=instead(
        lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), spread_out(d, s + (s > 1))), shape)
    ),
    zeros_at_the_end=instead(
        lambda d, x, shape, s=1, p=0: cropped(slid_over(padded(x, p), spread_out(d, s, end=s)), shape)
    ),
    padding_ignored=pretend("padding", 0),
    padding_on_one_side=on_padded(lambda x_pad, c: np.roll(x_pad, (-c.padding, -c.padding), axis=(2, 3))),
    padded_with_the_border=given(x=lambda c: padded(c.x, c.padding, mode="edge"), padding=lambda c: 0),
    gradient_cropped=result(lambda dw, c: without_a_border(dw, c.padding)),
    remainder_kept=given(kernel_shape=size_with_the_remainder),
    remainder_cut_at_the_top=on_padded(without_the_remainder_at_the_top),
    **WRONG_BATCH,
    **WRONG_GRADIENT,
    samples_mixed=given(
        delta=lambda c: c.delta.sum(axis=0, keepdims=True), x=lambda c: c.x.sum(axis=0, keepdims=True)
    ),
    kernel_axes_exchanged=afterwards(first_axes_exchanged),
    gradient_reshaped=afterwards(lambda dw: dw.swapaxes(0, 1).reshape(dw.shape)),
    wrong_axes_reversed=changed("delta", lambda delta: delta[::-1, ::-1]),
    channels_mixed=changed("x", lambda x: np.broadcast_to(x.sum(axis=1, keepdims=True), x.shape)),
    residual_maps_added=changed(
        "delta", lambda delta: np.broadcast_to(delta.sum(axis=1, keepdims=True), delta.shape)
    ),
    square_kernel=both(instead(weight_by_slices), changed("kernel_shape", lambda shape: shape[:1] * 2)),
    height_and_width_exchanged=both(
        instead(weight_by_slices), changed("kernel_shape", lambda shape: shape[::-1])
    ),
    square_map_assumed=changed("delta", columns_as_rows),
    square_maps_only=stops(oblong),
    residual_not_dilated=instead(lambda delta, x, shape, stride=1, p=0: slid_over(padded(x, p), delta)),
    remainder_refused=remainder_refused,
    padding_always_one=with_padding(lambda p: 1),
    padding_counted_twice=with_padding(lambda p: 2 * p),
    slice_empty_without_padding=stops(lambda c: c.padding == 0),
    loops_over_input_positions=loops_over_input_positions,
    last_windows_left_out=changed("delta", without_last_windows),
    axes_of_one_dropped=afterwards(np.squeeze),
    floats_added_to_integers=added_into("x"),
)


# -------------------------------------------------------------------------------------- conv2d_bias_grad

biases = Exercise(nb.conv2d_bias_grad, points=15, lecture="3.3")

biases_group = sized(biases, lambda rng, *shape: (leaning(rng, *shape),))
biases_group("lecture", 3, (1, 1, 2, 2), (1, 1, 3, 4)).example((LECTURE_DELTA[None, None],))
biases_group("kernels", 4, (1, 3, 2, 4), (1, 2, 3, 1))
biases_group("batch", 4.5, (2, 3, 4, 5), (3, 2, 1, 4)).example(
    (np.array([[[[1.0, 2.0]], [[10.0, 20.0]]], [[[3.0, 4.0]], [[30.0, 50.0]]]]),),
    (np.array([[[[1.0], [-2.0]]], [[[4.0], [0.5]]], [[[-3.0], [1.0]]]]),),
)
biases.group("equal sizes", points=2, visible=False)(
    lambda rng: [(leaning(rng, 3, 3, 3, 3),), (leaning(rng, 2, 2, 1, 1),), (integers(rng, 2, 3, 2, 2),)]
)


@biases.group("basis", points=0.75, visible=False)
def biases_basis(rng):
    """Every unit residual of a batch has a kernel, and a factor, of its own: passing proves this size."""
    yield (unit_residuals(2, 2, 3) * whole(rng, 12, 1, 1),)


layouts(biases, 0.75, lambda rng: (leaning(rng, 2, 3, 2, 4),))

biases.add_misconceptions(
    frequent=("dimensions_kept", "last_sample_only", "divided_by_the_batch", "averaged_over_the_positions"),
    **wrong_biases(batch=(0,), kept=(1, -1, 1, 1)),
    **WRONG_BATCH,
    **WRONG_GRADIENT,
    divided_by_the_kernels=divided_by(lambda c: c.delta.shape[1]),
    summed_over_the_kernels=instead(lambda delta: np.sum(delta, axis=(1, 2, 3))),
    one_bias_for_all_kernels=instead(np.sum),
)

for permuted in ("(2, 0, 3)", "(0, 3, 2)"):
    biases.equivalent(f"(0, 2, 3) → {permuted}", because="a sum over axes does not depend on their order")
