# assignment: convolution
# correlate: WA bias_with_every_product
# conv2d: WA bias_with_every_channel

import numpy as np


def correlate(a, w, b=0.0):
    H, W = a.shape
    kh, kw = w.shape
    z = np.zeros((H - kh + 1, W - kw + 1))
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            z[u, v] = np.sum(a[u : u + kh, v : v + kw] * w + b)
    return z


def sobel(image):
    kx = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


def prewitt(image):
    kx = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


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
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    Ho = (H + 2 * padding - kh) // stride + 1
    Wo = (W + 2 * padding - kw) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    z = np.zeros((N, K, Ho, Wo))
    for k in range(K):
        for c in range(C):
            for i in range(Ho):
                for j in range(Wo):
                    patch = xp[:, c, i * stride : i * stride + kh, j * stride : j * stride + kw]
                    z[:, k, i, j] += np.sum(patch * w[k, c], axis=(1, 2)) + b[k]
    return z
