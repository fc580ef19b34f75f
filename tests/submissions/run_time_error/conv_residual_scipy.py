# assignment: conv_residual
# conv_residual: FORBIDDEN "scipy"
# conv2d_input_grad: FORBIDDEN "torch"

import numpy as np
import torch
from scipy.signal import convolve2d


def dense_residual(delta_next, w_next, dsigma):
    return (w_next.T @ delta_next) * dsigma


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


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    return torch.nn.grad.conv2d_input(
        input_shape, torch.tensor(w), torch.tensor(delta), stride=stride, padding=padding
    ).numpy()
