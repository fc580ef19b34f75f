# assignment: small
# double: MLE
# add: MLE
# pick: MLE

# Takes memory without end.
import numpy as np

def double(x):
    return np.ones((10**5, 10**5)) @ x


def add(a, b):
    return [0] * 2**30


def pick(x):
    return len(b"x" * 2**40)
