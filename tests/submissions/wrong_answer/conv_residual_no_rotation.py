# assignment: conv_residual
# derive_residuals: WA kernel_not_rotated
# conv_residual: WA kernel_not_rotated
# residual_formula: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
    δ11 = δ11 w22 σ'(z11)
    δ12 = (δ11 w21 + δ12 w22) σ'(z12)
    δ13 = δ12 w21 σ'(z13)
    δ21 = (δ11 w12 + δ21 w22) σ'(z21)
    δ22 = (δ11 w11 + δ12 w12 + δ21 w21 + δ22 w22) σ'(z22)
    δ23 = (δ12 w11 + δ22 w21) σ'(z23)
    δ31 = δ21 w12 σ'(z31)
    δ32 = (δ21 w11 + δ22 w12) σ'(z32)
    δ33 = δ22 w11 σ'(z33)
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
    # delta 补 0 之后与卷积核做卷积
    kh, kw = w.shape
    dp = pad_residual(delta, (kh, kw))
    H, W = dsigma.shape
    res = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            res[u, v] = (dp[u : u + kh, v : v + kw] * w).sum()
    return res * dsigma


def residual_formula():
    return "δ_{u,v}^(l-1) = Σ_m Σ_n w_{m,n}^(l) δ_{u+m-1,v+n-1}^(l) σ'(z_{u,v}^(l-1))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    dx = np.zeros((N, C, Hp, Wp))
    for n in range(N):
        for k in range(K):
            d = insert_zeros(delta[n, k], stride)
            # 余数部分补到右下角，凑成 Hp + kh - 1 行
            full = np.zeros((Hp + kh - 1, Wp + kw - 1))
            full[kh - 1 : kh - 1 + d.shape[0], kw - 1 : kw - 1 + d.shape[1]] = d
            for c in range(C):
                for u in range(Hp):
                    for v in range(Wp):
                        dx[n, c, u, v] += np.sum(full[u : u + kh, v : v + kw] * w[k, c])
    return dx[:, :, padding : padding + H, padding : padding + W]
