# assignment: conv_residual
# derive_residuals: MISSING "the nearest name is derive_residual "
# rotate180: MISSING "the nearest name is rotate_180 "
# residual_formula: MISSING "the nearest name is Residual_formula "
# conv2d_input_grad: MISSING "conv2d_input_grad is defined only inside another statement"

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residual():
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


def Residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"


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
