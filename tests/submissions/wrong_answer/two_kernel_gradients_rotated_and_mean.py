# assignment: kernel_gradients
# kernel_gradient: WA residual_rotated+averaged_over_the_positions
# conv2d_weight_grad: WA residual_rotated+divided_by_the_batch

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
    d = delta[::-1, ::-1]
    Ho, Wo = d.shape
    dw = np.zeros((a.shape[0] - Ho + 1, a.shape[1] - Wo + 1))
    for p, q in np.ndindex(dw.shape):
        dw[p, q] = np.mean(d * a[p : p + Ho, q : q + Wo])
    return dw


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
    N, K, Ho, Wo = delta.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta[:, :, ::-1, ::-1], win) / N


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
