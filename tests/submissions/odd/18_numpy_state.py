# assignment: small

# Changes NumPy's and Python's settings.
import random
import sys
import warnings

import numpy as np

seed = np.random.seed(0)
old = np.seterr(all="raise")
options = np.set_printoptions(precision=2)
filters = warnings.simplefilter("error")
limit = sys.setrecursionlimit(3000)
state = random.seed(0)


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))
