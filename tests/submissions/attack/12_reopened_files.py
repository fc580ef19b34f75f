# assignment: small
# double: WA
# add: RTE
# pick: RTE

# Reopens, closes and replaces the grader's files.
import numpy as np

import os


def double(x):
    for process in ("self", "1", str(os.getppid())):
        for number in range(10):
            for mode in (os.O_RDONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR):
                try:
                    os.write(os.open(f"/proc/{process}/fd/{number}", mode), b"E" + bytes(4))
                except OSError:
                    pass
    return x


def add(a, b):
    os.closerange(0, 100)
    return a


def pick(x):
    os.dup2(1, 3)
    return -1
