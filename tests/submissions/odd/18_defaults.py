# assignment: small

# More default arguments than asked for, other names, keyword-only ones.
import numpy as np


def double(x, factor=2, *, copy=True):
    return factor * x


def add(first, second=None, *rest, **options):
    return first + second


def pick(values, axis=None):
    return int(np.argmax(values, axis))
