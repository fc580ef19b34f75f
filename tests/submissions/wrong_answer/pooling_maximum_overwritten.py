# assignment: pooling
# max_pool2d_backward: WA overwritten_at_the_maximum

import numpy as np


def max_pool(a, window):
    m, n = window
    P, Q = a.shape[0] // m, a.shape[1] // n
    z = np.zeros((P, Q))
    for p in range(P):
        for q in range(Q):
            z[p, q] = np.max(a[p * m : (p + 1) * m, q * n : (q + 1) * n])
    return z


def avg_pool(a, window):
    m, n = window
    P, Q = a.shape[0] // m, a.shape[1] // n
    z = np.zeros((P, Q))
    for p in range(P):
        for q in range(Q):
            z[p, q] = np.mean(a[p * m : (p + 1) * m, q * n : (q + 1) * n])
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
    m, n = window
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return out


def max_pool2d(x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho = (H - k) // s + 1
    Wo = (W - k) // s + 1
    out = np.empty((N, C, Ho, Wo))
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    out[n, c, p, q] = np.max(x[n, c, p * s : p * s + k, q * s : q * s + k])
    return out


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
                    block = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window]
                    idx = np.argmax(block)
                    i, j = idx // window, idx % window
                    dx[n, c, p * stride + i, q * stride + j] = delta[n, c, p, q]
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
