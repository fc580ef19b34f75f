# assignment: kernel_gradients
# conv2d_weight_grad: WA padding_counted_twice

import numpy as np


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    (kh, kw), s = kernel_shape, stride
    Ho, Wo = delta.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (2 * padding,) * 2, (2 * padding,) * 2))
    dw = np.zeros((delta.shape[1], x.shape[1], kh, kw))
    for i in range(kh):
        for j in range(kw):
            seen = xp[:, :, i : i + (Ho - 1) * s + 1 : s, j : j + (Wo - 1) * s + 1 : s]
            dw[:, :, i, j] = np.einsum("nkuv,ncuv->kc", delta, seen)
    return dw
