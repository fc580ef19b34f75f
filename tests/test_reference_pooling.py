"""The references of the assignment `pooling` agree with oracles that share no code with them.

The oracles: the numbers worked out in the notebook, plain loops written from the definition, central
differences of the forward functions, and PyTorch where it is installed. Hypothesis draws sizes, windows and
strides, so that overlap, gaps and remainders all occur.
"""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions.pooling.notebook import (
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
from tests.oracles import central_difference, needs_torch

few = settings(max_examples=40, deadline=None)

LECTURE_A = np.array([[1, 3, 2, 0], [5, 4, 1, 6], [2, 7, 8, 3], [0, 1, 4, 2]])
LECTURE_DELTA = np.array([[4, -8], [2, 6]])
LECTURE_SLOPE = np.array([[1, 0.5, 1, 0], [0.5, 1, 0.5, 1], [0, 0.5, 1, 0.5], [1, 1, 0.5, 0]])
ALEXNET_X = np.array(
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 20, 13, 14], [15, 16, 17, 18, 19], [21, 22, 0, 23, 24]]
)[None, None]


# -------------------------------------------------------------------------------------------- what is drawn


@st.composite
def lecture_sizes(draw):
    """(P, Q) residuals, a window (m, n), a seed: a map of (P·m, Q·n)."""
    outputs = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    return outputs, draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(st.integers(0, 2**32))


@st.composite
def batch_sizes(draw):
    """(N, C, H, W), a window, a stride, a seed; overlap, gaps and remainders included."""
    window, stride = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    samples, channels = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = (window + draw(st.integers(0, 6)) for _ in range(2))
    return (samples, channels, height, width), window, stride, draw(st.integers(0, 2**32))


def lecture_arrays(sizes):
    """A residual, a map whose elements are at least 0.5 apart, a window and σ′."""
    (P, Q), (m, n), seed = sizes
    rng = np.random.default_rng(seed)
    a = 0.5 * (rng.permutation(P * m * Q * n) - 7).reshape(P * m, Q * n)
    return rng.normal(size=(P, Q)), a, (m, n), rng.uniform(0.1, 1, size=a.shape)


