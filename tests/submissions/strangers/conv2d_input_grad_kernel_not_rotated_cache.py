# assignment: conv_residual
# conv2d_input_grad: WA kernel_not_rotated

import numpy as np


def conv_backward(dout, cache):
    w, input_shape, s, p = cache
    N, C, H, W = input_shape
    K, _, kh, kw = w.shape
    Ho, Wo = dout.shape[2:]
    dxp = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for n in range(N):
        for k in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    dxp[n, :, i * s : i * s + kh, j * s : j * s + kw] += (
                        w[k][:, ::-1, ::-1] * dout[n, k, i, j]
                    )
    return dxp[:, :, p : p + H, p : p + W]


def conv2d_input_grad(delta, w, input_shape, stride=1, padding=0):
    return conv_backward(delta, (w, input_shape, stride, padding))
