# assignment: pooling
# avg_pool: WA not_divided
# avg_pool_residual: WA not_divided
# avg_pool2d: WA not_divided
# avg_pool2d_backward: WA not_divided

import numpy as np


def max_pool(a, window):
    m, n = window
    return np.array(
        [[a[i : i + m, j : j + n].max() for j in range(0, a.shape[1], n)] for i in range(0, a.shape[0], m)]
    )


def avg_pool(a, window):
    m, n = window
    z = 0
    for i in range(m):
        for j in range(n):
            z = z + a[i::m, j::n]
    return z * 1.0


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
    # 滑窗里的每个单元都有贡献，mask 全是 1
    mask = np.ones(dsigma.shape)
    return upsample(delta, window) * mask * dsigma


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
            z[:, :, p, q] = x[:, :, p * stride : p * stride + window, q * stride : q * stride + window].sum((2, 3))
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
    for p in range(delta.shape[2]):
        for q in range(delta.shape[3]):
            i, j = p * stride, q * stride
            dx[:, :, i : i + window, j : j + window] += np.ones((window, window)) * delta[:, :, p : p + 1, q : q + 1]
    return dx
