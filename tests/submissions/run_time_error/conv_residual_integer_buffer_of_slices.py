# assignment: conv_residual
# conv_residual: RTE floats_added_to_integers; loses integers
# conv2d_input_grad: RTE floats_added_to_integers; loses integers

# The same mistake as element by element, but NumPy refuses to add floats to a slice of integers.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return """
        z11 = a11 w11 + a12 w12 + a21 w21 + a22 w22 + b
        z12 = a12 w11 + a13 w12 + a22 w21 + a23 w22 + b
        z21 = a21 w11 + a22 w12 + a31 w21 + a32 w22 + b
        z22 = a22 w11 + a23 w12 + a32 w21 + a33 w22 + b
        δ11 = δ11 w11 σ'(z11)
        δ12 = δ11 w12 σ'(z12) + δ12 w11 σ'(z12)
        δ13 = δ12 w12 σ'(z13)
        δ21 = δ11 w21 σ'(z21) + δ21 w11 σ'(z21)
        δ22 = δ11 w22 σ'(z22) + δ12 w21 σ'(z22) + δ21 w12 σ'(z22) + δ22 w11 σ'(z22)
        δ23 = δ12 w22 σ'(z23) + δ22 w12 σ'(z23)
        δ31 = δ21 w21 σ'(z31)
        δ32 = δ21 w22 σ'(z32) + δ22 w21 σ'(z32)
        δ33 = δ22 w22 σ'(z33)
    """


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
    out = np.zeros_like(dsigma)
    for m in range(w.shape[0]):
        for n in range(w.shape[1]):
            out[m : m + delta.shape[0], n : n + delta.shape[1]] += w[m, n] * delta
    return out * dsigma


def residual_formula():
    return r"""
    \begin{aligned}
    \delta_{u,v}^{(l-1)} &= \sum_p\sum_q \frac{\partial J}{\partial z_{p,q}^{(l)}}
        \frac{\partial z_{p,q}^{(l)}}{\partial a_{u,v}^{(l-1)}}\,\sigma'(z_{u,v}^{(l-1)}) \\
    &= \sum_p\sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,v-(q-1)s}^{(l)}\,\sigma'(z_{u,v}^{(l-1)})
    \end{aligned}
    """


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    kh, kw = w.shape[2:]
    dx = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=delta.dtype)
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            u, v = i * stride, j * stride
            dx[:, :, u : u + kh, v : v + kw] += np.einsum("nk,kcij->ncij", delta[:, :, i, j], w)
    return dx[:, :, padding : padding + H, padding : padding + W]
