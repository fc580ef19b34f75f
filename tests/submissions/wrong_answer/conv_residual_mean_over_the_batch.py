# assignment: conv_residual
# conv2d_input_grad: WA divided_by_the_batch

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
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
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
    return r"""
    \delta_{u,v}^{(l-1)} = \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)}
        \sigma'(z_{u,v}^{(l-1)})
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = delta.shape[2:]
    delta = delta / N  # loss is averaged over the batch
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            rows = slice(i, i + stride * (Ho - 1) + 1, stride)
            cols = slice(j, j + stride * (Wo - 1) + 1, stride)
            dx[:, :, rows, cols] += np.einsum("nkpq,kc->ncpq", delta, w[:, :, i, j])
    return dx[:, :, padding : padding + H, padding : padding + W]
