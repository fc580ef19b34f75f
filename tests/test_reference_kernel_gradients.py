"""The reference solutions of `kernel_gradients` against independent oracles.

Plain loops straight from the definition, derivatives taken numerically from the *forward* pass, numbers
worked out by hand, and PyTorch where it is installed.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.values import Formula
from solutions.kernel_gradients.notebook import (
    bias_gradient,
    conv2d_bias_grad,
    conv2d_weight_grad,
    kernel_gradient,
    numerical_gradient,
    relative_error,
)
from tests.oracles import central_difference, needs_torch

A = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
DELTA = np.array([[1.0, 2.0], [3.0, -1.0]])


def conv2d(x, w, b, stride, padding):
    """The forward pass by plain loops over its definition."""
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    Ho, Wo = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    z = np.zeros((N, K, Ho, Wo))
    for n, k, u, v in np.ndindex(z.shape):
        z[n, k, u, v] = b[k]
        for c, p, q in itertools.product(range(C), range(kh), range(kw)):
            i, j = u * stride + p - padding, v * stride + q - padding
            if 0 <= i < H and 0 <= j < W:
                z[n, k, u, v] += w[k, c, p, q] * x[n, c, i, j]
    return z


@st.composite
def layers(draw):
    """A convolution and its upstream residual: x, w, b, stride, padding, delta; many have a remainder."""
    N, C, K = (draw(st.integers(1, 3)) for _ in range(3))
    stride, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    kh, kw = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    H = draw(st.integers(max(1, kh - 2 * padding), 6))
    W = draw(st.integers(max(1, kw - 2 * padding), 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    outputs = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    x, w, b = rng.normal(size=(N, C, H, W)), rng.normal(size=(K, C, kh, kw)), rng.normal(size=K)
    return x, w, b, stride, padding, rng.normal(size=(N, K, *outputs))


def close(got, expected):
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-8)


# ------------------------------------------------------------------------------------- worked examples


def test_kernel_gradient_gives_the_numbers_of_the_worked_example():
    np.testing.assert_array_equal(kernel_gradient(DELTA, A), [[9, 7], [3, 6]])


def test_kernel_gradient_is_the_lectures_sum_written_out():
    d, a = DELTA, A
    assert kernel_gradient(d, a).tolist() == [
        [
            d[0, 0] * a[0, 0] + d[0, 1] * a[0, 1] + d[1, 0] * a[1, 0] + d[1, 1] * a[1, 1],
            d[0, 0] * a[0, 1] + d[0, 1] * a[0, 2] + d[1, 0] * a[1, 1] + d[1, 1] * a[1, 2],
        ],
        [
            d[0, 0] * a[1, 0] + d[0, 1] * a[1, 1] + d[1, 0] * a[2, 0] + d[1, 1] * a[2, 1],
            d[0, 0] * a[1, 1] + d[0, 1] * a[1, 2] + d[1, 0] * a[2, 1] + d[1, 1] * a[2, 2],
        ],
    ]


def test_bias_gradient_gives_the_number_of_the_worked_example():
    assert bias_gradient(DELTA) == 5
    assert np.ndim(bias_gradient(DELTA)) == 0


def test_numerical_gradient_gives_the_numbers_of_the_worked_example():
    f = Formula("x[0] ** 3 + x[0] * x[1]")
    close(numerical_gradient(f, np.array([2.0, 3.0]), 0.1), [15.01, 2.0])


def test_relative_error_gives_the_number_of_the_worked_example():
    assert relative_error(np.array([1.0, -2.0, 0.0]), np.array([1.0, -1.0, 0.0])) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "row, padding, gradient",
    [
        ([1, 2, 3, 4, 5], 0, [31, 42, 53]),
        ([1, 2, 3, 4, 5, 6], 0, [31, 42, 53]),
        ([1, 2, 3], 1, [20, 31, 2]),
        ([1, 2, 3, 4], 1, [20, 31, 42]),
    ],
)
def test_weight_gradient_gives_each_row_of_the_worked_table(row, padding, gradient):
    """The table pads its row on the left and right only, so here the row is padded before the call."""
    x = np.pad(np.array(row, dtype=float), padding)[None, None, None, :]
    delta = np.array([[[[1.0, 10.0]]]])
    np.testing.assert_array_equal(conv2d_weight_grad(delta, x, (1, 3), 2).ravel(), gradient)


def test_bias_gradients_give_the_numbers_of_the_worked_example():
    delta = np.array([[[[1.0, 2.0]], [[10.0, 20.0]]], [[[3.0, 4.0]], [[30.0, 50.0]]]])
    np.testing.assert_array_equal(conv2d_bias_grad(delta), [10, 110])


# ------------------------------------------------------------------------------- the lecture's form


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_kernel_gradient_is_the_derivative_of_the_forward_pass(data):
    kh, kw = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    H, W = data.draw(st.integers(kh, 6)), data.draw(st.integers(kw, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    a, w, b = rng.normal(size=(H, W)), rng.normal(size=(kh, kw)), rng.normal(size=())
    delta = rng.normal(size=(H - kh + 1, W - kw + 1))

    def forward(w, b):
        return conv2d(a[None, None], w[None, None], b[None], 1, 0)[0, 0]

    close(kernel_gradient(delta, a), central_difference(lambda w: forward(w, b), w, delta))
    close(bias_gradient(delta), central_difference(lambda b: forward(w, b), b, delta))


# ----------------------------------------------------------------------------------- the general form


@settings(max_examples=50, deadline=None)
@given(layers())
def test_weight_and_bias_gradients_are_the_derivatives_of_the_forward_pass(layer):
    """z is linear in w and in b, so J at a unit vector is the derivative, with no step that could err."""
    x, w, b, stride, padding, delta = layer
    dw, db = np.zeros(w.shape), np.zeros(b.shape)
    w, b = np.zeros(w.shape), np.zeros(b.shape)
    for parameter, gradient in ((w, dw), (b, db)):
        for index in np.ndindex(parameter.shape):
            parameter[index] = 1
            gradient[index] = np.sum(delta * conv2d(x, w, b, stride, padding))
            parameter[index] = 0
    close(conv2d_weight_grad(delta, x, w.shape[2:], stride, padding), dw)
    close(conv2d_bias_grad(delta), db)


@pytest.mark.parametrize("stride, padding", [(1, 0), (1, 2), (2, 1), (3, 1)])
def test_gradients_pass_the_courses_own_gradient_check_under_a_nonlinear_loss(stride, padding):
    """J = Σ tanh(z) depends on w in earnest; δ = ∂J/∂z = 1 − tanh²(z)."""
    rng = np.random.default_rng(7)
    x, w, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 3, 2)), rng.normal(size=2)

    def loss(w, b):
        return np.sum(np.tanh(conv2d(x, w, b, stride, padding)))

    delta = 1 - np.tanh(conv2d(x, w, b, stride, padding)) ** 2
    dw = conv2d_weight_grad(delta, x, (3, 2), stride, padding)
    close(dw, numerical_gradient(lambda w: loss(w, b), w))
    close(conv2d_bias_grad(delta), numerical_gradient(lambda b: loss(w, b), b))
    assert relative_error(dw, numerical_gradient(lambda w: loss(w, b), w)) < 1e-4


@settings(max_examples=50, deadline=None)
@given(layers())
def test_the_general_form_is_the_lectures_form_for_each_kernel_and_channel_added_over_the_batch(layer):
    x, w, _, _, _, _ = layer
    rng = np.random.default_rng(x.size)
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    kh, kw = min(kh, H), min(kw, W)
    delta = rng.normal(size=(N, K, H - kh + 1, W - kw + 1))
    dw = conv2d_weight_grad(delta, x, (kh, kw))
    db = conv2d_bias_grad(delta)
    for k in range(K):
        close(db[k], sum(bias_gradient(delta[n, k]) for n in range(N)))
        for c in range(C):
            close(dw[k, c], sum(kernel_gradient(delta[n, k], x[n, c]) for n in range(N)))


@needs_torch
@settings(max_examples=100, deadline=None)
@given(layers())
def test_weight_and_bias_gradients_agree_with_pytorch(layer):
    import torch

    x, w, b, stride, padding, delta = layer
    w_torch, b_torch = (torch.tensor(array, requires_grad=True) for array in (w, b))
    z = torch.nn.functional.conv2d(torch.tensor(x), w_torch, b_torch, stride, padding)
    z.backward(torch.tensor(delta))
    close(conv2d_weight_grad(delta, x, w.shape[2:], stride, padding), w_torch.grad.numpy())
    close(conv2d_bias_grad(delta), b_torch.grad.numpy())


@pytest.mark.parametrize("copies", [2, 3])
def test_a_batch_of_equal_samples_multiplies_the_gradients(copies):
    rng = np.random.default_rng(1)
    x, delta = rng.normal(size=(1, 2, 4, 5)), rng.normal(size=(1, 3, 3, 3))
    many = [np.repeat(array, copies, axis=0) for array in (delta, x)]
    close(conv2d_weight_grad(*many, (2, 3)), copies * conv2d_weight_grad(delta, x, (2, 3)))
    close(conv2d_bias_grad(many[0]), copies * conv2d_bias_grad(delta))


def test_what_no_window_reaches_has_no_influence_on_the_gradient():
    rng = np.random.default_rng(2)
    x, delta = rng.normal(size=(2, 1, 6, 6)), rng.normal(size=(2, 3, 2, 2))
    changed = x.copy()
    changed[:, :, 5:, :] = changed[:, :, :, 5:] = 99.0  # 6 = 3 + 2 + a remainder of 1
    close(conv2d_weight_grad(delta, x, (3, 3), 2), conv2d_weight_grad(delta, changed, (3, 3), 2))


# --------------------------------------------------------------------------------- gradient checking


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 3, 2)])
@pytest.mark.parametrize("h", [1e-5, 0.1])
def test_numerical_gradient_of_a_coupled_cubic_is_off_by_exactly_its_third_derivative(shape, h):
    """f = (Σx)³ + Σ i·x_i³: the central difference is ∂f/∂x_i + h²·(1 + i), a one-sided one is not."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=shape)
    i = np.arange(1, x.size + 1).reshape(shape)

    def f(x):
        return np.sum(x) ** 3 + np.sum(i * x**3)

    expected = 3 * np.sum(x) ** 2 + 3 * i * np.asarray(x) ** 2 + h**2 * (1 + i)
    close(numerical_gradient(f, np.asarray(x), h), expected)


