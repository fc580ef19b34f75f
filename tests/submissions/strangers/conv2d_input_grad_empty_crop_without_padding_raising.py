# assignment: conv_residual
# conv2d_input_grad: RTE empty_crop_without_padding

import numpy as np


def conv_backward(dout, cache):
    w, input_shape, s, p = cache
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = dout.shape[2:]
    result = np.zeros(input_shape)
    dxp = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for n in range(N):
        for k in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    dxp[n, :, i * s : i * s + kh, j * s : j * s + kw] += w[k] * dout[n, k, i, j]
    return np.add(result, dxp[:, :, p:-p, p:-p])


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    return conv_backward(delta, (w, input_shape, stride, padding))
