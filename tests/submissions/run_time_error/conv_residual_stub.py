# assignment: conv_residual
# derive_residuals: WA "Not right: δ₁₃"; loses delta13, delta21, delta22, delta23, delta31, delta32, delta33
# insert_zeros: NI "insert_zeros is not started yet"
# conv_residual: NI "conv_residual is not started yet"
# residual_formula: NI "residual_formula is not started yet"
# conv2d_input_grad: NI "conv2d_input_grad is not started yet"

# Half of it done when the deadline came.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    n_out, n_in = w_next.shape
    delta = np.zeros(n_in)
    for j in range(n_in):
        for i in range(n_out):
            delta[j] += w_next[i, j] * delta_next[i]
        delta[j] *= dsigma[j]
    return delta


def derive_residuals():
    return """
    z₁₁ = a₁₁w₁₁ + a₁₂w₁₂ + a₂₁w₂₁ + a₂₂w₂₂ + b
    z₁₂ = a₁₂w₁₁ + a₁₃w₁₂ + a₂₂w₂₁ + a₂₃w₂₂ + b
    z₂₁ = a₂₁w₁₁ + a₂₂w₁₂ + a₃₁w₂₁ + a₃₂w₂₂ + b
    z₂₂ = a₂₂w₁₁ + a₂₃w₁₂ + a₃₂w₂₁ + a₃₃w₂₂ + b
    δ₁₁ = δ₁₁w₁₁σ′(z₁₁)
    δ₁₂ = (δ₁₁w₁₂ + δ₁₂w₁₁)σ′(z₁₂)
    """


def rotate180(w):
    kh, kw = w.shape
    w_rot = np.zeros((kh, kw))
    for m in range(kh):
        for n in range(kw):
            w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]
    return w_rot


def pad_residual(delta, kernel_shape):
    # 四周补 k-1 圈 0
    Ho, Wo = delta.shape
    kh, kw = kernel_shape
    padded = np.zeros((Ho + 2 * kh - 2, Wo + 2 * kw - 2))
    for i in range(Ho):
        for j in range(Wo):
            padded[i + kh - 1][j + kw - 1] = delta[i][j]
    return padded


def insert_zeros(delta, stride):
    """
    在相邻的残差之间插入 stride - 1 个 0。
    """
    # 请在此处编写代码
    raise NotImplementedError


def conv_residual(delta, w, dsigma):
    """
    卷积层的前一层残差（步长 1，无填充，一张图，一个卷积核）。
    """
    # 请在此处编写代码
    raise NotImplementedError


def residual_formula():
    # YOUR CODE HERE
    raise NotImplementedError()


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    """
    卷积层对其输入的梯度 ∂J/∂a^(l-1)（不含 σ′）。
    """
    # 请在此处编写代码
    raise NotImplementedError
