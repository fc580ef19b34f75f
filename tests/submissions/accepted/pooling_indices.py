# assignment: pooling

# The forward pass keeps the indices of the maxima (as PyTorch does); backward scatters to them.
import itertools

import numpy as np


def _pool_indices(x, window, stride, count):
    """(…, P, Q) 每个滑窗的最大值在展平的图里的下标。"""
    m, n = window
    s, t = stride
    P, Q = count
    W = x.shape[-1]
    flat = x.reshape(*x.shape[:-2], -1)
    result = np.empty((*x.shape[:-2], P, Q), dtype=int)
    for p, q in itertools.product(range(P), range(Q)):
        cells = np.array([(p * s + i) * W + q * t + j for i in range(m) for j in range(n)])
        result[..., p, q] = cells[flat[..., cells].argmax(-1)]
    return result


def max_pool(a, window):
    index = _pool_indices(a, window, window, (a.shape[0] // window[0], a.shape[1] // window[1]))
    return np.take(a, index)


def avg_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].sum() / (m * n) for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def upsample(delta, window):
    return np.kron(delta, np.ones(window))


def max_pool_residual(delta, a, window, dsigma):
    index = _pool_indices(a, window, window, delta.shape)
    out = np.zeros(a.size)
    np.add.at(out, index, delta)
    return out.reshape(a.shape) * dsigma


def avg_pool_residual(delta, window, dsigma):
    m, n = window
    return upsample(delta, window) / (m * n) * dsigma


def _general(x, window, stride):
    Ho, Wo = [(size - window) // stride + 1 for size in x.shape[2:]]
    return _pool_indices(x, (window, window), (stride, stride), (Ho, Wo))


def max_pool2d(x, window, stride):
    index = _general(x, window, stride)
    flat = x.reshape(*x.shape[:2], -1)
    return np.take_along_axis(flat, index.reshape(*x.shape[:2], -1), axis=2).reshape(index.shape)


def avg_pool2d(x, window, stride):
    # cumulative sums: the sum of a window from its four corners
    total = np.zeros((*x.shape[:2], x.shape[2] + 1, x.shape[3] + 1))
    total[:, :, 1:, 1:] = x.cumsum(axis=2).cumsum(axis=3)
    k = window
    sums = total[:, :, k:, k:] - total[:, :, :-k, k:] - total[:, :, k:, :-k] + total[:, :, :-k, :-k]
    return sums[:, :, ::stride, ::stride] / k**2


def max_pool2d_backward(delta, x, window, stride):
    index = _general(x, window, stride)
    N, C = x.shape[:2]
    out = np.zeros((N, C, x.shape[2] * x.shape[3]))
    n, c = np.meshgrid(np.arange(N), np.arange(C), indexing="ij")
    np.add.at(out, (n[..., None, None], c[..., None, None], index), delta)
    return out.reshape(x.shape)


def avg_pool2d_backward(delta, input_shape, window, stride):
    def cover(size, count):
        return np.array([[float(p * stride <= u < p * stride + window) for p in range(count)] for u in range(size)])

    rows, columns = cover(input_shape[2], delta.shape[2]), cover(input_shape[3], delta.shape[3])
    return rows @ (delta / window**2) @ columns.T
