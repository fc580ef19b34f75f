# assignment: kernel_gradients

# The default arguments got lost: def f(..., stride, padding) in place of stride=1, padding=0.
import numpy as np


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
    windows = np.lib.stride_tricks.sliding_window_view(a, delta.shape)
    return (windows * delta).sum(axis=(2, 3))


def bias_gradient(delta):
    return delta.sum()


def numerical_gradient(f, x, h):
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / (2 * h)
    return gradient


def relative_error(a, b):
    return (abs(a - b) / np.maximum(abs(a) + abs(b), 1e-8)).max()


def gradient_formulas():
    return r"""
    \frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)} a_{(u-1)s+p,\,(v-1)s+q}^{(l-1)} \\
    \frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_shape, axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta, windows[:, :, ::stride, ::stride])


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
