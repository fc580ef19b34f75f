# assignment: pooling
# max_pool: WA search_starts_from_zero; loses negative
# max_pool2d: WA search_starts_from_zero; loses negative

import numpy as np


def max_pool(a, window):
    m, n = window
    z = np.zeros((a.shape[0] // m, a.shape[1] // n))
    for u in range(a.shape[0]):
        for v in range(a.shape[1]):
            if a[u, v] > z[u // m, v // n]:
                z[u // m, v // n] = a[u, v]
    return z


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
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    biggest = 0
                    for i in range(window):
                        for j in range(window):
                            biggest = max(biggest, x[n, c, p * stride + i, q * stride + j])
                    z[n, c, p, q] = biggest
    return z


def avg_pool2d(x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho = (H - k) // s + 1
    Wo = (W - k) // s + 1
    out = np.empty((N, C, Ho, Wo))
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    out[n, c, p, q] = np.sum(x[n, c, p * s : p * s + k, q * s : q * s + k]) / (k * k)
    return out


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
