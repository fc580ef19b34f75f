# assignment: kernel_gradients

# z is linear in the kernel, so that central differences of Σ δ·z are the gradient, with any h.
import numpy as np


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for idx in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[idx] += h
        minus[idx] -= h
        grad[idx] = (f(plus) - f(minus)) / (2 * h)
    return grad


def correlate(a, w):
    Ho, Wo = a.shape[0] - w.shape[0] + 1, a.shape[1] - w.shape[1] + 1
    return sum(
        w[p, q] * a[p : p + Ho, q : q + Wo] for p in range(w.shape[0]) for q in range(w.shape[1])
    )


def derive_gradients():
    return """
    dJ/dw11 = d11*a11 + d12*a12 + d21*a21 + d22*a22
    dJ/dw12 = d11*a12 + d12*a13 + d21*a22 + d22*a23
    dJ/dw21 = d11*a21 + d12*a22 + d21*a31 + d22*a32
    dJ/dw22 = d11*a22 + d12*a23 + d21*a32 + d22*a33
    dJ/db = d11 + d12 + d21 + d22
    """


def kernel_gradient(delta, a):
    def J(w):
        return np.sum(delta * correlate(a, w))

    return numerical_gradient(J, np.zeros((a.shape[0] - delta.shape[0] + 1, a.shape[1] - delta.shape[1] + 1)), h=1.0)


def bias_gradient(delta):
    return numerical_gradient(lambda b: np.sum(delta * b), np.zeros(1), h=1.0)[0]


def relative_error(a, b):
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return """
    dJ/dw[p,q] = sum_u sum_v delta[u,v] * a[(u-1)*s+p, (v-1)*s+q]
    dJ/db = sum_u sum_v delta[u,v]
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dw = np.zeros((delta.shape[1], x.shape[1], *kernel_shape))
    for k in range(dw.shape[0]):
        for c in range(dw.shape[1]):

            def J(w):
                z = np.array([correlate(a, w)[::stride, ::stride] for a in x[:, c]])
                return np.sum(delta[:, k] * z)

            dw[k, c] = numerical_gradient(J, dw[k, c], h=1.0)
    return dw


def conv2d_bias_grad(delta):
    return np.array([bias_gradient(delta[:, k]) for k in range(delta.shape[1])])
