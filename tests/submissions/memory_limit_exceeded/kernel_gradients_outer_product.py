# assignment: kernel_gradients
# conv2d_weight_grad: MLE

# Shifts every element with every other one, in a table of fixed size.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    lines = []
    for p in range(2):
        for q in range(2):
            terms = [f"delta[{u + 1},{v + 1}]*a[{u + p + 1},{v + q + 1}]" for u in range(2) for v in range(2)]
            lines.append(f"dJ/dw[{p + 1},{q + 1}] = " + " + ".join(terms))
    lines.append("dJ/db = delta[1,1] + delta[1,2] + delta[2,1] + delta[2,2]")
    return "\n".join(lines)


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
    weights = "dJ/dw[m,n] = sum_i sum_j d[i,j] a[s*(i-1)+m, s*(j-1)+n]"
    bias = "dJ/db = sum_i sum_j d[i,j]"
    return weights + "\n" + bias


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    table = np.empty((10**4, 10**4, *kernel_shape))
    table[:] = 0
    return table.sum(axis=(0, 1))


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
