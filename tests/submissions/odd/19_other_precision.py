# assignment: small

# float32 inside, long doubles outside, NumPy integers.
import numpy as np


def double(x):
    return (2 * x.astype(np.float32)).astype(np.float32)


def add(a, b):
    return np.asarray(a, np.longdouble) + b


def pick(x):
    return np.argmax(x)
