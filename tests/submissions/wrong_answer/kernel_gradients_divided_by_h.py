# assignment: kernel_gradients
# numerical_gradient: WA divided_by_h
# relative_error: WA mean_of_errors

import numpy as np


def derive_gradients():
    return """
    ∂J/∂w₁₁ = δ₁₁a₁₁ + δ₁₂a₁₂ + δ₂₁a₂₁ + δ₂₂a₂₂
    ∂J/∂w₁₂ = δ₁₁a₁₂ + δ₁₂a₁₃ + δ₂₁a₂₂ + δ₂₂a₂₃
    ∂J/∂w₂₁ = δ₁₁a₂₁ + δ₁₂a₂₂ + δ₂₁a₃₁ + δ₂₂a₃₂
    ∂J/∂w₂₂ = δ₁₁a₂₂ + δ₁₂a₂₃ + δ₂₁a₃₂ + δ₂₂a₃₃
    ∂J/∂b = δ₁₁ + δ₁₂ + δ₂₁ + δ₂₂
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
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    x = np.asarray(x, float)
    flat = x.ravel()
    grad = []
    for i in range(flat.size):
        e = np.zeros(flat.size)
        e[i] = h
        grad.append((f((flat + e).reshape(x.shape)) - f((flat - e).reshape(x.shape))) / h)
    return np.array(grad).reshape(x.shape)


def relative_error(a, b):
    err = np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-8)
    return np.average(err)


def gradient_formulas():
    return """
    1. ∂J/∂w_{m,n} = Σ_{i,j} δ_{i,j} a_{s(i-1)+m, s(j-1)+n}
    2. ∂J/∂b = Σ_{i,j} δ_{i,j}
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
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
