# assignment: small
# double: WA
# add: WA
# pick: WA

# Numbers and texts that make the comparison itself fail.
import numpy as np

def double(x):
    return [10**400] * x.size


def add(a, b):
    return [["x" * 10**5, *[0] * 3], *[[0] * 4] * 2]


def pick(x):
    return {"a": np.ones(3), (): [[[]]]}
