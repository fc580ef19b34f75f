# assignment: convolution
# convolution_parameters: RTE "ZeroDivisionError"
# conv2d: RTE "ZeroDivisionError"

# Helpers with defaults of their own.
import numpy as np


def output_size(n, k, stride=0, padding=0):
    return (n + 2 * padding - k) // stride + 1


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
    per_group = kernels // (groups - 1)
    return per_group * groups * in_channels * kernel_shape[0] * kernel_shape[1]


def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    Ho, Wo = output_size(H, kh), output_size(W, kw)
    z = np.zeros((N, K, Ho, Wo))
    return z
