# assignment: kernel_gradients
# conv2d_weight_grad: WA gradient_rotated

import numpy as np


class Layer:
    """Remembers its input, as in frameworks."""

    def __init__(self, size, stride, padding):
        self.size, self.stride, self.padding = size, stride, padding

    def remember(self, x):
        p = self.padding
        self.inputs = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])

    def columns(self, count):
        windows = np.lib.stride_tricks.sliding_window_view(self.inputs, self.size, axis=(2, 3))
        return windows[:, :, :: self.stride, :: self.stride][:, :, : count[0], : count[1]]

    def gradient(self, delta):
        columns = self.columns(delta.shape[2:])
        return np.tensordot(delta, columns, axes=([0, 2, 3], [0, 2, 3]))


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    layer = Layer(kernel_shape, stride, padding)
    layer.remember(x)
    return np.rot90(layer.gradient(delta), 2, axes=(2, 3))
