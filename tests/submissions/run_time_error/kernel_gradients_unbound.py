# assignment: kernel_gradients
# derive_gradients: RTE "not defined"
# kernel_gradient: RTE "UnboundLocalError"
# numerical_gradient: RTE "TypeError"
# conv2d_weight_grad: RTE "TypeError"

import numpy as np


def derive_gradients():
    for p in range(2):
        for q in range(2):
            terms = [f"delta[{u + 1},{v + 1}]*a[{u + p + 1},{v + q + 1}]" for u in range(2) for v in range(2)]
            lines.append(f"dJ/dw[{p + 1},{q + 1}] = " + " + ".join(terms))
    lines.append("dJ/db = delta[1,1] + delta[1,2] + delta[2,1] + delta[2,2]")
    return "\n".join(lines)


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    for u in range(Ho):
        for v in range(Wo):
            dw += delta[u, v] * a[u : u + a.shape[0] - Ho + 1, v : v + a.shape[1] - Wo + 1]
    return dw


def bias_gradient(delta):
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for i in range(x.size):
        grad[i] = (f(x[i] + h, i) - f(x[i] - h, i)) / (2 * h)
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return "∂J/∂w_{p,q} = Σ_uv δ_uv a_{(u-1)s+p,(v-1)s+q}; ∂J/∂b = Σ_uv δ_uv"


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    dw = np.zeros(delta.shape[1], x.shape[1], *kernel_shape)
    for k in range(delta.shape[1]):
        for c in range(x.shape[1]):
            dw[k, c] = kernel_gradient(delta[:, k], x[:, c])
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
