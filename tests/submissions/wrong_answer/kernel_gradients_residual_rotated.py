# assignment: kernel_gradients
# derive_gradients: WA gradient_rotated
# kernel_gradient: WA residual_rotated
# conv2d_weight_grad: WA residual_rotated

import numpy as np


def derive_gradients():
    return """
    ∂J/∂w₂₂ = δ₁₁ a₁₁ + δ₁₂ a₁₂ + δ₂₁ a₂₁ + δ₂₂ a₂₂
    ∂J/∂w₂₁ = δ₁₁ a₁₂ + δ₁₂ a₁₃ + δ₂₁ a₂₂ + δ₂₂ a₂₃
    ∂J/∂w₁₂ = δ₁₁ a₂₁ + δ₁₂ a₂₂ + δ₂₁ a₃₁ + δ₂₂ a₃₂
    ∂J/∂w₁₁ = δ₁₁ a₂₂ + δ₁₂ a₂₃ + δ₂₁ a₃₂ + δ₂₂ a₃₃
    ∂J/∂b = δ₁₁ + δ₁₂ + δ₂₁ + δ₂₂
    """


def kernel_gradient(delta, a):
    d = np.rot90(delta, 2)  # 翻转 180°
    Ho, Wo = d.shape
    dw = np.zeros((a.shape[0] - Ho + 1, a.shape[1] - Wo + 1))
    for p in range(dw.shape[0]):
        for q in range(dw.shape[1]):
            dw[p, q] = (d * a[p : p + Ho, q : q + Wo]).sum()
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
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return r"""
    \begin{aligned}
    \frac{\partial J}{\partial w_{p,q}} &= \sum_{u=1}^{H_o}\sum_{v=1}^{W_o} \frac{\partial J}{\partial z_{u,v}}\frac{\partial z_{u,v}}{\partial w_{p,q}}
        = \sum_u\sum_v \delta_{u,v}\, a_{(u-1)s+p,(v-1)s+q} \\
    \frac{\partial J}{\partial b} &= \sum_u\sum_v \delta_{u,v}
    \end{aligned}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    C = x.shape[1]
    kh, kw = kernel_shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    d = np.flip(delta, (2, 3))
    dw = np.zeros((K, C, kh, kw))
    for p in range(kh):
        for q in range(kw):
            part = x[:, :, p : p + (Ho - 1) * stride + 1 : stride, q : q + (Wo - 1) * stride + 1 : stride]
            dw[:, :, p, q] = np.einsum("nkuv,ncuv->kc", d, part)
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
