# assignment: small

# Prints, warns, and writes to stderr.
import sys
import warnings

import numpy as np

warnings.warn("do not mind me")
print("loading …")
quotient = np.array([1.0]) / 0


def double(x):
    print("double", x)
    warnings.warn("really")
    np.array([0.0]) / 0
    return 2 * x


def add(a, b):
    sys.stderr.write("Traceback (most recent call last):\n")
    return a + b


def pick(x):
    print("残差", file=sys.stderr)
    return int(np.argmax(x))
