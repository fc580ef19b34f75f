# assignment: kernel_gradients
# numerical_gradient: WA forward_difference
# relative_error: WA ratio_of_norms

import numpy as np


def derive_gradients():
    return r"""
    \begin{aligned}
    \frac{\partial J}{\partial w_{11}} &= \frac{\partial J}{\partial z_{11}}\frac{\partial z_{11}}{\partial w_{11}} + \frac{\partial J}{\partial z_{12}}\frac{\partial z_{12}}{\partial w_{11}} + \frac{\partial J}{\partial z_{21}}\frac{\partial z_{21}}{\partial w_{11}} + \frac{\partial J}{\partial z_{22}}\frac{\partial z_{22}}{\partial w_{11}} \\
        &= \delta_{11} a_{11} + \delta_{12} a_{12} + \delta_{21} a_{21} + \delta_{22} a_{22} \\
    \frac{\partial J}{\partial w_{12}} &= \delta_{11} a_{12} + \delta_{12} a_{13} + \delta_{21} a_{22} + \delta_{22} a_{23} \\
    \frac{\partial J}{\partial w_{21}} &= \delta_{11} a_{21} + \delta_{12} a_{22} + \delta_{21} a_{31} + \delta_{22} a_{32} \\
    \frac{\partial J}{\partial w_{22}} &= \delta_{11} a_{22} + \delta_{12} a_{23} + \delta_{21} a_{32} + \delta_{22} a_{33} \\
    \frac{\partial J}{\partial b} &= \delta_{11} + \delta_{12} + \delta_{21} + \delta_{22}
    \end{aligned}
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
    return np.sum(delta)


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    f0 = f(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        grad[i] = (f(x) - f0) / h
        x[i] = old
    return grad


def relative_error(a, b):
    num = np.sqrt(np.sum((a - b) ** 2))
    den = np.sqrt(np.sum(a**2)) + np.sqrt(np.sum(b**2))
    return num / max(den, 1e-8)


def gradient_formulas():
    return """
    权重：∂J/∂w_{p,q} = Σ_u Σ_v δ_{u,v} a_{us-s+p, vs-s+q}
    偏置：∂J/∂b = Σ_u Σ_v δ_{u,v}
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
