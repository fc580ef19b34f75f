"""The references of `convolution` against twins written straight from the definitions, and PyTorch."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.authoring import assignment, build
from solutions.convolution import notebook
from solutions.convolution.notebook import (
    conv2d,
    conv_matrix,
    convolution_counts,
    convolution_parameters,
    correlate,
    fully_connected_counts,
    locally_connected_counts,
    prewitt,
    sobel,
)
from tests.oracles import needs_torch

MAP = np.array([[1, 0, 2], [3, 1, 0], [0, 2, 1]])
KERNEL = np.array([[1, 2], [3, 4]])
sizes = st.integers(1, 4)


def correlate_twin(a, w, b):
    """z_uv as lecture 2.1 writes it, with its indices from 1."""

    def z(u, v):
        return sum(
            w[p - 1, q - 1] * a[u + p - 1 - 1, v + q - 1 - 1]
            for p in range(1, w.shape[0] + 1)
            for q in range(1, w.shape[1] + 1)
        )

    rows, columns = a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1
    return np.array([[z(u, v) + b for v in range(1, columns + 1)] for u in range(1, rows + 1)])


def conv2d_twin(x, w, b, stride, padding):
    """Every place at which the whole kernel lies inside the padded map, found by trying all of them."""
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    tops = [i for i in range(-padding, H + padding, stride) if i + kh <= H + padding]
    lefts = [j for j in range(-padding, W + padding, stride) if j + kw <= W + padding]
    z = np.zeros((N, K, len(tops), len(lefts)))
    for n, k, u, v in np.ndindex(z.shape):
        z[n, k, u, v] = b[k]
        for c, p, q in np.ndindex(C, kh, kw):
            i, j = tops[u] + p, lefts[v] + q
            z[n, k, u, v] += w[k, c, p, q] * (x[n, c, i, j] if 0 <= i < H and 0 <= j < W else 0)
    return z


@st.composite
def maps(draw):
    kh, kw, rows, columns = draw(sizes), draw(sizes), draw(sizes), draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.normal(size=(kh + rows - 1, kw + columns - 1)), rng.normal(size=(kh, kw)), rng.normal()


@st.composite
def layers(draw):
    """A layer of any stride, padding, remainder and overlap."""
    N, C, K, kh, kw, rows, columns = (draw(st.integers(1, 3)) for _ in range(7))
    stride, padding = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    H = max(1, kh - 2 * padding) + draw(st.integers(0, 4)) + rows - 1
    W = max(1, kw - 2 * padding) + draw(st.integers(0, 4)) + columns - 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.normal(size=(N, C, H, W)), rng.normal(size=(K, C, kh, kw)), rng.normal(size=K), stride, padding


# -------------------------------------------------------------------------------------- the lecture's numbers


def test_correlate_gives_the_notebooks_example():
    np.testing.assert_array_equal(correlate(MAP, KERNEL), [[14, 7], [13, 11]])
    np.testing.assert_array_equal(correlate(MAP, KERNEL, 0.5), [[14.5, 7.5], [13.5, 11.5]])


@pytest.mark.parametrize(
    ("operator", "image", "expected"),
    [
        (sobel, [[0, 0, 2], [0, 7, 2], [3, 2, 3]], (6, 8, 10)),
        (prewitt, [[0, 0, 1], [0, 7, 1], [1, 2, 2]], (3, 4, 5)),
    ],
)
def test_edge_operators_give_the_notebooks_example(operator, image, expected):
    for part, number in zip(operator(np.array(image)), expected, strict=True):
        np.testing.assert_array_equal(part, [[number]])


def test_conv_matrix_gives_the_4_by_9_matrix_of_the_notebook():
    w11, w12, w21, w22 = KERNEL.ravel()
    expected = [
        [w11, w12, 0, w21, w22, 0, 0, 0, 0],
        [0, w11, w12, 0, w21, w22, 0, 0, 0],
        [0, 0, 0, w11, w12, 0, w21, w22, 0],
        [0, 0, 0, 0, w11, w12, 0, w21, w22],
    ]
    np.testing.assert_array_equal(conv_matrix(KERNEL, (3, 3)), expected)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (fully_connected_counts(9, 4), (36, 36)),
        (fully_connected_counts(9, 4, True), (36, 40)),
        (locally_connected_counts((3, 3), (2, 2)), (16, 16)),
        (locally_connected_counts((3, 3), (2, 2), True), (16, 20)),
        (convolution_counts((3, 3), (2, 2)), (16, 4)),
        (convolution_counts((3, 3), (2, 2), True), (16, 5)),
        (convolution_parameters(3, 10, (3, 3)), 280),
        (convolution_parameters(4, 6, (3, 2), True, 2), 78),
        (convolution_parameters(4, 6, (3, 2), False, 2), 72),
    ],
)
def test_counts_are_those_of_the_lecture_and_the_notebook(counts, expected):
    assert counts == expected


def test_conv2d_gives_the_notebooks_example_with_stride_and_padding():
    z = conv2d(MAP[None, None], KERNEL[None, None], np.zeros(1), 2, 1)
    np.testing.assert_array_equal(z, [[[[4, 8], [6, 11]]]])


@pytest.mark.parametrize(
    ("layer", "parameters"),
    [
        ((3, 96, (11, 11)), 34_944),  # AlexNet 2012, the first layer
        ((96, 256, (5, 5), True, 2), 307_456),  # its second, in two groups
        ((3, 64, (7, 7), False), 9_408),  # ResNet, the first layer
    ],
)
def test_convolution_parameters_of_published_layers(layer, parameters):
    assert convolution_parameters(*layer) == parameters


# -------------------------------------------------------------------------------------------- the definitions


@settings(max_examples=60, deadline=None)
@given(maps())
def test_correlate_is_the_lectures_formula(arguments):
    np.testing.assert_allclose(correlate(*arguments), correlate_twin(*arguments), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_conv_matrix_times_map_is_the_feature_map(arguments):
    a, w, _ = arguments
    M = conv_matrix(w, a.shape)
    z = correlate_twin(a, w, 0)
    assert M.shape == (z.size, a.size)
    np.testing.assert_allclose(M @ a.ravel(), z.ravel(), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_conv_matrix_is_the_derivative_of_the_feature_map(arguments):
    a, w, _ = arguments
    columns = [correlate_twin(unit.reshape(a.shape), w, 0).ravel() for unit in np.eye(a.size)]
    np.testing.assert_array_equal(conv_matrix(w, a.shape), np.stack(columns, axis=1))


@pytest.mark.parametrize(("operator", "middle"), [(sobel, 2), (prewitt, 1)])
@pytest.mark.parametrize("shape", [(3, 3), (5, 4), (3, 7)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, float])
def test_edge_operators_are_weighted_differences_of_exact_numbers(operator, middle, shape, dtype):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    gx, gy, magnitude = operator(image)
    pixel = [[Fraction(float(value)) for value in row] for row in image]
    for u, v in np.ndindex(shape[0] - 2, shape[1] - 2):
        weights = list(enumerate((1, middle, 1)))
        right = sum(k * (pixel[u + i][v + 2] - pixel[u + i][v]) for i, k in weights)
        down = sum(k * (pixel[u + 2][v + i] - pixel[u][v + i]) for i, k in weights)
        assert (gx[u, v], gy[u, v]) == (right, down)
        assert magnitude[u, v] == pytest.approx(float(right**2 + down**2) ** 0.5)
    assert gx.shape == gy.shape == magnitude.shape == (shape[0] - 2, shape[1] - 2)


@pytest.mark.parametrize("operator", [sobel, prewitt])
def test_edge_operators_see_steps_and_nothing_else(operator):
    step = np.zeros((4, 6))
    step[:, 3:] = 1
    gx, gy, magnitude = operator(step)
    assert not gy.any() and (gx >= 0).all() and gx[:, 1:3].all() and not gx[:, [0, 3]].any()
    np.testing.assert_array_equal(magnitude, gx)
    for turned, part in zip((gy.T, gx.T, magnitude.T), operator(step.T), strict=True):
        np.testing.assert_array_equal(part, turned)


@given(sizes, sizes, sizes, sizes, st.booleans())
def test_counts_are_those_of_connections_listed_one_by_one(H, W, kh, kw, bias):
    H, W = H + kh - 1, W + kw - 1
    inputs = list(np.ndindex(H, W))
    outputs = list(np.ndindex(H - kh + 1, W - kw + 1))
    local = [
        (o, i) for o in outputs for i in inputs if 0 <= i[0] - o[0] < kh and 0 <= i[1] - o[1] < kw
    ]  # output o sees input i
    kernel_places = {(i[0] - o[0], i[1] - o[1]) for o, i in local}
    full = [(o, i) for o in outputs for i in inputs]
    biases = len(outputs) if bias else 0
    assert fully_connected_counts(len(inputs), len(outputs), bias) == (len(full), len(full) + biases)
    assert locally_connected_counts((H, W), (kh, kw), bias) == (len(local), len(local) + biases)
    assert convolution_counts((H, W), (kh, kw), bias) == (len(local), len(kernel_places) + bias)


@settings(max_examples=150, deadline=None)
@given(layers())
def test_conv2d_is_its_definition(arguments):
    np.testing.assert_allclose(conv2d(*arguments), conv2d_twin(*arguments), atol=1e-12)


def test_conv2d_of_one_channel_and_kernel_is_correlate():
    rng = np.random.default_rng(1)
    a, w = rng.normal(size=(5, 4)), rng.normal(size=(2, 3))
    np.testing.assert_allclose(
        conv2d(a[None, None], w[None, None], np.array([0.5]))[0, 0], correlate(a, w, 0.5)
    )


def test_conv2d_of_integers_keeps_fractions():
    x, w = np.arange(12).reshape(1, 1, 3, 4), np.full((1, 1, 2, 2), 0.25)
    np.testing.assert_allclose(conv2d(x, w, np.zeros(1)), conv2d(x.astype(float), w, np.zeros(1)))


def test_an_8_bit_image_does_not_overflow():
    image = np.full((3, 4), 200, np.uint8)
    w = np.full((2, 2), 3, np.uint8)
    np.testing.assert_array_equal(correlate(image, w), np.full((2, 3), 2400))
    np.testing.assert_array_equal(
        conv2d(image[None, None], w[None, None], np.zeros(1))[0, 0], np.full((2, 3), 2400)
    )


# ---------------------------------------------------------------------------------------------------- PyTorch


@needs_torch
@settings(max_examples=60, deadline=None)
@given(layers())
def test_conv2d_agrees_with_torch(arguments):
    import torch

    x, w, b, stride, padding = arguments
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (x, w, b)), stride, padding)
    np.testing.assert_allclose(conv2d(x, w, b, stride, padding), expected.numpy(), atol=1e-12)


@needs_torch
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("C", "K", "kernel", "groups"),
    [(3, 8, (5, 2), 1), (1, 1, (1, 1), 1), (6, 4, (3, 3), 2), (4, 8, (2, 3), 4)],
)
def test_convolution_parameters_agree_with_torch(C, K, kernel, groups, bias):
    import torch

    layer = torch.nn.Conv2d(C, K, kernel, bias=bias, groups=groups)
    expected = sum(parameter.numel() for parameter in layer.parameters())
    assert convolution_parameters(C, K, kernel, bias, groups) == expected


# ----------------------------------------------------------------------------------------------- the headings


@pytest.mark.parametrize(
    ("lang", "pattern"), [("zh", r"`(\w+)`（(\d+) 分"), ("en", r"`(\w+)` \((\d+) points")]
)
def test_the_headings_state_each_exercises_points(lang, pattern):
    loaded = assignment.load(Path(notebook.__file__).parent)
    text = build.stub(loaded, lang)
    stated = {
        name: int(points) for name, points in re.findall(r"^# ## \d " + r".*?" + pattern, text, re.MULTILINE)
    }
    assert stated == loaded.worth
    assert sum(stated.values()) == 100
