# assignment: convolution
# conv2d: WA stride_ignored

import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = w.shape[2:]
    rows = xp.shape[2] - kh + 1
    cols = xp.shape[3] - kw + 1
    patches = []
    for i in range(rows):
        for j in range(cols):
            patches.append(xp[:, :, i : i + kh, j : j + kw].reshape(len(x), -1))
    z = np.stack(patches, axis=1) @ w.reshape(len(w), -1).T + b
    return z.transpose(0, 2, 1).reshape(len(x), len(w), rows, cols)
