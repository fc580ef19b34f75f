# assignment: conv_residual

# Derivations as on the lecture's pages: aligned, with the chain rule.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return r"""
    \begin{aligned}
    z_{11} &= a_{11}w_{11} + a_{12}w_{12} + a_{21}w_{21} + a_{22}w_{22} + b \\
    z_{12} &= a_{12}w_{11} + a_{13}w_{12} + a_{22}w_{21} + a_{23}w_{22} + b \\
    z_{21} &= a_{21}w_{11} + a_{22}w_{12} + a_{31}w_{21} + a_{32}w_{22} + b \\
    z_{22} &= a_{22}w_{11} + a_{23}w_{12} + a_{32}w_{21} + a_{33}w_{22} + b \\
    \delta_{11}^{(l-1)} &= \frac{\partial J}{\partial z_{11}^{(l)}}\frac{\partial z_{11}^{(l)}}{\partial a_{11}^{(l-1)}}\frac{\partial a_{11}^{(l-1)}}{\partial z_{11}^{(l-1)}} \\
        &= \delta_{11}^{(l)}w_{11}^{(l)}\,\sigma'(z_{11}^{(l-1)}) \\
    \delta_{12}^{(l-1)} &= \left(\frac{\partial J}{\partial z_{11}^{(l)}}\frac{\partial z_{11}^{(l)}}{\partial a_{12}^{(l-1)}} + \frac{\partial J}{\partial z_{12}^{(l)}}\frac{\partial z_{12}^{(l)}}{\partial a_{12}^{(l-1)}}\right)\frac{\partial a_{12}^{(l-1)}}{\partial z_{12}^{(l-1)}} \\
        &= \left(\delta_{11}^{(l)}w_{12}^{(l)} + \delta_{12}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{12}^{(l-1)}) \\
    \delta_{13}^{(l-1)} &= \delta_{12}^{(l)}w_{12}^{(l)}\,\sigma'(z_{13}^{(l-1)}) \\
    \delta_{21}^{(l-1)} &= \left(\delta_{11}^{(l)}w_{21}^{(l)} + \delta_{21}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{21}^{(l-1)}) \\
    \delta_{22}^{(l-1)} &= \left(\delta_{11}^{(l)}w_{22}^{(l)} + \delta_{12}^{(l)}w_{21}^{(l)} + \delta_{21}^{(l)}w_{12}^{(l)} + \delta_{22}^{(l)}w_{11}^{(l)}\right)\,\sigma'(z_{22}^{(l-1)}) \\
    \delta_{23}^{(l-1)} &= \left(\delta_{12}^{(l)}w_{22}^{(l)} + \delta_{22}^{(l)}w_{12}^{(l)}\right)\,\sigma'(z_{23}^{(l-1)}) \\
    \delta_{31}^{(l-1)} &= \delta_{21}^{(l)}w_{21}^{(l)}\,\sigma'(z_{31}^{(l-1)}) \\
    \delta_{32}^{(l-1)} &= \left(\delta_{21}^{(l)}w_{22}^{(l)} + \delta_{22}^{(l)}w_{21}^{(l)}\right)\,\sigma'(z_{32}^{(l-1)}) \\
    \delta_{33}^{(l-1)} &= \delta_{22}^{(l)}w_{22}^{(l)}\,\sigma'(z_{33}^{(l-1)})
    \end{aligned}
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    return np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))


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
    Ho, Wo = delta.shape[2:]
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for p in range(Ho):
        for q in range(Wo):
            i, j = p * stride, q * stride
            out[:, :, i : i + kh, j : j + kw] += np.tensordot(delta[:, :, p, q], w, axes=1)
    return out[:, :, padding : padding + H, padding : padding + W]
