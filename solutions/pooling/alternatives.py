"""Alternative solutions of `pooling`, written unlike the references: each must earn full points."""

from statistics import fmean

import numpy as np

from ..catalogue import spread_out
from ..windows import maxima_equally, pair, steps
from . import notebook as nb
from .hidden import by_windows


# --------------------------------------------------------------------------------------------------- max_pool
def by_loops(reduce, x, window, step):
    """A number for each window, of the list of its cells."""
    (m, n), (s, t) = pair(window), pair(step)
    z = np.zeros((*x.shape[:-2], steps(x.shape[-2], m, s), steps(x.shape[-1], n, t)))
    for *image, p, q in np.ndindex(z.shape):
        cells = [x[(*image, p * s + i, q * t + j)] for i in range(m) for j in range(n)]
        z[(*image, p, q)] = reduce(cells)
    return z


def maximum_by_loops(a, window):
    return by_loops(max, a, window, window)


def maximum_of_slices(a, window):
    m, n = window
    return np.stack([a[i::m, j::n] for i in range(m) for j in range(n)]).max(axis=0)


def maximum_by_rows_then_columns(a, window):
    m, n = window
    starts = np.arange(0, a.shape[0], m), np.arange(0, a.shape[1], n)
    return np.maximum.reduceat(np.maximum.reduceat(a, starts[0], axis=0), starts[1], axis=1)


# --------------------------------------------------------------------------------------------------- avg_pool
def average_by_loops(a, window):
    return by_loops(fmean, a, window, window)


def average_of_slices(a, window):
    m, n = window
    return np.mean([a[i::m, j::n] for i in range(m) for j in range(n)], axis=0)


