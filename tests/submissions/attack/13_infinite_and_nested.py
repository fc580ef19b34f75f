# assignment: small
# double: WA
# add: WA
# pick: WA

# Values on which comparing warns or raises.
import numpy as np

def double(x):
    return np.full(x.shape, np.inf)


def add(a, b):
    return [a + b, [a, [b, "x"]], None, {1: {2: 3}}]


def pick(x):
    return 2**4000
