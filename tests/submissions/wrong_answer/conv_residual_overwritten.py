# assignment: conv_residual
# derive_residuals: WA first_neighbour_only
# conv_residual: WA replaced_not_added
# conv2d_input_grad: WA replaced_not_added

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def derive_residuals():
    return """
    z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
    z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
    z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
    z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
    δ11 = δ11 w11 σ'(z11)
    δ12 = δ11 w12 σ'(z12)
    δ13 = δ12 w12 σ'(z13)
    δ21 = δ11 w21 σ'(z21)
    δ22 = δ11 w22 σ'(z22)
    δ23 = δ12 w22 σ'(z23)
    δ31 = δ21 w21 σ'(z31)
    δ32 = δ21 w22 σ'(z32)
    δ33 = δ22 w22 σ'(z33)
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
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * (stride - 1), w + (w - 1) * (stride - 1)))
    for i in range(h):
        for j in range(w):
            big[i * stride, j * stride] = delta[i, j]
    return big


def conv_residual(delta, w, dsigma):
    # 每个残差乘以卷积核，放回它的窗口
    kh, kw = w.shape
    back = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            back[i : i + kh, j : j + kw] = delta[i, j] * w
    return back * dsigma


def residual_formula():
    return "δ_{i,j} = σ'(z_{i,j})·Σ_{m,n} δ_{m,n}·w_{i-ms+s, j-ns+s}"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    back = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for i in range(delta.shape[2]):
            for j in range(delta.shape[3]):
                block = 0
                for k in range(K):
                    block = block + delta[n, k, i, j] * w[k]
                r, c = i * stride, j * stride
                back[n, :, r : r + kh, c : c + kw] = block
    return back[:, :, padding : padding + H, padding : padding + W]
