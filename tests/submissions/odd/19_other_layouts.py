# assignment: small

# Transposed views, Fortran order, read-only and zero-dimensional results.
import numpy as np


def double(x):
    result = np.asfortranarray(2 * x)
    result.flags.writeable = False
    return result


def add(a, b):
    return (a.T + b.T).T


def pick(x):
    return np.array(np.argmax(x))
