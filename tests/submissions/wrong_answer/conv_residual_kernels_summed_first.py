# assignment: conv_residual
# conv2d_input_grad: WA kernels_summed_first

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    # 行向量乘矩阵，相当于转置
    return np.dot(delta_next, w_next) * dsigma


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
    Ho, Wo = delta.shape
    back = np.zeros(dsigma.shape)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            back[m : m + Ho, n : n + Wo] += w[m, n] * delta
    return back * dsigma


def residual_formula():
    return "δ(x,y) = Σ_p Σ_q δ(p,q) w(x-(p-1)s, y-(q-1)s) σ'(z(x,y))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2], w.shape[3]
    d = delta.sum(axis=1)  # 所有卷积核的残差之和
    ws = w.sum(axis=0)
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for n in range(N):
        for i in range(d.shape[1]):
            for j in range(d.shape[2]):
                dx[n, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += d[n, i, j] * ws
    return dx[:, :, padding : padding + H, padding : padding + W]
