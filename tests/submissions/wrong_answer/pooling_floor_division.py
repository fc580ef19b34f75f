# assignment: pooling
# avg_pool: WA floor_division
# avg_pool_residual: WA floor_division
# avg_pool2d: WA floor_division
# avg_pool2d_backward: WA floor_division

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
    out = np.zeros((a.shape[0] // m, a.shape[1] // n))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = a[i * m : i * m + m, j * n : j * n + n].sum() // (m * n)
    return out


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
    return upsample(delta // (m * n), window) * dsigma


def max_pool2d(x, window, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - window) // stride + 1, (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            z[:, :, p, q] = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window].max(axis=(2, 3))
    return z


def avg_pool2d(x, window, stride):
    Ho = (x.shape[2] - window) // stride + 1
    Wo = (x.shape[3] - window) // stride + 1
    out = np.zeros(x.shape[:2] + (Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            block = x[:, :, i * stride : i * stride + window, j * stride : j * stride + window]
            out[:, :, i, j] = block.sum(axis=(2, 3)) // window**2
    return out


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
    out = np.zeros(input_shape)
    part = delta // window**2
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            out[:, :, i * stride : i * stride + window, j * stride : j * stride + window] += part[:, :, i, j][:, :, None, None]
    return out
