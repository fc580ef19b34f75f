# assignment: small
# double: RTE

# Fills the disk.
import numpy as np

def double(x):
    number = 0
    while True:
        number += 1
        with open(f"part{number}", "wb", buffering=0) as file:
            file.write(bytes(2**20))


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))
