# assignment: convolution

# im2col, also for the single map: a batch of one.
import numpy as np


def im2col(x, kh, kw, stride):
    N, C, H, W = x.shape
    Ho, Wo = (H - kh) // stride + 1, (W - kw) // stride + 1
    col = np.empty((N, C, kh, kw, Ho, Wo))
    for i in range(kh):
        i_end = i + stride * (Ho - 1) + 1
        for j in range(kw):
            j_end = j + stride * (Wo - 1) + 1
            col[:, :, i, j] = x[:, :, i:i_end:stride, j:j_end:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * Ho * Wo, -1), Ho, Wo


def conv2d(x, w, b, stride=1, padding=0):
    K, _, kh, kw = w.shape
    x = np.pad(x, [(0,), (0,), (padding,), (padding,)])
    col, Ho, Wo = im2col(x, kh, kw, stride)
    z = col @ w.reshape(K, -1).T + b
    return z.reshape(len(x), Ho, Wo, K).transpose(0, 3, 1, 2)


def correlate(a, w, b=0.0):
    return conv2d(a[np.newaxis, np.newaxis], w[np.newaxis, np.newaxis], np.array([b]))[0, 0]


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
    # column j of the matrix is the image of the j-th unit map
    size = input_shape[0] * input_shape[1]
    units = np.eye(size).reshape(size, 1, *input_shape)
    return conv2d(units, w[None, None], np.zeros(1)).reshape(size, -1).T


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
