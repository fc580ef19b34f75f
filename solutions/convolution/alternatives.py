"""Right answers to the exercises of `convolution`, unlike the references: each earns everything."""

import math

import numpy as np

from ..catalogue import padded, units
from .hidden import differences
from .notebook import conv_matrix, correlate


# -------------------------------------------------------------------------------------------------- correlate
def correlate_by_loops(a, w, b=0.0):
    Ho, Wo = a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1
    z = np.zeros((Ho, Wo))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(w.shape[0]):
                for q in range(w.shape[1]):
                    z[u, v] += w[p, q] * a[u + p, v + q]
            z[u, v] += b
    return z


def correlate_by_windows(a, w, b=0.0):
    return np.einsum("uvpq,pq->uv", np.lib.stride_tricks.sliding_window_view(a, w.shape), w) + b


def correlate_window_by_window(a, w, b=0.0):
    kh, kw = w.shape
    rows, columns = range(a.shape[0] - kh + 1), range(a.shape[1] - kw + 1)
    return np.array([[np.sum(a[u : u + kh, v : v + kw] * w) + b for v in columns] for u in rows])


def correlate_by_columns_in_single_precision(a, w, b=0.0):
    windows = np.lib.stride_tricks.sliding_window_view(a.T.astype(np.float32), w.T.shape)
    return (windows.reshape(*windows.shape[:2], -1) @ w.T.ravel().astype(np.float32)).T + np.float32(b)


# --------------------------------------------------------------------------------------------- sobel, prewitt
def edges_in_other_ways(middle):
    """The two operators differ in the weight of the middle row."""

    def by_differences_of_floats(image):
        return differences(image.astype(float), middle)

    def by_loops(image):
        H, W = image.shape
        gx, gy = np.zeros((H - 2, W - 2)), np.zeros((H - 2, W - 2))
        for u in range(H - 2):
            for v in range(W - 2):
                for i, weight in enumerate((1, middle, 1)):
                    gx[u, v] += weight * (float(image[u + i, v + 2]) - float(image[u + i, v]))
                    gy[u, v] += weight * (float(image[u + 2, v + i]) - float(image[u, v + i]))
        return gx, gy, (gx**2 + gy**2) ** 0.5

    def by_windows(image):
        kernel = np.outer([1, middle, 1], [-1, 0, 1])
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        gx, gy = np.tensordot(windows, np.stack([kernel, kernel.T]), axes=([2, 3], [1, 2])).transpose(2, 0, 1)
        return gx, gy, np.linalg.norm([gx, gy], axis=0)

    return [by_differences_of_floats, by_loops, by_windows]


# ------------------------------------------------------------------------------------------------ conv_matrix
def matrix_by_loops(w, input_shape):
    H, W = input_shape
    Ho, Wo = H - w.shape[0] + 1, W - w.shape[1] + 1
    M = np.zeros((Ho * Wo, H * W))
    for u in range(Ho):
        for v in range(Wo):
            for p in range(w.shape[0]):
                for q in range(w.shape[1]):
                    M[u * Wo + v, (u + p) * W + (v + q)] = w[p, q]
    return M


def matrix_of_unit_images(w, input_shape):
    return np.stack([correlate_by_windows(unit, w).ravel() for unit in units(*input_shape)], axis=1)


def matrix_by_kronecker_products(w, input_shape):
    H, W = input_shape
    kh, kw = w.shape
    Ho, Wo = H - kh + 1, W - kw + 1
    return sum(w[p, q] * np.kron(np.eye(Ho, H, p), np.eye(Wo, W, q)) for p in range(kh) for q in range(kw))


# ------------------------------------------------------------------------------------- fully_connected_counts
def dense_by_loops(inputs, outputs, bias=False):
    connections = parameters = 0
    for _ in range(outputs):
        for _ in range(inputs):
            connections += 1
            parameters += 1
        if bias:
            parameters += 1
    return connections, parameters


