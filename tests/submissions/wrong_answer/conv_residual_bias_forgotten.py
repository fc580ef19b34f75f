# assignment: conv_residual
# derive_residuals: WA bias_forgotten; loses z11, z12, z21, z22

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁ w₁₁ + a₁₂ w₁₂ + a₂₁ w₂₁ + a₂₂ w₂₂
    z₁₂ = a₁₂ w₁₁ + a₁₃ w₁₂ + a₂₂ w₂₁ + a₂₃ w₂₂
    z₂₁ = a₂₁ w₁₁ + a₂₂ w₁₂ + a₃₁ w₂₁ + a₃₂ w₂₂
    z₂₂ = a₂₂ w₁₁ + a₂₃ w₁₂ + a₃₂ w₂₁ + a₃₃ w₂₂
    δ₁₁ = δ₁₁ w₁₁ σ'(z₁₁)
    δ₁₂ = (δ₁₁ w₁₂ + δ₁₂ w₁₁) σ'(z₁₂)
    δ₁₃ = δ₁₂ w₁₂ σ'(z₁₃)
    δ₂₁ = (δ₁₁ w₂₁ + δ₂₁ w₁₁) σ'(z₂₁)
    δ₂₂ = (δ₁₁ w₂₂ + δ₁₂ w₂₁ + δ₂₁ w₁₂ + δ₂₂ w₁₁) σ'(z₂₂)
    δ₂₃ = (δ₁₂ w₂₂ + δ₂₂ w₁₂) σ'(z₂₃)
    δ₃₁ = δ₂₁ w₂₁ σ'(z₃₁)
    δ₃₂ = (δ₂₁ w₂₂ + δ₂₂ w₂₁) σ'(z₃₂)
    δ₃₃ = δ₂₂ w₂₂ σ'(z₃₃)
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
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


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
