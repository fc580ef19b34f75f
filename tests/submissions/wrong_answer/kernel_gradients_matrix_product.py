# assignment: kernel_gradients
# derive_gradients: WA gradient_transposed
# kernel_gradient: WA matrix_product

import numpy as np


def derive_gradients():
    return """
    ∂J/∂w₁₁ = δ₁₁ a₁₁ + δ₁₂ a₁₂ + δ₂₁ a₂₁ + δ₂₂ a₂₂
    ∂J/∂w₂₁ = δ₁₁ a₁₂ + δ₁₂ a₁₃ + δ₂₁ a₂₂ + δ₂₂ a₂₃
    ∂J/∂w₁₂ = δ₁₁ a₂₁ + δ₁₂ a₂₂ + δ₂₁ a₃₁ + δ₂₂ a₃₂
    ∂J/∂w₂₂ = δ₁₁ a₂₂ + δ₁₂ a₂₃ + δ₂₁ a₃₂ + δ₂₂ a₃₃
    ∂J/∂b = δ₁₁ + δ₁₂ + δ₂₁ + δ₂₂
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    dw = np.zeros((a.shape[0] - Ho + 1, a.shape[1] - Wo + 1))
    for p in range(dw.shape[0]):
        for q in range(dw.shape[1]):
            dw[p, q] = np.sum(np.dot(delta, a[p : p + Ho, q : q + Wo]))
    return dw


def bias_gradient(delta):
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for idx in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[idx] += h
        minus[idx] -= h
        grad[idx] = (f(plus) - f(minus)) / (2 * h)
    return grad


def relative_error(a, b):
    num = np.abs(a - b)
    den = np.abs(a) + np.abs(b)
    den = np.where(den < 1e-8, 1e-8, den)
    return (num / den).max()


def gradient_formulas():
    return """
    ∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p, (v-1)s+q}
    ∂J/∂b = Σ_u Σ_v δ_{u,v}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    win = win[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win)


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
