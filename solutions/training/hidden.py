"""The tests of the assignment `training` (lecture 1 and 3): cases and misconceptions.

Two losses with their residuals, and the two functions that use them: a kernel learned by gradient descent,
and the gradients of a whole network. The mistakes of the losses are misconceptions of the functions that call
them, too, so that a wrong loss is recognised in both.

Whatever decides whether a mistake shows is not left to chance: networks are drawn until some pooling windows
are dead and the others have a clear maximum in various places (`a_network`), and sums of bias gradients are
never near zero. Extents are pairwise different wherever the exercise lets them.

A kernel that starts from zeros stays linear in the target, whatever the number of steps. So the group `basis`
of `fit_kernel` has every unit target of the lecture's size: a function that passes is right for all targets.
"""

import functools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    both,
    first_axes_exchanged,
    given,
    instead,
    pretend,
    result,
    rotated,
    switched,
)

from .. import windows
from ..catalogue import LECTURE_A, integers, layouts, leaning, only, real, sized, units, until, whole
from ..windows import largest, mean, pooled, routed
from . import notebook as nb

DOMAIN = "cnn"

# ---------------------------------------------------------------------------- arrays that the cases share

SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


# ------------------------------------------------------------------- mistakes that several exercises share


def on_loss(change):
    """A transform: the loss J, the first of two results, is changed."""
    return result(lambda both_results, call: (change(both_results[0], call), both_results[1]))


def on_residual(change):
    """A transform: the residual, the second of two results, is changed."""
    return result(lambda both_results, call: (both_results[0], change(both_results[1], call)))


def on_both(change):
    """A transform: both results are changed in the same way."""
    return both(on_loss(change), on_residual(change))


EXCHANGED = result(lambda pair, call: pair[::-1])

# -------------------------------------------------------------------------------------- squared_error

error = Exercise(nb.squared_error, points=10, lecture="1")

error_small = error.group("lecture", points=4)(lambda rng: [(whole(rng, 2, 2), 5 + whole(rng, 2, 2))])
error_small.example((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [5.0, 3.0]])))
error.group("rectangular", points=4)(
    lambda rng: [(real(rng, 2, 5), leaning(rng, 2, 5)), (real(rng, 4, 1), leaning(rng, 4, 1))]
)


@error.group("far_off", points=1, visible=False)
def error_far_off(rng):
    target = leaning(rng, 3, 4)
    yield target + 0.2 * leaning(rng, 3, 4), target  # not nearer: z − target must not cancel
    yield -1000 * leaning(rng, 3, 2), real(rng, 3, 2)


error.group("integers", points=0.5, visible=False)(
    lambda rng: [
        (integers(rng, 3, 5), 20 + integers(rng, 3, 5)),
        (integers(rng, 3, 5), 20 + leaning(rng, 3, 5)),
        (leaning(rng, 3, 5), 20 + integers(rng, 3, 5)),
    ]
)
layouts(error, 0.5, lambda rng: (real(rng, 3, 2), leaning(rng, 3, 2)))


def positions(call):
    return call.z.size


error.add_misconceptions(
    frequent=("uphill", "factor_two_missing", "residual_not_averaged", "loss_not_averaged"),
    uphill=on_residual(lambda delta, c: -delta),
    factor_two_missing=on_residual(lambda delta, c: delta / 2),
    residual_not_averaged=on_residual(lambda delta, c: delta * positions(c)),
    absolute_error=both(
        on_loss(lambda J, c: np.mean(abs(c.z - c.target))),
        on_residual(lambda delta, c: np.sign(delta) / positions(c)),
    ),
    loss_not_averaged=on_loss(lambda J, c: J * positions(c)),
    sums_for_means=on_both(lambda part, c: part * positions(c)),
    averaged_over_rows=on_both(lambda part, c: part * c.z.shape[1]),
    divided_twice=on_residual(lambda delta, c: delta / positions(c)),
    half_the_square=on_loss(lambda J, c: J / 2),
    half_of_both=on_both(lambda part, c: part / 2),
    root_of_the_mean=on_loss(lambda J, c: np.sqrt(J)),
    residual_averaged_away=on_residual(lambda delta, c: np.mean(delta)),
    stored_as_integers=on_residual(lambda delta, c: delta.astype(c.z.dtype)),
    results_exchanged=EXCHANGED,
)


