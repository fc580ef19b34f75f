# assignment: conv_residual
# conv_residual: WA kernel_not_rotated
# conv2d_input_grad: WA kernel_not_rotated+stride_ignored

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    n_out, n_in = w_next.shape
    delta = np.zeros(n_in)
    for j in range(n_in):
        for i in range(n_out):
            delta[j] += w_next[i, j] * delta_next[i]
        delta[j] *= dsigma[j]
    return delta


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    ph, pw = kernel_shape[0] - 1, kernel_shape[1] - 1
    Ho, Wo = delta.shape
    out = np.zeros((Ho + 2 * ph, Wo + 2 * pw))
    out[ph : ph + Ho, pw : pw + Wo] = delta
    return out


def insert_zeros(delta, stride):
    h, w = delta.shape
    big = np.zeros((h + (h - 1) * (stride - 1), w + (w - 1) * (stride - 1)))
    for i in range(h):
        for j in range(w):
            big[i * stride, j * stride] = delta[i, j]
    return big


def conv_residual(delta, w, dsigma):
    wr = rotate180(w)
    back = np.zeros(dsigma.shape)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            back[i : i + wr.shape[0], j : j + wr.shape[1]] += delta[i, j] * wr
    return back * dsigma


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k in range(K):
            for c in range(C):
                wr = rotate180(w[k, c])
                for i in range(delta.shape[2]):
                    for j in range(delta.shape[3]):
                        dx[n, c, i : i + kh, j : j + kw] += delta[n, k, i, j] * wr
    return dx[:, :, padding : padding + H, padding : padding + W]
