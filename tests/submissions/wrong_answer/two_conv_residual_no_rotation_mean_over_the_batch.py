# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+divided_by_the_batch

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
        δ12 = δ11 w12 σ'(z12) + δ12 w11 σ'(z12)
        δ13 = δ12 w12 σ'(z13)
        δ21 = δ11 w21 σ'(z21) + δ21 w11 σ'(z21)
        δ22 = δ11 w22 σ'(z22) + δ12 w21 σ'(z22) + δ21 w12 σ'(z22) + δ22 w11 σ'(z22)
        δ23 = δ12 w22 σ'(z23) + δ22 w12 σ'(z23)
        δ31 = δ21 w21 σ'(z31)
        δ32 = δ21 w22 σ'(z32) + δ22 w21 σ'(z32)
        δ33 = δ22 w22 σ'(z33)
    """


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


def residual_formula():
    return "δ_{i,j} = σ'(z_{i,j})·Σ_{m,n} δ_{m,n}·w_{i-ms+s, j-ns+s}"


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
