# assignment: kernel_gradients
# numerical_gradient: WA entry_not_restored
# relative_error: WA limit_added

import numpy as np


def derive_gradients():
    return """
    - dJ/dw(1,1) = δ(1,1)×a(1,1) + δ(1,2)×a(1,2) + δ(2,1)×a(2,1) + δ(2,2)×a(2,2)
    - dJ/dw(1,2) = δ(1,1)×a(1,2) + δ(1,2)×a(1,3) + δ(2,1)×a(2,2) + δ(2,2)×a(2,3)
    - dJ/dw(2,1) = δ(1,1)×a(2,1) + δ(1,2)×a(2,2) + δ(2,1)×a(3,1) + δ(2,2)×a(3,2)
    - dJ/dw(2,2) = δ(1,1)×a(2,2) + δ(1,2)×a(2,3) + δ(2,1)×a(3,2) + δ(2,2)×a(3,3)
    - dJ/db = δ(1,1) + δ(1,2) + δ(2,1) + δ(2,2)
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
    return float(delta.sum())


def numerical_gradient(f, x, h=1e-5):
    x = x.astype(float)
    grad = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        x[i] = x[i] + h
        up = f(x)
        x[i] = x[i] - 2 * h
        down = f(x)
        grad[i] = (up - down) / (2 * h)
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-8))


def gradient_formulas():
    return """
    权重：∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{us-s+p, vs-s+q}
    偏置：∂J/∂b = Σ_u Σ_v δ_{u,v}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    win = win[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win)


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
