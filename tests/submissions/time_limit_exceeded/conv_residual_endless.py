# assignment: conv_residual
# pad_residual: TLE "did not finish in time"
# conv_residual: TLE "did not finish in time"

# The counter is never raised.
import numpy as np


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


def derive_residuals():
    return r"""
    $z_{11} = w_{11} a_{11} + w_{12} a_{12} + w_{21} a_{21} + w_{22} a_{22} + b$
    $z_{12} = w_{11} a_{12} + w_{12} a_{13} + w_{21} a_{22} + w_{22} a_{23} + b$
    $z_{21} = w_{11} a_{21} + w_{12} a_{22} + w_{21} a_{31} + w_{22} a_{32} + b$
    $z_{22} = w_{11} a_{22} + w_{12} a_{23} + w_{21} a_{32} + w_{22} a_{33} + b$
    $\delta_{11}^{l-1} = w_{11} \delta_{11} \cdot \sigma'(z_{11}^{l-1})$
    $\delta_{12}^{l-1} = (w_{12} \delta_{11} + w_{11} \delta_{12}) \cdot \sigma'(z_{12}^{l-1})$
    $\delta_{13}^{l-1} = w_{12} \delta_{12} \cdot \sigma'(z_{13}^{l-1})$
    $\delta_{21}^{l-1} = (w_{21} \delta_{11} + w_{11} \delta_{21}) \cdot \sigma'(z_{21}^{l-1})$
    $\delta_{22}^{l-1} = (w_{22} \delta_{11} + w_{21} \delta_{12} + w_{12} \delta_{21} + w_{11} \delta_{22}) \cdot \sigma'(z_{22}^{l-1})$
    $\delta_{23}^{l-1} = (w_{22} \delta_{12} + w_{12} \delta_{22}) \cdot \sigma'(z_{23}^{l-1})$
    $\delta_{31}^{l-1} = w_{21} \delta_{21} \cdot \sigma'(z_{31}^{l-1})$
    $\delta_{32}^{l-1} = (w_{22} \delta_{21} + w_{21} \delta_{22}) \cdot \sigma'(z_{32}^{l-1})$
    $\delta_{33}^{l-1} = w_{22} \delta_{22} \cdot \sigma'(z_{33}^{l-1})$
    """


def rotate180(w):
    return np.rot90(w, 2).copy()


def pad_residual(delta, kernel_shape):
    kh, kw = kernel_shape
    i = 0
    rows = delta
    while i < max(kh, kw):
        rows = np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    return rows


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
    return r"""
    \delta_{u,v}^{(l-1)} = \sum_p \sum_q \delta_{p,q}^{(l)} w_{u-(p-1)s,\,v-(q-1)s}^{(l)}
        \sigma'(z_{u,v}^{(l-1)})
    """


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
