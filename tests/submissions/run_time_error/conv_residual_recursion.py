# assignment: conv_residual
# rotate180: RTE "RecursionError"
# conv_residual: RTE "RecursionError"

# rotate180 calls itself without coming to an end.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def rotate180(w):
    # rotate the inner part, then exchange the ends
    w = w.copy()
    w[1:-1] = rotate180(w[1:-1])
    w[0], w[-1] = w[-1][::-1].copy(), w[0][::-1].copy()
    return w


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    _, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    grad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + Ho * stride : stride, j : j + Wo * stride : stride] += np.einsum(
                "nkuv,kc->ncuv", delta, w[:, :, i, j]
            )
    return grad[:, :, padding : H + padding, padding : W + padding]
