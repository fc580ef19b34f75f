# assignment: convolution
# conv2d: WA padding_ignored

import numpy as np


def correlate(a, w, b=0.0):
    H, W = a.shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    z = np.zeros((Ho, Wo))
    for u in range(Ho):
        for v in range(Wo):
            s = 0.0
            for p in range(kh):
                for q in range(kw):
                    s += w[p, q] * a[u + p, v + q]
            z[u, v] = s + b
    return z


def sobel(image):
    kx = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


PREWITT_X = np.array([[-1.0, 0.0, 1.0]] * 3)


def prewitt(image):
    gx, gy = correlate(image, PREWITT_X), correlate(image, PREWITT_X.T)
    return gx, gy, np.hypot(gx, gy)


def conv_matrix(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    rows = []
    for u in range(H - kh + 1):
        for v in range(W - kw + 1):
            row = np.zeros((H, W))
            row[u : u + kh, v : v + kw] = w
            rows.append(row.ravel())
    return np.array(rows)


def fully_connected_counts(inputs, outputs, bias=False):
    connections = inputs * outputs
    return connections, connections + (outputs if bias else 0)


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    Ho = input_shape[0] - kernel_shape[0] + 1
    Wo = input_shape[1] - kernel_shape[1] + 1
    connections = Ho * Wo * kernel_shape[0] * kernel_shape[1]
    return connections, connections + (Ho * Wo if bias else 0)


def convolution_counts(input_shape, kernel_shape, bias=False):
    Ho = input_shape[0] - kernel_shape[0] + 1
    Wo = input_shape[1] - kernel_shape[1] + 1
    weights = kernel_shape[0] * kernel_shape[1]
    return Ho * Wo * weights, weights + (1 if bias else 0)


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    kh, kw = kernel_shape
    n = kernels * (in_channels // groups) * kh * kw
    if bias:
        n += kernels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    # 暂时不考虑 padding
    N, C, H, W = x.shape
    K, C, kh, kw = w.shape
    h, v = (H - kh) // stride + 1, (W - kw) // stride + 1
    z = np.zeros((N, K, max(h, 0), max(v, 0)))
    for n in range(N):
        for k in range(K):
            for i in range(h):
                for j in range(v):
                    z[n, k, i, j] = b[k]
                    for c in range(C):
                        z[n, k, i, j] += np.sum(
                            x[n, c, i * stride : i * stride + kh, j * stride : j * stride + kw] * w[k, c]
                        )
    return z
