# assignment: small

# Matrices and masked arrays are arrays.
import numpy as np


def double(x):
    return np.ma.masked_array(2 * x)


def add(a, b):
    return np.asmatrix(a) + np.asmatrix(b)


def pick(x):
    return np.ma.argmax(np.ma.array(x))
