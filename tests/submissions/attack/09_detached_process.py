# assignment: small
# double: RTE
# add: RTE
# pick: RTE

# Processes that outlive the run.
import numpy as np

import os
import subprocess


def double(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
    return x


def add(a, b):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    return a


def pick(x):
    while True:
        os.fork()
