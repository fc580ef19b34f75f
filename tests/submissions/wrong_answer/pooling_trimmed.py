# assignment: pooling
# max_pool2d_backward: WA remainder_dropped
# avg_pool2d_backward: WA remainder_dropped

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
    N, C, Ho, Wo = delta.shape
    # the part of the input that windows cover
    H, W = (Ho - 1) * stride + window, (Wo - 1) * stride + window
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    block = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window]
                    i, j = np.unravel_index(np.argmax(block), block.shape)
                    dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    N, C, Ho, Wo = delta.shape
    dx = np.zeros((N, C, (Ho - 1) * stride + window, (Wo - 1) * stride + window))
    for p in range(Ho):
        for q in range(Wo):
            dx[:, :, p * stride : p * stride + window, q * stride : q * stride + window] += (
                delta[:, :, p : p + 1, q : q + 1] / window**2
            )
    return dx
