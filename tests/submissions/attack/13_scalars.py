# assignment: small
# double: WA
# add: WA
# pick: WA

# One number for many, and many for one.
import numpy as np


def double(x):
    return float(2 * x.ravel()[0])


def add(a, b):
    return np.float64((a + b).mean())


def pick(x):
    return np.array([np.argmax(x)])
