"""An end to what does not end: `interrupted_after` stops code that runs in this very process.

For trusted code (`verification`) and a student's own notebook (`feedback.patience`); what strangers hand in
is stopped from outside, by the sandbox.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator

_AGAIN = 0.05
"""Seconds after which an alarm that a bare `except:` swallowed rings again."""


class OutOfTime(BaseException):
    """The time is up. No `Exception`, so that an `except Exception` inside does not swallow it."""


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` inside after so many seconds, and again until it gets through.

    Nothing is interrupted where the system cannot: outside of the main thread, and on Windows.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # once more, for it may ring while it is being turned off
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
