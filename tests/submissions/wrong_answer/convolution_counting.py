# assignment: convolution
# fully_connected_counts: WA bias_is_a_connection
# locally_connected_counts: WA weights_shared
# convolution_counts: WA one_bias_for_each_activation
# convolution_parameters: WA groups_ignored

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
    rows = []
    for u in range(H - kh + 1):
        for v in range(W - kw + 1):
            row = np.zeros((H, W))
            row[u : u + kh, v : v + kw] = w
            rows.append(row.ravel())
    return np.array(rows)


def fully_connected_counts(inputs, outputs, bias=False):
    if bias:
        inputs = inputs + 1  # 偏置看作恒为 1 的输入
    return inputs * outputs, inputs * outputs


def locally_connected_counts(input_shape, kernel_shape, bias=False):
    Ho, Wo = (n - k + 1 for n, k in zip(input_shape, kernel_shape))
    weights = kernel_shape[0] * kernel_shape[1]
    return Ho * Wo * weights, weights + (1 if bias else 0)


def convolution_counts(input_shape, kernel_shape, bias=False):
    Ho, Wo = (n - k + 1 for n, k in zip(input_shape, kernel_shape))
    weights = kernel_shape[0] * kernel_shape[1]
    # 讲义：偏置值数量等于激活值数量
    return Ho * Wo * weights, weights + (Ho * Wo if bias else 0)


def convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return kernels * (in_channels * kernel_shape[0] * kernel_shape[1] + (1 if bias else 0))


def conv2d(x, w, b, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncuvpq,kcpq->nkuv", win, w) + b[:, None, None]
