# assignment: conv_residual
# conv2d_input_grad: WA no_zeros_inserted

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
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    # rotate, pad with k-1 zeros, correlate
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    padded = np.pad(delta, [(0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)])
    w_rot = np.rot90(w, 2, axes=(2, 3))
    h, v = padded.shape[2] - kh + 1, padded.shape[3] - kw + 1
    out = np.zeros((N, C, h, v))
    for i in range(h):
        for j in range(v):
            out[:, :, i, j] = np.tensordot(padded[:, :, i : i + kh, j : j + kw], w_rot, axes=([1, 2, 3], [0, 2, 3]))
    return out[:, :, padding : h - padding, padding : v - padding]
