# assignment: pooling
# avg_pool2d_backward: WA square_map_assumed

import numpy as np


def avg_pool2d_backward(delta, input_shape, window, stride):
    k, s = window, stride
    N, C, H, W = input_shape
    Ho, Wo = delta.shape[2:]
    dx = np.zeros(input_shape)
    for n in range(N):
        for c in range(C):
            for i in range(Ho):
                for j in range(Ho):
                    dx[n, c, i * s : i * s + k, j * s : j * s + k] += delta[n, c, i, j] / (k * k)
    return dx
