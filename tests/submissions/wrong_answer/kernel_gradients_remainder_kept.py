# assignment: kernel_gradients
# conv2d_weight_grad: WA remainder_kept

# The residual, zeros inserted, slides over the whole input: too many places where there is a remainder.
import numpy as np


def derive_gradients():
    return """
    ∂J/∂w11 = (δ11 a11 + δ12 a12) + (δ21 a21 + δ22 a22)
    ∂J/∂w12 = (δ11 a12 + δ12 a13) + (δ21 a22 + δ22 a23)
    ∂J/∂w21 = (δ11 a21 + δ12 a22) + (δ21 a31 + δ22 a32)
    ∂J/∂w22 = (δ11 a22 + δ12 a23) + (δ21 a32 + δ22 a33)
    ∂J/∂b  = (δ11 + δ12) + (δ21 + δ22)   # b is in every z, once
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
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for idx in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[idx] += h
        minus[idx] -= h
        grad[idx] = (f(plus) - f(minus)) / (2 * h)
    return grad


def relative_error(a, b):
    num = np.abs(a - b)
    den = np.abs(a) + np.abs(b)
    den = np.where(den < 1e-8, 1e-8, den)
    return (num / den).max()


def gradient_formulas():
    return "∂J/∂w_{p,q} = Σ_uv δ_uv a_{(u-1)s+p,(v-1)s+q}; ∂J/∂b = Σ_uv δ_uv"


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    spread = np.zeros((N, K, (Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = delta
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh = xp.shape[2] - spread.shape[2] + 1
    kw = xp.shape[3] - spread.shape[3] + 1
    dw = np.zeros((K, x.shape[1], kh, kw))
    for k in range(K):
        for c in range(x.shape[1]):
            for n in range(N):
                dw[k, c] += kernel_gradient(spread[n, k], xp[n, c])
    return dw


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
