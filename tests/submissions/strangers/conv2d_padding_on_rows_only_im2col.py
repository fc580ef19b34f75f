# assignment: convolution
# conv2d: WA padding_on_rows_only

import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0)))
    kh, kw = w.shape[2:]
    rows = (xp.shape[2] - kh) // stride + 1
    cols = (xp.shape[3] - kw) // stride + 1
    patches = []
    for i in range(rows):
        for j in range(cols):
            patches.append(
                xp[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw].reshape(len(x), -1)
            )
    z = np.stack(patches, axis=1) @ w.reshape(len(w), -1).T + b
    return z.transpose(0, 2, 1).reshape(len(x), len(w), rows, cols)
