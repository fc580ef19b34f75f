# assignment: conv_residual
# insert_zeros: WA s_zeros_inserted
# conv2d_input_grad: WA s_zeros_inserted

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


def derive_residuals():
    return r"""
    \begin{aligned}
    z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} + b \\
    z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} + b \\
    z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} + b \\
    z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22} + b \\
    \delta_{11}^{(l-1)} &= \frac{\partial J}{\partial z_{11}^{(l)}}\frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}\frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}} \\
        &= \delta_{11}^{(l)}w_{11}^{(l)}\,\sigma'(z_{11}^{(l-1)}) \\
    \delta_{12}^{(l-1)} &= \left(\frac{\partial J}{\partial z_{11}^{(l)}}\frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} + \frac{\partial J}{\partial z_{12}^{(l)}}\frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}\right)\frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}} \\
        &= \left(\delta_{11}^{(l)}w_{12}^{(l)} + \delta_{12}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{12}^{(l-1)}) \\
    \delta_{13}^{(l-1)} &= \delta_{12}^{(l)}w_{12}^{(l)}\,\sigma'(z_{13}^{(l-1)}) \\
    \delta_{21}^{(l-1)} &= \left(\delta_{11}^{(l)}w_{21}^{(l)} + \delta_{21}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{21}^{(l-1)}) \\
    \delta_{22}^{(l-1)} &= \left(\delta_{11}^{(l)}w_{22}^{(l)} + \delta_{12}^{(l)}w_{21}^{(l)} + \delta_{21}^{(l)}w_{12}^{(l)} + \delta_{22}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{22}^{(l-1)}) \\
    \delta_{23}^{(l-1)} &= \left(\delta_{12}^{(l)}w_{22}^{(l)} + \delta_{22}^{(l)}w_{12}^{(l)}\right)\,\sigma'(z_{23}^{(l-1)}) \\
    \delta_{31}^{(l-1)} &= \delta_{21}^{(l)}w_{21}^{(l)}\,\sigma'(z_{31}^{(l-1)}) \\
    \delta_{32}^{(l-1)} &= \left(\delta_{21}^{(l)}w_{22}^{(l)} + \delta_{22}^{(l)}w_{21}^{(l)}\right)\,\sigma'(z_{32}^{(l-1)}) \\
    \delta_{33}^{(l-1)} &= \delta_{22}^{(l)}w_{22}^{(l)}\,\sigma'(z_{33}^{(l-1)})
    \end{aligned}
    """


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


def residual_formula():
    return "delta[u,v] = dsigma(z[u,v]) * sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


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
