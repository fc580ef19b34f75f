# assignment: kernel_gradients
# derive_gradients: WA bias_averaged; loses b
# bias_gradient: WA summed_over_one_axis
# conv2d_bias_grad: WA one_bias_per_activation

import numpy as np


def derive_gradients():
    return """
    dJ/dw11 = delta11*a11 + delta12*a12 + delta21*a21 + delta22*a22
    dJ/dw12 = delta11*a12 + delta12*a13 + delta21*a22 + delta22*a23
    dJ/dw21 = delta11*a21 + delta12*a22 + delta21*a31 + delta22*a32
    dJ/dw22 = delta11*a22 + delta12*a23 + delta21*a32 + delta22*a33
    dJ/db = (delta11 + delta12 + delta21 + delta22) / 4
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
    return sum(delta)


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
    return """
    dJ/dw(p,q) = Σ_u Σ_v δ(u,v)·a((u-1)s+p, (v-1)s+q)
    dJ/db = Σ_u Σ_v δ(u,v)
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    win = win[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win)


def conv2d_bias_grad(delta):
    # 偏置值数量等于激活值数量，所以只对样本求和
    db = np.zeros(delta.shape[1:])
    for sample in delta:
        db += sample
    return db
