# assignment: convolution
# conv2d: WA stride_ignored

import numpy as np


def correlate(a, w, b=0.0):
    win = np.lib.stride_tricks.sliding_window_view(a, w.shape)
    return np.einsum("uvpq,pq->uv", win, w) + b


SOBEL_X = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
SOBEL_Y = np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])


def sobel(image):
    gx, gy = correlate(image, SOBEL_X), correlate(image, SOBEL_Y)
    return gx, gy, np.hypot(gx, gy)


PREWITT_X = np.array([[-1.0, 0.0, 1.0]] * 3)


def prewitt(image):
    gx, gy = correlate(image, PREWITT_X), correlate(image, PREWITT_X.T)
    return gx, gy, np.hypot(gx, gy)


def conv_matrix(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    M = np.zeros((Ho * Wo, H * W))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(kh):
                for q in range(kw):
                    M[u * Wo + v, (u + p) * W + v + q] = w[p, q]
    return M


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
    patches = np.lib.stride_tricks.sliding_window_view(x, w.shape[-2:], axis=(-2, -1))
    z = np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3]))  # (N, Ho, Wo, K)
    return (z + b).transpose(0, 3, 1, 2)
