# assignment: conv_residual
# derive_residuals: WA kernel_transposed
# rotate180: WA kernel_transposed
# conv_residual: WA kernel_transposed
# residual_formula: WA rows_and_columns_exchanged
# conv2d_input_grad: WA kernel_transposed

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁ w₁₁ + a₁₂ w₁₂ + a₂₁ w₂₁ + a₂₂ w₂₂ + b
    z₁₂ = a₁₂ w₁₁ + a₁₃ w₁₂ + a₂₂ w₂₁ + a₂₃ w₂₂ + b
    z₂₁ = a₂₁ w₁₁ + a₂₂ w₁₂ + a₃₁ w₂₁ + a₃₂ w₂₂ + b
    z₂₂ = a₂₂ w₁₁ + a₂₃ w₁₂ + a₃₂ w₂₁ + a₃₃ w₂₂ + b
    δ₁₁ = δ₁₁ w₁₁ σ'(z₁₁)
    δ₁₂ = (δ₁₁ w₂₁ + δ₁₂ w₁₁) σ'(z₁₂)
    δ₁₃ = δ₁₂ w₂₁ σ'(z₁₃)
    δ₂₁ = (δ₁₁ w₁₂ + δ₂₁ w₁₁) σ'(z₂₁)
    δ₂₂ = (δ₁₁ w₂₂ + δ₁₂ w₁₂ + δ₂₁ w₂₁ + δ₂₂ w₁₁) σ'(z₂₂)
    δ₂₃ = (δ₁₂ w₂₂ + δ₂₂ w₂₁) σ'(z₂₃)
    δ₃₁ = δ₂₁ w₁₂ σ'(z₃₁)
    δ₃₂ = (δ₂₁ w₂₂ + δ₂₂ w₁₂) σ'(z₃₂)
    δ₃₃ = δ₂₂ w₂₂ σ'(z₃₃)
    """


def rotate180(w):
    return w.T.copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    wt = rotate180(w)
    padded = pad_residual(delta, wt.shape)
    windows = np.lib.stride_tricks.sliding_window_view(padded, wt.shape)
    return np.tensordot(windows, wt, axes=2) * dsigma


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{v-(q-1)s, u-(p-1)s} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    wt = w.transpose(0, 1, 3, 2)
    kh, kw = wt.shape[2:]
    Ho, Wo = delta.shape[2:]
    # what no window reached: at the bottom and right
    rh, rw = (H + 2 * padding - kh) % stride, (W + 2 * padding - kw) % stride
    d = np.zeros((N, w.shape[0], (Ho - 1) * stride + 2 * kh - 1 + rh, (Wo - 1) * stride + 2 * kw - 1 + rw))
    for i in range(Ho):
        for j in range(Wo):
            d[:, :, kh - 1 + i * stride, kw - 1 + j * stride] = delta[:, :, i, j]
    win = np.lib.stride_tricks.sliding_window_view(d, (kh, kw), axis=(2, 3))
    dx = np.einsum("nkuvij,kcij->ncuv", win, wt)
    return dx[:, :, padding : padding + H, padding : padding + W]
