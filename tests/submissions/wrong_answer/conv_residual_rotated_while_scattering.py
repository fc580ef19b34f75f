# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated

# "Backward means rotate the kernel": true when gathering, one rotation too many when scattering.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * (stride - 1), w + (w - 1) * (stride - 1)))
    for i in range(h):
        for j in range(w):
            big[i * stride, j * stride] = delta[i, j]
    return big


def conv_residual(delta, w, dsigma):
    flipped = rotate180(w)
    kh, kw = flipped.shape
    grad = np.zeros_like(dsigma, dtype=float)
    for (i, j), d in np.ndenumerate(delta):
        grad[i : i + kh, j : j + kw] += d * flipped
    return grad * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[-2:]
    flipped = np.flip(w, axis=(2, 3))
    canvas = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            patch = np.tensordot(delta[:, :, i, j], flipped, axes=1)  # (N, C, kh, kw)
            canvas[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += patch
    return canvas[:, :, padding : padding + H, padding : padding + W]
