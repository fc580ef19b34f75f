# assignment: conv_residual
# conv2d_input_grad: WA empty_crop_without_padding

# The same crop behind the lecture's recipe.
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def dense_residual(delta_next, w_next, dsigma):
    back = np.sum(w_next * delta_next[:, np.newaxis], axis=0)
    return back * dsigma


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
