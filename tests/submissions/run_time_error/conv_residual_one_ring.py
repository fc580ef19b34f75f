# assignment: conv_residual
# pad_residual: WA always_one_ring
# conv_residual: RTE always_one_ring

# The lecture's example has a 2x2 kernel and one ring of zeros.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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