def dense_by_arrays(inputs, outputs, bias=False):
    w, b = np.ones((outputs, inputs)), np.ones(outputs if bias else 0)
    return w.size, w.size + b.size


# ----------------------------------------------------------------------------------- locally_connected_counts
def local_by_loops(input_shape, kernel_shape, bias=False):
    connections = parameters = 0
    for _ in range(input_shape[0] - kernel_shape[0] + 1):
        for _ in range(input_shape[1] - kernel_shape[1] + 1):
            for _ in range(kernel_shape[0]):
                for _ in range(kernel_shape[1]):
                    connections += 1
            if bias:
                parameters += 1
    return connections, parameters + connections


def local_by_matrix(input_shape, kernel_shape, bias=False):
    M = conv_matrix(np.ones(kernel_shape), input_shape)
    return np.count_nonzero(M), np.count_nonzero(M) + bias * len(M)


# ----------------------------------------------------------------------------------------- convolution_counts
def shared_by_loops(input_shape, kernel_shape, bias=False):
    connections, weights = 0, set()
    for _ in range(input_shape[0] - kernel_shape[0] + 1):
        for _ in range(input_shape[1] - kernel_shape[1] + 1):
            for p in range(kernel_shape[0]):
                for q in range(kernel_shape[1]):
                    connections += 1
                    weights.add((p, q))
    return connections, len(weights) + int(bias)


def shared_by_matrix(input_shape, kernel_shape, bias=False):
    numbers = np.arange(1.0, math.prod(kernel_shape) + 1).reshape(kernel_shape)
    connections = conv_matrix(numbers, input_shape)
    connections = connections[connections > 0]
    return connections.size, np.unique(connections).size + bias


