# assignment: small

# A first attempt, later replaced; a helper called like a module.
import numpy as np


def double(x):
    raise NotImplementedError


def add(a, b):
    return None


def double(x):
    return 2 * x


def add(a, b):
    return np.add(a, b)


def time():
    return json


json = 3


def pick(x):
    time()
    return int(np.argmax(x))


if __name__ == "__main__":
    pick = None
