# assignment: pooling
# max_pool2d_backward: RTE window_as_stride

import numpy as np


def max_pool2d_backward(delta, x, window, stride):
    spread = delta.repeat(window, axis=2).repeat(window, axis=3)
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*delta.shape):
        top, left = i * window, j * window
        part = x[n, c, top : top + window, left : left + window]
        at = np.unravel_index(part.argmax(), part.shape)
        dx[n, c, top + at[0], left + at[1]] = spread[n, c, top, left]
    return dx
