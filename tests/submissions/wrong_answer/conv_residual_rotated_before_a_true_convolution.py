# assignment: conv_residual
# derive_residuals: WA kernel_not_rotated
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated

# A routine that rotates by itself (like scipy.signal.convolve2d) was given a rotated kernel.
import numpy as np


def convolve2d_full(x, k):
    """Mathematical convolution, mode="full": out[i, j] = sum x[i-m, j-n] k[m, n]."""
    out = np.zeros((x.shape[0] + k.shape[0] - 1, x.shape[1] + k.shape[1] - 1))
    for m in range(k.shape[0]):
        for n in range(k.shape[1]):
            out[m : m + x.shape[0], n : n + x.shape[1]] += k[m, n] * x
    return out


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
    z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b
    z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b
    z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b
    z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b
    delta11 = delta11*w22*dsigma(z11)
    delta12 = (delta11*w21 + delta12*w22) dsigma(z12)
    delta13 = delta12*w21*dsigma(z13)
    delta21 = (delta11*w12 + delta21*w22) dsigma(z21)
    delta22 = (delta11*w11 + delta12*w12 + delta21*w21 + delta22*w22) dsigma(z22)
    delta23 = (delta12*w11 + delta22*w21) dsigma(z23)
    delta31 = delta21*w12*dsigma(z31)
    delta32 = (delta21*w11 + delta22*w12) dsigma(z32)
    delta33 = delta22*w11*dsigma(z33)
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
    return convolve2d_full(delta, rotate180(w)) * dsigma


def residual_formula():
    return r"""
    # z[p,q] 的窗口从第 (p-1)s+1 行、第 (q-1)s+1 列开始
    δ[u,v] = Σ_p Σ_q δ[p,q] w[u-(p-1)s, v-(q-1)s] σ'(z[u,v])
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K = w.shape[0]
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for c in range(C):
            for k in range(K):
                part = convolve2d_full(insert_zeros(delta[n, k], stride), rotate180(w[k, c]))
                out[n, c, : part.shape[0], : part.shape[1]] += part
    return out[:, :, padding : padding + H, padding : padding + W]
