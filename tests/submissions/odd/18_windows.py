# assignment: small

# Windows line ends and a byte order mark.
import numpy as np


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))
