# assignment: small
# double: OLE
# add: OLE
# pick: OLE

# Prints and returns without end.
import numpy as np

import sys


def double(x):
    while True:
        print("x" * 1000)


def add(a, b):
    for _ in range(100):
        sys.stderr.write("x" * 2**20)
    return a


def pick(x):
    return np.zeros(6 * 2**20)
