# assignment: small
# double: RTE
# add: RTE
# pick: RTE

# Recursion, with and without a limit.
import numpy as np

import sys


def double(x):
    return double(x)


def add(a, b):
    sys.setrecursionlimit(10**9)
    nested = ()
    for _ in range(3 * 10**5):
        nested = (nested,)
    return hash(nested)


def pick(x):
    nested = []
    nested.append(nested)
    raise RecursionError(repr(nested))