# ----------------------------------------------------------------------------------------- fit_kernel

descent = Exercise(nb.fit_kernel, points=25, lecture="1, 3.3")


def learned(case):
    """Whether the fit leads away from zero, so that neither w nor b is a small difference of large sums."""
    w, b = nb.fit_kernel(*case)
    return abs(w).max() > 0.05 and abs(b) > 0.05


def a_fit(rng, map_shape, kernel_shape, steps):
    """The arguments of a fit; the target's sum is far from zero."""
    outputs = [size - k + 1 for size, k in zip(map_shape, kernel_shape, strict=True)]

    def draw():
        rate = rng.uniform(0.05, 0.15)
        return real(rng, *map_shape), leaning(rng, *outputs), kernel_shape, rate, steps

    return until(learned, draw) if steps else draw()


@descent.group("first_step", points=6)
def descent_first_step(rng):
    target = until(lambda t: abs(t.sum()) > 1, lambda: whole(rng, 2, 2))
    yield 2 * whole(rng, 3, 3) + 1, target, (2, 2), 0.25, 1
    yield a_fit(rng, (5, 4), (3, 2), 1)


descent_first_step.example((LECTURE_A, np.array([[2.0, 0.0], [-2.0, 4.0]]), (2, 2), 0.1, 1))
descent_group = sized(descent, a_fit)
descent_group("steps", 8, ((4, 6), (2, 3), 2), ((6, 5), (3, 1), 3), ((3, 7), (2, 2), 5))


@descent.group("recovered", points=4)
def descent_recovered(rng):
    image, w = real(rng, 7, 6), leaning(rng, 2, 3)
    # not to the end: there, mistakes that only change the way would arrive at the same kernel
    yield image, nb.correlate(image, w, rng.uniform(1, 2)), w.shape, 0.1, 15


PICTURE = np.array([[0.0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0], [0, 0, 1, 1, 1, 0],
                    [1, 0, 0, 0, 1, 0], [0, 1, 1, 1, 0, 0]])  # fmt: skip
descent_recovered.example((PICTURE, nb.correlate(PICTURE, SOBEL), (3, 3), 0.2, 40))
descent_group("extremes", 2, ((3, 4), (1, 1), 3), ((3, 2), (3, 2), 2), ((4, 3), (2, 2), 0), visible=False)


@descent.group("basis", points=3, visible=False)
def descent_basis(rng):
    image = 2 * whole(rng, 3, 3) + 1
    for target in units(2, 2):
        yield image, target, (2, 2), 0.0625, 2


descent.group("integers", points=1, visible=False)(
    lambda rng: [
        (integers(rng, 4, 5), 20 + integers(rng, 3, 3), (2, 3), 0.01, 3),
        (integers(rng, 4, 5), 20 + leaning(rng, 3, 3), (2, 3), 0.01, 3),
        (9 * leaning(rng, 4, 5), 20 + integers(rng, 3, 3), (2, 3), 0.01, 3),
    ]
)
layouts(descent, 1, lambda rng: a_fit(rng, (4, 5), (2, 3), 2))


def subtracted(w, b, step, step_b):
    return w - step, b - step_b


def descended(
    image, target, kernel_shape, learning_rate, steps, *,
    start=0.0,
    forward=nb.correlate,
    residual=lambda z, target: nb.squared_error(z, target)[1],
    weight=nb.kernel_gradient,
    bias=nb.bias_gradient,
    update=subtracted,
    piling_up=False,
    refreshed=True,
    first=None,
):  # fmt: skip
    """`fit_kernel`, step by step. `first`: "w" or "b" changes before the other's gradient is computed."""
    w, b, sum_w, sum_b, delta = np.full(kernel_shape, start), start, 0.0, 0.0, None
    for _ in range(steps):
        if refreshed or delta is None:
            delta = residual(forward(image, w, b), target)
        dw, db = weight(delta, image), bias(delta)
        if first == "w":
            db = bias(residual(forward(image, w - learning_rate * dw, b), target))
        elif first == "b":
            dw = weight(residual(forward(image, w, b - learning_rate * db), target), image)
        sum_w, sum_b = (sum_w + dw, sum_b + db) if piling_up else (dw, db)
        w, b = update(w, b, learning_rate * sum_w, learning_rate * sum_b)
    return w, b


