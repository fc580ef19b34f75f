# assignment: small
# double: WA
# add: WA
# pick: WA

# Shapes that would broadcast.
import numpy as np

def double(x):
    return (2 * x)[None] if x.ndim == 2 else 2 * x


def add(a, b):
    return (a + b)[:, :1]


def pick(x):
    return np.full_like(x, np.argmax(x))
