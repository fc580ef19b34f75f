# assignment: small

# Helpers, constants, classes, decorators, closures, late definitions.
from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TWO: float = 2.0
FACTORS = {"double": TWO}


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray


@dataclass
class Scaler:
    factor: float

    def __call__(self, x: Undefined) -> Undefined:
        return self.factor * x


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


double = Scaler(FACTORS["double"])


@logged
def add(a, b):
    return total(Pair(a, b))


def total(pair):
    return pair.a + pair.b


pick = lambda x: position(x)


def position(x):
    global LAST
    LAST = int(np.argmax(x))
    return LAST
