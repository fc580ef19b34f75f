# assignment: kernel_gradients

# The letters of the tutorials: L, W, x, d, and brackets as in code.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    dL/dW[1][1] = d[1][1]*x[1][1] + d[1][2]*x[1][2] + d[2][1]*x[2][1] + d[2][2]*x[2][2]
    dL/dW[1][2] = d[1][1]*x[1][2] + d[1][2]*x[1][3] + d[2][1]*x[2][2] + d[2][2]*x[2][3]
    dL/dW[2][1] = d[1][1]*x[2][1] + d[1][2]*x[2][2] + d[2][1]*x[3][1] + d[2][2]*x[3][2]
    dL/dW[2][2] = d[1][1]*x[2][2] + d[1][2]*x[2][3] + d[2][1]*x[3][2] + d[2][2]*x[3][3]
    dL/db = d[1][1] + d[1][2] + d[2][1] + d[2][2]
    """


def kernel_gradient(delta, a):
    return np.einsum("pquv,uv->pq", sliding_window_view(a, delta.shape), delta)


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
    dL/dW[p,q] = sum_u sum_v d[u,v] * x[(u-1)*stride+p, (v-1)*stride+q]
    dL/db = sum_u sum_v d[u,v]
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((delta.shape[1], x.shape[1], kh, kw))
    for u, v in np.ndindex(delta.shape[2:]):
        window = xp[:, :, u * stride : u * stride + kh, v * stride : v * stride + kw]
        dw += np.tensordot(delta[:, :, u, v], window, axes=(0, 0))
    return dw


def conv2d_bias_grad(delta):
    return np.sum(delta, axis=(0, 2, 3))
