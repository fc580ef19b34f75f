# assignment: kernel_gradients
# derive_gradients: WA
# gradient_formulas: WA

# As much to compute as the limits allow.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    terms = " + ".join(f"δ{u}{v} a{i}{j} w{u}{v}" for u in (1, 2) for v in (1, 2) for i in (1, 2, 3) for j in (1, 2, 3))
    return "\n".join(f"∂J/∂w{p}{q} = ({terms})(w11 + w12 + w21)" for p in (1, 2) for q in (1, 2) for _ in range(4))[:7_900]


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
    sums = "Σ_a Σ_c Σ_d Σ_e Σ_f Σ_g δ_{a,c} a_{d,e} δ_{f,g}"
    return "\n".join(["∂J/∂w_{p,q} = " + sums, "∂J/∂b = " + sums] * 14)[:1_990]


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
