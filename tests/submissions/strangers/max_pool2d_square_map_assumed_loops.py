# assignment: pooling
# max_pool2d: WA square_map_assumed

import numpy as np


def max_pool2d(x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho = (H - k) // s + 1
    Wo = Ho
    out = np.zeros((N, C, Ho, Wo))
    for n in range(N):
        for c in range(C):
            for i in range(Ho):
                for j in range(Wo):
                    out[n, c, i, j] = np.max(x[n, c, i * s : i * s + k, j * s : j * s + k])
    return out
