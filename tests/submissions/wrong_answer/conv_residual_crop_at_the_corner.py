# assignment: conv_residual
# conv2d_input_grad: WA cropped_at_the_corner

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


def residual_formula():
    return "delta_{i,j} = (sum_m sum_n delta_{m,n} w_{i-s*(m-1), j-s*(n-1)}) sigma'(z_{i,j})"


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
