# assignment: kernel_gradients
# conv2d_weight_grad: WA divided_by_the_batch
# conv2d_bias_grad: WA divided_by_the_batch

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return "\n".join([
        "dJ/dw_11 = a_11*delta_11 + a_12*delta_12 + a_21*delta_21 + a_22*delta_22",
        "dJ/dw_12 = a_12*delta_11 + a_13*delta_12 + a_22*delta_21 + a_23*delta_22",
        "dJ/dw_21 = a_21*delta_11 + a_22*delta_12 + a_31*delta_21 + a_32*delta_22",
        "dJ/dw_22 = a_22*delta_11 + a_23*delta_12 + a_32*delta_21 + a_33*delta_22",
        "dJ/db = delta_11 + delta_12 + delta_21 + delta_22",
    ])


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
    N, K = delta.shape[:2]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    col = sliding_window_view(x, kernel_shape, axis=(2, 3))[:, :, ::stride, ::stride]
    col = col.transpose(1, 4, 5, 0, 2, 3).reshape(x.shape[1] * kernel_shape[0] * kernel_shape[1], -1)
    d = delta.transpose(1, 0, 2, 3).reshape(K, -1)
    return (d @ col.T / N).reshape(K, x.shape[1], *kernel_shape)


def conv2d_bias_grad(delta):
    return delta.sum(axis=(2, 3)).mean(axis=0)
