# assignment: kernel_gradients
# derive_gradients: WA last_position_only
# kernel_gradient: WA last_position_only
# conv2d_weight_grad: WA last_position_only

import numpy as np


def derive_gradients():
    return """
    ∂J/∂w11 = δ22 a22
    ∂J/∂w12 = δ22 a23
    ∂J/∂w21 = δ22 a32
    ∂J/∂w22 = δ22 a33
    ∂J/∂b = δ22
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    kh, kw = a.shape[0] - Ho + 1, a.shape[1] - Wo + 1
    dw = np.zeros((kh, kw))
    for u in range(Ho):
        for v in range(Wo):
            dw = delta[u, v] * a[u : u + kh, v : v + kw]
    return dw


def bias_gradient(delta):
    return float(delta.sum())


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
    return """
    dJ/dw(p,q) = Σ_u Σ_v δ(u,v)·a((u-1)s+p, (v-1)s+q)
    dJ/db = Σ_u Σ_v δ(u,v)
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = kernel_shape
    for u in range(delta.shape[2]):
        for v in range(delta.shape[3]):
            window = xp[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
            dw = np.einsum("nk,ncpq->kcpq", delta[:, :, u, v], window)
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
