# assignment: kernel_gradients
# kernel_gradient: WA stored_as_integers; loses integers
# numerical_gradient: WA stored_as_integers; loses integers
# conv2d_weight_grad: WA stored_as_integers; loses integers

import numpy as np


def derive_gradients():
    return """
    权重：
    ∂J/∂w_11^(l) = δ_11^(l) a_11^(l-1) + δ_12^(l) a_12^(l-1) + δ_21^(l) a_21^(l-1) + δ_22^(l) a_22^(l-1)
    ∂J/∂w_12^(l) = δ_11^(l) a_12^(l-1) + δ_12^(l) a_13^(l-1) + δ_21^(l) a_22^(l-1) + δ_22^(l) a_23^(l-1)
    ∂J/∂w_21^(l) = δ_11^(l) a_21^(l-1) + δ_12^(l) a_22^(l-1) + δ_21^(l) a_31^(l-1) + δ_22^(l) a_32^(l-1)
    ∂J/∂w_22^(l) = δ_11^(l) a_22^(l-1) + δ_12^(l) a_23^(l-1) + δ_21^(l) a_32^(l-1) + δ_22^(l) a_33^(l-1)
    偏置（∂z/∂b = 1）：
    ∂J/∂b^(l) = δ_11^(l) + δ_12^(l) + δ_21^(l) + δ_22^(l)
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    dw = np.zeros_like(a[Ho - 1 :, Wo - 1 :])
    for p in range(dw.shape[0]):
        for q in range(dw.shape[1]):
            dw[p, q] = np.sum(delta * a[p : p + Ho, q : q + Wo])
    return dw


def bias_gradient(delta):
    return float(delta.sum())


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
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
    N, K, Ho, Wo = delta.shape
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((K, x.shape[1], kh, kw), dtype=x.dtype)
    for k, c, p, q in np.ndindex(dw.shape):
        part = xp[:, c, p : p + (Ho - 1) * stride + 1 : stride, q : q + (Wo - 1) * stride + 1 : stride]
        dw[k, c, p, q] = np.sum(delta[:, k] * part)
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
