# assignment: conv_residual
# conv2d_input_grad: WA cropped_at_the_corner

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
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    col = np.einsum("kcij,nkuv->ncijuv", w, delta)
    Ho, Wo = delta.shape[2:]
    img = np.zeros((N, C, H + 2 * padding + stride, W + 2 * padding + stride))
    for i in range(kh):
        for j in range(kw):
            img[:, :, i : i + stride * Ho : stride, j : j + stride * Wo : stride] += col[:, :, i, j]
    return img[:, :, :H, :W]
