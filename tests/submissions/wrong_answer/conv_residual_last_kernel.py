# assignment: conv_residual
# conv2d_input_grad: WA last_kernel_only

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
        z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
        z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
        z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
        z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
        δ11 = δ11 w11 σ'(z11)
        δ12 = δ11 w12 σ'(z12) + δ12 w11 σ'(z12)
        δ13 = δ12 w12 σ'(z13)
        δ21 = δ11 w21 σ'(z21) + δ21 w11 σ'(z21)
        δ22 = δ11 w22 σ'(z22) + δ12 w21 σ'(z22) + δ21 w12 σ'(z22) + δ22 w11 σ'(z22)
        δ23 = δ12 w22 σ'(z23) + δ22 w12 σ'(z23)
        δ31 = δ21 w21 σ'(z31)
        δ32 = δ21 w22 σ'(z32) + δ22 w21 σ'(z32)
        δ33 = δ22 w22 σ'(z33)
    """


def rotate180(w):
    return np.array(np.flip(w))


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    kh, kw = w.shape
    da = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            da[i : i + kh, j : j + kw] += delta[i, j] * w
    return da * dsigma


def residual_formula():
    return "delta[u,v] = dsigma(z[u,v]) * sum_p sum_q delta[p,q] * w[u-(p-1)*s, v-(q-1)*s]"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    out = np.zeros((N, C, H, W))
    for n in range(N):
        for c in range(C):
            for k in range(K):
                # residual of channel c through kernel k
                canvas = np.zeros((H + 2 * padding, W + 2 * padding))
                for p in range(delta.shape[2]):
                    for q in range(delta.shape[3]):
                        canvas[p * stride : p * stride + kh, q * stride : q * stride + kw] += delta[n, k, p, q] * w[k, c]
                out[n, c] = canvas[padding : padding + H, padding : padding + W]
    return out
