"""The references of `conv_residual` against oracles that share nothing with them.

Three kinds of oracle: the lecture's numbers, worked out by hand; central differences of a forward
convolution written as plain loops straight from its definition; and PyTorch, where it is installed.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions.conv_residual.notebook import (
    conv2d_input_grad,
    conv_residual,
    dense_residual,
    insert_zeros,
    pad_residual,
    rotate180,
)
from tests.oracles import central_difference, needs_torch

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


# ------------------------------------------------------------------------------ forward, from the definition


def convolve_map(a, w):
    """z[p, q] = Σ_m Σ_n w[m, n] · a[p + m, q + n]."""
    z = np.zeros((a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1))
    for p, q in np.ndindex(z.shape):
        for m, n in np.ndindex(w.shape):
            z[p, q] += w[m, n] * a[p + m, q + n]
    return z


def convolve(x, w, stride, padding):
    """The general forward convolution; a window that leaves the map meets zeros there."""
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    z = np.zeros((N, K, (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1))
    for n, k, p, q in np.ndindex(z.shape):
        for c, i, j in np.ndindex(C, kh, kw):
            u, v = p * stride + i - padding, q * stride + j - padding
            if 0 <= u < H and 0 <= v < W:
                z[n, k, p, q] += w[k, c, i, j] * x[n, c, u, v]
    return z


@st.composite
def convolutions(draw, most=3):
    """(x, w, stride, padding) with every size drawn on its own; at least one window fits."""
    N, C, K = (draw(st.integers(1, most)) for _ in range(3))
    stride, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    H, W = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    kh = draw(st.integers(1, min(4, H + 2 * padding)))
    kw = draw(st.integers(1, min(4, W + 2 * padding)))
    rng = np.random.default_rng(draw(seeds))
    return rng.normal(size=(N, C, H, W)), rng.normal(size=(K, C, kh, kw)), stride, padding


def upstream_for(x, w, stride, padding):
    """A random residual of the convolution's output shape."""
    shape = convolve(x, w, stride, padding).shape
    return np.random.default_rng(7).normal(size=shape)


# -------------------------------------------------------------------------------------------- dense_residual


def test_dense_residual_gives_the_numbers_of_the_text():
    delta = dense_residual(
        np.array([1.0, -1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 1.0])
    )
    assert delta.tolist() == [4.0, 10.0]


@given(outputs=sizes, inputs=sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_dense_residual_is_the_derivative_through_a_sigmoid(outputs, inputs, seed):
    rng = np.random.default_rng(seed)
    z, w, delta = rng.normal(size=inputs), rng.normal(size=(outputs, inputs)), rng.normal(size=outputs)

    def sigmoid(t):
        return 1 / (1 + np.exp(-t))

    numerical = central_difference(lambda z: w @ sigmoid(z), z, delta)
    exact = dense_residual(delta, w, sigmoid(z) * (1 - sigmoid(z)))
    np.testing.assert_allclose(exact, numerical, atol=1e-8)


# --------------------------------------------------------------------------------------- the lecture's steps


@given(kh=sizes, kw=sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_rotate180_takes_each_weight_from_the_opposite_place(kh, kw, seed):
    w = np.random.default_rng(seed).normal(size=(kh, kw))
    rotated = rotate180(w)
    assert rotated.shape == (kh, kw)
    assert all(rotated[m, n] == w[kh - 1 - m, kw - 1 - n] for m, n in np.ndindex(kh, kw))
    assert not np.shares_memory(rotated, w)


def test_pad_residual_gives_the_matrix_of_the_text():
    padded = pad_residual(np.array([[1.0, 2.0], [3.0, -1.0]]), (2, 2))
    assert padded.tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, -1, 0], [0, 0, 0, 0]]


@given(Ho=sizes, Wo=sizes, kh=sizes, kw=sizes)
@settings(max_examples=30, deadline=None)
def test_pad_residual_keeps_the_residual_in_the_middle_of_zeros(Ho, Wo, kh, kw):
    delta = np.arange(1.0, Ho * Wo + 1).reshape(Ho, Wo)
    padded = pad_residual(delta, (kh, kw))
    assert padded.shape == (Ho + 2 * (kh - 1), Wo + 2 * (kw - 1))
    assert all(padded[p + kh - 1, q + kw - 1] == delta[p, q] for p, q in np.ndindex(Ho, Wo))
    assert np.count_nonzero(padded) == Ho * Wo
    assert not np.shares_memory(padded, delta)


def test_insert_zeros_gives_the_matrix_of_the_text():
    spread = insert_zeros(np.array([[1.0, 2.0], [3.0, -1.0]]), 2)
    assert spread.tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, -1]]


@given(Ho=sizes, Wo=sizes, stride=sizes)
@settings(max_examples=30, deadline=None)
def test_insert_zeros_puts_residuals_a_stride_apart_and_ends_with_the_last(Ho, Wo, stride):
    delta = np.arange(1.0, Ho * Wo + 1).reshape(Ho, Wo)
    spread = insert_zeros(delta, stride)
    assert spread.shape == ((Ho - 1) * stride + 1, (Wo - 1) * stride + 1)
    assert all(spread[p * stride, q * stride] == delta[p, q] for p, q in np.ndindex(Ho, Wo))
    assert np.count_nonzero(spread) == Ho * Wo
    assert not np.shares_memory(spread, delta)


# --------------------------------------------------------------------------------------------- conv_residual


