# assignment: kernel_gradients
# numerical_gradient: TLE

# Waits between the steps, "to see them go by".
import time

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
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        grad[i] = (f(x + e) - f(x - e)) / (2 * h)
        print(i, grad[i])
        time.sleep(5)
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return """
    dJ/dw(p,q) = Σ_u Σ_v δ(u,v)·a((u-1)s+p, (v-1)s+q)
    dJ/db = Σ_u Σ_v δ(u,v)
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win[:, :, ::stride, ::stride])


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
