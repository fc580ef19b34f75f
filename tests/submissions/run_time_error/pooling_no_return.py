# assignment: pooling
# max_pool: WA "is a return missing?"
# max_pool_residual: RTE "AttributeError"
# avg_pool_residual: RTE "TypeError"

import numpy as np


def max_pool(a, window):
    m, n = window
    H, W = a.shape
    z = np.zeros((H // m, W // n))
    for p in range(H // m):
        for q in range(W // n):
            z[p, q] = a[p * m : (p + 1) * m, q * n : (q + 1) * n].max()
    print(z)


def avg_pool(a, window):
    m, n = window
    P, Q = a.shape[0] // m, a.shape[1] // n
    z = np.zeros((P, Q))
    for p in range(P):
        for q in range(Q):
            z[p, q] = np.mean(a[p * m : (p + 1) * m, q * n : (q + 1) * n])
    return z


def upsample(delta, window):
    return np.repeat(np.repeat(delta, window[0], axis=0), window[1], axis=1)


def max_pool_residual(delta, a, window, dsigma):
    z = max_pool(a, window)
    first = np.zeros(a.shape)
    for p, q in np.ndindex(z.shape):
        m, n = window
        block = a[p * m : (p + 1) * m, q * n : (q + 1) * n]
        i, j = np.argwhere(block == z[p, q])[0]
        first[p * m + i, q * n + j] = delta[p, q]
    return first * dsigma


def avg_pool_residual(delta, window, dsigma):
    return upsample(delta, window) * dsigma / (window * window)


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
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    r, s = p * stride, q * stride
                    block = x[n, c, r : r + window, s : s + window]
                    i, j = np.unravel_index(block.argmax(), block.shape)
                    dx[n, c, r + i, s + j] += delta[n, c, p, q]
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
