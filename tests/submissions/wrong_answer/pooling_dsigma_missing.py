# assignment: pooling
# max_pool_residual: WA sigma_prime_missing
# avg_pool_residual: WA sigma_prime_missing

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
    back = np.zeros(a.shape)
    for p, q in np.ndindex(*delta.shape):
        w = a[p * m : (p + 1) * m, q * n : (q + 1) * n]
        back[p * m : (p + 1) * m, q * n : (q + 1) * n].flat[w.argmax()] = delta[p, q]
    return back


def avg_pool_residual(delta, window, dsigma):
    # 池化层没有激活函数，所以不用乘 σ'
    return np.kron(delta, np.ones(window)) / np.prod(window)


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
    dx = np.zeros(input_shape)
    share = delta / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            top, left = p * stride, q * stride
            dx[:, :, top : top + window, left : left + window] += share[:, :, p : p + 1, q : q + 1]
    return dx
