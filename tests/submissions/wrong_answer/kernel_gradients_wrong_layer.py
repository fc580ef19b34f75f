# assignment: kernel_gradients
# derive_gradients: WA activation_of_this_layer; loses w11, w12, w21, w22

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    ∂J/∂w11 = (δ11 a11^(l) + δ12 a12^(l) + δ21 a21^(l) + δ22 a22^(l))
    ∂J/∂w12 = (δ11 a11^(l) + δ12 a12^(l) + δ21 a21^(l) + δ22 a22^(l))
    ∂J/∂w21 = (δ11 a11^(l) + δ12 a12^(l) + δ21 a21^(l) + δ22 a22^(l))
    ∂J/∂w22 = (δ11 a11^(l) + δ12 a12^(l) + δ21 a21^(l) + δ22 a22^(l))
    ∂J/∂b = δ11 + δ12 + δ21 + δ22
    """


def kernel_gradient(delta, a):
    return np.einsum("pquv,uv->pq", sliding_window_view(a, delta.shape), delta)


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
    return """
    1. ∂J/∂w_{m,n} = Σ_{i,j} δ_{i,j} a_{s(i-1)+m, s(j-1)+n}
    2. ∂J/∂b = Σ_{i,j} δ_{i,j}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((delta.shape[1], x.shape[1], kh, kw))
    for u, v in np.ndindex(delta.shape[2:]):
        window = xp[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
        dw += np.tensordot(delta[:, :, u, v], window, axes=(0, 0))
    return dw


def conv2d_bias_grad(delta):
    return np.sum(delta, axis=(0, 2, 3))
