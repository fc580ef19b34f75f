# assignment: small
# double: RTE
# add: RTE

# A hidden input written into the name of an exception's class, its text, and where it was raised.
import numpy as np


def double(x):
    name = "E" + np.asarray(x).tobytes().hex()
    raise type(name, (Exception,), {"__module__": name, "__qualname__": name})(repr(x))


def add(a, b):
    code = compile("raise ValueError(text)", repr(a), "exec")
    exec(code, {"text": repr(a)})


def pick(x):
    return int(np.argmax(x))
