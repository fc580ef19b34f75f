# assignment: pooling
# max_pool2d: WA search_starts_from_zero

import numpy as np


def max_pool2d(x, window, stride):
    N, C, H, W = x.shape
    rows = (H - window) // stride + 1
    cols = (W - window) // stride + 1
    pooled = np.zeros((N, C, rows, cols))
    for n in range(N):
        for c in range(C):
            for i in range(rows):
                for j in range(cols):
                    best = 0.0
                    for u in range(window):
                        for v in range(window):
                            best = max(best, x[n, c, i * stride + u, j * stride + v])
                    pooled[n, c, i, j] = best
    return pooled
