# assignment: conv_residual
# derive_residuals: RTE "IndexError"
# conv_residual: RTE read_beyond_the_residual
# conv2d_input_grad: RTE "IndexError"; loses remainder, combined

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    names = [["11", "12"], ["21", "22"]]
    lines = []
    for p in range(2):
        for q in range(2):
            lines.append(f"z{names[p][q]} = " + " + ".join(f"a{names[p + i][q + j]} w{names[i][j]}" for i in range(2) for j in range(2)) + " + b")
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
    H, W = dsigma.shape
    kh, kw = w.shape
    out = np.zeros((H, W))
    for u in range(H):
        for v in range(W):
            for m in range(kh):
                for n in range(kw):
                    out[u, v] += w[m, n] * delta[u - m, v - n]
    return out * dsigma


def residual_formula():
    return "delta_{i,j} = (sum_m sum_n delta_{m,n} w_{i-s*(m-1), j-s*(n-1)}) sigma'(z_{i,j})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    spread = np.zeros((N, K, (delta.shape[2] - 1) * stride + 1, (delta.shape[3] - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = delta
    d = np.pad(spread, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    dx = np.zeros(input_shape)
    for u in range(H):
        for v in range(W):
            for m in range(kh):
                for n in range(kw):
                    for k in range(K):
                        value = d[:, k, u + padding + m, v + padding + n]
                        dx[:, :, u, v] += value[:, None] * w[k, :, kh - 1 - m, kw - 1 - n]
    return dx
