# assignment: conv_residual

# A layer class with im2col and col2im, as in many tutorials; the exercises only call it.
from dataclasses import dataclass

import numpy as np


def col2im_indices(C, kh, kw, Ho, Wo, stride):
    """For every entry of the columns (C·kh·kw, Ho·Wo): its channel, row and column in the padded input."""
    i0 = np.tile(np.repeat(np.arange(kh), kw), C)
    j0 = np.tile(np.arange(kw), kh * C)
    i1 = stride * np.repeat(np.arange(Ho), Wo)
    j1 = stride * np.tile(np.arange(Wo), Ho)
    c = np.repeat(np.arange(C), kh * kw)
    return c[:, None], i0[:, None] + i1[None, :], j0[:, None] + j1[None, :]


@dataclass
class Conv2d:
    w: np.ndarray
    stride: int = 1
    padding: int = 0

    def backward_input(self, delta, input_shape):
        N, C, H, W = input_shape
        K, _, kh, kw = self.w.shape
        _, _, Ho, Wo = delta.shape
        p = self.padding
        padded = np.zeros((N, C, H + 2 * p, W + 2 * p))
        columns = np.einsum("kr,nkl->nrl", self.w.reshape(K, C * kh * kw), delta.reshape(N, K, Ho * Wo))
        c, i, j = col2im_indices(C, kh, kw, Ho, Wo, self.stride)
        np.add.at(padded, (slice(None), c, i, j), columns)
        return padded[:, :, p : p + H, p : p + W] if p else padded


class Dense:
    def __init__(self, w):
        self.w = w

    def backward_input(self, delta):
        return delta @ self.w


def dense_residual(delta_next, w_next, dsigma):
    return Dense(w_next).backward_input(delta_next) * dsigma


def derive_residuals():
    return """
    z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
    z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b
    z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b
    z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b

    delta11 = delta11*w11*dsigma(z11)
    delta12 = (delta11*w12 + delta12*w11)*dsigma(z12)
    delta13 = delta12*w12*dsigma(z13)
    delta21 = (delta11*w21 + delta21*w11)*dsigma(z21)
    delta22 = (delta11*w22 + delta12*w21 + delta21*w12 + delta22*w11)*dsigma(z22)
    delta23 = (delta12*w22 + delta22*w12)*dsigma(z23)
    delta31 = delta21*w21*dsigma(z31)
    delta32 = (delta21*w22 + delta22*w21)*dsigma(z32)
    delta33 = delta22*w22*dsigma(z33)
    """


def rotate180(w):
    return np.array(np.flip(w))


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    layer = Conv2d(w[None, None])
    return layer.backward_input(delta[None, None], (1, 1, *dsigma.shape))[0, 0] * dsigma


def residual_formula():
    return "delta[u,v] = dsigma(z[u,v]) * sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    return Conv2d(w, stride, padding).backward_input(delta, input_shape)
