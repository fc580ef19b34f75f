# assignment: conv_residual
# derive_residuals: WA terms_averaged
# conv2d_input_grad: WA mean_over_kernels

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁ w₁₁ + a₁₂ w₁₂ + a₂₁ w₂₁ + a₂₂ w₂₂ + b
    z₁₂ = a₁₂ w₁₁ + a₁₃ w₁₂ + a₂₂ w₂₁ + a₂₃ w₂₂ + b
    z₂₁ = a₂₁ w₁₁ + a₂₂ w₁₂ + a₃₁ w₂₁ + a₃₂ w₂₂ + b
    z₂₂ = a₂₂ w₁₁ + a₂₃ w₁₂ + a₃₂ w₂₁ + a₃₃ w₂₂ + b
    δ₁₁ = δ₁₁ w₁₁ / 1 σ'(z₁₁)
    δ₁₂ = (δ₁₁ w₁₂ + δ₁₂ w₁₁) / 2 σ'(z₁₂)
    δ₁₃ = δ₁₂ w₁₂ / 1 σ'(z₁₃)
    δ₂₁ = (δ₁₁ w₂₁ + δ₂₁ w₁₁) / 2 σ'(z₂₁)
    δ₂₂ = (δ₁₁ w₂₂ + δ₁₂ w₂₁ + δ₂₁ w₁₂ + δ₂₂ w₁₁) / 4 σ'(z₂₂)
    δ₂₃ = (δ₁₂ w₂₂ + δ₂₂ w₁₂) / 2 σ'(z₂₃)
    δ₃₁ = δ₂₁ w₂₁ / 1 σ'(z₃₁)
    δ₃₂ = (δ₂₁ w₂₂ + δ₂₂ w₂₁) / 2 σ'(z₃₂)
    δ₃₃ = δ₂₂ w₂₂ / 1 σ'(z₃₃)
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


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
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    parts = np.zeros((K, N, C, H + 2 * padding, W + 2 * padding))
    for k in range(K):
        for i in range(delta.shape[2]):
            for j in range(delta.shape[3]):
                u, v = i * stride, j * stride
                parts[k, :, :, u : u + kh, v : v + kw] += delta[:, k, i, j][:, None, None, None] * w[k]
    # 各个卷积核的残差取平均
    dx = parts.mean(axis=0)
    return dx[:, :, padding : padding + H, padding : padding + W]
