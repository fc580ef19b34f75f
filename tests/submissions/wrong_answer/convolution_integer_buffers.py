# assignment: convolution
# correlate: WA stored_as_integers; loses integers
# sobel: WA stored_as_integers; loses integers
# conv_matrix: WA stored_as_integers
# conv2d: WA stored_as_integers; loses integers

import numpy as np


def correlate(a, w, b=0.0):
    kh, kw = w.shape
    z = np.zeros((a.shape[0] - kh + 1, a.shape[1] - kw + 1), dtype=a.dtype)
    for u in range(z.shape[0]):
        for v in range(z.shape[1]):
            z[u, v] = np.sum(w * a[u : u + kh, v : v + kw]) + b
    return z


def sobel(image):
    kx = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gx = correlate(image.astype(int) if image.dtype == np.uint8 else image, kx)
    gy = correlate(image.astype(int) if image.dtype == np.uint8 else image, kx.T)
    magnitude = np.zeros_like(gx)
    magnitude[:] = np.sqrt(gx**2 + gy**2)
    return gx, gy, magnitude


def prewitt(image):
    image = image.astype(float)
    kx = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    gx = correlate(image, kx)
    gy = correlate(image, kx.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)


def conv_matrix(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    M = np.zeros((Ho * Wo, H * W), dtype=int)
    for r in range(Ho * Wo):
        u, v = divmod(r, Wo)
        for p in range(kh):
            start = (u + p) * W + v
            M[r, start : start + kw] = w[p]
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
    kh, kw = kernel_shape
    n = kernels * (in_channels // groups) * kh * kw
    if bias:
        n += kernels
    return n


def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    Ho, Wo = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    z = np.zeros((N, K, Ho, Wo), x.dtype)
    for n, k, u, v in np.ndindex(z.shape):
        i, j = u * stride, v * stride
        z[n, k, u, v] = (xp[n, :, i : i + kh, j : j + kw] * w[k]).sum() + b[k]
    return z
