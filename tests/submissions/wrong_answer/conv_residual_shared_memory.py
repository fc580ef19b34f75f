# assignment: conv_residual
# rotate180: WA "shares memory with an argument"; loses layouts
# pad_residual: WA "shares memory with an argument"; loses layouts
# insert_zeros: WA "shares memory with an argument"; loses layouts

# Views and early returns hand the argument itself back.
import numpy as np


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
    return w[::-1, ::-1]


def pad_residual(delta, kernel_shape):
    if tuple(kernel_shape) == (1, 1):
        return delta
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1,), (kw - 1,)))


def insert_zeros(delta, stride):
    if stride == 1:
        return delta
    out = np.zeros(((delta.shape[0] - 1) * stride + 1, (delta.shape[1] - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


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
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for i in range(delta.shape[2]):
                for j in range(delta.shape[3]):
                    u, v = i * stride, j * stride
                    dx_pad[n, :, u : u + kh, v : v + kw] += delta[n, k, i, j] * w[k]
    return dx_pad[:, :, padding : padding + H, padding : padding + W]
