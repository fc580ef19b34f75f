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


def residual_formula():
    return r"""
    \delta_{u,v}^{(l-1)} = \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)}
        \sigma'(z_{u,v}^{(l-1)})
    """


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
