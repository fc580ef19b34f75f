# assignment: conv_residual
# rotate180: WA kernel_transposed
# conv_residual: WA kernel_transposed
# conv2d_input_grad: WA kernel_transposed

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    lines = []
    for p in (1, 2):
        for q in (1, 2):
            terms = [f"a[{p + i},{q + j}]*w[{i + 1},{j + 1}]" for i in range(2) for j in range(2)]
            lines.append(f"z[{p},{q}] = " + " + ".join(terms) + " + b")
    for u in (1, 2, 3):
        for v in (1, 2, 3):
            terms = []
            for p in (1, 2):
                for q in (1, 2):
                    if 0 <= u - p <= 1 and 0 <= v - q <= 1:
                        terms.append(f"delta[{p},{q}]*w[{u - p + 1},{v - q + 1}]")
            lines.append(f"delta[{u},{v}] = (" + " + ".join(terms) + f")*sigma'(z[{u},{v}])")
    return "\n".join(lines)


def rotate180(w):
    return w.T.copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    wt = rotate180(w)
    padded = pad_residual(delta, wt.shape)
    windows = np.lib.stride_tricks.sliding_window_view(padded, wt.shape)
    return np.tensordot(windows, wt, axes=2) * dsigma


def residual_formula():
    return r"""
    \delta_{u,v}^{(l-1)} = \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)}
        \sigma'(z_{u,v}^{(l-1)})
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    wt = w.transpose(0, 1, 3, 2)
    K, _, kh, kw = wt.shape
    s, p = stride, padding
    out = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for n in range(N):
        for k in range(K):
            d = insert_zeros(delta[n, k], s)
            full = np.zeros((H + 2 * p + kh - 1, W + 2 * p + kw - 1))
            full[kh - 1 : kh - 1 + d.shape[0], kw - 1 : kw - 1 + d.shape[1]] = d
            win = np.lib.stride_tricks.sliding_window_view(full, (kh, kw))
            for c in range(C):
                out[n, c] += np.tensordot(win, wt[k, c], axes=2)
    return out[:, :, p : p + H, p : p + W]
