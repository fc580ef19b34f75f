# assignment: kernel_gradients
# numerical_gradient: WA entry_not_restored
# relative_error: WA limit_added

import numpy as np


def derive_gradients():
    return """
    ∂J/∂w11 = ∂J/∂z11 a11 + ∂J/∂z12 a12 + ∂J/∂z21 a21 + ∂J/∂z22 a22
    ∂J/∂w12 = ∂J/∂z11 a12 + ∂J/∂z12 a13 + ∂J/∂z21 a22 + ∂J/∂z22 a23
    ∂J/∂w21 = ∂J/∂z11 a21 + ∂J/∂z12 a22 + ∂J/∂z21 a31 + ∂J/∂z22 a32
    ∂J/∂w22 = ∂J/∂z11 a22 + ∂J/∂z12 a23 + ∂J/∂z21 a32 + ∂J/∂z22 a33
    ∂J/∂b = ∂J/∂z11 + ∂J/∂z12 + ∂J/∂z21 + ∂J/∂z22
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
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        x[i] = x[i] + h
        up = f(x)
        x[i] = x[i] - 2 * h
        down = f(x)
        grad[i] = (up - down) / (2 * h)
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-8))


def gradient_formulas():
    weights = "dJ/dw[m,n] = sum_i sum_j d[i,j] a[s*(i-1)+m, s*(j-1)+n]"
    bias = "dJ/db = sum_i sum_j d[i,j]"
    return weights + "\n" + bias


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    win = np.lib.stride_tricks.sliding_window_view(xp, kernel_shape, axis=(2, 3))
    win = win[:, :, ::stride, ::stride]
    return np.einsum("nkuv,ncuvpq->kcpq", delta, win)


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
