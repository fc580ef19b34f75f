# assignment: convolution
# correlate: WA indices_from_one

# u + p - 1, as the lecture's formula says, with indices that start at 0.
import numpy as np


def correlate(a, w, b=0.0):
    H, W = a.shape
    kh, kw = w.shape
    z = np.zeros((H - kh + 1, W - kw + 1))
    for u in range(H - kh + 1):
        for v in range(W - kw + 1):
            for p in range(kh):
                for q in range(kw):
                    z[u, v] += a[u + p - 1, v + q - 1] * w[p, q]
            z[u, v] += b
    return z


def edges(image, middle):
    img = image.astype(float)
    dx = img[:, 2:] - img[:, :-2]
    dy = img[2:, :] - img[:-2, :]
    gx = dx[:-2] + middle * dx[1:-1] + dx[2:]
    gy = dy[:, :-2] + middle * dy[:, 1:-1] + dy[:, 2:]
    return gx, gy, np.sqrt(gx**2 + gy**2)


def sobel(image):
    return edges(image, 2)


def prewitt(image):
    return edges(image, 1)


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
