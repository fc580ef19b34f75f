# assignment: conv_residual
# conv2d_input_grad: WA first_channel_for_all

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
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[-2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k, kernel in enumerate(w):
            for i, row in enumerate(delta[n, k]):
                for j, d in enumerate(row):
                    # every channel passes the residual on
                    dx[n, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += d * kernel[0]
    return dx[:, :, padding : padding + H, padding : padding + W]
