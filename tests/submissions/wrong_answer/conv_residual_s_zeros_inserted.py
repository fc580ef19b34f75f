# assignment: conv_residual
# insert_zeros: WA s_zeros_inserted
# conv2d_input_grad: WA s_zeros_inserted

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def rotate180(w):
    kh, kw = w.shape
    w_rot = np.zeros((kh, kw))
    for m in range(kh):
        for n in range(kw):
            w_rot[m, n] = w[kh - 1 - m, kw - 1 - n]
    return w_rot


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    # 两个残差之间插入 stride 个 0
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * stride, w + (w - 1) * stride))
    for i in range(h):
        for j in range(w):
            big[i * (stride + 1), j * (stride + 1)] = delta[i, j]
    return big


def conv_residual(delta, w, dsigma):
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        for c in range(C):
            for k in range(K):
                d = pad_residual(insert_zeros(delta[n, k], stride), (kh, kw))
                w_rot = rotate180(w[k, c])
                for u in range(H):
                    for v in range(W):
                        # 加上 padding 就裁掉了填充
                        block = d[u + padding : u + padding + kh, v + padding : v + padding + kw]
                        if block.shape == (kh, kw):
                            dx[n, c, u, v] += np.sum(block * w_rot)
    return dx
