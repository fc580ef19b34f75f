# assignment: pooling
# avg_pool: WA divided_by_one_side
# avg_pool_residual: WA divided_by_one_side
# avg_pool2d: WA divided_by_one_side
# avg_pool2d_backward: WA divided_by_one_side

import numpy as np


def max_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].max() for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def avg_pool(a, window):
    m, n = window
    P, Q = a.shape[0] // m, a.shape[1] // n
    z = np.zeros((P, Q))
    for p in range(P):
        for q in range(Q):
            z[p, q] = np.sum(a[p * m : (p + 1) * m, q * n : (q + 1) * n]) / m
    return z


def upsample(delta, window):
    m, n = window
    P, Q = delta.shape
    up = np.zeros((P * m, Q * n))
    for p in range(P):
        for q in range(Q):
            up[p * m : p * m + m, q * n : q * n + n] = delta[p, q]
    return up


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
    return upsample(delta / window[0], window) * dsigma


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
    for i in range(window):
        for j in range(window):
            z += x[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride] / window
    return z


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
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            for i in range(window):
                for j in range(window):
                    dx[:, :, p * stride + i, q * stride + j] += delta[:, :, p, q] / window
    return dx
