# assignment: kernel_gradients
# derive_gradients: WA gradient_rotated
# kernel_gradient: WA gradient_rotated
# conv2d_weight_grad: WA gradient_rotated

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def derive_gradients():
    return """
    ∂J/∂w22 = δ11 a11 + δ12 a12 + δ21 a21 + δ22 a22
    ∂J/∂w21 = δ11 a12 + δ12 a13 + δ21 a22 + δ22 a23
    ∂J/∂w12 = δ11 a21 + δ12 a22 + δ21 a31 + δ22 a32
    ∂J/∂w11 = δ11 a22 + δ12 a23 + δ21 a32 + δ22 a33
    ∂J/∂b = δ11 + δ12 + δ21 + δ22
    """


def kernel_gradient(delta, a):
    dw = np.einsum("pquv,uv->pq", sliding_window_view(a, delta.shape), delta)
    return np.flip(dw)


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
    weights = "dJ/dw[m,n] = sum_i sum_j d[i,j] a[s*(i-1)+m, s*(j-1)+n]"
    bias = "dJ/db = sum_i sum_j d[i,j]"
    return weights + "\n" + bias


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    kh, kw = kernel_shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((delta.shape[1], x.shape[1], kh, kw))
    for u in range(delta.shape[2]):
        for v in range(delta.shape[3]):
            i, j = u * stride, v * stride
            dw += np.tensordot(delta[:, :, u, v].T, xp[:, :, i : i + kh, j : j + kw], axes=1)
    # rotate back
    return np.rot90(dw, 2, axes=(2, 3)) * 1.0


def conv2d_bias_grad(delta):
    K = delta.shape[1]
    db = np.zeros(K)
    for k in range(K):
        db[k] = np.sum(delta[:, k])
    return db
