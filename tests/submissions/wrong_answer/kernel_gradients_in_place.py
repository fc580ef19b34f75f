# assignment: kernel_gradients
# numerical_gradient: WA step_truncated; loses integers, layouts
# relative_error: WA no_lower_limit

# Moves the entries of x itself and puts them back, which truncates on integers and fails on a read-only x.
import numpy as np


def derive_gradients():
    return """
    1. ∂J/∂w11 = a11·δ11 + a12·δ12 + a21·δ21 + a22·δ22
    2. ∂J/∂w12 = a12·δ11 + a13·δ12 + a22·δ21 + a23·δ22
    3. ∂J/∂w21 = a21·δ11 + a22·δ12 + a31·δ21 + a32·δ22
    4. ∂J/∂w22 = a22·δ11 + a23·δ12 + a32·δ21 + a33·δ22
    5. ∂J/∂b = δ11 + δ12 + δ21 + δ22
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    H, W = a.shape
    grad = np.zeros((H - Ho + 1, W - Wo + 1))
    for p in range(H - Ho + 1):
        for q in range(W - Wo + 1):
            for u in range(Ho):
                for v in range(Wo):
                    grad[p, q] += delta[u, v] * a[u + p, v + q]
    return grad


def bias_gradient(delta):
    return float(delta.sum())


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        saved = x[i].item()
        x[i] = saved + h
        up = f(x)
        x[i] = saved - h
        down = f(x)
        x[i] = saved
        grad[i] = (up - down) / (2 * h)
    return grad


def relative_error(a, b):
    return np.max(np.abs(a - b) / (np.abs(a) + np.abs(b)))


def gradient_formulas():
    return "∂J/∂w_{p,q} = Σ_uv δ_uv a_{(u-1)s+p,(v-1)s+q}; ∂J/∂b = Σ_uv δ_uv"


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
