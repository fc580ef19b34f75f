# assignment: conv_residual
# derive_residuals: WA weight_of_the_place_of_delta; loses delta12, delta21, delta22, delta23, delta32

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
    δ11 = δ11 w11 σ'(z11)
    δ12 = (δ11 w11 + δ12 w12) σ'(z12)
    δ13 = δ12 w12 σ'(z13)
    δ21 = (δ11 w11 + δ21 w21) σ'(z21)
    δ22 = (δ11 w11 + δ12 w12 + δ21 w21 + δ22 w22) σ'(z22)
    δ23 = (δ12 w12 + δ22 w22) σ'(z23)
    δ31 = δ21 w21 σ'(z31)
    δ32 = (δ21 w21 + δ22 w22) σ'(z32)
    δ33 = δ22 w22 σ'(z33)
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
    return "δ_{i,j} = σ'(z_{i,j})·Σ_{m,n} δ_{m,n}·w_{i-ms+s, j-ns+s}"


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
