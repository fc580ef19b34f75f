"""The process's own end of a terminal: output that nobody takes, signals, descriptors.

`main` runs every command in it. What a command writes and decides must not depend on who looks on: output
that cannot be shown is dropped here, and no writer of files ever sees the error.
"""

import contextlib
import errno
import io
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from autograder.base.command_line import EXIT_INTERRUPTED, EXIT_USAGE, complain
from autograder.base.messages import say

_NOBODY_LOOKS = (errno.EPIPE, errno.EIO)
"""A pipe that was cut, as by `head`, and a terminal that was closed: nobody is left to be told."""


class _Output(io.FileIO):
    """A descriptor to which writing never fails: what it does not take is dropped."""

    lost: OSError | None = None
    """Why the output is not whole."""

    def write(self, data: Any) -> int:
        size = len(memoryview(data).cast("B"))
        if self.lost is None:
            try:
                while (taken := super().write(data)) is None:  # another process has made it non-blocking
                    select.select([], [self], [])
                return taken
            except OSError as error:
                self.lost = error
        return size


def run(command: Callable[[], object]) -> NoReturn:
    """Call `command` and exit: with its own status, also where its output was cut off."""
    for descriptor in range(3):  # else the next file to be opened gets the number, and what is printed there
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest number that is free
    sys.stdout, sys.stderr = _text(1), _text(2)
    # Workers and tools that are started import nothing from the current folder, which may be a student's.
    os.environ["PYTHONSAFEPATH"] = "1"
    ended_by: list[int] = []
    _set_signals(ended_by)
    try:
        command()
        status: Any = 0
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing is left that they could end
        signal.signal(number, signal.SIG_IGN)
    if status == EXIT_INTERRUPTED and ended_by:
        status = 128 + ended_by[0]
    sys.exit(status or (EXIT_USAGE if _lost() else 0))


def complain_of_lost_output() -> None:
    """Say so where the output is not whole and somebody may believe that it is, as on a full disk."""
    if error := _lost():
        complain(say("error.output_lost", error=error.strerror))


def _lost() -> OSError | None:
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    error = raw.lost if isinstance(raw, _Output) else None
    return error if error and error.errno not in _NOBODY_LOOKS else None


def _text(descriptor: int) -> io.TextIOWrapper:
    """The text stream of stdout or stderr; it goes line by line to people and, as in Python, to stderr."""
    raw = _Output(descriptor, "w", closefd=False)
    lines = descriptor == 2 or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", errors="replace", line_buffering=lines)


def _set_signals(ended_by: list[int]) -> None:
    """Let SIGTERM end a command as Ctrl-C does, and a terminal that is closed end none but `watch`."""

    def end(number: int, frame: object) -> None:
        error = sys.exc_info()[1]
        while error is not None:  # pressed again while the first is obeyed: that is not to be disturbed
            if isinstance(error, KeyboardInterrupt):
                return
            error = error.__context__
        ended_by.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
