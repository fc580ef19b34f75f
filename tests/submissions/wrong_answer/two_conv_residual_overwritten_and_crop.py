# assignment: conv_residual
# conv_residual: WA replaced_not_added
# conv2d_input_grad: WA replaced_not_added+empty_crop_without_padding

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
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            out[i : i + kh, j : j + kw] = w * delta[i, j]
    return out * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            top, left = i * stride, j * stride
            dx[:, :, top : top + kh, left : left + kw] = np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
    return dx[:, :, padding:-padding, padding:-padding]
