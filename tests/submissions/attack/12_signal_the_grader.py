# assignment: small
# double: RTE
# add: RTE
# pick: WA

# Kills, stops and traces the grader and its siblings.
import numpy as np

import ctypes
import fcntl
import os
import resource
import signal


def double(x):
    os.kill(-1, signal.SIGKILL)
    return x


def add(a, b):
    os.kill(os.getppid(), signal.SIGSTOP)
    return a


def pick(x):
    libc = ctypes.CDLL(None)
    for process in [os.getppid() or 1, *range(1, 200)]:
        for attempt in (
            lambda: libc.ptrace(16, process, 0, 0),
            lambda: resource.prlimit(process, resource.RLIMIT_CPU, (0, 0)),
            lambda: fcntl.fcntl(1, fcntl.F_SETOWN, process),
            lambda: os.setpgid(process, 0),
        ):
            try:
                attempt()
            except OSError:
                pass
    return -1
