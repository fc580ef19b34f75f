# assignment: kernel_gradients

# float32 inside, Fortran order outside.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    权重：
    ∂J/∂w_11^(l) = δ_11^(l) a_11^(l-1) + δ_12^(l) a_12^(l-1) + δ_21^(l) a_21^(l-1) + δ_22^(l) a_22^(l-1)
    ∂J/∂w_12^(l) = δ_11^(l) a_12^(l-1) + δ_12^(l) a_13^(l-1) + δ_21^(l) a_22^(l-1) + δ_22^(l) a_23^(l-1)
    ∂J/∂w_21^(l) = δ_11^(l) a_21^(l-1) + δ_12^(l) a_22^(l-1) + δ_21^(l) a_31^(l-1) + δ_22^(l) a_32^(l-1)
    ∂J/∂w_22^(l) = δ_11^(l) a_22^(l-1) + δ_12^(l) a_23^(l-1) + δ_21^(l) a_32^(l-1) + δ_22^(l) a_33^(l-1)
    偏置（∂z/∂b = 1）：
    ∂J/∂b^(l) = δ_11^(l) + δ_12^(l) + δ_21^(l) + δ_22^(l)
    """


def kernel_gradient(delta, a):
    windows = sliding_window_view(a.astype(np.float32), delta.shape)
    return np.asfortranarray(np.tensordot(windows, delta.astype(np.float32), axes=2))


def bias_gradient(delta):
    return np.sum(delta, dtype=np.float64)


def numerical_gradient(f, x, h=1e-5):
    x = np.asarray(x, dtype=np.float64)
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([f(x + e) - f(x - e) for e in steps]).reshape(x.shape) / (2 * h)


def relative_error(a, b):
    size = np.abs(a) + np.abs(b)
    return float(np.max(np.abs(np.subtract(a, b)) / size.clip(min=1e-8)))


def gradient_formulas():
    return """
    权重：∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{us-s+p, vs-s+q}
    偏置：∂J/∂b = Σ_u Σ_v δ_{u,v}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    x = np.pad(x.astype(np.float32), ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(x, kernel_shape, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(delta.astype(np.float32), windows, axes=([0, 2, 3], [0, 2, 3]))


def conv2d_bias_grad(delta):
    return np.apply_over_axes(np.sum, delta, [0, 2, 3]).ravel()
