# assignment: small
# double: RTE
# add: RTE

# A hidden input in a chain of exceptions, in notes, in a warning and on stderr.
import numpy as np

import sys
import warnings


def double(x):
    warnings.warn(repr(x), stacklevel=1)
    print(repr(x), file=sys.stderr)
    try:
        raise KeyError(repr(x))
    except KeyError as error:
        wrapped = ValueError(*map(repr, np.ravel(x)))
        if hasattr(wrapped, "add_note"):
            wrapped.add_note(repr(x))
        raise wrapped from error


def add(a, b):
    raise ExceptionGroup(repr(a), [ValueError(repr(b))]) if sys.version_info >= (3, 11) else ValueError(repr(a))


def pick(x):
    return int(np.argmax(x))
