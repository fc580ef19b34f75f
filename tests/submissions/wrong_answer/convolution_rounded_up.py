# assignment: convolution
# conv2d: WA output_size_rounded_up

import math

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
    Ho = math.ceil((H + 2 * padding - kh) / stride) + 1
    Wo = math.ceil((W + 2 * padding - kw) / stride) + 1
    xp = np.zeros((N, C, H + 2 * padding + stride, W + 2 * padding + stride))
    xp[:, :, padding : padding + H, padding : padding + W] = x
    z = np.zeros((N, K, Ho, Wo))
    for u in range(Ho):
        for v in range(Wo):
            patch = xp[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
            z[:, :, u, v] = np.einsum("ncpq,kcpq->nk", patch, w) + b
    return z
