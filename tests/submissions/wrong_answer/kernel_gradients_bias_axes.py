# assignment: kernel_gradients
# bias_gradient: WA one_bias_per_activation
# conv2d_bias_grad: WA batch_not_summed

import numpy as np


def derive_gradients():
    return """
    dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
    dJ/dw12 = d11*a12 + d12*a13 + d21*a22 + d22*a23
    dJ/dw21 = d11*a21 + d12*a22 + d21*a31 + d22*a32
    dJ/dw22 = d11*a22 + d12*a23 + d21*a32 + d22*a33
    dJ/db = d11 + d12 + d21 + d22
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    kh, kw = a.shape[0] - Ho + 1, a.shape[1] - Wo + 1
    dw = np.zeros((kh, kw))
    for p in range(kh):
        for q in range(kw):
            dw[p, q] = np.sum(delta * a[p : p + Ho, q : q + Wo])
    return dw


def bias_gradient(delta):
    return delta * 1.0


def numerical_gradient(f, x, h=1e-5):
    x = x.astype(float)
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        f1 = f(x)
        x[i] = old - h
        f2 = f(x)
        x[i] = old  # 恢复
        grad[i] = (f1 - f2) / (2 * h)
        it.iternext()
    return grad


def relative_error(a, b):
    num = np.abs(a - b)
    den = np.abs(a) + np.abs(b)
    den = np.where(den < 1e-8, 1e-8, den)
    return (num / den).max()


def gradient_formulas():
    return r"""
    \frac{\partial J}{\partial w_{p,q}^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)} a_{(u-1)s+p,\,(v-1)s+q}^{(l-1)} \\
    \frac{\partial J}{\partial b^{(l)}} = \sum_u \sum_v \delta_{u,v}^{(l)}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    win = win[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win)


def conv2d_bias_grad(delta):
    return delta.sum(axis=-1).sum(axis=-1)
