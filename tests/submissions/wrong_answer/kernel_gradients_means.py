# assignment: kernel_gradients
# derive_gradients: WA mean_over_positions
# kernel_gradient: WA averaged_over_the_positions
# bias_gradient: WA averaged_over_the_positions
# conv2d_weight_grad: WA averaged_over_everything
# conv2d_bias_grad: WA averaged_over_everything

import numpy as np


def derive_gradients():
    return """
    dJ/dw11 = (delta11*a11 + delta12*a12 + delta21*a21 + delta22*a22) / 4
    dJ/dw12 = (delta11*a12 + delta12*a13 + delta21*a22 + delta22*a23) / 4
    dJ/dw21 = (delta11*a21 + delta12*a22 + delta21*a31 + delta22*a32) / 4
    dJ/dw22 = (delta11*a22 + delta12*a23 + delta21*a32 + delta22*a33) / 4
    dJ/db = (delta11 + delta12 + delta21 + delta22) / 4
    """


def kernel_gradient(delta, a):
    Ho, Wo = delta.shape
    H, W = a.shape
    return np.array(
        [[np.mean(a[p : p + Ho, q : q + Wo] * delta) for q in range(W - Wo + 1)] for p in range(H - Ho + 1)]
    )


def bias_gradient(delta):
    return delta.mean()


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
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def gradient_formulas():
    return """
    1. ∂J/∂w_{m,n} = Σ_{i,j} δ_{i,j} a_{s(i-1)+m, s(j-1)+n}
    2. ∂J/∂b = Σ_{i,j} δ_{i,j}
    """


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    N, K, Ho, Wo = delta.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    dw = np.zeros((K, x.shape[1]) + tuple(kernel_shape))
    for k in range(K):
        for c in range(x.shape[1]):
            for p in range(kernel_shape[0]):
                for q in range(kernel_shape[1]):
                    part = x[:, c, p : p + stride * Ho : stride, q : q + stride * Wo : stride]
                    dw[k, c, p, q] = np.mean(delta[:, k] * part[:, :Ho, :Wo])
    return dw


def conv2d_bias_grad(delta):
    return np.array([delta[:, k].mean() for k in range(delta.shape[1])])
