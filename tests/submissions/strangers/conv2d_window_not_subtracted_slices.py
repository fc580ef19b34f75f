# assignment: convolution
# conv2d: RTE window_not_subtracted

import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    rows, cols = xp.shape[2] // stride, xp.shape[3] // stride
    z = np.zeros((len(x), len(w), rows, cols))
    for i in range(rows):
        for j in range(cols):
            window = xp[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            z[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return z
