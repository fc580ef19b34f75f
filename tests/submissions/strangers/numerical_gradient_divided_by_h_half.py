# assignment: kernel_gradients
# numerical_gradient: WA divided_by_h

import numpy as np


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for idx in np.ndindex(*x.shape):
        up, down = np.array(x, dtype=float), np.array(x, dtype=float)
        up[idx] += h
        down[idx] -= h
        grad[idx] = (f(up) - f(down)) / h
    return grad
