# assignment: conv_residual
# derive_residuals: WA kernel_not_rotated
# conv_residual: WA kernel_not_rotated
# residual_formula: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+no_zeros_inserted

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁ w₁₁ + a₁₂ w₁₂ + a₂₁ w₂₁ + a₂₂ w₂₂ + b
    z₁₂ = a₁₂ w₁₁ + a₁₃ w₁₂ + a₂₂ w₂₁ + a₂₃ w₂₂ + b
    z₂₁ = a₂₁ w₁₁ + a₂₂ w₁₂ + a₃₁ w₂₁ + a₃₂ w₂₂ + b
    z₂₂ = a₂₂ w₁₁ + a₂₃ w₁₂ + a₃₂ w₂₁ + a₃₃ w₂₂ + b
    δ₁₁ = δ₁₁ w₂₂ σ'(z₁₁)
    δ₁₂ = (δ₁₁ w₂₁ + δ₁₂ w₂₂) σ'(z₁₂)
    δ₁₃ = δ₁₂ w₂₁ σ'(z₁₃)
    δ₂₁ = (δ₁₁ w₁₂ + δ₂₁ w₂₂) σ'(z₂₁)
    δ₂₂ = (δ₁₁ w₁₁ + δ₁₂ w₁₂ + δ₂₁ w₂₁ + δ₂₂ w₂₂) σ'(z₂₂)
    δ₂₃ = (δ₁₂ w₁₁ + δ₂₂ w₂₁) σ'(z₂₃)
    δ₃₁ = δ₂₁ w₁₂ σ'(z₃₁)
    δ₃₂ = (δ₂₁ w₁₁ + δ₂₂ w₁₂) σ'(z₃₂)
    δ₃₃ = δ₂₂ w₁₁ σ'(z₃₃)
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
    windows = np.lib.stride_tricks.sliding_window_view(pad_residual(delta, w.shape), w.shape)
    return np.einsum("uvmn,mn->uv", windows, w) * dsigma


def residual_formula():
    return "δ_{i,j} = Σ_{m,n} δ_{i+m-1,j+n-1} w_{m,n} σ'(z_{i,j})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    d = np.pad(delta, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    win = np.lib.stride_tricks.sliding_window_view(d, (kh, kw), axis=(2, 3))
    dx = np.einsum("nkuvij,kcij->ncuv", win, w)
    return dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding]
