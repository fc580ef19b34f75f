# assignment: small
# double: TLE
# add: TLE
# pick: TLE

# Never comes back; ignores every signal.
import numpy as np

import signal
import time


def double(x):
    for number in range(1, 65):
        try:
            signal.signal(number, lambda *args: None)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def add(a, b):
    while True:
        time.sleep(0.1)


def pick(x):
    return 10 ** (10 ** 9)
