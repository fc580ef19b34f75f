# assignment: convolution
# sobel: WA wraps_around; loses integers
# prewitt: WA wraps_around; loses integers

import numpy as np


def correlate(a, w, b=0.0):
    win = np.lib.stride_tricks.sliding_window_view(a, w.shape)
    return np.einsum("uvpq,pq->uv", win, w) + b


def sobel(image):
    left, mid, right = image[:, :-2], image[:, 1:-1], image[:, 2:]
    horizontal = right - left
    gx = horizontal[:-2] + 2 * horizontal[1:-1] + horizontal[2:]
    vertical = image[2:] - image[:-2]
    gy = vertical[:, :-2] + 2 * vertical[:, 1:-1] + vertical[:, 2:]
    return gx, gy, np.sqrt(gx.astype(float) ** 2 + gy.astype(float) ** 2)


def prewitt(image):
    horizontal = image[:, 2:] - image[:, :-2]
    vertical = image[2:] - image[:-2]
    gx = horizontal[:-2] + horizontal[1:-1] + horizontal[2:]
    gy = vertical[:, :-2] + vertical[:, 1:-1] + vertical[:, 2:]
    return gx, gy, np.sqrt(gx.astype(float) ** 2 + gy.astype(float) ** 2)


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
    per_kernel = in_channels // groups * kernel_shape[0] * kernel_shape[1]
    return kernels * (per_kernel + int(bias))


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncuvpq,kcpq->nkuv", win, w) + b[:, None, None]
