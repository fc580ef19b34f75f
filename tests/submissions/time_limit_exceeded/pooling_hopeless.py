# assignment: pooling
# max_pool: TLE
# max_pool2d: TLE

# Sorts by trying all orders: n! for the n cells of a map.
import itertools

import numpy as np


def descending(values):
    for order in itertools.permutations(values):
        if all(a >= b for a, b in zip(order, order[1:])):
            return order


def max_pool(a, window):
    m, n = window
    order = descending(sorted(a.ravel().tolist()))
    z = np.zeros((a.shape[0] // m, a.shape[1] // n))
    for p, q in np.ndindex(z.shape):
        block = a[p * m : (p + 1) * m, q * n : (q + 1) * n]
        z[p, q] = next(value for value in order if value in block)
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
    order = descending(np.sort(x.ravel()))
    Ho, Wo = (x.shape[2] - window) // stride + 1, (x.shape[3] - window) // stride + 1
    z = np.zeros(x.shape[:2] + (Ho, Wo))
    for n, c, p, q in np.ndindex(z.shape):
        block = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window]
        z[n, c, p, q] = next(value for value in order if value in block)
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
