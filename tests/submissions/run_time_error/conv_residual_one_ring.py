# assignment: conv_residual
# pad_residual: WA always_one_ring
# conv_residual: RTE always_one_ring

# The lecture's example has a 2x2 kernel and one ring of zeros.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    lines = [
        "z11 = a11*w11 + a12*w12 + a21*w21 + a22*w22 + b",
        "z12 = a12*w11 + a13*w12 + a22*w21 + a23*w22 + b",
        "z21 = a21*w11 + a22*w12 + a31*w21 + a32*w22 + b",
        "z22 = a22*w11 + a23*w12 + a32*w21 + a33*w22 + b",
        "d11 = d11*w11 * dsigma(z11)",
        "d12 = (d11*w12 + d12*w11) * dsigma(z12)",
        "d13 = d12*w12 * dsigma(z13)",
        "d21 = (d11*w21 + d21*w11) * dsigma(z21)",
        "d22 = (d11*w22 + d12*w21 + d21*w12 + d22*w11) * dsigma(z22)",
        "d23 = (d12*w22 + d22*w12) * dsigma(z23)",
        "d31 = d21*w21 * dsigma(z31)",
        "d32 = (d21*w22 + d22*w21) * dsigma(z32)",
        "d33 = d22*w22 * dsigma(z33)",
    ]
    return "\n".join(lines)


def rotate180(w):
    return w[::-1, ::-1].copy()


def pad_residual(delta, kernel_shape):
    return np.pad(delta, 1)


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    k = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = k.shape
    Hn, Wn = padded.shape[0] - kh + 1, padded.shape[1] - kw + 1
    out = np.zeros((Hn, Wn))
    for i in range(Hn):
        for j in range(Wn):
            out[i, j] = np.sum(padded[i : i + kh, j : j + kw] * k)
    return out * dsigma


def residual_formula():
    return r"""
    # z[p,q] 的窗口从第 (p-1)s+1 行、第 (q-1)s+1 列开始
    δ[u,v] = Σ_p Σ_q δ[p,q] w[u-(p-1)s, v-(q-1)s] σ'(z[u,v])
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    _, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    grad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + Ho * stride : stride, j : j + Wo * stride : stride] += np.einsum(
                "nkuv,kc->ncuv", delta, w[:, :, i, j]
            )
    return grad[:, :, padding : H + padding, padding : W + padding]
