# assignment: pooling
# avg_pool: WA stored_as_integers; loses integers
# max_pool_residual: WA stored_as_integers; loses integers
# avg_pool_residual: WA stored_as_integers; loses integers
# avg_pool2d: WA stored_as_integers; loses integers
# max_pool2d_backward: WA stored_as_integers; loses integers
# avg_pool2d_backward: WA stored_as_integers; loses integers

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
    z = np.empty((a.shape[0] // m, a.shape[1] // n), a.dtype)
    for p in range(z.shape[0]):
        for q in range(z.shape[1]):
            z[p, q] = a[p * m : p * m + m, q * n : q * n + n].mean()
    return z


def upsample(delta, window):
    return np.repeat(np.repeat(delta, window[0], axis=0), window[1], axis=1)


def max_pool_residual(delta, a, window, dsigma):
    m, n = window
    out = np.zeros_like(a)
    for p in range(delta.shape[0]):
        for q in range(delta.shape[1]):
            block = a[p * m : p * m + m, q * n : q * n + n]
            i, j = divmod(block.argmax(), n)
            u, v = p * m + i, q * n + j
            out[u, v] = delta[p, q] * dsigma[u, v]
    return out


def avg_pool_residual(delta, window, dsigma):
    m, n = window
    out = np.zeros(dsigma.shape, delta.dtype)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = delta[u // m, v // n] / (m * n) * dsigma[u, v]
    return out


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
    Ho, Wo = 1 + (H - window) // stride, 1 + (W - window) // stride
    z = np.zeros((N, C, Ho, Wo), dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    z[n, c, p, q] = np.mean(x[n, c, p * stride : p * stride + window, q * stride : q * stride + window])
    return z


def max_pool2d_backward(delta, x, window, stride):
    dx = np.zeros_like(x)
    N, C, Ho, Wo = delta.shape
    for n in range(N):
        for c in range(C):
            for p in range(Ho):
                for q in range(Wo):
                    block = x[n, c, p * stride : p * stride + window, q * stride : q * stride + window]
                    i, j = divmod(block.argmax(), window)
                    dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q]
    return dx


def avg_pool2d_backward(delta, input_shape, window, stride):
    dx = np.zeros(input_shape, dtype=delta.dtype)
    N, C, Ho, Wo = delta.shape
    for n, c, p, q in np.ndindex(N, C, Ho, Wo):
        for i in range(window):
            for j in range(window):
                dx[n, c, p * stride + i, q * stride + j] += delta[n, c, p, q] / window**2
    return dx
