# assignment: small
# double: MLE
# add: RTE
# pick: MLE

# Arrays of terabytes that take no memory, and one that reaches beyond its own.
import numpy as np


def double(x):
    return np.broadcast_to(x[..., :1], (10**6, 10**6))


def add(a, b):
    return np.lib.stride_tricks.as_strided(a, a.shape, (2**40, 8))


def pick(x):
    return np.lib.stride_tricks.as_strided(np.zeros(1, np.int64), (2**40,), (0,))
