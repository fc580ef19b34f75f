# assignment: conv_residual
# conv2d_input_grad: WA last_kernel_only

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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
