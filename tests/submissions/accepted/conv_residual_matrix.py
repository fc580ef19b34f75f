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


def derive_residuals():
    return """
    (1) z11 = w11·a11 + w12·a12 + w21·a21 + w22·a22 + b
    (2) z12 = w11·a12 + w12·a13 + w21·a22 + w22·a23 + b
    (3) z21 = w11·a21 + w12·a22 + w21·a31 + w22·a32 + b
    (4) z22 = w11·a22 + w12·a23 + w21·a32 + w22·a33 + b
    (5) δ11 = σ'(z11)·w11·δ11
    (6) δ12 = σ'(z12)·(w12·δ11 + w11·δ12)
    (7) δ13 = σ'(z13)·w12·δ12
    (8) δ21 = σ'(z21)·(w21·δ11 + w11·δ21)
    (9) δ22 = σ'(z22)·(w22·δ11 + w21·δ12 + w12·δ21 + w11·δ22)
    (10) δ23 = σ'(z23)·(w22·δ12 + w12·δ22)
    (11) δ31 = σ'(z31)·w21·δ21
    (12) δ32 = σ'(z32)·(w22·δ21 + w21·δ22)
    (13) δ33 = σ'(z33)·w22·δ22
    """


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


def residual_formula():
    return "δ_{i,j} = σ'(z_{i,j})·Σ_{m,n} δ_{m,n}·w_{i-ms+s, j-ns+s}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    M = 展开矩阵(w, input_shape[1:], stride, padding)
    return (delta.reshape(len(delta), -1) @ M).reshape(input_shape)
