# assignment: small
# double: OLE
# add: OLE
# pick: WA

# Two hundred megabytes, written past Python; a long text.
import os


def double(x):
    for _ in range(200):
        os.write(1, b"." * 2**20)
    return 2 * x


def add(a, b):
    while os.write(2, bytes(2**20)):
        pass


def pick(x):
    return "0" * 20 * 2**20