in_descent = switched(descended)


def outputs(call):
    return call.target.size


descent.add_misconceptions(
    frequent=(
        "gradient_rotated",
        "bias_not_learned",
        "factor_two_missing",
        "residual_not_averaged",
        "one_step_short",
        "uphill",
    ),
    start_from_ones=in_descent(start=1.0),
    residual_computed_once=in_descent(refreshed=False),
    gradients_pile_up=in_descent(piling_up=True),
    replaced_by_the_step=in_descent(update=lambda w, b, step, step_b: (-step, -step_b)),
    kernel_changed_first=in_descent(first="w"),
    bias_changed_first=in_descent(first="b"),
    bias_not_learned=in_descent(bias=lambda delta: 0.0),
    bias_left_out=in_descent(forward=lambda a, w, b: nb.correlate(a, w)),
    bias_gradient_averaged=in_descent(bias=np.mean),
    bias_per_activation=in_descent(bias=lambda delta: delta),
    gradient_rotated=in_descent(weight=lambda delta, a: rotated(nb.kernel_gradient(delta, a))),
    kernel_rotated_forward=in_descent(forward=lambda a, w, b: nb.correlate(a, rotated(w), b)),
    absolute_error=in_descent(residual=lambda z, target: np.sign(z - target) / z.size),
    stored_as_integers=in_descent(
        residual=lambda z, target: nb.squared_error(z.astype(target.dtype), target)[1]
    ),
    uphill=given(learning_rate=lambda c: -c.learning_rate),
    factor_two_missing=given(learning_rate=lambda c: c.learning_rate / 2),
    residual_not_averaged=given(learning_rate=lambda c: c.learning_rate * outputs(c)),
    averaged_over_rows=given(learning_rate=lambda c: c.learning_rate * c.target.shape[1]),
    divided_twice=given(learning_rate=lambda c: c.learning_rate / outputs(c)),
    learning_rate_ignored=pretend("learning_rate", 1.0),
    one_step_only=given(steps=lambda c: min(c.steps, 1)),
    one_step_short=given(steps=lambda c: max(c.steps - 1, 0)),
    one_step_more=given(steps=lambda c: c.steps + 1),
    true_convolution=result(lambda pair, c: (rotated(pair[0]), pair[1])),
    kernel_transposed=result(lambda pair, c: (pair[0].T, pair[1])),
    results_exchanged=EXCHANGED,
)


# ------------------------------------------------------------------------------ softmax_cross_entropy

softmax = Exercise(nb.softmax_cross_entropy, points=15, lecture="3")


def classes(rng, N, M):
    """Labels that are not all equal where N > 1."""
    return np.resize(rng.permutation(M), N)


def undecided(case):
    """Whether the right classes are not all but certain: near ln 1 = 0, J would be rounding errors."""
    return nb.softmax_cross_entropy(*case)[0] > 0.2


def a_batch(rng, N, M):
    return until(undecided, lambda: (1.5 * real(rng, N, M), classes(rng, N, M)))


softmax_group = sized(softmax, a_batch)
softmax_one_sample = softmax_group("one_sample", 5, (1, 4), (1, 2))
softmax_one_sample.example((np.log([[1.0, 2.0, 5.0]]), np.array([1])), (np.zeros((1, 4)), np.array([3])))
softmax_group("batch", 6, (5, 3), (2, 6))


@softmax.group("large", points=2.5)
def softmax_large(rng):
    scores = np.rint(700 * leaning(rng, 3, 4))  # whole: single precision holds them exactly
    yield scores, scores.argmin(axis=1)
    high = np.array([[5000.0], [0.0], [-5000.0]])
    yield until(undecided, lambda: (high + np.rint(4 * real(rng, 3, 4)), classes(rng, 3, 4)))


softmax.group("integers", points=0.75, visible=False)(
    lambda rng: [until(undecided, lambda: (integers(rng, 4, 3) % 5, classes(rng, 4, 3)))]
)
layouts(softmax, 0.75, lambda rng: a_batch(rng, 3, 5))


def normalised(scores):
    """Softmax without protection from overflow."""
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def of_greatest(scores):
    """Softmax, safe from overflow."""
    return normalised(scores - scores.max(axis=1, keepdims=True))


