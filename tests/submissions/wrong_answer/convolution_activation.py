# assignment: convolution
# correlate: WA activation_applied
# conv2d: WA activation_applied

import numpy as np


def relu(z):
    return np.where(z > 0, z, 0.0)


def correlate(a, w, b=0.0):
    z = np.zeros((a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1))
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            z[u, v] = np.vdot(a[u : u + w.shape[0], v : v + w.shape[1]], w) + b
    return relu(z)


def _edges(image, kernel):
    win = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    gx, gy = np.einsum("uvij,ij->uv", win, kernel), np.einsum("uvij,ij->uv", win, kernel.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


def sobel(image):
    return _edges(image, np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]))


def prewitt(image):
    return _edges(image, np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]))


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
    n = inputs * outputs
    if bias:
        return n, n + outputs
    return n, n


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    outputs = (H - kh + 1) * (W - kw + 1)
    n = outputs * kh * kw
    if bias:
        return n, n + outputs
    return n, n


def convolution_counts(input_shape, kernel_shape, bias=False):
    (H, W), (kh, kw) = input_shape, kernel_shape
    n = (H - kh + 1) * (W - kw + 1) * kh * kw
    return n, kh * kw + int(bias)


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    per_kernel = in_channels // groups * kernel_shape[0] * kernel_shape[1]
    return kernels * (per_kernel + int(bias))


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return relu(np.einsum("ncuvpq,kcpq->nkuv", win, w) + b.reshape(1, -1, 1, 1))
