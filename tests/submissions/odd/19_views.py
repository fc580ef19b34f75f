# assignment: small

# Results that are views: of negative strides, without strides, and of something larger.
import numpy as np


def double(x):
    return np.flip(np.flip(x) * 2)


def add(a, b):
    large = np.zeros((2 * a.shape[0], 3 * a.shape[1]))
    large[::2, ::3] = a + b
    return large[::2, ::3]


def pick(x):
    return np.broadcast_to(np.argmax(x), (5, 5))[2, 3]