def test_numerical_gradient_agrees_with_the_complex_step_where_no_formula_was_derived():
    def f(x):
        return np.sum(np.sin(x * np.sum(x)) * np.exp(x)) + np.sum(x[1:] * x[:-1] ** 2)

    x = np.random.default_rng(4).normal(size=5)
    exact = [np.imag(f(x + 1e-30j * np.eye(5)[i])) / 1e-30 for i in range(5)]
    close(numerical_gradient(f, x), exact)


def test_numerical_gradient_takes_half_steps_from_integers_and_leaves_them_alone():
    x = np.array([[1, -2], [3, 0]])
    x.flags.writeable = False
    gradient = numerical_gradient(lambda x: np.sum(x**2) + x[0, 0] * x[1, 0], x, 0.5)
    close(gradient, [[5.0, -4.0], [7.0, 0.0]])
    assert x.tolist() == [[1, -2], [3, 0]]


def test_numerical_gradient_moves_one_entry_at_a_time_by_h():
    asked = []
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    numerical_gradient(lambda x: asked.append(x.copy()) or 0.0, x, 0.5)
    moves = sorted((np.flatnonzero(one - x).tolist(), (one - x).sum()) for one in asked)
    assert moves == [([i], step) for i in range(4) for step in (-0.5, 0.5)]


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=6))
def test_relative_error_is_the_worst_entry_symmetric_and_between_0_and_1(pairs):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    worst = max(abs(one - other) / max(1e-8, abs(one) + abs(other)) for one, other in pairs)
    assert relative_error(a, b) == pytest.approx(worst)
    assert relative_error(a, b) == relative_error(b, a)
    assert 0 <= relative_error(a, b) <= 1 + 1e-12
    assert relative_error(a, a) == 0


