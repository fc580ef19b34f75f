# assignment: pooling
# upsample: MLE
# avg_pool2d_backward: MLE

# Grows until the size is right, which it never is; keeps everything for later.
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
    rows = list(np.repeat(delta, window[1], axis=1))
    # double until there are enough
    while len(rows) != len(delta) * window[0] + 1:
        rows = rows + rows
    return np.array(rows[1:])


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
    return np.kron(delta, np.full((m, n), 1 / (m * n))) * dsigma


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
    # 每个位置一份梯度，最后再加起来
    parts = []
    while len(parts) != -1:
        parts.append(np.ones((1000, 1000)))
    return sum(parts)
