# assignment: conv_residual
# dense_residual: RTE sigma_prime_of_the_wrong_layer
# derive_residuals: WA sigma_prime_of_this_layer
# conv_residual: WA sigma_prime_of_the_wrong_layer
# residual_formula: WA sigma_prime_of_this_layer

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # δ·σ' 先算好，再传回去
    d = delta_next * dsigma
    result = np.zeros(w_next.shape[1])
    for j in range(len(result)):
        for i in range(len(d)):
            result[j] += w_next[i, j] * d[i]
    return result


def derive_residuals():
    return """
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
    δ11 = (δ11 w11 σ'(z11^(l)))
    δ12 = (δ11 w12 σ'(z11^(l)) + δ12 w11 σ'(z12^(l)))
    δ13 = (δ12 w12 σ'(z12^(l)))
    δ21 = (δ11 w21 σ'(z11^(l)) + δ21 w11 σ'(z21^(l)))
    δ22 = (δ11 w22 σ'(z11^(l)) + δ12 w21 σ'(z12^(l)) + δ21 w12 σ'(z21^(l)) + δ22 w11 σ'(z22^(l)))
    δ23 = (δ12 w22 σ'(z12^(l)) + δ22 w12 σ'(z22^(l)))
    δ31 = (δ21 w21 σ'(z21^(l)))
    δ32 = (δ21 w22 σ'(z21^(l)) + δ22 w21 σ'(z22^(l)))
    δ33 = (δ22 w22 σ'(z22^(l)))
    """


def rotate180(w):
    kh, kw = w.shape
    w_rot = np.zeros((kh, kw))
    for m in range(kh):
        for n in range(kw):
            w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]
    return w_rot


def pad_residual(delta, kernel_shape):
    # 四周补 k-1 圈 0
    Ho, Wo = delta.shape
    kh, kw = kernel_shape
    padded = np.zeros((Ho + 2 * kh - 2, Wo + 2 * kw - 2))
    for i in range(Ho):
        for j in range(Wo):
            padded[i + kh - 1][j + kw - 1] = delta[i][j]
    return padded


def insert_zeros(delta, stride):
    # 先每行每列后面都补 s-1 个 0，再去掉最后多出来的
    big = np.zeros((delta.shape[0] * stride, delta.shape[1] * stride))
    big[::stride, ::stride] = delta
    return big[: big.shape[0] - stride + 1, : big.shape[1] - stride + 1]


def conv_residual(delta, w, dsigma):
    Ho, Wo = delta.shape
    d = delta * dsigma[:Ho, :Wo]
    d = pad_residual(d, w.shape)
    w_rot = rotate180(w)
    kh, kw = w.shape
    out = np.zeros((Ho + kh - 1, Wo + kw - 1))
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(d[u : u + kh, v : v + kw] * w_rot)
    return out


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{p,q}^(l))"


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
