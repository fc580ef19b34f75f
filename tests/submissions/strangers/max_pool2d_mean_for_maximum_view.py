# assignment: pooling
# max_pool2d: WA mean_for_maximum

import numpy as np


def windows(maps, size, step):
    view = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(2, 3))
    return view[:, :, ::step, ::step]


def max_pool2d(x, window, stride):
    return windows(x, window, stride).mean(axis=(4, 5))
