# assignment: conv_residual
# dense_residual: RTE weights_not_transposed

import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return np.dot(w_next, delta_next) * dsigma


def derive_residuals():
    return """
    z(1,1) = a(1,1)w(1,1) + a(1,2)w(1,2) + a(2,1)w(2,1) + a(2,2)w(2,2) + b
    z(1,2) = a(1,2)w(1,1) + a(1,3)w(1,2) + a(2,2)w(2,1) + a(2,3)w(2,2) + b
    z(2,1) = a(2,1)w(1,1) + a(2,2)w(1,2) + a(3,1)w(2,1) + a(3,2)w(2,2) + b
    z(2,2) = a(2,2)w(1,1) + a(2,3)w(1,2) + a(3,2)w(2,1) + a(3,3)w(2,2) + b
    δ(1,1) = [δ(1,1)w(1,1)]σ'(z(1,1))
    δ(1,2) = [δ(1,1)w(1,2) + δ(1,2)w(1,1)]σ'(z(1,2))
    δ(1,3) = [δ(1,2)w(1,2)]σ'(z(1,3))
    δ(2,1) = [δ(1,1)w(2,1) + δ(2,1)w(1,1)]σ'(z(2,1))
    δ(2,2) = [δ(1,1)w(2,2) + δ(1,2)w(2,1) + δ(2,1)w(1,2) + δ(2,2)w(1,1)]σ'(z(2,2))
    δ(2,3) = [δ(1,2)w(2,2) + δ(2,2)w(1,2)]σ'(z(2,3))
    δ(3,1) = [δ(2,1)w(2,1)]σ'(z(3,1))
    δ(3,2) = [δ(2,1)w(2,2) + δ(2,2)w(2,1)]σ'(z(3,2))
    δ(3,3) = [δ(2,2)w(2,2)]σ'(z(3,3))
    """


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
    w_rot = rotate180(w)
    padded = pad_residual(delta, w.shape)
    kh, kw = w.shape
    out = np.zeros(dsigma.shape)
    for u in range(out.shape[0]):
        for v in range(out.shape[1]):
            out[u, v] = np.sum(padded[u : u + kh, v : v + kw] * w_rot)
    return out * dsigma


def residual_formula():
    return "δ_{u,v} = Σ_p Σ_q δ_{p,q} w_{u-(p-1)s, v-(q-1)s} σ'(z_{u,v})"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    _, _, kh, kw = w.shape
    _, _, Ho, Wo = delta.shape
    grad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + Ho * stride : stride, j : j + Wo * stride : stride] += np.einsum(
                "nkuv,kc->ncuv", delta, w[:, :, i, j]
            )
    return grad[:, :, padding : H + padding, padding : W + padding]