def batch_arrays(sizes):
    """A residual, an input whose elements are at least 0.5 apart, a window and a stride."""
    (N, C, H, W), k, s, seed = sizes
    rng = np.random.default_rng(seed)
    x = 0.5 * (rng.permutation(N * C * H * W) - 40).reshape(N, C, H, W)
    return rng.normal(size=(N, C, (H - k) // s + 1, (W - k) // s + 1)), x, k, s


# ------------------------------------------------------------------------ twins, written from the definition


def windows_of_map(a, window, stride):
    """Yields (p, q) and the list of the places (u, v) of every whole window of a map, in reading order."""
    (m, n), (s, t) = window, stride
    for p in range(0, (len(a) - m) // s + 1):
        for q in range(0, (len(a[0]) - n) // t + 1):
            yield (p, q), [(p * s + i, q * t + j) for i in range(m) for j in range(n)]


def loop_pool(a, window, stride, kind):
    rows, columns = ((size - k) // s + 1 for size, k, s in zip(a.shape, window, stride, strict=True))
    z = np.zeros((rows, columns))
    for output, places in windows_of_map(a, window, stride):
        values = [float(a[place]) for place in places]
        z[output] = max(values) if kind == "max" else sum(values) / len(values)
    return z


def loop_backward(delta, a, window, stride, kind):
    residual = np.zeros(a.shape)
    for output, places in windows_of_map(a, window, stride):
        if kind == "max":
            residual[max(places, key=lambda place: a[place])] += delta[output]  # the first of equal maxima
        else:
            for place in places:
                residual[place] += delta[output] / len(places)
    return residual


def map_by_map(function, *batches):
    """Apply a function of single maps to every sample and channel."""
    samples, channels = batches[0].shape[:2]
    return np.array(
        [[function(*(batch[n, c] for batch in batches)) for c in range(channels)] for n in range(samples)]
    )


# ------------------------------------------------------------------------------------------ worked numbers


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (max_pool, (LECTURE_A, (2, 2)), [[5, 6], [7, 8]]),
        (avg_pool, (LECTURE_A, (2, 2)), [[3.25, 2.25], [2.5, 4.25]]),
        (
            upsample,
            (np.array([[1, 2], [3, 4]]), (2, 3)),
            [[1, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4], [3, 3, 3, 4, 4, 4]],
        ),
        (
            max_pool_residual,
            (LECTURE_DELTA, LECTURE_A, (2, 2), LECTURE_SLOPE),
            [[0, 0, 0, 0], [2, 0, 0, -8], [0, 1, 6, 0], [0, 0, 0, 0]],
        ),
        (
            avg_pool_residual,
            (LECTURE_DELTA, (2, 2), LECTURE_SLOPE),
            [[1, 0.5, -2, 0], [0.5, 1, -1, -2], [0, 0.25, 1.5, 0.75], [0.5, 0.5, 0.75, 0]],
        ),
        (max_pool2d, (ALEXNET_X, 3, 2), [[[[20, 20], [22, 24]]]]),
        (avg_pool2d, (ALEXNET_X, 3, 2), [[[[70 / 9, 86 / 9], [134 / 9, 148 / 9]]]]),
        (
            max_pool2d_backward,
            (np.array([[[[1, 2], [3, 4]]]]), ALEXNET_X, 3, 2),
            [[[[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 3, 0, 0], [0, 0, 0, 0, 0], [0, 3, 0, 0, 4]]]],
        ),
        (
            avg_pool2d_backward,
            (np.array([[[[9, 18], [27, 36]]]]), (1, 1, 5, 5), 3, 2),
            [[[[1, 1, 3, 2, 2], [1, 1, 3, 2, 2], [4, 4, 10, 6, 6], [3, 3, 7, 4, 4], [3, 3, 7, 4, 4]]]],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_small_example_of_the_notebook(function, args, expected):
    assert np.allclose(function(*args), expected, rtol=1e-12, atol=0)


def test_a_row_beyond_the_last_window_has_no_influence():
    longer = np.concatenate([ALEXNET_X, np.full((1, 1, 1, 5), 99)], axis=2)
    assert np.array_equal(max_pool2d(longer, 3, 2), max_pool2d(ALEXNET_X, 3, 2))
    dx = max_pool2d_backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), longer, 3, 2)
    assert dx.shape == longer.shape and not dx[:, :, 5].any()


# ---------------------------------------------------------------------------------- plain loops, any size


@few
@given(lecture_sizes())
def test_lecture_forms_agree_with_plain_loops(sizes):
    delta, a, window, dsigma = lecture_arrays(sizes)
    assert np.array_equal(max_pool(a, window), loop_pool(a, window, window, "max"))
    assert np.allclose(avg_pool(a, window), loop_pool(a, window, window, "mean"))
    expected = loop_backward(delta, a, window, window, "max") * dsigma
    assert np.allclose(max_pool_residual(delta, a, window, dsigma), expected)
    expected = loop_backward(delta, a, window, window, "mean") * dsigma
    assert np.allclose(avg_pool_residual(delta, window, dsigma), expected)


@few
@given(lecture_sizes())
def test_upsample_copies_each_residual_to_its_window(sizes):
    delta, a, (m, n), _ = lecture_arrays(sizes)
    result = upsample(delta, (m, n))
    assert result.shape == a.shape
    assert all(result[u, v] == delta[u // m, v // n] for u, v in np.ndindex(a.shape))


@few
@given(batch_sizes())
def test_batch_forms_agree_with_plain_loops(sizes):
    delta, x, k, s = batch_arrays(sizes)
    window, stride = (k, k), (s, s)
    forward = {"max": max_pool2d(x, k, s), "mean": avg_pool2d(x, k, s)}
    backward = {
        "max": max_pool2d_backward(delta, x, k, s),
        "mean": avg_pool2d_backward(delta, x.shape, k, s),
    }
    for kind in ("max", "mean"):
        expected = map_by_map(lambda a, kind=kind: loop_pool(a, window, stride, kind), x)
        assert forward[kind].shape == expected.shape and np.allclose(forward[kind], expected)
        expected = map_by_map(lambda d, a, kind=kind: loop_backward(d, a, window, stride, kind), delta, x)
        assert backward[kind].shape == x.shape and np.allclose(backward[kind], expected)


# ------------------------------------------------------------------------ derivatives of the forward pass


@few
@given(lecture_sizes())
def test_residuals_are_derivatives_through_the_activation(sizes):
    # a = tanh(z) before the pooling, so that the residual ∂J/∂z needs σ′(z) = 1 − tanh²(z)
    delta, a, window, _ = lecture_arrays(sizes)
    z = a / (1 + np.abs(a).max())
    dsigma = 1 - np.tanh(z) ** 2
    numeric = central_difference(lambda z: max_pool(np.tanh(z), window), z, delta)
    assert np.allclose(max_pool_residual(delta, np.tanh(z), window, dsigma), numeric, atol=1e-7)
    numeric = central_difference(lambda z: avg_pool(np.tanh(z), window), z, delta)
    assert np.allclose(avg_pool_residual(delta, window, dsigma), numeric, atol=1e-7)


@few
@given(batch_sizes())
def test_batch_backward_passes_are_derivatives_of_the_forward_passes(sizes):
    delta, x, k, s = batch_arrays(sizes)
    numeric = central_difference(lambda x: max_pool2d(x, k, s), x, delta)
    assert np.allclose(max_pool2d_backward(delta, x, k, s), numeric, atol=1e-7)
    numeric = central_difference(lambda x: avg_pool2d(x, k, s), x, delta)
    assert np.allclose(avg_pool2d_backward(delta, x.shape, k, s), numeric, atol=1e-7)


@few
@given(batch_sizes())
def test_residual_is_handed_on_whole(sizes):
    delta, x, k, s = batch_arrays(sizes)
    for dx in (max_pool2d_backward(delta, x, k, s), avg_pool2d_backward(delta, x.shape, k, s)):
        assert np.allclose(dx.sum(axis=(2, 3)), delta.sum(axis=(2, 3)))


@few
@given(lecture_sizes())
def test_batch_form_with_touching_square_windows_is_the_lecture_form(sizes):
    outputs, (m, _), seed = sizes
    delta, a, window, _ = lecture_arrays((outputs, (m, m), seed))
    ones = np.ones(a.shape)
    batch, residual = a[None, None], delta[None, None]
    assert np.array_equal(max_pool2d(batch, m, m)[0, 0], max_pool(a, window))
    assert np.allclose(avg_pool2d(batch, m, m)[0, 0], avg_pool(a, window))
    assert np.allclose(
        max_pool2d_backward(residual, batch, m, m)[0, 0], max_pool_residual(delta, a, window, ones)
    )
    assert np.allclose(
        avg_pool2d_backward(residual, batch.shape, m, m)[0, 0], avg_pool_residual(delta, window, ones)
    )


@needs_torch
@few
@given(batch_sizes())
def test_batch_forms_agree_with_pytorch(sizes):
    import torch

    delta, x, k, s = batch_arrays(sizes)
    for pool, forward, backward in (
        (torch.nn.functional.max_pool2d, max_pool2d, lambda: max_pool2d_backward(delta, x, k, s)),
        (torch.nn.functional.avg_pool2d, avg_pool2d, lambda: avg_pool2d_backward(delta, x.shape, k, s)),
    ):
        leaf = torch.tensor(x, requires_grad=True)
        z = pool(leaf, k, s)
        z.backward(torch.tensor(delta))
        assert np.allclose(forward(x, k, s), z.detach().numpy())
        assert np.allclose(backward(), leaf.grad.numpy())


# ------------------------------------------------------------------------------------------------ policies


def test_of_equal_maxima_the_first_in_reading_order_receives_the_residual():
    a = np.array([[1, 3, 0, 0], [3, 3, 0, 0]])
    expected = [[0, 5, 7, 0], [0, 0, 0, 0]]
    delta = np.array([[5, 7]])
    assert np.array_equal(max_pool_residual(delta, a, (2, 2), np.ones((2, 4))), expected)
    assert np.array_equal(max_pool2d_backward(delta[None, None], a[None, None], 2, 2)[0, 0], expected)


RNG = np.random.default_rng(3)
X = RNG.permutation(2 * 3 * 4 * 6).reshape(2, 3, 4, 6) - 70
CALLS = [
    (max_pool, (X[0, 0], (2, 3))),
    (avg_pool, (X[0, 0], (2, 3))),
    (upsample, (X[0, 0], (2, 3))),
    (max_pool_residual, (X[0, 1, :2, :2], X[0, 0], (2, 3), X[1, 0])),
    (avg_pool_residual, (X[0, 1, :2, :2], (2, 3), X[1, 0])),
    (max_pool2d, (X, 3, 1)),
    (avg_pool2d, (X, 3, 1)),
    (max_pool2d_backward, (X[..., :2, :3], X, 2, 2)),
    (avg_pool2d_backward, (X[..., :2, :3], X.shape, 2, 2)),
    # windows of one cell, where the result could be a view of an argument
    (max_pool, (X[0, 0], (1, 1))),
    (avg_pool, (X[0, 0], (1, 1))),
    (upsample, (X[0, 0], (1, 1))),
    (max_pool2d, (X, 1, 1)),
    (avg_pool2d, (X, 1, 1)),
    (max_pool2d_backward, (X, X, 1, 1)),
    (avg_pool2d_backward, (X, X.shape, 1, 1)),
]


def each_array(change, args):
    return tuple(change(arg) if isinstance(arg, np.ndarray) else arg for arg in args)


def every_second_of_more(array):
    wide = np.repeat(array, 2, axis=-1)
    wide[..., 1::2] = 1000
    return wide[..., ::2]


def not_writable(array):
    locked = array.copy()
    locked.flags.writeable = False
    return locked


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_integers_give_the_same_result_as_floats(function, args):
    assert np.allclose(function(*args), function(*each_array(lambda array: array.astype(float), args)))


@pytest.mark.parametrize("change", [np.asfortranarray, every_second_of_more, not_writable])
@pytest.mark.parametrize(("function", "args"), CALLS)
def test_layout_of_the_arguments_does_not_matter(function, args, change):
    assert np.array_equal(function(*each_array(change, args)), function(*each_array(np.array, args)))


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_result_shares_no_memory_with_the_arguments_and_leaves_them_alone(function, args):
    before = each_array(np.copy, args)
    result = function(*args)
    arrays = [(arg, old) for arg, old in zip(args, before, strict=True) if isinstance(arg, np.ndarray)]
    assert result.flags.writeable
    for array, old in arrays:
        assert not np.shares_memory(result, array) and np.array_equal(array, old)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (max_pool, "a window"),
        (avg_pool, "a window"),
        (upsample, "delta window"),
        (max_pool_residual, "delta a window dsigma"),
        (avg_pool_residual, "delta window dsigma"),
        (max_pool2d, "x window stride"),
        (avg_pool2d, "x window stride"),
        (max_pool2d_backward, "delta x window stride"),
        (avg_pool2d_backward, "delta input_shape window stride"),
    ],
)
def test_signature_is_the_one_the_course_promises(function, parameters):
    assert list(inspect.signature(function).parameters) == parameters.split()
