# assignment: kernel_gradients
# gradient_formulas: WA "Not right: the formula for ∂J/∂b"; loses bias

# The bias of 3×3 ∗ 2×2 in place of a formula.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
    dJ/dw12 = d11*a12 + d12*a13 + d21*a22 + d22*a23
    dJ/dw21 = d11*a21 + d12*a22 + d21*a31 + d22*a32
    dJ/dw22 = d11*a22 + d12*a23 + d21*a32 + d22*a33
    dJ/db = d11 + d12 + d21 + d22
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
    ∂J/∂b = δ11 + δ12 + δ21 + δ22
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
