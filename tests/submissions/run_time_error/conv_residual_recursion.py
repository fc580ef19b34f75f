# assignment: conv_residual
# rotate180: RTE "RecursionError"
# conv_residual: RTE "RecursionError"

# rotate180 calls itself without coming to an end.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


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
    # rotate the inner part, then exchange the ends
    w = w.copy()
    w[1:-1] = rotate180(w[1:-1])
    w[0], w[-1] = w[-1][::-1].copy(), w[0][::-1].copy()
    return w


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
    return r"\delta_{u,v} = \sigma'(z_{u,v}) \sum_{p=1}^{H_o} \sum_{q=1}^{W_o} w_{u-(p-1)s,v-(q-1)s} \delta_{p,q}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    _, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    grad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + Ho * stride : stride, j : j + Wo * stride : stride] += np.einsum(
                "nkuv,kc->ncuv", delta, w[:, :, i, j]
            )
    return grad[:, :, padding : H + padding, padding : W + padding]
