# assignment: conv_residual

# 把卷积写成矩阵，前一层残差就是转置矩阵乘残差，与全连接层一样。
import numpy as np


def 展开矩阵(w, 输入形状, 步长=1, 填充=0):
    """(K·Ho·Wo, C·H·W) 的矩阵 M：z = M @ a。"""
    C, H, W = 输入形状
    K, _, kh, kw = w.shape
    Ho = (H + 2 * 填充 - kh) // 步长 + 1
    Wo = (W + 2 * 填充 - kw) // 步长 + 1
    M = np.zeros((K, Ho, Wo, C, H + 2 * 填充, W + 2 * 填充))
    for p in range(Ho):
        for q in range(Wo):
            行, 列 = p * 步长, q * 步长
            M[:, p, q, :, 行 : 行 + kh, 列 : 列 + kw] = w
    M = M[..., 填充 : 填充 + H, 填充 : 填充 + W]
    return M.reshape(K * Ho * Wo, C * H * W)


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def rotate180(w):
    return np.flipud(np.fliplr(w)) + 0.0


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    上下 = np.zeros((kh - 1, delta.shape[1]))
    高 = np.concatenate([上下, delta, 上下], axis=0)
    左右 = np.zeros((高.shape[0], kw - 1))
    return np.concatenate([左右, 高, 左右], axis=1)


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    左 = np.eye((Ho - 1) * stride + 1)[:, ::stride]
    右 = np.eye((Wo - 1) * stride + 1)[::stride]
    return 左 @ delta @ 右


def conv_residual(delta, w, dsigma):
    M = 展开矩阵(w[None, None], (1, *dsigma.shape))
    return dense_residual(delta.ravel(), M, dsigma.ravel()).reshape(dsigma.shape)


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    M = 展开矩阵(w, input_shape[1:], stride, padding)
    return (delta.reshape(len(delta), -1) @ M).reshape(input_shape)
