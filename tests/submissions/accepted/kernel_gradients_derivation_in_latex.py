# assignment: kernel_gradients

# Derivations as on the lecture's pages.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return r"""
    \begin{aligned}
    \frac{\partial J}{\partial w_{11}} &= \frac{\partial J}{\partial z_{11}}\frac{\partial z_{11}}{\partial w_{11}} + \frac{\partial J}{\partial z_{12}}\frac{\partial z_{12}}{\partial w_{11}} + \frac{\partial J}{\partial z_{21}}\frac{\partial z_{21}}{\partial w_{11}} + \frac{\partial J}{\partial z_{22}}\frac{\partial z_{22}}{\partial w_{11}} \\
        &= \delta_{11} a_{11} + \delta_{12} a_{12} + \delta_{21} a_{21} + \delta_{22} a_{22} \\
    \frac{\partial J}{\partial w_{12}} &= \delta_{11} a_{12} + \delta_{12} a_{13} + \delta_{21} a_{22} + \delta_{22} a_{23} \\
    \frac{\partial J}{\partial w_{21}} &= \delta_{11} a_{21} + \delta_{12} a_{22} + \delta_{21} a_{31} + \delta_{22} a_{32} \\
    \frac{\partial J}{\partial w_{22}} &= \delta_{11} a_{22} + \delta_{12} a_{23} + \delta_{21} a_{32} + \delta_{22} a_{33} \\
    \frac{\partial J}{\partial b} &= \delta_{11} + \delta_{12} + \delta_{21} + \delta_{22}
    \end{aligned}
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
    \begin{aligned}
    \frac{\partial J}{\partial w_{p,q}} &= \sum_{u=1}^{H_o}\sum_{v=1}^{W_o} \frac{\partial J}{\partial z_{u,v}}\frac{\partial z_{u,v}}{\partial w_{p,q}}
        = \sum_u\sum_v \delta_{u,v}\, a_{(u-1)s+p,(v-1)s+q} \\
    \frac{\partial J}{\partial b} &= \sum_u\sum_v \delta_{u,v}
    \end{aligned}
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
