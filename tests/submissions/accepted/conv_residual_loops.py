# assignment: conv_residual

# 全部用循环，下标与讲义的公式一一对应。
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    n_out, n_in = w_next.shape
    delta = np.zeros(n_in)
    for j in range(n_in):
        for i in range(n_out):
            delta[j] += w_next[i, j] * delta_next[i]
        delta[j] *= dsigma[j]
    return delta


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
    H, W = dsigma.shape
    kh, kw = w.shape
    w_rot = rotate180(w)
    delta_pad = pad_residual(delta, w.shape)
    result = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            s = 0.0
            for m in range(kh):
                for n in range(kw):
                    s += w_rot[m, n] * delta_pad[u + m, v + n]
            result[u, v] = s * dsigma[u, v]
    return result


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        for c in range(C):
            for k in range(K):
                for p in range(Ho):
                    for q in range(Wo):
                        for i in range(kh):
                            for j in range(kw):
                                u = p * stride + i - padding
                                v = q * stride + j - padding
                                # 落在填充里的不要
                                if u < 0 or v < 0 or u >= H or v >= W:
                                    continue
                                dx[n, c, u, v] += delta[n, k, p, q] * w[k, c, i, j]
    return dx
