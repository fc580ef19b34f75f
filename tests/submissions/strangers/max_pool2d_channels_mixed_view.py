# assignment: pooling
# max_pool2d: WA channels_mixed

import numpy as np


def windows(maps, size, step):
    view = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(2, 3))
    return view[:, :, ::step, ::step]


def max_pool2d(x, window, stride):
    pooled = windows(x, window, stride).max(axis=(1, 4, 5))
    return np.repeat(pooled[:, None], x.shape[1], axis=1)
