# assignment: pooling
# max_pool: WA cut_along_wrong_axes
# avg_pool: WA cut_along_wrong_axes

import numpy as np


def windows_of(a, window):
    m, n = window
    H, W = a.shape
    # (number of windows down, across, m, n)
    return np.reshape(a, (H // m, W // n, m, n))


def max_pool(a, window):
    return np.max(windows_of(a, window), axis=(-1, -2))


def avg_pool(a, window):
    return np.average(windows_of(a, window), axis=(-1, -2))


def upsample(delta, window):
    return np.kron(delta, np.ones(window))


def max_pool_residual(delta, a, window, dsigma):
    m, n = window
    out = np.zeros(a.shape)
    for p in range(delta.shape[0]):
        for q in range(delta.shape[1]):
            # 找滑窗里最大值的位置
            bi, bj = p * m, q * n
            for i in range(p * m, (p + 1) * m):
                for j in range(q * n, (q + 1) * n):
                    if a[i, j] > a[bi, bj]:
                        bi, bj = i, j
            out[bi, bj] = delta[p, q] * dsigma[bi, bj]
    return out


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
