"""How long a run has worked: the warden's clock for one run.

Limits are about a run's *own time*: processor time, and time in which it waits for something other than a
processor (a sleep, a deadlock). Not its own is what it waits for a processor, for then the machine is busy,
and time in which the warden did not run either, for then the machine was paused. So a verdict does not depend
on what else runs beside the grader.

Linux tells how long a thread has waited when it gets its processor, not before. So what passes while a run
neither works nor is told to have waited is settled only when it next does.

Where the system keeps no statistics of its run queues, waiting for a processor counts as a sleep does.

Runs inside the sandbox: standard library only.
"""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

_STEP = 0.2
"""Seconds between two looks at the run queue: most runs are over before the first."""
_LONGEST_STEP = 0.5
"""Seconds that count at the most between two looks; the warden looks every quarter of a second."""


class Clock:
    """The clock of the process `run`, which starts now.

    Parameters
    ----------
    processes : int
        An open /proc in which `run` is the caller's only child; -1 where there is none.

    Attributes
    ----------
    own : float
        Its own seconds, up to the last look.
    """

    def __init__(self, run: int, processes: int) -> None:
        self._run = (~run << 3) | 2  # Linux has a clock for each process, derived from its id
        self._processes = processes
        self._started = self._looked = time.monotonic()
        self._used = self._queued = 0.0
        self._settled = self._open = 0.0
        self.own = 0.0

    def processor(self) -> float:
        """Its processor seconds, of all threads."""
        try:
            return time.clock_gettime(self._run)
        except OSError:
            return 0.0

    def look(self) -> float:
        """Bring `own` up to date; returns the seconds on the wall since the start."""
        now = time.monotonic()
        passed = now - self._looked
        if passed >= _STEP:
            used, queued = self.processor(), self._seconds_in_queue()
            self._open += min(passed, _LONGEST_STEP)
            if (used, queued) != (self._used, self._queued):
                not_waiting = self._open - max(0.0, queued - self._queued)
                self._settled += max(used - self._used, not_waiting)
                self._open = min(max(not_waiting, -_LONGEST_STEP), 0.0)  # it waited before the last look, too
            self.own = self._settled + max(self._open, 0.0)
            self._looked, self._used, self._queued = now, used, queued
        return now - self._started

    def _seconds_in_queue(self) -> float:
        """How long its threads have been ready to run and had no processor, together."""
        total = 0
        with contextlib.suppress(OSError, ValueError):
            for process in self._look("thread-self/children", _content).split():
                for thread in self._look(f"{int(process)}/task", os.listdir):
                    told = self._look(f"{int(process)}/task/{thread}/schedstat", _content)
                    total += int(told.split()[1])
        return total / 1e9

    def _look(self, name: str, read: Callable[[int], Any]) -> Any:
        file = os.open(name, os.O_RDONLY, dir_fd=self._processes)
        try:
            return read(file)
        finally:
            os.close(file)


def _content(file: int) -> bytes:
    return os.read(file, 4096)
