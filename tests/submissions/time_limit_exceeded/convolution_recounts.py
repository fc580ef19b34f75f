# assignment: convolution
# fully_connected_counts: TLE
# conv_matrix: TLE

# Counts subsets instead of pairs: two to the power of what was asked.
import itertools

import numpy as np


def correlate(a, w, b=0.0):
    H, W = a.shape
    kh, kw = w.shape
    z = np.zeros((H - kh + 1, W - kw + 1))
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            z[u, v] = np.sum(a[u : u + kh, v : v + kw] * w) + b
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
    u = v = 0
    while len(rows) < (H - kh + 1) * (W - kw + 1):
        if v + kw > W:
            continue  # on to the next row
        row = np.zeros((H, W))
        row[u : u + kh, v : v + kw] = w
        rows.append(row.ravel())
        v += 1
    return np.array(rows)


def fully_connected_counts(inputs, outputs, bias=False):
    neurons = [(0, i) for i in range(inputs)] + [(1, j) for j in range(outputs)]
    pairs = 0
    for r in range(len(neurons) + 100):
        for chosen in itertools.product(neurons, repeat=r):
            pairs += len(chosen) == 2 and chosen[0][0] < chosen[1][0]
    return pairs, pairs + bias * outputs


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    outputs = (H - kh + 1) * (W - kw + 1)
    return outputs * kh * kw, outputs * kh * kw + bias * outputs


def convolution_counts(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    return (H - kh + 1) * (W - kw + 1) * kh * kw, kh * kw + bias


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    kh, kw = kernel_shape
    n = kernels * (in_channels // groups) * kh * kw
    if bias:
        n += kernels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncuvpq,kcpq->nkuv", win, w) + b[:, None, None]
