# assignment: conv_residual
# residual_formula: WA stride_ignored; loses stride
# conv2d_input_grad: WA no_zeros_inserted

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    # forward
    z11 = w11 a11 + w12 a12 + w21 a21 + w22 a22 + b
    z12 = w11 a12 + w12 a13 + w21 a22 + w22 a23 + b
    z21 = w11 a21 + w12 a22 + w21 a31 + w22 a32 + b
    z22 = w11 a22 + w12 a23 + w21 a32 + w22 a33 + b

    # backward: for each a, look for the z that it is in
    δ11 = (δ11 w11) σ'(z11)   # a11 is in z11
    δ12 = (δ11 w12 + δ12 w11) σ'(z12)   # a12 is in z11, z12
    δ13 = (δ12 w12) σ'(z13)   # a13 is in z12
    δ21 = (δ11 w21 + δ21 w11) σ'(z21)   # a21 is in z11, z21
    δ22 = (δ11 w22 + δ12 w21 + δ21 w12 + δ22 w11) σ'(z22)   # a22 is in z11, z12, z21, z22
    δ23 = (δ12 w22 + δ22 w12) σ'(z23)   # a23 is in z12, z22
    δ31 = (δ21 w21) σ'(z31)   # a31 is in z21
    δ32 = (δ21 w22 + δ22 w21) σ'(z32)   # a32 is in z21, z22
    δ33 = (δ22 w22) σ'(z33)   # a33 is in z22
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
    return "δ(u,v) = σ'(z(u,v)) Σ_p Σ_q δ(p,q) w(u-p+1, v-q+1)"


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
