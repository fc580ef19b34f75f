# assignment: pooling
# max_pool2d: WA first_sample_only
# max_pool2d_backward: WA first_sample_only

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
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return out


def max_pool2d(x, window, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - window) // stride + 1, (W - window) // stride + 1
    z = np.zeros((N, C, Ho, Wo))
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    z[n, c, p, q] = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window].max()
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
    for n in range(len(x)):
        for c in range(x.shape[1]):
            for p in range(delta.shape[2]):
                for q in range(delta.shape[3]):
                    block = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window]
                    i, j = np.argwhere(block == block.max())[0]
                    dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q]
        return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape)
    share = delta / (window * window)
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            top, left = p * stride, q * stride
            dx[:, :, top : top + window, left : left + window] += share[:, :, p : p + 1, q : q + 1]
    return dx
