# assignment: convolution

# Everything from a one-dimensional routine and recursion; single precision inside.
from functools import reduce

import numpy as np

F = np.float32


def correlate(a, w, b=0.0):
    rows = len(a) - len(w) + 1

    def row(u, p):
        if p == len(w):
            return np.full(a.shape[1] - w.shape[1] + 1, b, F)
        return np.correlate(a[u + p].astype(F), w[p].astype(F), "valid") + row(u, p + 1)

    return np.stack([row(u, 0) for u in range(rows)])


def _edges(image, smooth):
    derivative = np.array([[-1.0, 0.0, 1.0]])
    smooth = np.array([smooth], dtype=float)
    gx = correlate(correlate(image, derivative), smooth.T)
    gy = correlate(correlate(image, smooth), derivative.T)
    return gx, gy, np.hypot(gx, gy)


def sobel(image):
    return _edges(image, (1, 2, 1))


def prewitt(image):
    return _edges(image, (1, 1, 1))


def conv_matrix(w, input_shape):
    H, W = input_shape

    def toeplitz(row):
        return np.array([np.concatenate([np.zeros(v), row, np.zeros(W - len(row) - v)]) for v in range(W - len(row) + 1)])

    blocks = [np.kron(np.eye(H - len(w) + 1, H, p), toeplitz(row)) for p, row in enumerate(w)]
    return reduce(np.add, blocks)


def fully_connected_counts(inputs, outputs, bias=False):
    if outputs == 0:
        return 0, 0
    connections, parameters = fully_connected_counts(inputs, outputs - 1, bias)
    return connections + inputs, parameters + inputs + bool(bias)


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    places = [n - k + 1 for n, k in zip(input_shape, kernel_shape)]
    return fully_connected_counts(int(np.prod(kernel_shape)), int(np.prod(places)), bias)


def convolution_counts(input_shape, kernel_shape, bias=False):
    connections, _ = locally_connected_counts(input_shape, kernel_shape)
    return connections, convolution_parameters(1, 1, kernel_shape, bias)


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    kh, kw = kernel_shape
    n = kernels * (in_channels // groups) * kh * kw
    if bias:
        n += kernels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    def one(sample, kernel, bias):
        return reduce(np.add, [correlate(np.pad(a, padding), k) for a, k in zip(sample, kernel)]) + bias

    z = np.array([[one(sample, kernel, bias) for kernel, bias in zip(w, b)] for sample in x])
    return z[..., ::stride, ::stride]
