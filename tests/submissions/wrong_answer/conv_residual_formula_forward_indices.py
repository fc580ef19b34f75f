# assignment: conv_residual
# residual_formula: WA forward_indices

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))


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


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{(u-1)s+p, (v-1)s+q} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    Ho, Wo = delta.shape[2:]
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for p in range(Ho):
        for q in range(Wo):
            i, j = p * stride, q * stride
            out[:, :, i : i + kh, j : j + kw] += np.tensordot(delta[:, :, p, q], w, axes=1)
    return out[:, :, padding : padding + H, padding : padding + W]
