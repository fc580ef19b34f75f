# assignment: small
# double: RTE
# add: RTE
# pick: OLE

# Writes garbage and gigabytes into the channel.
import numpy as np

import os


def double(x):
    os.write(3, os.urandom(10**4))
    return x


def add(a, b):
    while True:
        os.write(3, bytes(2**16))


def pick(x):
    return np.zeros(5 * 2**20)
