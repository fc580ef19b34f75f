# assignment: small
# double: WA
# add: WA
# pick: WA

# Objects that turn into something else when they are looked at.
import numpy as np

class Chameleon:
    calls = 0

    def __array__(self, *args, **kwargs):
        Chameleon.calls += 1
        raise SystemExit if Chameleon.calls > 1 else ValueError


class Twisted(np.ndarray):
    shape = property(lambda self: (3, 4))
    tobytes = lambda self, *args: bytes(96)
    astype = copy = lambda self, *args, **kwargs: self


class Text(str):
    __class__ = property(lambda self: float)
    __float__ = lambda self: 1.0


def double(x):
    return Chameleon()


def add(a, b):
    return np.zeros((2, 2)).view(Twisted)


def pick(x):
    return Text("0")
