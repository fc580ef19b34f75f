# assignment: convolution
# conv2d: RTE number_rounded_to_nearest

import numpy as np


def conv2d(x, w, b, stride=1, padding=0):
    s, p = stride, padding
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    Ho, Wo = round((H + 2 * p - kh) / s) + 1, round((W + 2 * p - kw) / s) + 1
    out = np.zeros((N, K, Ho, Wo))
    for n in range(N):
        for k in range(K):
            for i in range(Ho):
                for j in range(Wo):
                    for c in range(C):
                        for u in range(kh):
                            for v in range(kw):
                                out[n, k, i, j] += xp[n, c, i * s + u, j * s + v] * w[k, c, u, v]
                    out[n, k, i, j] += b[k]
    return out
