# assignment: small

# Remembers what it has computed, and counts its calls.
import functools

import numpy as np

calls = 0
seen = {}


@functools.lru_cache(maxsize=None)
def twos(shape):
    return np.full(shape, 2.0)


def double(x):
    global calls
    calls += 1
    return twos(x.shape) * x


def add(a, b):
    result = seen.setdefault((a.tobytes(), b.tobytes()), a + b)
    return result


def pick(x, history=[]):
    history.append(int(np.argmax(x)))
    return history[-1]
