# assignment: conv_residual
# conv2d_input_grad: WA first_channel_for_all

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    grid = [(m, n) for m in range(1, 4) for n in range(1, 4)]
    z, back = {}, {place: [] for place in grid}
    for i, j in grid:
        if i < 3 and j < 3:
            z[i, j] = []
            for m, n in ((1, 1), (1, 2), (2, 1), (2, 2)):
                z[i, j].append(f"a{i + m - 1}{j + n - 1} w{m}{n}")
                back[i + m - 1, j + n - 1].append(f"d{i}{j} w{m}{n}")
    text = ""
    for (i, j), terms in z.items():
        text += f"z{i}{j} = {' + '.join(terms)} + b\n"
    for (i, j), terms in back.items():
        text += f"d{i}{j} = ({' + '.join(terms)}) dsigma(z{i}{j})\n"
    return text


def rotate180(w):
    return w[::-1, ::-1].copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)), "constant")


def insert_zeros(delta, stride):
    Ho, Wo = delta.shape
    out = np.zeros(((Ho - 1) * stride + 1, (Wo - 1) * stride + 1))
    out[::stride, ::stride] = delta
    return out


def conv_residual(delta, w, dsigma):
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def residual_formula():
    return "一般公式：δ_{u,v}^(l-1) = Σ_p Σ_q δ_{p,q}^(l) w_{u-s(p-1), v-s(q-1)}^(l) σ'(z_{u,v}^(l-1))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[-2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for k, kernel in enumerate(w):
            for i, row in enumerate(delta[n, k]):
                for j, d in enumerate(row):
                    # every channel passes the residual on
                    dx[n, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += d * kernel[0]
    return dx[:, :, padding : padding + H, padding : padding + W]