def one_hot(labels, M):
    return (labels[:, None] == np.arange(M)).astype(float)


def cross_entropy_of(probabilities, tiny=0.0):
    """A transform: the right loss and residual of probabilities computed in another way."""

    def wrong(scores, labels):
        p, right = probabilities(scores), one_hot(labels, scores.shape[1])
        return -np.mean(np.log(p[right == 1] + tiny)), (p - right) / len(scores)

    return instead(wrong)


def normalised_along(greatest, total):
    """A transform: as advised, but the greatest score and the sum are those along other axes."""

    def wrong(scores, labels):
        shifted = scores - scores.max(axis=greatest, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=total, keepdims=True))
        right = one_hot(labels, scores.shape[1])
        return -np.mean(log_p[right == 1]), (np.exp(log_p) - right) / len(right)

    return instead(wrong)


def every_label_subtracted(delta, call):
    p = of_greatest(call.scores)
    p[:, call.labels] -= 1
    return p / len(p)


def squared_error_of_probabilities(pair, call):
    difference = of_greatest(call.scores) - right_ones(call)
    return np.sum(difference**2) / len(difference), 2 * difference / len(difference)


def samples(call):
    return len(call.labels)


def right_ones(call):
    """A 1 for the right class of each sample, else 0."""
    return one_hot(call.labels, call.scores.shape[1])


LOSS_WRONG = {
    "softmax_over_the_batch": normalised_along(0, 0),
    "softmax_over_everything": normalised_along(None, None),
    "sigmoid_for_softmax": cross_entropy_of(lambda s: 1 / (1 + np.exp(-s))),
    "labels_from_one": given(labels=lambda c: c.labels - 1 + c.scores.shape[1] * (c.labels == 0)),
    "one_not_subtracted": on_residual(lambda delta, c: delta + right_ones(c) / samples(c)),
    "right_class_only": on_residual(lambda delta, c: delta * right_ones(c)),
    "every_label_subtracted": on_residual(every_label_subtracted),
    "softmax_derivative_twice": on_residual(
        lambda delta, c: delta * of_greatest(c.scores) * (1 - of_greatest(c.scores))
    ),
    "squared_error_of_probabilities": result(squared_error_of_probabilities),
    "averaged_over_classes": on_both(lambda part, c: part / c.scores.shape[1]),
    "logarithm_to_base_ten": on_loss(lambda J, c: J / np.log(10)),
    "logarithm_missing": on_loss(
        lambda J, c: -np.mean(np.sum(of_greatest(c.scores) * right_ones(c), axis=1))
    ),
    "minus_missing": on_loss(lambda J, c: -J),
}
"""Mistakes that carry over to `cnn_gradients`."""

softmax.add_misconceptions(
    frequent=(
        "scores_not_shifted",
        "one_not_subtracted",
        "softmax_derivative_twice",
        "residual_not_averaged",
        "loss_not_averaged",
        "uphill",
    ),
    scores_not_shifted=cross_entropy_of(normalised),
    shifted_by_the_batch=normalised_along(None, 1),
    logarithm_of_zero=cross_entropy_of(of_greatest),
    logarithm_clipped=cross_entropy_of(of_greatest, tiny=1e-12),
    **LOSS_WRONG,
    uphill=on_residual(lambda delta, c: -delta),
    residual_not_averaged=on_residual(lambda delta, c: delta * samples(c)),
    loss_not_averaged=on_loss(lambda J, c: J * samples(c)),
    sums_for_means=on_both(lambda part, c: part * samples(c)),
    results_exchanged=EXCHANGED,
)


# -------------------------------------------------------------------------------------- cnn_gradients

network = Exercise(nb.cnn_gradients, points=40, lecture="3")


def pooled_sizes(H, W, kh, kw):
    return (H - kh + 1) // 2, (W - kw + 1) // 2


def parameters(rng, N, C, H, W, K, kh, kw, M):
    """A network's parameters: half of the kernels have a bias so low that many of their windows are dead."""
    P, Q = pooled_sizes(H, W, kh, kw)
    fan_in = C * kh * kw
    return {
        "w1": real(rng, K, C, kh, kw),
        "b1": np.sqrt(fan_in) * np.where(np.arange(K) % 2, 0.3, -0.6) * rng.uniform(0.8, 1.2, K),
        "w2": real(rng, M, K * P * Q) / np.sqrt(fan_in * K * P * Q),
        "b2": 0.3 * leaning(rng, M),
    }


