# assignment: kernel_gradients
# kernel_gradient: WA gradient_rotated

# The input slides over the padded residual.
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
    H, W = a.shape
    Ho, Wo = delta.shape
    kh, kw = H - Ho + 1, W - Wo + 1
    d = np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    dw = np.zeros((kh, kw))
    for p in range(kh):
        for q in range(kw):
            dw[p, q] = np.sum(a * d[p : p + H, q : q + W])
    return dw


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
    dJ/dw[p,q] = sum_u sum_v delta[u,v] * a[(u-1)*s+p, (v-1)*s+q]
    dJ/db = sum_u sum_v delta[u,v]
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    C = x.shape[1]
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((K, C, kh, kw))
    for n in range(N):
        for k in range(K):
            for u in range(Ho):
                for v in range(Wo):
                    i, j = u * stride, v * stride
                    dw[k] += delta[n, k, u, v] * xp[n, :, i : i + kh, j : j + kw]
    return dw


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
