# assignment: convolution
# conv2d: WA stored_as_integers

import numpy as np


def single_step(a_slice, W, b):
    return np.sum(a_slice * W) + b


def conv2d(x, w, b, stride=1, padding=0):
    s, p = stride, padding
    N, C, H, W = x.shape
    K, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    Ho, Wo = (H + 2 * p - kh) // s + 1, (W + 2 * p - kw) // s + 1
    out = np.zeros((N, K, Ho, Wo), x.dtype)
    maps = xp.transpose(0, 2, 3, 1)
    kernels = w.transpose(2, 3, 1, 0)
    Z = out.transpose(0, 2, 3, 1).copy()
    for i in range(N):
        for h in range(Ho):
            for c in range(Wo):
                for k in range(K):
                    piece = maps[i, h * s : h * s + kh, c * s : c * s + kw, :]
                    Z[i, h, c, k] += single_step(piece, kernels[..., k], b[k])
    out = Z.transpose(0, 3, 1, 2)
    return out
