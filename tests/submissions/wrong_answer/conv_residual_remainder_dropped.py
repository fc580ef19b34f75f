# assignment: conv_residual
# conv2d_input_grad: WA remainder_dropped

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z₁₁⁽ˡ⁾ = a₁₁⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₁₂⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₂₁⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₁₂⁽ˡ⁾ = a₁₂⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₁₃⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₂₃⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₂₁⁽ˡ⁾ = a₂₁⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₂₂⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₃₁⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₃₂⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    z₂₂⁽ˡ⁾ = a₂₂⁽ˡ⁻¹⁾w₁₁⁽ˡ⁾ + a₂₃⁽ˡ⁻¹⁾w₁₂⁽ˡ⁾ + a₃₂⁽ˡ⁻¹⁾w₂₁⁽ˡ⁾ + a₃₃⁽ˡ⁻¹⁾w₂₂⁽ˡ⁾ + b⁽ˡ⁾
    δ₁₁⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₁₁⁽ˡ⁻¹⁾)
    δ₁₂⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₁₂⁽ˡ⁻¹⁾) + δ₁₂⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₁₂⁽ˡ⁻¹⁾)
    δ₁₃⁽ˡ⁻¹⁾ = δ₁₂⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₁₃⁽ˡ⁻¹⁾)
    δ₂₁⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₂₁⁽ˡ⁻¹⁾) + δ₂₁⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₂₁⁽ˡ⁻¹⁾)
    δ₂₂⁽ˡ⁻¹⁾ = δ₁₁⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₁₂⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₂₁⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₁₁⁽ˡ⁾σ′(z₂₂⁽ˡ⁻¹⁾)
    δ₂₃⁽ˡ⁻¹⁾ = δ₁₂⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₂₃⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₁₂⁽ˡ⁾σ′(z₂₃⁽ˡ⁻¹⁾)
    δ₃₁⁽ˡ⁻¹⁾ = δ₂₁⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₃₁⁽ˡ⁻¹⁾)
    δ₃₂⁽ˡ⁻¹⁾ = δ₂₁⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₃₂⁽ˡ⁻¹⁾) + δ₂₂⁽ˡ⁾w₂₁⁽ˡ⁾σ′(z₃₂⁽ˡ⁻¹⁾)
    δ₃₃⁽ˡ⁻¹⁾ = δ₂₂⁽ˡ⁾w₂₂⁽ˡ⁾σ′(z₃₃⁽ˡ⁻¹⁾)
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
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    return r"""
    \begin{aligned}
    \delta_{u,v}^{(l-1)} &= \sum_p\sum_q \frac{\partial J}{\partial z_{p,q}^{(l)}}
        \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\,\sigma'(z_{u,v}^{(l-1)}) \\
    &= \sum_p\sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,v-(q-1)s}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})
    \end{aligned}
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    samples = []
    for n in range(N):
        channels = []
        for c in range(C):
            total = 0
            for k in range(K):
                d = pad_residual(insert_zeros(delta[n, k], stride), (kh, kw))
                win = np.lib.stride_tricks.sliding_window_view(d, (kh, kw))
                total = total + np.sum(win * rotate180(w[k, c]), axis=(2, 3))
            channels.append(total[padding : padding + H, padding : padding + W])
        samples.append(channels)
    return np.array(samples)
