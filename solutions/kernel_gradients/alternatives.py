"""Right answers to the exercises of `kernel_gradients`, unlike the references: each earns everything."""

import re

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.linalg import norm

from ..catalogue import cropped, padded, spread_out, units
from .hidden import gradient_lines, moved, shape_of_the_kernel, slid_over, weight_by_slices


# ------------------------------------------------------------------------------------------- derive_gradients
def in_the_lectures_latex():
    """Chains of equalities over two rows, as on the lecture's pages."""
    rows = []
    names = "w_{11}", "w_{12}", "w_{21}", "w_{22}", "b"
    for name, line in zip(names, gradient_lines().splitlines(), strict=True):
        steps = " + ".join(
            rf"\frac{{\partial J}}{{\partial z_{{{at}}}^{{(l)}}}} "
            rf"\frac{{\partial z_{{{at}}}^{{(l)}}}}{{\partial {name}^{{(l)}}}}"
            for at in ("11", "12", "21", "22")
        )
        last = re.sub(r"(\w)(\d\d)", r"\1_{\2}", line.partition(" = ")[2].strip("()")).replace("δ", r"\delta")
        rows.append(rf"\frac{{\partial J}}{{\partial {name}^{{(l)}}}} &= {steps} \\ &= {last} \\")
    return "\\begin{aligned}\n" + "\n".join(rows) + "\n\\end{aligned}"


def in_plain_ascii():
    text = gradient_lines(term="a{i}{j}*d{u}{v}", bias="d{u}{v}").replace("∂", "d")
    return "\n".join(f"{number}. {line}" for number, line in enumerate(reversed(text.splitlines()), 1))


def by_a_loop():
    """Text that a program writes, with sums gathered in another order."""
    lines = [
        f"dJ/dw[{p},{q}] = "
        + " + ".join(f"delta[{u},{v}] a[{u + p - 1},{v + q - 1}]" for v in (1, 2) for u in (1, 2))
        for p in (1, 2)
        for q in (1, 2)
    ]
    return "\n".join([*lines, "dJ/db = " + " + ".join(f"delta[{u},{v}]" for v in (2, 1) for u in (1, 2))])


# -------------------------------------------------------------------------------------------- kernel_gradient
def kernel_by_plain_loops(delta, a):
    dw = np.zeros(shape_of_the_kernel(delta, a))
    for p, q in np.ndindex(dw.shape):
        for u, v in np.ndindex(delta.shape):
            dw[p, q] += delta[u, v] * a[u + p, v + q]
    return dw


def kernel_by_windows_of_the_forward_pass(delta, a):
    kh, kw = shape_of_the_kernel(delta, a)
    return sum(delta[u, v] * a[u : u + kh, v : v + kw] for u, v in np.ndindex(delta.shape))


def kernel_by_unrolled_input_in_float32(delta, a):
    kh, kw = shape_of_the_kernel(delta, a)
    columns = sliding_window_view(a.astype(np.float32), (kh, kw)).reshape(-1, kh * kw)
    return (delta.astype(np.float32).reshape(1, -1) @ columns).reshape(kh, kw)


# ---------------------------------------------------------------------------------------------- bias_gradient
def bias_by_plain_loops(delta):
    return sum(d for row in delta for d in row)


def bias_by_ones(delta):
    Ho, Wo = delta.shape
    return np.ones(Ho) @ delta @ np.ones(Wo)


def bias_in_float32(delta):
    return delta.astype(np.float32).ravel().sum()


# ----------------------------------------------------------------------------------------- numerical_gradient
def numerical_in_place_on_a_copy(f, x, h=1e-5):
    x = x.astype(float)
    flat = x.reshape(-1)
    gradient = []
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        above = f(flat.reshape(x.shape))
        flat[i] = old - h
        below = f(flat.reshape(x.shape))
        flat[i] = old
        gradient.append((above - below) / (2 * h))
    return np.array(gradient).reshape(x.shape)


def numerical_by_nditer(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        gradient[i] = f(moved(x, i, h)) / (2 * h) - f(moved(x, i, -h)) / (2 * h)
        it.iternext()
    return gradient


def numerical_along_a_basis(f, x, h=1e-5):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in units(*x.shape)]).reshape(x.shape)


# --------------------------------------------------------------------------------------------- relative_error
def relative_by_plain_loops(a, b):
    worst = 0.0
    for one, other in zip(np.ravel(a), np.ravel(b), strict=True):
        worst = max(worst, abs(one - other) / max(1e-8, abs(one) + abs(other)))
    return worst


def relative_by_where(a, b):
    size = abs(a) + abs(b)
    return (abs(a - b) / np.where(size > 1e-8, size, 1e-8)).max()


def relative_by_ranges(a, b):
    sizes = norm([a, b], ord=1, axis=0)
    return np.amax(np.ptp([a, b], axis=0) / np.clip(sizes, 1e-8, None))


# ------------------------------------------------------------------------------------------ gradient_formulas
def formulas_in_latex():
    return (
        r"\frac{\partial J}{\partial b^{(l)}} = \sum_{i}\sum_{j} \delta_{i,j}^{(l)}"
        "\n"
        r"\frac{\partial J}{\partial w_{m,n}^{(l)}} = "
        r"\sum_{i}\sum_{j} \delta_{i,j}^{(l)}\, a_{s(i-1)+m,\,s(j-1)+n}^{(l-1)}"
    )


def formulas_in_ascii():
    return "dJ/dw[p,q] = sum_{u,v} a[u*s-s+p, v*s-s+q]*delta[u,v]\ndJ/db = sum_{u,v} delta[u,v]"


