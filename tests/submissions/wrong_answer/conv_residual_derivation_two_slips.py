# assignment: conv_residual
# derive_residuals: WA "Not right: z₁₁, δ₁₂"; loses z11, delta12

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    (1) z11 = w11·a11 + w12·a12 + w21·a21 + w22·a23 + b
    (2) z12 = w11·a12 + w12·a13 + w21·a22 + w22·a23 + b
    (3) z21 = w11·a21 + w12·a22 + w21·a31 + w22·a32 + b
    (4) z22 = w11·a22 + w12·a23 + w21·a32 + w22·a33 + b
    (5) δ11 = σ'(z11)·w11·δ11
    (6) δ12 = σ'(z12)·w12·δ11
    (7) δ13 = σ'(z13)·w12·δ12
    (8) δ21 = σ'(z21)·(w21·δ11 + w11·δ21)
    (9) δ22 = σ'(z22)·(w22·δ11 + w21·δ12 + w12·δ21 + w11·δ22)
    (10) δ23 = σ'(z23)·(w22·δ12 + w12·δ22)
    (11) δ31 = σ'(z31)·w21·δ21
    (12) δ32 = σ'(z32)·(w22·δ21 + w21·δ22)
    (13) δ33 = σ'(z33)·w22·δ22
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
    return "delta[u,v] = dsigma(z[u,v]) * sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


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
