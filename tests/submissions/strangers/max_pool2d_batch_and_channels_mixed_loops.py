# assignment: pooling
# max_pool2d: WA batch_and_channels_mixed

import numpy as np


def max_pool2d(x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho = (H - k) // s + 1
    Wo = (W - k) // s + 1
    out = np.zeros((N, C, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            out[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].max()
    return out