def formulas_after_the_chain_rule():
    return (
        r"\frac{\partial J}{\partial w_{p,q}} = \sum_u \sum_v \frac{\partial J}{\partial z_{u,v}} "
        r"\frac{\partial z_{u,v}}{\partial w_{p,q}} = \sum_u \sum_v \delta_{u,v} a_{(u-1)s+p,(v-1)s+q}"
        "\n"
        r"\frac{\partial J}{\partial b} = \sum_u \sum_v \frac{\partial J}{\partial z_{u,v}} "
        r"\frac{\partial z_{u,v}}{\partial b} = \sum_u \sum_v \delta_{u,v}"
    )


# ----------------------------------------------------------------------------------------- conv2d_weight_grad
def weight_by_inserting_zeros(delta, x, kernel_shape, stride=1, padding=0):
    return cropped(slid_over(padded(x, padding), spread_out(delta, stride)), kernel_shape)


def weight_by_plain_loops(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), (_, C, H, W), (kh, kw) = delta.shape, x.shape, kernel_shape
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for u in range(Ho):
                    for v in range(Wo):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:  # anything else is a padding zero
                                    dw[k, c, p, q] += delta[n, k, u, v] * x[n, c, i, j]
    return dw


def weight_by_accumulating_windows(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    x_pad = padded(x, padding)
    dw = 0.0
    for u, v in np.ndindex(delta.shape[2:]):
        window = x_pad[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
        dw = dw + np.tensordot(delta[:, :, u, v], window, axes=(0, 0))
    return dw


def weight_by_im2col_in_float32(delta, x, kernel_shape, stride=1, padding=0):
    (N, K, Ho, Wo), C, (kh, kw) = delta.shape, x.shape[1], kernel_shape
    rows = stride * np.arange(Ho)[:, None] + np.arange(kh)  # (Ho, kh)
    columns = stride * np.arange(Wo)[:, None] + np.arange(kw)  # (Wo, kw)
    x_pad = padded(x, padding).astype(np.float32)
    windows = x_pad[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (N, C, Ho, Wo, kh, kw)
    unrolled = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * Ho * Wo, C * kh * kw)
    return (delta.astype(np.float32).swapaxes(0, 1).reshape(K, -1) @ unrolled).reshape(K, C, kh, kw)


def weight_by_a_forward_pass_with_axes_exchanged(delta, x, kernel_shape, stride=1, padding=0):
    """Channels as samples, the spread residual as kernels; the result is a view in Fortran order."""
    images, kernels = padded(x, padding).swapaxes(0, 1), spread_out(delta, stride).swapaxes(0, 1)
    windows = sliding_window_view(images, kernels.shape[2:], axis=(2, 3))
    dw = np.tensordot(kernels, windows, axes=((1, 2, 3), (1, 4, 5)))
    return cropped(np.asfortranarray(dw), kernel_shape)


def weight_by_fourier_transforms(delta, x, kernel_shape, stride=1, padding=0):
    x_pad = padded(x, padding)
    size = x_pad.shape[2:]
    conjugate, frequencies = np.fft.rfft2(spread_out(delta, stride), size).conj(), np.fft.rfft2(x_pad)
    return cropped(np.fft.irfft2(np.einsum("nkij,ncij->kcij", conjugate, frequencies), size), kernel_shape)


# ------------------------------------------------------------------------------------------- conv2d_bias_grad
def biases_by_plain_loops(delta):
    db = [0.0] * delta.shape[1]
    for n, k, u, v in np.ndindex(delta.shape):
        db[k] += delta[n, k, u, v]
    return db


def biases_by_einsum(delta):
    return np.einsum("nkuv->k", delta)


def biases_by_exchanging_axes(delta):
    return delta.swapaxes(0, 1).reshape(delta.shape[1], -1).sum(axis=1)


def biases_as_weights_of_a_constant_input(delta):
    """A bias is a weight whose input is 1: the view keeps the first of equal columns."""
    ones = np.ones((delta[:, 0].size, 2))
    return (delta.swapaxes(0, 1).reshape(delta.shape[1], -1) @ ones)[:, 0]


def biases_in_float32(delta):
    db = np.zeros(delta.shape[1], dtype=np.float32)
    for sample in delta:
        db += sample.sum(axis=(1, 2), dtype=np.float32)
    return db


ALTERNATIVES = {
    "derive_gradients": [in_the_lectures_latex, in_plain_ascii, by_a_loop],
    "kernel_gradient": [
        kernel_by_plain_loops,
        kernel_by_windows_of_the_forward_pass,
        kernel_by_unrolled_input_in_float32,
    ],
    "bias_gradient": [bias_by_plain_loops, bias_by_ones, bias_in_float32],
    "numerical_gradient": [numerical_in_place_on_a_copy, numerical_by_nditer, numerical_along_a_basis],
    "relative_error": [relative_by_plain_loops, relative_by_where, relative_by_ranges],
    "gradient_formulas": [formulas_in_latex, formulas_in_ascii, formulas_after_the_chain_rule],
    "conv2d_weight_grad": [
        weight_by_slices,
        weight_by_inserting_zeros,
        weight_by_plain_loops,
        weight_by_accumulating_windows,
        weight_by_im2col_in_float32,
        weight_by_a_forward_pass_with_axes_exchanged,
        weight_by_fourier_transforms,
    ],
    "conv2d_bias_grad": [
        biases_by_plain_loops,
        biases_by_einsum,
        biases_by_exchanging_axes,
        biases_as_weights_of_a_constant_input,
        biases_in_float32,
    ],
}
