# assignment: conv_residual
# conv_residual: RTE floats_added_to_integers; loses integers
# conv2d_input_grad: RTE floats_added_to_integers; loses integers

# The same mistake as element by element, but NumPy refuses to add floats to a slice of integers.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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
    out = np.zeros_like(dsigma)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            out[m : m + delta.shape[0], n : n + delta.shape[1]] += w[m, n] * delta
    return out * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=delta.dtype)
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            u, v = i * stride, j * stride
            dx[:, :, u : u + kh, v : v + kw] += np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
    return dx[:, :, padding : padding + H, padding : padding + W]
