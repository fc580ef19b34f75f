# assignment: pooling
# avg_pool2d: WA last_windows_left_out

import numpy as np


def avg_pool2d(x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho = (H - k) // s + 1
    Wo = (W - k) // s + 1
    out = np.zeros((N, C, Ho, Wo))
    for n in range(N):
        for c in range(C):
            for i in range(Ho - 1):
                for j in range(Wo - 1):
                    out[n, c, i, j] = np.mean(x[n, c, i * s : i * s + k, j * s : j * s + k])
    return out
