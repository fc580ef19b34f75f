# assignment: kernel_gradients
# numerical_gradient: WA all_entries_at_once

import numpy as np


def numerical_gradient(f, x, h=1e-5):
    x = x.astype(float)
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return np.full(x.shape, slope)
