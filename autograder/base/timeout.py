"""Interrupt code that runs too long, in this process (SIGALRM, SIGPROF).

For trusted code (`authoring.verification`) and for functions of a student's own notebook
(`student.questions`). Never for a submission of somebody else: the sandbox stops those from outside.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator

_AGAIN = 0.05
"""Seconds until the next alarm, in case that a bare `except:` swallowed the last."""


class OutOfTime(BaseException):
    """The time is over. Not an `Exception`, so that an `except Exception` inside does not swallow it."""


@contextlib.contextmanager
def interrupted_after(seconds: float, *, processor: bool = False) -> Iterator[None]:
    """Raise `OutOfTime` in the block after so many seconds, repeatedly until it leaves the block.

    With `processor`, only this process's processor time counts, so that a busy machine makes no difference.
    Does nothing where alarms are not available: outside of the main thread, and on Windows.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_alarm(number: int, frame: object) -> None:
        raise OutOfTime

    alarm, timer = (signal.SIGPROF, signal.ITIMER_PROF) if processor else (signal.SIGALRM, signal.ITIMER_REAL)
    before = signal.signal(alarm, on_alarm)
    try:
        try:
            signal.setitimer(timer, seconds, _AGAIN)
            yield
        finally:
            signal.setitimer(timer, 0)
    finally:  # again, because an alarm may interrupt the inner `finally`
        signal.setitimer(timer, 0)
        signal.signal(alarm, before)
