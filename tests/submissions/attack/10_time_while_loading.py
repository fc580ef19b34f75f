# verdict double: TLE, add: TLE, pick: TLE
# Never finishes being loaded.
import numpy as np

numbers = [None for _ in iter(int, 1)]


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))
