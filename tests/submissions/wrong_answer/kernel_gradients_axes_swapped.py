# assignment: kernel_gradients
# conv2d_weight_grad: WA kernel_axes_exchanged
# conv2d_bias_grad: WA dimensions_kept

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    ∂J/∂w11 = (δ11 a11 + δ12 a12) + (δ21 a21 + δ22 a22)
    ∂J/∂w12 = (δ11 a12 + δ12 a13) + (δ21 a22 + δ22 a23)
    ∂J/∂w21 = (δ11 a21 + δ12 a22) + (δ21 a31 + δ22 a32)
    ∂J/∂w22 = (δ11 a22 + δ12 a23) + (δ21 a32 + δ22 a33)
    ∂J/∂b  = (δ11 + δ12) + (δ21 + δ22)   # b is in every z, once
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
    ∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{(u-1)s+p, (v-1)s+q}
    ∂J/∂b = Σ_u Σ_v δ_{u,v}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    p = padding
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    win = sliding_window_view(xp, kernel_shape, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(win, delta, axes=([0, 2, 3], [0, 2, 3])).transpose(0, 3, 1, 2)


def conv2d_bias_grad(delta):
    return np.sum(delta, axis=(0, 2, 3), keepdims=True)
