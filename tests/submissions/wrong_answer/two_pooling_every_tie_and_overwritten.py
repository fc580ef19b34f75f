# assignment: pooling
# max_pool2d_backward: WA replaced_not_added+whole_residual_to_every_tie

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
    return np.repeat(np.repeat(delta, window[0], axis=0), window[1], axis=1)


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
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    h, w = p * stride, q * stride
                    block = x[n, c, h : h + window, w : w + window]
                    dx[n, c, h : h + window, w : w + window] = (block == block.max()) * delta[n, c, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    N, C, Ho, Wo = delta.shape
    dx = np.zeros(input_shape)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    r, s = p * stride, q * stride
                    dx[n, c, r : r + window, s : s + window] += delta[n, c, p, q] / window**2
    return dx