# ------------------------------------------------------------------------------------- convolution_parameters
def parameters_one_by_one(in_channels, kernels, kernel_shape, bias=True, groups=1):
    count = 0
    for _ in range(kernels):
        for _ in range(in_channels // groups):
            for _ in range(kernel_shape[0]):
                count += kernel_shape[1]
        if bias:
            count += 1
    return count


def parameters_kernel_by_kernel(in_channels, kernels, kernel_shape, bias=True, groups=1):
    return kernels * (math.prod((in_channels, *kernel_shape)) // groups + int(bias))


def parameters_group_by_group(in_channels, kernels, kernel_shape, bias=True, groups=1):
    one_group = np.zeros((kernels // groups, in_channels // groups, *kernel_shape))
    return groups * (one_group.size + bias * len(one_group))


def parameters_by_connected_channels(in_channels, kernels, kernel_shape, bias=True, groups=1):
    joined = np.kron(np.eye(groups), np.ones((kernels // groups, in_channels // groups)))
    return joined.sum() * np.prod(kernel_shape) + (kernels if bias else 0)


def parameters_by_recursion(in_channels, kernels, kernel_shape, bias=True, groups=1):
    if groups > 1:
        rest = in_channels - in_channels // groups, kernels - kernels // groups
        return parameters_by_recursion(
            in_channels // groups, kernels // groups, kernel_shape, bias
        ) + parameters_by_recursion(*rest, kernel_shape, bias, groups - 1)
    return sum(in_channels * kernel_shape[0] * kernel_shape[1] + bool(bias) for _ in range(kernels))


# ----------------------------------------------------------------------------------------------------- conv2d
def output_size(x, w, stride, padding):
    """(Ho, Wo)."""
    return tuple((n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))


def layer_by_loops(x, w, b, stride=1, padding=0):
    (N, C, H, W), (K, _, kh, kw) = x.shape, w.shape
    Ho, Wo = output_size(x, w, stride, padding)
    z = np.zeros((N, K, Ho, Wo))
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    z[n, k, u, v] = b[k]
                    for c in range(C):
                        for p in range(kh):
                            for q in range(kw):
                                i, j = u * stride + p - padding, v * stride + q - padding
                                if 0 <= i < H and 0 <= j < W:
                                    z[n, k, u, v] += w[k, c, p, q] * x[n, c, i, j]
    return z


def layer_by_windows(x, w, b, stride=1, padding=0):
    a = padded(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(a, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + b.reshape(-1, 1, 1)


def layer_by_im2col(x, w, b, stride=1, padding=0):
    (K, C, kh, kw), (Ho, Wo) = w.shape, output_size(x, w, stride, padding)
    i = stride * np.arange(Ho)[:, None, None, None] + np.arange(kh)[:, None]
    j = stride * np.arange(Wo)[:, None, None] + np.arange(kw)
    columns = padded(x, padding)[:, :, i, j].transpose(0, 2, 3, 1, 4, 5).reshape(-1, C * kh * kw)
    return (columns @ w.reshape(K, -1).T + b).reshape(-1, Ho, Wo, K).transpose(0, 3, 1, 2)


def layer_by_correlate(x, w, b, stride=1, padding=0):
    a = padded(x, padding)
    maps = [
        [
            sum(correlate(channel, slice_) for channel, slice_ in zip(sample, kernel, strict=True))
            for kernel in w
        ]
        for sample in a
    ]
    return np.array(maps)[:, :, ::stride, ::stride] + b[:, None, None]


def layer_by_scattering(x, w, b, stride=1, padding=0):
    """Every activation adds to all the sums that it takes part in."""
    Ho, Wo = output_size(x, w, stride, padding)
    z = np.zeros((len(x), len(w), Ho, Wo)) + b[:, None, None]
    for i, j, p, q in np.ndindex(*x.shape[2:], *w.shape[2:]):
        (u, above), (v, left) = divmod(i + padding - p, stride), divmod(j + padding - q, stride)
        if above == left == 0 and 0 <= u < Ho and 0 <= v < Wo:
            z[:, :, u, v] += x[:, :, i, j] @ w[:, :, p, q].T
    return z


def layer_by_fft(x, w, b, stride=1, padding=0):
    a = padded(x, padding)
    size, (Ho, Wo) = a.shape[2:], output_size(x, w, 1, padding)
    spectrum = np.einsum("nchw,kchw->nkhw", np.fft.rfft2(a), np.fft.rfft2(w, size).conj())
    return np.fft.irfft2(spectrum, size)[:, :, :Ho:stride, :Wo:stride] + b[:, None, None]


def layer_by_matrices_in_single_precision(x, w, b, stride=1, padding=0):
    a, (Ho, Wo) = padded(x, padding), output_size(x, w, 1, padding)
    M = np.array([[matrix_by_loops(slice_, a.shape[2:]) for slice_ in kernel] for kernel in w], np.float32)
    z = np.einsum("kcij,ncj->nki", M, a.reshape(*a.shape[:2], -1).astype(np.float32))
    return np.asfortranarray(z.reshape(len(x), -1, Ho, Wo)[:, :, ::stride, ::stride] + b[:, None, None])


ALTERNATIVES = {
    "correlate": [
        correlate_by_loops,
        correlate_by_windows,
        correlate_window_by_window,
        correlate_by_columns_in_single_precision,
    ],
    "sobel": edges_in_other_ways(2),
    "prewitt": edges_in_other_ways(1),
    "conv_matrix": [matrix_by_loops, matrix_of_unit_images, matrix_by_kronecker_products],
    "fully_connected_counts": [dense_by_loops, dense_by_arrays],
    "locally_connected_counts": [local_by_loops, local_by_matrix],
    "convolution_counts": [shared_by_loops, shared_by_matrix],
    "convolution_parameters": [
        parameters_one_by_one,
        parameters_kernel_by_kernel,
        parameters_group_by_group,
        parameters_by_connected_channels,
        parameters_by_recursion,
    ],
    "conv2d": [
        layer_by_loops,
        layer_by_windows,
        layer_by_im2col,
        layer_by_correlate,
        layer_by_scattering,
        layer_by_fft,
        layer_by_matrices_in_single_precision,
    ],
}
