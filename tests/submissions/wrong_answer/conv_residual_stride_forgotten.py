# assignment: conv_residual
# residual_formula: WA stride_ignored; loses stride
# conv2d_input_grad: WA stride_ignored

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    前向（互相关，不翻转）：
    z_11 = a_11 w_11 + a_12 w_12 + a_21 w_21 + a_22 w_22 + b
    z_12 = a_12 w_11 + a_13 w_12 + a_22 w_21 + a_23 w_22 + b
    z_21 = a_21 w_11 + a_22 w_12 + a_31 w_21 + a_32 w_22 + b
    z_22 = a_22 w_11 + a_23 w_12 + a_32 w_21 + a_33 w_22 + b
    前一层残差：
    δ_11^(l-1) = δ_11 w_11 σ'(z_11^(l-1))   （角）
    δ_12^(l-1) = (δ_11 w_12 + δ_12 w_11) σ'(z_12^(l-1))   （边）
    δ_13^(l-1) = δ_12 w_12 σ'(z_13^(l-1))   （角）
    δ_21^(l-1) = (δ_11 w_21 + δ_21 w_11) σ'(z_21^(l-1))   （边）
    δ_22^(l-1) = (δ_11 w_22 + δ_12 w_21 + δ_21 w_12 + δ_22 w_11) σ'(z_22^(l-1))   （中心）
    δ_23^(l-1) = (δ_12 w_22 + δ_22 w_12) σ'(z_23^(l-1))   （边）
    δ_31^(l-1) = δ_21 w_21 σ'(z_31^(l-1))   （角）
    δ_32^(l-1) = (δ_21 w_22 + δ_22 w_21) σ'(z_32^(l-1))   （边）
    δ_33^(l-1) = δ_22 w_22 σ'(z_33^(l-1))   （角）
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
    da = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            da[i : i + kh, j : j + kw] += delta[i, j] * w
    return da * dsigma


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-p+1, v-q+1} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for i in range(delta.shape[2]):
                    for j in range(delta.shape[3]):
                        dx[n, c, i : i + kh, j : j + kw] += delta[n, k, i, j] * w[k, c]
    return dx[:, :, padding : padding + H, padding : padding + W]
