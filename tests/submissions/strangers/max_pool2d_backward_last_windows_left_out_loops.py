# assignment: pooling
# max_pool2d_backward: WA last_windows_left_out

import numpy as np


def max_pool2d_backward(delta, x, window, stride):
    k, s = window, stride
    N, C, H, W = x.shape
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(Ho - 1):
                for j in range(Wo - 1):
                    patch = x[n, c, i * s : i * s + k, j * s : j * s + k]
                    u, v = np.unravel_index(patch.argmax(), patch.shape)
                    dx[n, c, i * s + u, j * s + v] += delta[n, c, i, j]
    return dx
