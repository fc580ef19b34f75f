# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+divided_by_the_batch

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
    d = pad_residual(delta, w.shape)
    rows = []
    for u in range(dsigma.shape[0]):
        rows.append([np.sum(d[u : u + kh, v : v + kw] * w) for v in range(dsigma.shape[1])])
    return np.array(rows) * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    d = np.zeros((N, K, Hp + kh - 1, Wp + kw - 1))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            d[:, :, i * stride + kh - 1, j * stride + kw - 1] = delta[:, :, i, j]
    dx = np.zeros((N, C, Hp, Wp))
    for u in range(Hp):
        for v in range(Wp):
            dx[:, :, u, v] = np.einsum("nkij,kcij->nc", d[:, :, u : u + kh, v : v + kw], w) / N
    return dx[:, :, padding : padding + H, padding : padding + W]
