# assignment: kernel_gradients
# numerical_gradient: WA entry_not_restored

import numpy as np


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros_like(x)
    for idx in np.ndindex(*x.shape):
        x[idx] += h
        above = f(x)
        x[idx] -= 2 * h
        grad[idx] = (above - f(x)) / (2 * h)
    return grad
