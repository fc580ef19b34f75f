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
