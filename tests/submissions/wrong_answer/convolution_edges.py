# assignment: convolution
# sobel: WA gy_upside_down
# prewitt: WA magnitude_of_absolute_values

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
    gx = correlate(image, np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=float))
    # y 轴向上
    gy = correlate(image, np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], dtype=float))
    return gx, gy, np.sqrt(gx * gx + gy * gy)


def prewitt(image):
    k = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    gx, gy = correlate(image, k), correlate(image, k.T)
    # 讲义图里的近似算法
    return gx, gy, abs(gx) + abs(gy)


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
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    patch = xp[n, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
                    z[n, k, u, v] = np.sum(patch * w[k]) + b[k]
    return z
