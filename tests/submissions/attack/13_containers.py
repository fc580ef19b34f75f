# assignment: small
# double: WA
# add: WA
# pick: WA

# The right numbers in what is no array of numbers.
import numpy as np


def double(x):
    return (2 * x).tobytes()


def add(a, b):
    pairs = np.zeros(a.shape, dtype=[("value", float)])
    pairs["value"] = a + b
    return pairs


def pick(x):
    return np.timedelta64(int(np.argmax(x)), "s")
