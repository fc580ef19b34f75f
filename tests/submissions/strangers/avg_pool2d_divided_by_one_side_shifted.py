# assignment: pooling
# avg_pool2d: WA divided_by_one_side

import numpy as np


def avg_pool2d(x, window, stride):
    out_h = (x.shape[2] - window) // stride + 1
    out_w = (x.shape[3] - window) // stride + 1
    total = np.zeros((*x.shape[:2], out_h, out_w))
    for u in range(window):
        for v in range(window):
            total += x[
                :, :, u : u + (out_h - 1) * stride + 1 : stride, v : v + (out_w - 1) * stride + 1 : stride
            ]
    return total / window
