# assignment: conv_residual
# conv2d_input_grad: WA residual_rotated

import numpy as np


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    batch, channels, height, width = input_shape
    kernels, _, kh, kw = w.shape
    grad = np.zeros((batch, channels, height + 2 * padding, width + 2 * padding))
    for b in range(batch):
        for k in range(kernels):
            for r in range(delta.shape[2]):
                for q in range(delta.shape[3]):
                    window = (slice(r * stride, r * stride + kh), slice(q * stride, q * stride + kw))
                    grad[b, :, window[0], window[1]] += w[k, :, ::-1, ::-1] * delta[b, k, -1 - r, -1 - q]
    return grad[:, :, padding : padding + height, padding : padding + width]
