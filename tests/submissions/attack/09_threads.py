# assignment: small
# double: RTE
# add: RTE

# Threads by the thousand; a thread that goes on.
import numpy as np

import threading
import time


def spin():
    while True:
        time.sleep(0.001)


def double(x):
    for _ in range(5000):
        threading.Thread(target=spin, daemon=True).start()
    return 2 * x


def add(a, b):
    threading.Thread(target=spin).start()
    return a


def pick(x):
    return int(np.argmax(x))
