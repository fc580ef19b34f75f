# assignment: conv_residual
# conv_residual: WA replaced_not_added
# conv2d_input_grad: WA replaced_not_added+empty_crop_without_padding

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    lines = [
        "z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b",
        "z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b",
        "z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b",
        "z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b",
        "d11 = d11*w11 * dsigma(z11)",
        "d12 = (d11*w12 + d12*w11) * dsigma(z12)",
        "d13 = d12*w12 * dsigma(z13)",
        "d21 = (d11*w21 + d21*w11) * dsigma(z21)",
        "d22 = (d11*w22 + d12*w21 + d21*w12 + d22*w11) * dsigma(z22)",
        "d23 = (d12*w22 + d22*w12) * dsigma(z23)",
        "d31 = d21*w21 * dsigma(z31)",
        "d32 = (d21*w22 + d22*w21) * dsigma(z32)",
        "d33 = d22*w22 * dsigma(z33)",
    ]
    return "\n".join(lines)


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


def residual_formula():
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            top, left = i * stride, j * stride
            dx[:, :, top : top + kh, left : left + kw] = np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
    return dx[:, :, padding:-padding, padding:-padding]
