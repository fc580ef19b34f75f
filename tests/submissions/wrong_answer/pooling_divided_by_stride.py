# assignment: pooling
# avg_pool2d: WA divided_by_square_of_stride
# avg_pool2d_backward: WA divided_by_square_of_stride

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def max_pool(a, window):
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, m, W // n, n).max(axis=(1, 3))


def avg_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].sum() / (m * n) for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def upsample(delta, window):
    return np.kron(delta, np.ones(window))


def max_pool_residual(delta, a, window, dsigma):
    m, n = window
    res = np.zeros(a.shape)
    for p in range(delta.shape[0]):
        for q in range(delta.shape[1]):
            block = a[p * m : (p + 1) * m, q * n : (q + 1) * n]
            i, j = np.unravel_index(np.argmax(block), block.shape)
            res[p * m + i, q * n + j] = delta[p, q]
    return res * dsigma


def avg_pool_residual(delta, window, dsigma):
    m, n = window
    return upsample(delta, window) / (m * n) * dsigma


def max_pool2d(x, window, stride):
    win = sliding_window_view(x, (window, window), axis=(2, 3))
    return win[:, :, ::stride, ::stride].max(axis=(-2, -1))


def avg_pool2d(x, window, stride):
    win = sliding_window_view(x, (window, window), axis=(2, 3))[:, :, ::stride, ::stride]
    return win.sum(axis=(4, 5)) / stride**2


def max_pool2d_backward(delta, x, window, stride):
    N, C, Ho, Wo = delta.shape
    dx = np.zeros(x.shape)
    n, c = np.ogrid[:N, :C]
    for p in range(Ho):
        for q in range(Wo):
            patch = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window]
            k = patch.reshape(N, C, -1).argmax(axis=2)
            dx[n, c, p * stride + k // window, q * stride + k % window] += delta[:, :, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    Ho, Wo = delta.shape[2:]
    d = delta / stride**2
    for i in range(window):
        for j in range(window):
            dx[:, :, i : i + Ho * stride : stride, j : j + Wo * stride : stride] += d
    return dx
