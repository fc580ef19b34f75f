# assignment: convolution
# conv_matrix: WA no_gap_between_kernel_rows
# convolution_parameters: WA biases_of_input_channels

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
            # 把 w 拉平放到窗口开始的位置
            start = u * W + v
            for i, value in enumerate(w.flatten()):
                M[u * Wo + v, start + i] = value
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
    n = kernels * in_channels * kernel_shape[0] * kernel_shape[1] // groups
    if bias:
        n += in_channels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    Ho = (H + 2 * padding - kh) // stride + 1
    Wo = (W + 2 * padding - kw) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    z = np.zeros((N, K, Ho, Wo))
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    patch = xp[n, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
                    z[n, k, u, v] = np.sum(patch * w[k]) + b[k]
    return z
