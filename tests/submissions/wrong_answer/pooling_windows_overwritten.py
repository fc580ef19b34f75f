# assignment: pooling
# max_pool2d_backward: WA replaced_not_added
# avg_pool2d_backward: WA replaced_not_added

import numpy as np


def max_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].max() for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def avg_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].sum() / (m * n) for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def upsample(delta, window):
    return np.repeat(np.repeat(delta, window[0], axis=0), window[1], axis=1)


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
    dx = np.zeros(x.shape)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    h, w = p * stride, q * stride
                    x_win = x[n, c, h : h + window, w : w + window]
                    # 只有第一个最大值处为 1
                    mask = np.zeros((window, window))
                    mask[np.unravel_index(x_win.argmax(), mask.shape)] = 1
                    dx[n, c, h : h + window, w : w + window] = mask * delta[n, c, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    N, C, Ho, Wo = delta.shape
    for p in range(Ho):
        for q in range(Wo):
            h, w = p * stride, q * stride
            dx[:, :, h : h + window, w : w + window] = delta[:, :, p, q].reshape(N, C, 1, 1) / window**2
    return dx
