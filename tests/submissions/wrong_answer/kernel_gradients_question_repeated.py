# assignment: kernel_gradients
# derive_gradients: WA "Not right"; loses w11, w21, b

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    ∂J/∂w11 = ∂J/∂w11
    ∂J/∂w12 = δ11 a12 + δ12 a13 + δ21 a22 + δ22 a23
    ∂J/∂w21 = dJ/dw21
    ∂J/∂w22 = δ11 a22 + δ12 a23 + δ21 a32 + δ22 a33
    ∂J/∂b = δ11 ∂z11/∂b + δ12 ∂z12/∂b + δ21 ∂z21/∂b + δ22 ∂z22/∂b
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
    dJ/dw[p,q] = sum_u sum_v delta[u,v] * a[(u-1)*s+p, (v-1)*s+q]
    dJ/db = sum_u sum_v delta[u,v]
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
