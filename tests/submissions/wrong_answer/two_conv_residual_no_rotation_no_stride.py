# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+no_zeros_inserted

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def rotate180(w):
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
    windows = np.lib.stride_tricks.sliding_window_view(pad_residual(delta, w.shape), w.shape)
    return np.einsum("uvmn,mn->uv", windows, w) * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    d = np.pad(delta, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    win = np.lib.stride_tricks.sliding_window_view(d, (kh, kw), axis=(2, 3))
    dx = np.einsum("nkuvij,kcij->ncuv", win, w)
    return dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding]
