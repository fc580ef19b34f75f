# assignment: conv_residual
# conv2d_input_grad: WA empty_crop_without_padding

# The same crop behind the lecture's recipe.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def dense_residual(delta_next, w_next, dsigma):
    back = np.sum(w_next * delta_next[:, np.newaxis], axis=0)
    return back * dsigma


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
    return np.flipud(np.fliplr(w)) + 0.0


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
    win = sliding_window_view(pad_residual(delta, w.shape), w.shape)
    return (win * rotate180(w)).sum(axis=(2, 3)) * dsigma


def residual_formula():
    rows, columns = "u - (p-1)*s", "v - (q-1)*s"
    return f"d[u,v] = sum_p sum_q d[p,q] * w[{rows}, {columns}] * dsigma(z[u,v])"


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    # step 2: zeros between the residuals and around them
    d = np.zeros((N, K, Hp + kh - 1, Wp + kw - 1))
    Ho, Wo = delta.shape[2:]
    d[:, :, kh - 1 : kh - 1 + Ho * stride : stride, kw - 1 : kw - 1 + Wo * stride : stride][:, :, :Ho, :Wo] = delta
    # steps 1 and 3
    win = sliding_window_view(d, (kh, kw), axis=(2, 3))
    dx = np.tensordot(win, w[:, :, ::-1, ::-1], axes=([1, 4, 5], [0, 2, 3]))  # N, Hp, Wp, C
    dx = np.moveaxis(dx, 3, 1)
    return dx[..., padding:-padding, padding:-padding]
