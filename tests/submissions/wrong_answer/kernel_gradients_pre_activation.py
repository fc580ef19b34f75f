# assignment: kernel_gradients
# derive_gradients: WA pre_activation_for_activation; loses w11, w12, w21, w22

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    ∂J/∂w11 = (δ11 z11^(l-1) + δ12 z12^(l-1) + δ21 z21^(l-1) + δ22 z22^(l-1))
    ∂J/∂w12 = (δ11 z12^(l-1) + δ12 z13^(l-1) + δ21 z22^(l-1) + δ22 z23^(l-1))
    ∂J/∂w21 = (δ11 z21^(l-1) + δ12 z22^(l-1) + δ21 z31^(l-1) + δ22 z32^(l-1))
    ∂J/∂w22 = (δ11 z22^(l-1) + δ12 z23^(l-1) + δ21 z32^(l-1) + δ22 z33^(l-1))
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
