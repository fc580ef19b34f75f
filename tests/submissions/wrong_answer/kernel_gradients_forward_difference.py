# assignment: kernel_gradients
# numerical_gradient: WA forward_difference
# relative_error: WA ratio_of_norms

import numpy as np


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    H, W = a.shape
    grad = np.zeros((H - Ho + 1, W - Wo + 1))
    for p in range(H - Ho + 1):
        for q in range(W - Wo + 1):
            for u in range(Ho):
                for v in range(Wo):
                    grad[p, q] += delta[u, v] * a[u + p, v + q]
    return grad


def bias_gradient(delta):
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    f0 = f(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        grad[i] = (f(x) - f0) / h
        x[i] = old
    return grad


def relative_error(a, b):
    num = np.sqrt(np.sum((a - b) ** 2))
    den = np.sqrt(np.sum(a**2)) + np.sqrt(np.sum(b**2))
    return num / max(den, 1e-8)


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    C = x.shape[1]
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    i, j = u * stride, v * stride
                    dw[k] += delta[n, k, u, v] * xp[n, :, i : i + kh, j : j + kw]
    return dw


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
