# assignment: small
# double: WA
# add: RTE

# Answers nested deep, that hold themselves, or whose representation never ends.
import numpy as np


def double(x):
    nested = []
    for _ in range(100000):
        nested = [nested]
    return nested


def add(a, b):
    answer = {}
    answer["itself"] = answer
    return answer


def pick(x):
    return int(np.argmax(x))
