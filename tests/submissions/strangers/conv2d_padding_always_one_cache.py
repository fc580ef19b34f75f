# assignment: convolution
# conv2d: WA padding_always_one

import numpy as np


def conv_forward(x, w, b, conv_param):
    stride, padding = conv_param["stride"], conv_param["pad"]
    s, p = stride, padding
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    p = 1
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    Ho, Wo = (H + 2 * p - kh) // s + 1, (W + 2 * p - kw) // s + 1
    out = np.zeros((N, K, Ho, Wo))
    for n in range(N):
        for k in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    window = xp[n, :, i * s : i * s + kh, j * s : j * s + kw]
                    out[n, k, i, j] += np.sum(window * w[k]) + b[k]
    cache = (x, w, b, conv_param)
    return out, cache


def conv2d(x, w, b, stride=1, padding=0):
    out, cache = conv_forward(x, w, b, {"stride": stride, "pad": padding})
    return out
