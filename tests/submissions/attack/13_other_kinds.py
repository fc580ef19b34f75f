# assignment: small
# double: WA
# add: WA
# pick: WA

# Objects, complex numbers and text in place of numbers.
import numpy as np

def double(x):
    return (2 * x).astype(object)


def add(a, b):
    return (a + b).astype(complex)


def pick(x):
    return str(np.argmax(x))
