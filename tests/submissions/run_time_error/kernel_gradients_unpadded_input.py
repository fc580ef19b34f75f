# assignment: kernel_gradients
# conv2d_weight_grad: RTE padding_ignored

import numpy as np


def derive_gradients():
    return "\n".join([
        "dJ/dw_11 = a_11*delta_11 + a_12*delta_12 + a_21*delta_21 + a_22*delta_22",
        "dJ/dw_12 = a_12*delta_11 + a_13*delta_12 + a_22*delta_21 + a_23*delta_22",
        "dJ/dw_21 = a_21*delta_11 + a_22*delta_12 + a_31*delta_21 + a_32*delta_22",
        "dJ/dw_22 = a_22*delta_11 + a_23*delta_12 + a_32*delta_21 + a_33*delta_22",
        "dJ/db = delta_11 + delta_12 + delta_21 + delta_22",
    ])


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    kh, kw = a.shape[0] - Ho + 1, a.shape[1] - Wo + 1
    dw = np.zeros((kh, kw))
    for p in range(kh):
        for q in range(kw):
            dw[p, q] = np.sum(delta * a[p : p + Ho, q : q + Wo])
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
    num = np.abs(a - b)
    den = np.abs(a) + np.abs(b)
    den = np.where(den < 1e-8, 1e-8, den)
    return (num / den).max()


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
    C = x.shape[1]
    kh, kw = kernel_shape
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                for p in range(kh):
                    for q in range(kw):
                        region = x[n, c, p::stride, q::stride][:Ho, :Wo]
                        dw[k, c, p, q] += np.sum(delta[n, k] * region)
    return dw


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
