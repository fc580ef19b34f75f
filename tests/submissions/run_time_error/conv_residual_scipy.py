# assignment: conv_residual
# derive_residuals: FORBIDDEN "sympy"
# conv_residual: FORBIDDEN "scipy"
# conv2d_input_grad: FORBIDDEN "torch"

import numpy as np
import torch
from scipy.signal import convolve2d


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    import sympy

    a = sympy.Matrix(3, 3, lambda i, j: sympy.Symbol(f"a{i + 1}{j + 1}"))
    w = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"w{i + 1}{j + 1}"))
    d = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"d{i + 1}{j + 1}"))
    z = [[sum(a[p + i, q + j] * w[i, j] for i in (0, 1) for j in (0, 1)) for q in (0, 1)] for p in (0, 1)]
    lines = [f"z{p + 1}{q + 1} = {z[p][q]} + b" for p in (0, 1) for q in (0, 1)]
    for u in range(3):
        for v in range(3):
            back = sum(d[p, q] * sympy.diff(z[p][q], a[u, v]) for p in (0, 1) for q in (0, 1))
            lines.append(f"d{u + 1}{v + 1} = ({back})*dsigma(z{u + 1}{v + 1})")
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
    return convolve2d(delta, w, mode="full") * dsigma


def residual_formula():
    return "δ(x,y) = Σ_p Σ_q δ(p,q) w(x-(p-1)s, y-(q-1)s) σ'(z(x,y))"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    return torch.nn.grad.conv2d_input(
        input_shape, torch.tensor(w), torch.tensor(delta), stride=stride, padding=padding
    ).numpy()