def test_conv_residual_gives_the_nine_residuals_of_the_lecture():
    rng = np.random.default_rng(3)
    d, w, s = rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
    (d11, d12), (d21, d22) = d
    (w11, w12), (w21, w22) = w
    lecture = np.array(
        [
            [d11 * w11, d11 * w12 + d12 * w11, d12 * w12],
            [
                d11 * w21 + d21 * w11,
                d11 * w22 + d12 * w21 + d21 * w12 + d22 * w11,
                d12 * w22 + d22 * w12,
            ],
            [d21 * w21, d21 * w22 + d22 * w21, d22 * w22],
        ]
    )
    np.testing.assert_allclose(conv_residual(d, w, s), lecture * s)


def test_conv_residual_gives_the_numbers_of_the_text():
    delta, w = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    assert conv_residual(delta, w, np.ones((3, 3))).tolist() == [[1, 4, 4], [6, 15, 6], [9, 9, -4]]


@given(Ho=sizes, Wo=sizes, kh=sizes, kw=sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_conv_residual_is_the_derivative_through_tanh(Ho, Wo, kh, kw, seed):
    rng = np.random.default_rng(seed)
    z, w = rng.normal(size=(Ho + kh - 1, Wo + kw - 1)), rng.normal(size=(kh, kw))
    delta = rng.normal(size=(Ho, Wo))
    numerical = central_difference(lambda z: convolve_map(np.tanh(z), w), z, delta)
    np.testing.assert_allclose(conv_residual(delta, w, 1 - np.tanh(z) ** 2), numerical, atol=1e-7)


# ----------------------------------------------------------------------------------------- conv2d_input_grad


@pytest.mark.parametrize(
    ("width", "padding", "expected"),
    [
        (5, 0, [1, 2, 13, 20, 30]),
        (6, 0, [1, 2, 13, 20, 30, 0]),
        (3, 1, [2, 13, 20]),
        (4, 1, [2, 13, 20, 30]),
    ],
)
@pytest.mark.parametrize("upright", [False, True])
def test_conv2d_input_grad_gives_the_table_of_the_text(width, padding, expected, upright):
    """The text's single row, its kernel between rows of zeros if there is padding; upright: transposed."""
    delta = np.array([[[[1.0, 10.0]]]])
    w = np.zeros((1, 1, 1 + 2 * padding, 3))
    w[0, 0, padding] = [1, 2, 3]
    shape = (1, 1, 1, width)
    if upright:
        delta, w, shape = delta.swapaxes(2, 3), w.swapaxes(2, 3), (1, 1, width, 1)
    dx = conv2d_input_grad(delta, w, shape, 2, padding)
    assert dx.shape == shape
    assert dx.ravel().tolist() == expected


@given(case=convolutions())
@settings(max_examples=40, deadline=None)
def test_conv2d_input_grad_is_the_derivative_of_the_forward_loops(case):
    """The forward pass is linear in x, so J's derivative is J at each unit vector: exact, without a step."""
    x, w, stride, padding = case
    upstream = upstream_for(x, w, stride, padding)
    exact = np.zeros(x[:1].shape)
    for index in np.ndindex(exact.shape):
        unit = np.zeros(exact.shape)
        unit[index] = 1
        exact[index] = np.sum(upstream[:1] * convolve(unit, w, stride, padding))
    dx = conv2d_input_grad(upstream, w, x.shape, stride, padding)
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx[:1], exact, atol=1e-10)


@pytest.mark.parametrize(
    ("shape", "kernels", "stride", "padding"),
    [
        ((2, 3, 5, 4), (4, 3, 2), 2, 1),
        ((3, 1, 4, 7), (2, 2, 3), 3, 0),
        ((1, 2, 4, 6), (3, 3, 3), 2, 1),
        ((2, 1, 2, 3), (1, 1, 2), 1, 2),
        ((1, 4, 3, 5), (2, 3, 5), 1, 0),
    ],
)
def test_conv2d_input_grad_agrees_with_central_differences(shape, kernels, stride, padding):
    rng = np.random.default_rng(11)
    x, w = rng.normal(size=shape), rng.normal(size=(kernels[0], shape[1], *kernels[1:]))
    upstream = upstream_for(x, w, stride, padding)
    numerical = central_difference(lambda x: convolve(x, w, stride, padding), x, upstream)
    np.testing.assert_allclose(conv2d_input_grad(upstream, w, shape, stride, padding), numerical, atol=1e-8)


@given(case=convolutions(most=4))
@settings(max_examples=40, deadline=None)
def test_conv2d_input_grad_is_the_adjoint_of_the_forward_pass(case):
    """⟨δ, conv(x)⟩ = ⟨dx, x⟩ for every x, on whole batches."""
    x, w, stride, padding = case
    delta = upstream_for(x, w, stride, padding)
    forward = np.sum(delta * convolve(x, w, stride, padding))
    backward = np.sum(conv2d_input_grad(delta, w, x.shape, stride, padding) * x)
    assert forward == pytest.approx(backward, abs=1e-9)


@needs_torch
@given(case=convolutions(most=4))
@settings(max_examples=40, deadline=None)
def test_conv2d_input_grad_agrees_with_torch(case):
    import torch

    x, w, stride, padding = case
    delta = upstream_for(x, w, stride, padding)
    tracked = torch.tensor(x, requires_grad=True)
    z = torch.nn.functional.conv2d(tracked, torch.tensor(w), stride=stride, padding=padding)
    z.backward(torch.tensor(delta))
    dx = conv2d_input_grad(delta, w, x.shape, stride, padding)
    np.testing.assert_allclose(dx, tracked.grad.numpy(), atol=1e-10)


def test_conv2d_input_grad_on_one_map_is_conv_residual_without_sigma_prime():
    rng = np.random.default_rng(5)
    delta, w = rng.normal(size=(3, 2)), rng.normal(size=(2, 3))
    general_form = conv2d_input_grad(delta[None, None], w[None, None], (1, 1, 4, 4))
    np.testing.assert_allclose(general_form[0, 0], conv_residual(delta, w, np.ones((4, 4))))
