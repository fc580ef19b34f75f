# assignment: small
# double: WA
# add: WA
# pick: WA

# Answers that an absolute tolerance would swallow, or that only look right.
import numpy as np

def double(x):
    return 2 * x + 1e-4 * np.abs(x).max()


def add(a, b):
    return np.zeros_like(a)


def pick(x):
    return np.argmax(x) + 0.25
