# assignment: small
# double: RTE
# add: RTE
# pick: RTE

# Exits that are no SystemExit: other base exceptions, a destructor, a hook for exceptions.
import os
import sys


class Leaves:
    def __del__(self):
        os._exit(0)


class Quiet(BaseException):
    pass


def double(x):
    raise KeyboardInterrupt


def add(a, b):
    sys.excepthook = sys.unraisablehook = lambda *args: os._exit(0)
    gone = Leaves()
    del gone
    return a


def pick(x):
    raise Quiet