def pooling_windows(maps, m):
    """The m·m cells of every window in reading order, (N, K, P, Q, m·m); windows touch."""
    N, K, H, W = maps.shape
    P, Q = H // m, W // m
    windows = maps[:, :, : P * m, : Q * m].reshape(N, K, P, m, Q, m)
    return windows.swapaxes(3, 4).reshape(N, K, P, Q, m * m)


def telling(case):
    """Whether mistakes would show: nothing is close to a kink or a tie, and every kind of window occurs."""
    params, x, labels = case
    z = nb.conv2d(x, params["w1"], params["b1"])
    cells = np.sort(pooling_windows(z, 2), axis=4)
    alive = cells[..., 3] > 0
    clear = cells[..., 3] - cells[..., 2] > 1e-3
    f = np.maximum(cells[..., 3], 0).reshape(len(x), -1)
    scores = f @ params["w2"].T + params["b2"]
    _, grads = nb.cnn_gradients(params, x, labels)
    delta = abs(nb.softmax_cross_entropy(scores, labels)[1] @ params["w2"]).reshape(alive.shape)
    heard = alive & (delta > 0.1 * delta.max())  # windows whose share in the gradients is no trifle
    first = pooling_windows(z, 2).argmax(axis=4)[heard]
    return (
        abs(z).min() > 1e-3
        and clear[alive].all()
        and not alive.all()
        and alive.any(axis=(0, 2, 3)).all()
        and alive.any(axis=(1, 2, 3)).all()
        and np.isin(first, (1, 2)).any()
        and (cells[..., 0] < 0)[heard].any()
        and (cells[..., 2] > 0)[heard].any()
        and (scores < -0.05).any()
        and abs(scores).max() < 3  # no softmax is saturated
        and all(abs(part).max() > 0.02 for part in grads.values())
    )


def a_network(rng, *sizes):
    """The arguments of a call, for sizes N, C, H, W, K, kh, kw, M."""
    N, C, H, W, *_, M = sizes
    return until(telling, lambda: (parameters(rng, *sizes), real(rng, N, C, H, W), classes(rng, N, M)))


network_group = sized(network, a_network)
one_image = network_group("one_image", 6, (1, 1, 5, 5, 1, 2, 2, 3))

EXAMPLE_PARAMS = {
    "w1": np.array([[[[1.0, -1.0], [0.0, 1.0]]]]),
    "b1": np.array([0.0]),
    "w2": np.array([[1.0], [-1.0]]),
    "b2": np.array([-4.0, 4.0]),
}
one_image.example((EXAMPLE_PARAMS, LECTURE_A[None, None], np.array([0])))
network_group("oblong", 3.5, (1, 1, 5, 7, 1, 2, 2, 3), (1, 1, 5, 6, 1, 2, 3, 3))
network_group("kernels", 5.5, (1, 1, 5, 5, 4, 2, 2, 3))
network_group("channels", 5.5, (1, 3, 5, 5, 1, 2, 2, 3))
network_group("batch", 6.5, (5, 1, 5, 5, 1, 2, 2, 3))
network_group("remainder", 3, (1, 1, 6, 6, 1, 2, 2, 3), (1, 1, 7, 7, 1, 3, 3, 3), visible=False)
network_group("extremes", 2, (1, 1, 4, 4, 1, 1, 1, 4), (5, 1, 3, 3, 2, 2, 2, 4), visible=False)
network_group("everything", 2.5, (4, 2, 7, 4, 3, 2, 3, 5), (3, 2, 6, 8, 2, 2, 3, 4), visible=False)


@network.group("flat", points=1.5, visible=False)
def network_flat(rng):
    # places that tie look at equal inputs here, so that every valid subgradient gives the same gradients
    def draw():
        params = parameters(rng, 3, 2, 5, 5, 4, 2, 2, 5)
        params["b1"][1] += 1.0  # alive on the flat images
        return params, real(rng, 3, 2, 5, 5), classes(rng, 3, 5)

    params, x, _ = until(telling, draw)
    grey = 2.0 if params["w1"][1].sum() > 0 else -2.0
    images = np.concatenate([np.full((2, *x.shape[1:]), grey), x])
    yield params, images[[0, 2, 1, 3, 4]], classes(rng, 5, 5)


