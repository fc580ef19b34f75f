# assignment: kernel_gradients
# conv2d_weight_grad: WA rows_and_columns_swapped

import numpy as np


def conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0):
    (kh, kw), s = kernel_shape, stride
    Ho, Wo = delta.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((delta.shape[1], x.shape[1], kw, kh))
    for i in range(kh):
        for j in range(kw):
            seen = xp[:, :, i : i + (Ho - 1) * s + 1 : s, j : j + (Wo - 1) * s + 1 : s]
            dw[:, :, j, i] = np.einsum("nkuv,ncuv->kc", delta, seen)
    return dw
