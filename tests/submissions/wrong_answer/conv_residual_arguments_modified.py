# assignment: conv_residual
# dense_residual: WA "argument delta_next was changed"
# conv_residual: WA "argument dsigma was changed"
# conv2d_input_grad: WA "argument delta was changed"

# The values are right; the caller's arrays are not what they were.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    out = np.zeros(w_next.shape[1])
    for i in range(w_next.shape[0]):
        out += delta_next[i] * w_next[i]
        delta_next[i] = 0  # done
    return out * dsigma


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    full = np.zeros(dsigma.shape)
    kh, kw = w.shape
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            full[i : i + kh, j : j + kw] += delta[i, j] * w
    dsigma *= full
    return dsigma.copy()


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            u, v = i * stride, j * stride
            dx[:, :, u : u + kh, v : v + kw] += np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
            delta[:, :, i, j] *= 0
    return dx[:, :, padding : padding + H, padding : padding + W]
