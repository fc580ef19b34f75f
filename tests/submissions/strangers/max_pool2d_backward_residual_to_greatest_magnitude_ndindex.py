# assignment: pooling
# max_pool2d_backward: WA residual_to_greatest_magnitude

import numpy as np


def max_pool2d_backward(delta, x, window, stride):
    dx = np.zeros_like(x, dtype=float)
    for n, c, i, j in np.ndindex(*delta.shape):
        top, left = i * stride, j * stride
        part = x[n, c, top : top + window, left : left + window]
        u, v = np.unravel_index(np.argmax(np.abs(part)), part.shape)
        dx[n, c, top + u, left + v] += delta[n, c, i, j]
    return dx
