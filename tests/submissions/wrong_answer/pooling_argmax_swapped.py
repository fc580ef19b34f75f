# assignment: pooling
# max_pool_residual: WA row_and_column_swapped
# max_pool2d_backward: WA row_and_column_swapped

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
    out = np.zeros(a.shape)
    for p in range(a.shape[0] // m):
        for q in range(a.shape[1] // n):
            k = np.argmax(a[p * m : (p + 1) * m, q * n : (q + 1) * n])
            x, y = k % n, k // n  # x, y of the maximum
            out[p * m + x, q * n + y] = delta[p, q]
    return out * dsigma


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
                    k = np.argmax(x[n, c, p * stride : p * stride + window, q * stride : q * stride + window])
                    col, row = k // window, k % window
                    dx[n, c, p * stride + row, q * stride + col] += delta[n, c, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    share = delta / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            top, left = p * stride, q * stride
            dx[:, :, top : top + window, left : left + window] += share[:, :, p : p + 1, q : q + 1]
    return dx
