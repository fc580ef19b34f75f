# assignment: pooling
# avg_pool_residual: WA "argument delta was changed"
# avg_pool2d_backward: WA "argument delta was changed"

# delta /= k**2 changes the caller's array, and fails on integers.
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
    delta /= m * n
    return upsample(delta, window) * dsigma


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
    n, c = np.ogrid[:N, :C]
    for p in range(Ho):
        for q in range(Wo):
            patch = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window]
            k = patch.reshape(N, C, -1).argmax(axis=2)
            dx[n, c, p * stride + k // window, q * stride + k % window] += delta[:, :, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    delta *= 1.0 / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            dx[:, :, p * stride : p * stride + window, q * stride : q * stride + window] += delta[:, :, p, q, None, None]
    return dx
