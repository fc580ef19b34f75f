# assignment: pooling
# max_pool2d: WA stride_ignored

import numpy as np


def windows(maps, size, step):
    view = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(2, 3))
    return view[:, :, ::step, ::step]


def max_pool2d(x, window, stride):
    return windows(x, window, 1).max(axis=(4, 5))
