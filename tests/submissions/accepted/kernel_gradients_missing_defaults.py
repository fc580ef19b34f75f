# assignment: kernel_gradients

# The default arguments got lost: def f(..., stride, padding) in place of stride=1, padding=0.
import numpy as np


def kernel_gradient(delta, a):
    windows = np.lib.stride_tricks.sliding_window_view(a, delta.shape)
    return (windows * delta).sum(axis=(2, 3))


def bias_gradient(delta):
    return delta.sum()


def numerical_gradient(f, x, h):
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / (2 * h)
    return gradient


def relative_error(a, b):
    return (abs(a - b) / np.maximum(abs(a) + abs(b), 1e-8)).max()


def conv2d_weight_grad(delta, x, kernel_shape, stride, padding):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_shape, axis=(2, 3))
    return np.einsum("nkuv,ncuvpq->kcpq", delta, windows[:, :, ::stride, ::stride])


def conv2d_bias_grad(delta):
    return delta.sum(axis=(0, 2, 3))
