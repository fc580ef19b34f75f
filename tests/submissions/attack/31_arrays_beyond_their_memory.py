# assignment: small
# double: WA
# add: RTE
# pick: WA

# Arrays whose header says more than they hold: strides and shapes set by hand, pointers to nowhere.
import numpy as np


def double(x):
    return np.lib.stride_tricks.as_strided(np.zeros(1), x.shape, [0] * x.ndim)


def add(a, b):
    class Nowhere:
        __array_interface__ = {"shape": (4,), "typestr": "<f8", "data": (8, False), "version": 3}

    return np.asarray(Nowhere())


def pick(x):
    return np.lib.stride_tricks.as_strided(np.zeros(1, np.int64), (2**20, 2**20), (0, 0))[0, :0]
