# assignment: kernel_gradients
# derive_gradients: WA weight_kept; loses w11, w12, w21, w22

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    dJ/dw11 = delta11*a11*w11 + delta12*a12*w11 + delta21*a21*w11 + delta22*a22*w11
    dJ/dw12 = delta11*a12*w12 + delta12*a13*w12 + delta21*a22*w12 + delta22*a23*w12
    dJ/dw21 = delta11*a21*w21 + delta12*a22*w21 + delta21*a31*w21 + delta22*a32*w21
    dJ/dw22 = delta11*a22*w22 + delta12*a23*w22 + delta21*a32*w22 + delta22*a33*w22
    dJ/db = delta11 + delta12 + delta21 + delta22
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
    return r"""
    \frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)} a_{(u-1)s+p,\,(v-1)s+q}^{(l-1)} \\
    \frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}
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
