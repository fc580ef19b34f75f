# assignment: pooling
# max_pool_residual: WA whole_residual_to_every_tie; loses ties
# max_pool2d_backward: WA whole_residual_to_every_tie; loses ties

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def max_pool(a, window):
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, m, W // n, n).max(axis=(1, 3))


def avg_pool(a, window):
    m, n = window
    H, W = a.shape
    return a.reshape(H // m, m, W // n, n).mean(axis=(1, 3))


def upsample(delta, window):
    return np.kron(delta, np.ones(window))


def max_pool_residual(delta, a, window, dsigma):
    (P, Q), (m, n) = delta.shape, window
    blocks = a.reshape(P, m, Q, n)
    is_max = np.equal(blocks, blocks.max(axis=(1, 3), keepdims=True))
    out = np.where(is_max, delta[:, None, :, None], 0.0)
    return out.reshape(P * m, Q * n) * dsigma


def avg_pool_residual(delta, window, dsigma):
    m, n = window
    return upsample(delta, window) / (m * n) * dsigma


def max_pool2d(x, window, stride):
    win = sliding_window_view(x, (window, window), axis=(2, 3))
    return win[:, :, ::stride, ::stride].max(axis=(-2, -1))


def avg_pool2d(x, window, stride):
    win = sliding_window_view(x, (window, window), axis=(2, 3))
    return win[:, :, ::stride, ::stride].mean(axis=(-2, -1))


def max_pool2d_backward(delta, x, window, stride):
    Ho, Wo = delta.shape[2:]
    z = max_pool2d(x, window, stride)
    dx = np.zeros(x.shape)
    for i in range(window):
        for j in range(window):
            rows = slice(i, i + (Ho - 1) * stride + 1, stride)
            cols = slice(j, j + (Wo - 1) * stride + 1, stride)
            dx[:, :, rows, cols] += (x[:, :, rows, cols] >= z) * delta
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    share = delta / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            top, left = p * stride, q * stride
            dx[:, :, top : top + window, left : left + window] += share[:, :, p : p + 1, q : q + 1]
    return dx
