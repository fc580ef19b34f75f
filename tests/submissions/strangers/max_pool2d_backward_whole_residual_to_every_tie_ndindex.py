# assignment: pooling
# max_pool2d_backward: WA whole_residual_to_every_tie

import numpy as np


def max_pool2d_backward(delta, x, window, stride):
    dx = np.zeros_like(x, dtype=float)
    for n, c, i, j in np.ndindex(*delta.shape):
        top, left = i * stride, j * stride
        part = x[n, c, top : top + window, left : left + window]
        mask = part == part.max()
        dx[n, c, top : top + window, left : left + window] += mask * delta[n, c, i, j]
    return dx
