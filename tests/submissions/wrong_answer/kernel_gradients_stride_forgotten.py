# assignment: kernel_gradients
# gradient_formulas: WA stride_ignored; loses stride
# conv2d_weight_grad: WA stride_ignored

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
    dJ/dw12 = d11*a12 + d12*a13 + d21*a22 + d22*a23
    dJ/dw21 = d11*a21 + d12*a22 + d21*a31 + d22*a32
    dJ/dw22 = d11*a22 + d12*a23 + d21*a32 + d22*a33
    dJ/db = d11 + d12 + d21 + d22
    """


def kernel_gradient(delta, a):
    return np.einsum("pquv,uv->pq", sliding_window_view(a, delta.shape), delta)


def bias_gradient(delta):
    return float(delta.sum())


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
    return """
    ∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{u+p-1, v+q-1}
    ∂J/∂b = Σ_u Σ_v δ_{u,v}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    _, C, H, W = x.shape
    kh, kw = kernel_shape
    x_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    x_pad[:, :, padding : padding + H, padding : padding + W] = x
    dw = np.zeros((K, C, kh, kw))
    for k in range(K):
        for c in range(C):
            for p in range(kh):
                for q in range(kw):
                    dw[k, c, p, q] = np.sum(delta[:, k] * x_pad[:, c, p : p + Ho, q : q + Wo])
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