def test_relative_error_has_its_lower_limit_where_both_sides_nearly_vanish():
    assert relative_error(np.array([3e-9]), np.array([1e-9])) == pytest.approx(0.2)
    assert relative_error(np.zeros((2, 2)), np.zeros((2, 2))) == 0


def test_gradient_check_tells_a_rotated_gradient_from_the_right_one():
    """The example that the notebook prints, with its promise."""
    rng = np.random.default_rng(5)
    a, w, delta = rng.normal(size=(5, 6)), rng.normal(size=(2, 3)), rng.normal(size=(4, 4))

    def forward(a, w):
        windows = np.lib.stride_tricks.sliding_window_view(a, w.shape)
        return np.einsum("pq,uvpq->uv", w, windows)

    numeric = numerical_gradient(lambda w: np.sum(delta * forward(a, w)), w)
    assert relative_error(kernel_gradient(delta, a), numeric) < 1e-7
    assert relative_error(kernel_gradient(delta, a)[::-1, ::-1], numeric) > 1e-1


# -------------------------------------------------------------------------------------- the policies


def calls():
    """Each reference with arguments whose right answer is known from float arrays."""
    rng = np.random.default_rng(6)
    x, delta = rng.integers(-9, 10, size=(2, 2, 4, 5)), rng.normal(size=(2, 3, 4, 5))
    yield kernel_gradient, (delta[0, 0, :2, :3], x[0, 0])
    yield bias_gradient, (delta[0, 0],)
    yield relative_error, (x, x + 0.25)
    yield conv2d_weight_grad, (delta, x, (3, 3), 1, 1)
    yield conv2d_bias_grad, (delta,)


@pytest.mark.parametrize("function, args", list(calls()), ids=lambda value: getattr(value, "__name__", ""))
def test_references_take_integer_readonly_and_fortran_arrays_and_return_new_ones(function, args):
    floats = [np.array(one, dtype=float) if isinstance(one, np.ndarray) else one for one in args]
    expected = function(*floats)
    awkward = [np.asfortranarray(one) if isinstance(one, np.ndarray) else one for one in args]
    for one in awkward:
        if isinstance(one, np.ndarray):
            one.flags.writeable = False
    got = function(*awkward)
    close(got, expected)
    assert not any(np.shares_memory(got, one) for one in awkward if isinstance(one, np.ndarray))