def average_by_matrices(a, window):
    # averaging rows and averaging columns are both linear: z = R · a · C
    m, n = window
    rows = np.kron(np.eye(a.shape[0] // m), np.full((1, m), 1 / m))
    columns = np.kron(np.eye(a.shape[1] // n), np.full((n, 1), 1 / n))
    return rows @ a @ columns


# --------------------------------------------------------------------------------------------------- upsample
def upsampled_by_loops(delta, window):
    m, n = window
    up = np.zeros((len(delta) * m, len(delta[0]) * n))
    for u in range(len(up)):
        for v in range(len(up[0])):
            up[u, v] = delta[u // m, v // n]
    return up


def upsampled_by_kron(delta, window):
    return np.kron(delta, np.ones(window))


def upsampled_by_broadcasting(delta, window):
    (P, Q), (m, n) = delta.shape, window
    return np.broadcast_to(delta[:, None, :, None], (P, m, Q, n)).reshape(P * m, Q * n).copy()


# ------------------------------------------------------------------------------------------ max_pool_residual
def max_residual_by_loops(delta, a, window, dsigma):
    m, n = window
    dx = np.zeros((len(a), len(a[0])))
    for p in range(len(delta)):
        for q in range(len(delta[0])):
            u, v = p * m, q * n
            for i in range(p * m, p * m + m):
                for j in range(q * n, q * n + n):
                    if a[i, j] > a[u, v]:
                        u, v = i, j
            dx[u, v] = delta[p, q] * dsigma[u, v]
    return dx


def max_residual_shared_among_ties(delta, a, window, dsigma):
    mask = a == nb.upsample(nb.max_pool(a, window), window)
    count = nb.avg_pool(mask, window) * np.prod(window)
    return nb.upsample(delta / count, window) * mask * dsigma


def max_residual_to_last_tie(delta, a, window, dsigma):
    # turned by 180°, the last maximum comes first
    delta, a, dsigma = (array[::-1, ::-1] for array in (delta, a, dsigma))
    return nb.max_pool_residual(delta, a, window, dsigma)[::-1, ::-1]


# ------------------------------------------------------------------------------------------ avg_pool_residual
def avg_residual_by_loops(delta, window, dsigma):
    m, n = window
    dx = np.zeros((len(dsigma), len(dsigma[0])))
    for u in range(len(dsigma)):
        for v in range(len(dsigma[0])):
            dx[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return dx


def avg_residual_by_kron(delta, window, dsigma):
    return np.kron(delta, np.full(window, 1 / np.prod(window))) * dsigma


def avg_residual_by_broadcasting(delta, window, dsigma):
    (P, Q), (m, n) = delta.shape, window
    blocks = dsigma.reshape(P, m, Q, n)
    return (delta[:, None, :, None] * blocks / (m * n)).reshape(dsigma.shape)


# ------------------------------------------------------------------------------------------------- max_pool2d
def max2d_by_loops(x, window, stride):
    return by_loops(max, x, window, stride)


def im2col(x, k, s):
    """The cells of every window in reading order, (N, C, Ho, Wo, k·k)."""
    rows, columns = (s * np.arange(steps(size, k, s))[:, None] + np.arange(k) for size in x.shape[2:])
    cells = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return cells.reshape(*cells.shape[:4], k * k)


def max2d_by_im2col(x, window, stride):
    return im2col(x, window, stride).max(axis=4)


def max2d_of_slices(x, window, stride):
    Ho, Wo = (steps(size, window, stride) for size in x.shape[2:])
    cells = [
        x[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride]
        for i, j in np.ndindex(window, window)
    ]
    return np.maximum.reduce(cells)


def max2d_by_rows_then_columns(x, window, stride):
    windows = np.lib.stride_tricks.sliding_window_view
    rows = windows(x, window, axis=2)[:, :, ::stride].max(axis=-1)
    return windows(rows, window, axis=3)[:, :, :, ::stride].max(axis=-1)


def max2d_with_channels_last(x, window, stride):
    # float32 inside, and what is returned is a view that lies in memory as N, H, W, C
    images = np.ascontiguousarray(x.transpose(0, 2, 3, 1), dtype=np.float32)
    Ho, Wo = (steps(size, window, stride) for size in x.shape[2:])
    z = np.empty((len(x), Ho, Wo, x.shape[1]), dtype=np.float32)
    for p, q in np.ndindex(Ho, Wo):
        u, v = p * stride, q * stride
        z[:, p, q] = images[:, u : u + window, v : v + window].max(axis=(1, 2))
    return z.transpose(0, 3, 1, 2)


# ------------------------------------------------------------------------------------------------- avg_pool2d
def avg2d_by_loops(x, window, stride):
    return by_loops(fmean, x, window, stride)


def avg2d_by_im2col(x, window, stride):
    return im2col(x, window, stride) @ np.full(window**2, 1 / window**2)


def avg2d_by_running_sums(x, window, stride):
    # S[u, v] is the sum of everything above and to the left; four of them give the sum of a window
    S = np.pad(x.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    k = window
    sums = S[:, :, k:, k:] - S[:, :, :-k, k:] - S[:, :, k:, :-k] + S[:, :, :-k, :-k]
    return sums[:, :, ::stride, ::stride] / k**2


def covered(size, count, window, stride):
    """A matrix [u, p]: 1 where window p covers row u, else 0."""
    offset = np.arange(size)[:, None] - stride * np.arange(count)
    return ((offset >= 0) & (offset < window)).astype(float)


def avg2d_by_matrices(x, window, stride):
    rows, columns = (covered(size, steps(size, window, stride), window, stride) for size in x.shape[2:])
    return np.einsum("up,ncuv,vq->ncpq", rows, x, columns) / window**2


def avg2d_by_fourier_transform(x, window, stride):
    H, W = x.shape[2:]
    kernel = np.zeros((H, W))
    kernel[:window, :window] = 1 / window**2
    means = np.fft.irfft2(np.fft.rfft2(x) * np.fft.rfft2(kernel).conj(), s=(H, W))
    return means[:, :, : H - window + 1 : stride, : W - window + 1 : stride]


def avg2d_in_single_precision(x, window, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float32), (window, window), axis=(2, 3))
    return np.asfortranarray(windows[:, :, ::stride, ::stride].mean(axis=(4, 5)))


# ---------------------------------------------------------------------------------------- max_pool2d_backward
def max_back_by_loops(delta, x, window, stride):
    dx = np.zeros(x.shape)
    for n, c, p, q in np.ndindex(delta.shape):
        u, v = p * stride, q * stride
        for i in range(p * stride, p * stride + window):
            for j in range(q * stride, q * stride + window):
                if x[n, c, i, j] > x[n, c, u, v]:
                    u, v = i, j
        dx[n, c, u, v] += delta[n, c, p, q]
    return dx


def max_back_by_scattering(delta, x, window, stride):
    # the last maximum of every window, as row and column of the map; np.add.at adds up repeated places
    last = window**2 - 1 - im2col(x, window, stride)[..., ::-1].argmax(axis=4)
    n, c, p, q = np.indices(delta.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, p * stride + last // window, q * stride + last % window), delta)
    return dx


def max_back_by_gathering(delta, x, window, stride):
    # every unit asks the windows that hold it whether it is their first maximum
    first = im2col(x, window, stride).argmax(axis=4)
    dx = np.zeros(x.shape)
    for u, v in np.ndindex(x.shape[2:]):
        for p, q in np.ndindex(delta.shape[2:]):
            i, j = u - p * stride, v - q * stride
            if 0 <= i < window and 0 <= j < window:
                dx[:, :, u, v] += np.where(first[:, :, p, q] == i * window + j, delta[:, :, p, q], 0)
    return dx


def max_back_by_derivatives(delta, x, window, stride):
    # the chain rule as a matrix product: ∂z/∂x of every image is a matrix (Ho·Wo, H·W)
    (N, C, H, W), (Ho, Wo) = x.shape, delta.shape[2:]
    place = im2col(np.arange(H * W).reshape(1, 1, H, W), window, stride).reshape(Ho * Wo, window**2)
    first = im2col(x, window, stride).argmax(axis=4).reshape(N, C, Ho * Wo)
    dz_dx = np.eye(H * W)[np.take_along_axis(place[None, None], first[..., None], axis=3)[..., 0]]
    return (delta.reshape(N, C, 1, Ho * Wo) @ dz_dx).reshape(x.shape)


def max_back_in_single_precision(delta, x, window, stride):
    dx = nb.max_pool2d_backward(delta.astype(np.float32), x.astype(np.float32), window, stride)
    return np.asfortranarray(dx, dtype=np.float32)


# ---------------------------------------------------------------------------------------- avg_pool2d_backward
def avg_back_by_loops(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    for n, c, p, q in np.ndindex(delta.shape):
        for i in range(window):
            for j in range(window):
                dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q] / window**2
    return dx


def avg_back_by_scattering(delta, input_shape, window, stride):
    n, c, p, q, i, j = np.indices((*delta.shape, window, window))
    dx = np.zeros(input_shape)
    np.add.at(dx, (n, c, p * stride + i, q * stride + j), delta[..., None, None] / window**2)
    return dx


def avg_back_by_matrices(delta, input_shape, window, stride):
    rows, columns = (
        covered(size, count, window, stride)
        for size, count in zip(input_shape[2:], delta.shape[2:], strict=True)
    )
    return np.einsum("up,ncpq,vq->ncuv", rows, delta, columns) / window**2


def with_room_before(delta, input_shape, window, stride):
    """The residuals where their windows start, zeros between them, k − 1 rows and columns of zeros before."""
    spread = spread_out(delta, stride)
    room = [(window - 1, size - n) for size, n in zip(input_shape[2:], spread.shape[2:], strict=True)]
    return np.pad(spread, [(0, 0), (0, 0), *room])


def avg_back_by_gathering(delta, input_shape, window, stride):
    wide = with_room_before(delta, input_shape, window, stride)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (window, window), axis=(2, 3))
    return windows.mean(axis=(4, 5))


def avg_back_by_fourier_transform(delta, input_shape, window, stride):
    wide = with_room_before(delta, input_shape, window, stride)
    kernel = np.zeros(wide.shape[2:])
    kernel[:window, :window] = 1 / window**2
    dx = np.fft.irfft2(np.fft.rfft2(wide) * np.fft.rfft2(kernel), s=wide.shape[2:])
    return dx[:, :, window - 1 :, window - 1 :]


def avg_back_by_running_sums(delta, input_shape, window, stride):
    # a residual enters at a window's first row and leaves behind its last; likewise for columns
    wide = with_room_before(delta / window**2, input_shape, window, stride)
    sums = np.pad(wide.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    k = window
    return sums[:, :, k:, k:] - sums[:, :, :-k, k:] - sums[:, :, k:, :-k] + sums[:, :, :-k, :-k]


def avg_back_in_single_precision(delta, input_shape, window, stride):
    dx = nb.avg_pool2d_backward(delta.astype(np.float32), input_shape, window, stride)
    return np.asfortranarray(dx, dtype=np.float32)


ALTERNATIVES = {
    "max_pool": [by_windows(nb.max_pool), maximum_by_loops, maximum_of_slices, maximum_by_rows_then_columns],
    "avg_pool": [by_windows(nb.avg_pool), average_by_loops, average_of_slices, average_by_matrices],
    "upsample": [by_windows(nb.upsample), upsampled_by_loops, upsampled_by_kron, upsampled_by_broadcasting],
    "max_pool_residual": [
        by_windows(nb.max_pool_residual),
        max_residual_by_loops,
        max_residual_shared_among_ties,
        max_residual_to_last_tie,
    ],
    "avg_pool_residual": [
        by_windows(nb.avg_pool_residual),
        avg_residual_by_loops,
        avg_residual_by_kron,
        avg_residual_by_broadcasting,
    ],
    "max_pool2d": [
        by_windows(nb.max_pool2d),
        max2d_by_loops,
        max2d_by_im2col,
        max2d_of_slices,
        max2d_by_rows_then_columns,
        max2d_with_channels_last,
    ],
    "avg_pool2d": [
        by_windows(nb.avg_pool2d),
        avg2d_by_loops,
        avg2d_by_im2col,
        avg2d_by_running_sums,
        avg2d_by_matrices,
        avg2d_by_fourier_transform,
        avg2d_in_single_precision,
    ],
    "max_pool2d_backward": [
        by_windows(nb.max_pool2d_backward),
        by_windows(nb.max_pool2d_backward, share=maxima_equally),
        max_back_by_loops,
        max_back_by_scattering,
        max_back_by_gathering,
        max_back_by_derivatives,
        max_back_in_single_precision,
    ],
    "avg_pool2d_backward": [
        by_windows(nb.avg_pool2d_backward),
        avg_back_by_loops,
        avg_back_by_scattering,
        avg_back_by_matrices,
        avg_back_by_gathering,
        avg_back_by_fourier_transform,
        avg_back_by_running_sums,
        avg_back_in_single_precision,
    ],
}
