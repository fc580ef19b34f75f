# assignment: pooling
# max_pool_residual: WA residual_to_all_cells
# max_pool2d_backward: WA residual_to_all_cells

import numpy as np


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
    # δ 上采样后乘以 σ'
    up = upsample(delta, window)
    return up * dsigma


def avg_pool_residual(delta, window, dsigma):
    m, n = window
    return upsample(delta, window) / (m * n) * dsigma


def max_pool2d(x, window, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - window) // stride + 1, (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            z[:, :, p, q] = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window].max(axis=(2, 3))
    return z


def avg_pool2d(x, window, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - window) // stride + 1, (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            z[:, :, p, q] = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window].mean(axis=(2, 3))
    return z


def max_pool2d_backward(delta, x, window, stride):
    dx = np.zeros(x.shape)
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            d = delta[:, :, i, j]
            dx[:, :, i * stride : i * stride + window, j * stride : j * stride + window] += d[:, :, np.newaxis, np.newaxis]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    share = delta / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            top, left = p * stride, q * stride
            dx[:, :, top : top + window, left : left + window] += share[:, :, p : p + 1, q : q + 1]
    return dx
