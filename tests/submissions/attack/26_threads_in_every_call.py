# assignment: small
# double: WA
# add: WA

# Twenty-three busy threads in each call, which are to starve the neighbours.
import numpy as np

import threading
import time


def crowd():
    until = time.monotonic() + 0.2

    def spin():
        while time.monotonic() < until:
            pass

    started = []
    for _ in range(23):
        try:
            thread = threading.Thread(target=spin, daemon=True)
            thread.start()
            started.append(thread)
        except RuntimeError:
            break
    for thread in started:
        thread.join(0.1)


def double(x):
    crowd()
    return x


def add(a, b):
    crowd()
    return a


def pick(x):
    return int(np.argmax(x))
