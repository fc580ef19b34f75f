# assignment: small

# Relative imports of nothing, star imports, imports inside functions.
from . import nothing
from .other import *
from numpy import *
import numpy
import math, cmath, itertools, collections, functools, random, time, copy, typing, abc, enum, fractions


def double(x):
    from numpy.lib.stride_tricks import sliding_window_view
    import numpy.linalg, numpy.random, numpy.testing

    return 2 * x


def add(a, b):
    return numpy.add(a, b)


def pick(x):
    return argmax(x)
