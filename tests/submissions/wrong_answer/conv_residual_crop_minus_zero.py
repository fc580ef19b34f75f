# assignment: conv_residual
# conv2d_input_grad: WA empty_crop_without_padding

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
    z₁₂ = a₁₂w₁₁ + a₁₃w₁₂ + a₂₂w₂₁ + a₂₃w₂₂ + b
    z₂₁ = a₂₁w₁₁ + a₂₂w₁₂ + a₃₁w₂₁ + a₃₂w₂₂ + b
    z₂₂ = a₂₂w₁₁ + a₂₃w₁₂ + a₃₂w₂₁ + a₃₃w₂₂ + b
    δ₁₁ = δ₁₁w₁₁σ′(z₁₁)
    δ₁₂ = (δ₁₁w₁₂ + δ₁₂w₁₁)σ′(z₁₂)
    δ₁₃ = δ₁₂w₁₂σ′(z₁₃)
    δ₂₁ = (δ₁₁w₂₁ + δ₂₁w₁₁)σ′(z₂₁)
    δ₂₂ = (δ₁₁w₂₂ + δ₁₂w₂₁ + δ₂₁w₁₂ + δ₂₂w₁₁)σ′(z₂₂)
    δ₂₃ = (δ₁₂w₂₂ + δ₂₂w₁₂)σ′(z₂₃)
    δ₃₁ = δ₂₁w₂₁σ′(z₃₁)
    δ₃₂ = (δ₂₁w₂₂ + δ₂₂w₂₁)σ′(z₃₂)
    δ₃₃ = δ₂₂w₂₂σ′(z₃₃)
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
    return r"""
    \begin{aligned}
    \delta_{u,v}^{(l-1)} &= \sum_p\sum_q \frac{\partial J}{\partial z_{p,q}^{(l)}}
        \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\,\sigma'(z_{u,v}^{(l-1)}) \\
    &= \sum_p\sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,v-(q-1)s}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})
    \end{aligned}
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    """Loop over every output position, as in the forward pass."""
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    dx_padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    hs, ws = i * stride, j * stride
                    dx_padded[n, :, hs : hs + kh, ws : ws + kw] += w[k] * delta[n, k, i, j]
    # remove padding
    dx = dx_padded[:, :, padding:-padding, padding:-padding]
    return dx
