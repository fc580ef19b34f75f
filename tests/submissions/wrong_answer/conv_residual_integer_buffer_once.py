# assignment: conv_residual
# conv2d_input_grad: WA stored_as_integers; loses integers

# Computed in floats, then copied into an array made by zeros_like(delta): truncated once, at the end.
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
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def residual_formula():
    return r"\delta_{u,v} = \sigma'(z_{u,v}) \sum_{p=1}^{H_o} \sum_{q=1}^{W_o} w_{u-(p-1)s,v-(q-1)s} \delta_{p,q}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros(input_shape, dtype=delta.dtype)
    for n in range(N):
        da = np.zeros((C, H + 2 * padding, W + 2 * padding))
        for p in range(delta.shape[2]):
            for q in range(delta.shape[3]):
                block = np.tensordot(delta[n, :, p, q], w, axes=1)
                da[:, p * stride : p * stride + kh, q * stride : q * stride + kw] += block
        dx[n] = da[:, padding : padding + H, padding : padding + W]
    return dx
