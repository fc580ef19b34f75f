# assignment: small

# Never finishes being loaded.
import numpy as np

number = sum(1 for _ in iter(int, 1))


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))
