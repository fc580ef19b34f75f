# assignment: pooling
# avg_pool2d_backward: WA replaced_not_added

import numpy as np


def avg_pool2d_backward(delta, input_shape, window, stride):
    share = np.ones((window, window)) / window**2
    grad = np.zeros(input_shape)
    for i in range(delta.shape[2]):
        for j in range(delta.shape[3]):
            rows, cols = slice(i * stride, i * stride + window), slice(j * stride, j * stride + window)
            grad[:, :, rows, cols] = delta[:, :, i, j][..., None, None] * share
    return grad
