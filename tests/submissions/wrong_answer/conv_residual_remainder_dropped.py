# assignment: conv_residual
# conv2d_input_grad: WA remainder_dropped

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    samples = []
    for n in range(N):
        channels = []
        for c in range(C):
            total = 0
            for k in range(K):
                d = pad_residual(insert_zeros(delta[n, k], stride), (kh, kw))
                win = np.lib.stride_tricks.sliding_window_view(d, (kh, kw))
                total = total + np.sum(win * rotate180(w[k, c]), axis=(2, 3))
            channels.append(total[padding : padding + H, padding : padding + W])
        samples.append(channels)
    return np.array(samples)
