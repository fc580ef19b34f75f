# assignment: conv_residual
# conv2d_input_grad: WA stored_as_integers; loses integers

# Computed in floats, then copied into an array made by zeros_like(delta): truncated once, at the end.
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
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros(input_shape, dtype=delta.dtype)
    for n in range(N):
        da = np.zeros((C, H + 2 * padding, W + 2 * padding))
        for p in range(delta.shape[2]):
            for q in range(delta.shape[3]):
                block = np.tensordot(delta[n, :, p, q], w, axes=1)
                da[:, p * stride : p * stride + kh, q * stride : q * stride + kw] += block
        dx[n] = da[:, padding : padding + H, padding : padding + W]
    return dx
