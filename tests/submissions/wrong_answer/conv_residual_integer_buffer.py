# assignment: conv_residual
# dense_residual: WA stored_as_integers; loses integers
# conv_residual: WA stored_as_integers; loses integers
# conv2d_input_grad: WA stored_as_integers; loses integers

# zeros_like takes over the dtype, and element by element NumPy truncates without a word.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    delta = np.zeros_like(dsigma)
    for j in range(w_next.shape[1]):
        delta[j] = np.sum(w_next[:, j] * delta_next) * dsigma[j]
    return delta


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
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    padded = pad_residual(delta, w.shape)
    w_rot = rotate180(w)
    out = np.zeros_like(dsigma)
    for u in range(dsigma.shape[0]):
        for v in range(dsigma.shape[1]):
            out[u, v] = np.sum(padded[u : u + w.shape[0], v : v + w.shape[1]] * w_rot) * dsigma[u, v]
    return out


def residual_formula():
    return r"""
    # z[p,q] 的窗口从第 (p-1)s+1 行、第 (q-1)s+1 列开始
    δ[u,v] = Σ_p Σ_q δ[p,q] w[u-(p-1)s, v-(q-1)s] σ'(z[u,v])
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=delta.dtype)
    for n in range(N):
        for c in range(C):
            for k in range(K):
                for p in range(delta.shape[2]):
                    for q in range(delta.shape[3]):
                        for i in range(kh):
                            for j in range(kw):
                                dx[n, c, p * stride + i, q * stride + j] += delta[n, k, p, q] * w[k, c, i, j]
    return dx[:, :, padding : padding + H, padding : padding + W].copy()
