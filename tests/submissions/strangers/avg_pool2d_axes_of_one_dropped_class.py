# assignment: pooling
# avg_pool2d: WA axes_of_one_dropped

import numpy as np


class Pool:
    def __init__(self, size, stride):
        self.size, self.stride = size, stride

    def forward(self, x):
        window, stride = self.size, self.stride
        k, s = window, stride
        N, C, H, W = x.shape
        Ho = (H - k) // s + 1
        Wo = (W - k) // s + 1
        out = np.zeros((N, C, Ho, Wo))
        for i in range(Ho):
            for j in range(Wo):
                patch = x[:, :, i * s : i * s + k, j * s : j * s + k]
                out[:, :, i, j] = np.mean(patch, axis=(2, 3))
        self.cache = x
        return np.squeeze(out)


def avg_pool2d(x, window, stride):
    return Pool(window, stride).forward(x)
