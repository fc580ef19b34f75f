# assignment: small
# double: RTE
# add: WA
# pick: RTE

# Escape sequences, formulas of spreadsheets and markup in whatever is printed, raised or returned.
import numpy as np

import sys
import warnings

TEXT = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e=cmd|'/C calc'!A0\r\n<script>alert(1)</script>\0\ud800{{7*7}}"

print(TEXT.encode(errors="replace"), "\x1b[2J\x9b31m\u202e<script>alert(1)</script>")
sys.stderr.write("=HYPERLINK(\"http://x\")\x1b[1A\r")


def double(x):
    warnings.warn(TEXT.replace("\ud800", ""))
    raise ValueError(TEXT)


def add(a, b):
    return {TEXT.replace("\ud800", ""): [TEXT.replace("\ud800", "")]}


def pick(x):
    raise type(TEXT.replace("\0", "").replace("\ud800", ""), (Exception,), {})(TEXT)
