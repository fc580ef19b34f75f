# assignment: convolution

import numpy as np


def correlate(a, w, b=0.0):
    H, W = a.shape
    kh, kw = w.shape
    z = []
    for u in range(H - kh + 1):
        row = []
        for v in range(W - kw + 1):
            total = b
            for p in range(kh):
                for q in range(kw):
                    total = total + float(w[p, q]) * float(a[u + p, v + q])
            row.append(total)
        z.append(row)
    return z


def gradient_images(image, middle):
    H, W = len(image), len(image[0])
    gx = np.zeros((H - 2, W - 2))
    gy = np.zeros((H - 2, W - 2))
    for u in range(H - 2):
        for v in range(W - 2):
            for i, weight in enumerate([1, middle, 1]):
                gx[u, v] += weight * (int(image[u + i, v + 2]) - int(image[u + i, v])) if image.dtype.kind in "iu" else (
                    weight * (image[u + i, v + 2] - image[u + i, v])
                )
                gy[u, v] += weight * (float(image[u + 2, v + i]) - float(image[u, v + i]))
    return gx, gy, (gx**2 + gy**2) ** 0.5


def sobel(image):
    return gradient_images(image, 2)


def prewitt(image):
    return gradient_images(image, 1)


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
    # count them one by one, group after group
    n = 0
    for g in range(groups):
        for k in range(kernels // groups):
            n += (in_channels // groups) * kernel_shape[0] * kernel_shape[1]
            n += 1 if bias else 0
    return n


def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    z = np.zeros((N, K, (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1))
    for n in range(N):
        for k in range(K):
            for u in range(z.shape[2]):
                for v in range(z.shape[3]):
                    z[n, k, u, v] = b[k]
                    for c in range(C):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:
                                    z[n, k, u, v] += x[n, c, i, j] * w[k, c, p, q]
    return z
