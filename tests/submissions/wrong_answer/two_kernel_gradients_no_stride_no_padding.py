# assignment: kernel_gradients
# gradient_formulas: WA stride_ignored; loses stride
# conv2d_weight_grad: WA stride_ignored+padding_on_one_side

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
    x = x.astype(float)
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        f1 = f(x)
        x[i] = old - h
        f2 = f(x)
        x[i] = old  # 恢复
        grad[i] = (f1 - f2) / (2 * h)
        it.iternext()
    return grad


def relative_error(a, b):
    num = np.abs(a - b)
    den = np.abs(a) + np.abs(b)
    den = np.where(den < 1e-8, 1e-8, den)
    return (num / den).max()


def gradient_formulas():
    return """
    dJ/dw[p,q] = sum_u sum_v delta[u,v] * a[u+p-1, v+q-1]
    dJ/db = sum_u sum_v delta[u,v]
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    C = x.shape[1]
    kh, kw = kernel_shape
    # 边界以外当作 0
    big = np.zeros((N, C, max(x.shape[2], Ho + kh), max(x.shape[3], Wo + kw)))
    big[:, :, : x.shape[2], : x.shape[3]] = x
    dw = np.zeros((K, C, kh, kw))
    for p in range(kh):
        for q in range(kw):
            dw[:, :, p, q] = np.einsum("nkuv,ncuv->kc", delta, big[:, :, p : p + Ho, q : q + Wo])
    return dw


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
