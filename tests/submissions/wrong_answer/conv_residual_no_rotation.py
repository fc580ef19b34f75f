# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def rotate180(w):
    return w[::-1, ::-1].copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    # delta 补 0 之后与卷积核做卷积
    kh, kw = w.shape
    dp = pad_residual(delta, (kh, kw))
    H, W = dsigma.shape
    res = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            res[u, v] = (dp[u : u + kh, v : v + kw] * w).sum()
    return res * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    dx = np.zeros((N, C, Hp, Wp))
    for n in range(N):
        for k in range(K):
            d = insert_zeros(delta[n, k], stride)
            # 余数部分补到右下角，凑成 Hp + kh - 1 行
            full = np.zeros((Hp + kh - 1, Wp + kw - 1))
            full[kh - 1 : kh - 1 + d.shape[0], kw - 1 : kw - 1 + d.shape[1]] = d
            for c in range(C):
                for u in range(Hp):
                    for v in range(Wp):
                        dx[n, c, u, v] += np.sum(full[u : u + kh, v : v + kw] * w[k, c])
    return dx[:, :, padding : padding + H, padding : padding + W]
