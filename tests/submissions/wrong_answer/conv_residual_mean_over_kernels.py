# assignment: conv_residual
# conv2d_input_grad: WA mean_over_kernels

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    kh, kw = w.shape
    da = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            da[i : i + kh, j : j + kw] += delta[i, j] * w
    return da * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    parts = np.zeros((K, N, C, H + 2 * padding, W + 2 * padding))
    for k in range(K):
        for i in range(delta.shape[2]):
            for j in range(delta.shape[3]):
                u, v = i * stride, j * stride
                parts[k, :, :, u : u + kh, v : v + kw] += delta[:, k, i, j][:, None, None, None] * w[k]
    # 各个卷积核的残差取平均
    dx = parts.mean(axis=0)
    return dx[:, :, padding : padding + H, padding : padding + W]