@network.group("integers", points=2, visible=False)
def network_integers(rng):
    def draw():
        params = {
            "w1": rng.integers(-3, 4, size=(3, 1, 2, 2)),
            "b1": np.array([0.5, -9.5, 4.5]),  # between whole numbers, so that no pre-activation is zero
            "w2": integers(rng, 4, 12) / 100,
            "b2": rng.permutation(4) - 1,
        }
        return params, rng.integers(-4, 5, size=(2, 1, 5, 5)), classes(rng, 2, 4)

    yield until(telling, draw)


layouts(network, 2, lambda rng: a_network(rng, 1, 1, 5, 5, 1, 2, 2, 3))


# ------------------------------------------------------------- the right network, written out layer by layer
# Its switches are what people get wrong inside of it.


def relu(z):
    return np.maximum(z, 0)


def relu_slope(z):
    return (z > 0) * 1.0


def as_it_is(z):
    return z


def ones(z):
    return np.ones(z.shape)


def by_kernel(p1):
    """(N, K, P, Q) in the order k, p, q, and what is to be done to get back."""
    return p1.reshape(len(p1), -1), lambda f: f.reshape(p1.shape)


def by_position(p1):
    """(N, K, P, Q) in the order p, q, k."""
    moved = np.moveaxis(p1, 1, 3)
    return moved.reshape(len(p1), -1), lambda f: np.moveaxis(f.reshape(moved.shape), 3, 1)


def back_by_position(p1):
    """Flattened by kernel, unflattened by position."""
    return by_kernel(p1)[0], by_position(p1)[1]


def everything(maps):
    return np.s_[...]


def without_the_first_odd(maps):
    """Touching windows leave over a row and a column at the end, not at the start."""
    H, W = maps.shape[2:]
    return np.s_[:, :, H % 2 :, W % 2 :]


def weight_gradient(delta1, x, w1):
    windows = sliding_window_view(x, w1.shape[2:], axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta1, windows)


def layer_by_layer(
    params, x, labels, *,
    convolve=nb.conv2d,
    activation=relu,
    slope=relu_slope,
    reduce=largest,
    share=windows.first_maximum,
    crop=everything,
    flatten=by_kernel,
    output=as_it_is,
    output_slope=ones,
    loss=nb.softmax_cross_entropy,
):  # fmt: skip
    """`cnn_gradients`."""
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    z1 = convolve(x, w1, b1)
    a1 = activation(z1)
    inner = crop(a1)
    f, unflatten = flatten(pooled(a1[inner], 2, 2, reduce))
    s = f @ w2.T + b2
    J, delta2 = loss(output(s), labels)
    delta2 = delta2 * output_slope(s)
    da1 = np.zeros(a1.shape)
    da1[inner] = routed(unflatten(delta2 @ w2), a1[inner], 2, 2, share)
    delta1 = da1 * slope(z1)
    return J, {
        "w1": weight_gradient(delta1, x, w1),
        "b1": delta1.sum(axis=(0, 2, 3)),
        "w2": delta2.T @ f,
        "b2": delta2.sum(axis=0),
    }


in_network = switched(layer_by_layer)

# ------------------------------------------------------------------------------------ its misconceptions


def on_gradients(**changes):
    """A transform: the gradients of these names are changed."""

    def change(pair, call):
        J, grads = pair
        return J, {**grads, **{name: change(grads[name], call) for name, change in changes.items()}}

    return result(change)


def on_all(change):
    """A transform: all gradients are changed in the same way."""
    return on_gradients(**dict.fromkeys(("w1", "b1", "w2", "b2"), change))


def with_params(**changes):
    """A transform: the function gets other parameters of these names."""
    return given(params=lambda c: {**c.params, **{n: change(c.params[n]) for n, change in changes.items()}})


def only_sample(index):
    """A transform: the gradients are those of one sample, with its share of the mean."""

    def transform(function):
        @functools.wraps(function)
        def wrong(params, x, labels):
            J, _ = function(params, x, labels)
            _, grads = function(params, x[index], labels[index])
            return J, {name: grads[name] / len(x) for name in grads}

        return wrong

    return transform


