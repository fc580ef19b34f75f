# assignment: conv_residual
# rotate180: MISSING "There is no function called rotate180"
# conv2d_input_grad: MISSING "There is no function called conv2d_input_grad"

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def rotate_180(w):
    return w[::-1, ::-1].copy()


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


class Conv2d:
    def conv2d_input_grad(self, delta, w, input_shape, stride=1, padding=0):
        N, C, H, W = input_shape
        kh, kw = w.shape[2:]
        dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
        for i in range(delta.shape[2]):
            for j in range(delta.shape[3]):
                u, v = i * stride, j * stride
                dx[:, :, u : u + kh, v : v + kw] += np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
        return dx[:, :, padding : padding + H, padding : padding + W]
