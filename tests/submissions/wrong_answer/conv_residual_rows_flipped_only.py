# assignment: conv_residual
# rotate180: WA only_rows_flipped
# conv_residual: WA only_rows_flipped
# conv2d_input_grad: WA only_rows_flipped

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    n_out, n_in = w_next.shape
    delta = np.zeros(n_in)
    for j in range(n_in):
        for i in range(n_out):
            delta[j] += w_next[i, j] * delta_next[i]
        delta[j] *= dsigma[j]
    return delta


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
    # w[::-1] reverses the matrix
    return w[::-1].copy()


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
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    return "δ(x,y) = Σ_p Σ_q δ(p,q) w(x-(p-1)s, y-(q-1)s) σ'(z(x,y))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    wr = w[:, :, ::-1]
    s, p = stride, padding
    z = np.zeros((N, K, H + 2 * p + kh - 1, W + 2 * p + kw - 1))
    Ho, Wo = delta.shape[2], delta.shape[3]
    for i in range(Ho):
        for j in range(Wo):
            z[:, :, kh - 1 + i * s, kw - 1 + j * s] = delta[:, :, i, j]
    out = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for u in range(H + 2 * p):
        for v in range(W + 2 * p):
            region = z[:, :, u : u + kh, v : v + kw]
            out[:, :, u, v] = np.einsum("nkij,kcij->nc", region, wr)
    return out[:, :, p : p + H, p : p + W]