def map_size(call):
    """The number of positions of a feature map."""
    return np.prod(np.subtract(call.x.shape[2:], call.params["w1"].shape[2:]) + 1)


first_kernel = only(np.s_[:1])
first_channel = only(np.s_[:, :1])


network.add_misconceptions(
    frequent=(
        "sigma_prime_missing",
        "gradient_rotated",
        "gradients_not_averaged",
        "rule_of_average_pooling",
        "one_not_subtracted",
        "bias_gradient_averaged",
    ),
    relu_missing=in_network(activation=as_it_is, slope=ones),
    relu_missing_forward=in_network(activation=as_it_is),
    sigma_prime_missing=in_network(slope=ones),
    activation_for_its_slope=in_network(slope=relu),
    relu_on_the_scores=in_network(output=relu, output_slope=relu_slope),
    residual_to_all_cells=in_network(share=windows.the_whole),
    rule_of_average_pooling=in_network(share=windows.equally),
    average_pooling=in_network(reduce=mean, share=windows.equally),
    residual_to_top_left=in_network(share=windows.top_left),
    residual_to_minimum=in_network(share=windows.first_minimum),
    row_and_column_swapped=in_network(share=windows.maximum_transposed),
    whole_residual_to_every_tie=in_network(share=windows.every_maximum),
    remainder_at_the_top=in_network(crop=without_the_first_odd),
    flattened_in_another_order=in_network(flatten=by_position),
    unflattened_in_another_order=in_network(flatten=back_by_position),
    stored_as_integers=in_network(convolve=lambda x, w, b: nb.conv2d(x, w, b).astype(x.dtype)),
    **{id: in_network(loss=wrong(nb.softmax_cross_entropy)) for id, wrong in LOSS_WRONG.items()},
    kernel_rotated_forward=with_params(w1=rotated),
    true_convolution=both(with_params(w1=rotated), on_gradients(w1=lambda dw, c: rotated(dw))),
    bias_left_out=with_params(b1=np.zeros_like),
    dense_bias_left_out=with_params(b2=np.zeros_like),
    gradient_rotated=on_gradients(w1=lambda dw, c: rotated(dw)),
    kernel_axes_exchanged=on_gradients(w1=lambda dw, c: first_axes_exchanged(dw)),
    bias_gradient_averaged=on_gradients(b1=lambda db, c: db / map_size(c)),
    divided_by_positions=on_gradients(w1=lambda dw, c: dw / map_size(c)),
    dense_gradient_transposed=on_gradients(w2=lambda dw, c: dw.T),
    dense_bias_averaged=on_gradients(b2=lambda db, c: db / samples(c)),
    gradients_not_averaged=on_all(lambda part, c: part * samples(c)),
    loss_not_averaged=on_loss(lambda J, c: J * samples(c)),
    sums_for_means=both(on_loss(lambda J, c: J * samples(c)), on_all(lambda part, c: part * samples(c))),
    divided_by_the_batch_again=on_all(lambda part, c: part / samples(c)),
    uphill=on_all(lambda part, c: -part),
    first_sample_only=only_sample(np.s_[:1]),
    last_sample_only=only_sample(np.s_[-1:]),
    first_channel_only=on_gradients(w1=lambda dw, c: first_channel(dw)),
    first_kernel_only=on_gradients(w1=lambda dw, c: first_kernel(dw), b1=lambda db, c: first_kernel(db)),
    gradients_stored_as_integers=result(
        lambda pair, c: (pair[0], {name: part.astype(c.params[name].dtype) for name, part in pair[1].items()})
    ),
    results_exchanged=EXCHANGED,
)

network.equivalent(
    "np.maximum(z1, 0) → np.maximum(0, z1)",
    because="the larger of two numbers does not depend on their order",
)
network.equivalent(
    "z1 > 0 → z1 >= 0", because="at 0 ReLU has no derivative, any slope from 0 to 1 is right; no case asks"
)
network.equivalent(
    "max_pool2d(x, window, stride) → max_pool2d(x, stride, window)",
    because="windows touch: window and stride are equal",
)
network.equivalent(
    "np.einsum('nkuv->k', delta) → np.einsum('nkvu->k', delta)",
    because="a sum over axes does not depend on their order",
)
