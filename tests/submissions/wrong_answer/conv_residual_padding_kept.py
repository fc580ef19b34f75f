# assignment: conv_residual
# conv2d_input_grad: WA padding_not_cropped

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
    $z_{11} = w_{11} a_{11} + w_{12} a_{12} + w_{21} a_{21} + w_{22} a_{22} + b$
    $z_{12} = w_{11} a_{12} + w_{12} a_{13} + w_{21} a_{22} + w_{22} a_{23} + b$
    $z_{21} = w_{11} a_{21} + w_{12} a_{22} + w_{21} a_{31} + w_{22} a_{32} + b$
    $z_{22} = w_{11} a_{22} + w_{12} a_{23} + w_{21} a_{32} + w_{22} a_{33} + b$
    $\delta_{11}^{l-1} = w_{11} \delta_{11} \cdot \sigma'(z_{11}^{l-1})$
    $\delta_{12}^{l-1} = (w_{12} \delta_{11} + w_{11} \delta_{12}) \cdot \sigma'(z_{12}^{l-1})$
    $\delta_{13}^{l-1} = w_{12} \delta_{12} \cdot \sigma'(z_{13}^{l-1})$
    $\delta_{21}^{l-1} = (w_{21} \delta_{11} + w_{11} \delta_{21}) \cdot \sigma'(z_{21}^{l-1})$
    $\delta_{22}^{l-1} = (w_{22} \delta_{11} + w_{21} \delta_{12} + w_{12} \delta_{21} + w_{11} \delta_{22}) \cdot \sigma'(z_{22}^{l-1})$
    $\delta_{23}^{l-1} = (w_{22} \delta_{12} + w_{12} \delta_{22}) \cdot \sigma'(z_{23}^{l-1})$
    $\delta_{31}^{l-1} = w_{21} \delta_{21} \cdot \sigma'(z_{31}^{l-1})$
    $\delta_{32}^{l-1} = (w_{22} \delta_{21} + w_{21} \delta_{22}) \cdot \sigma'(z_{32}^{l-1})$
    $\delta_{33}^{l-1} = w_{22} \delta_{22} \cdot \sigma'(z_{33}^{l-1})$
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
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    return "delta_{i,j} = (sum_m sum_n delta_{m,n} w_{i-s*(m-1), j-s*(n-1)}) sigma'(z_{i,j})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    # 前向时输入补了 padding 圈 0，所以大小是 H + 2p
    H, W = H + 2 * padding, W + 2 * padding
    dx = np.zeros((N, C, H, W))
    for n in range(N):
        for k in range(K):
            for i in range(delta.shape[2]):
                for j in range(delta.shape[3]):
                    for c in range(C):
                        for p in range(kh):
                            for q in range(kw):
                                dx[n, c, i * stride + p, j * stride + q] += delta[n, k, i, j] * w[k, c, p, q]
    return dx
