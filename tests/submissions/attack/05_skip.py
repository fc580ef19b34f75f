# assignment: small
# double: FORBIDDEN
# add: RTE
# pick: WA

# Skips the tests; exits from inside an answer.
import numpy as np

import atexit
import os


def double(x):
    import pytest

    pytest.skip("no")


class Leaves(list):
    def __iter__(self):
        os._exit(0)


def add(a, b):
    return Leaves(a)


def pick(x):
    atexit.register(lambda: os._exit(0))
    return -1
