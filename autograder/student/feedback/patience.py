"""Asking a student's function more questions than the check itself needs, without ever getting stuck on it.

What `card` adds to a check (a smaller input, a formula) is a convenience: it must end in time, print nothing,
and never break the check.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.cnn.recovery.recover import Evaluate

__all__ = ["OutOfTime", "patient", "silence"]


def patient(evaluate: Evaluate, seconds: float) -> Evaluate:
    """`evaluate`, silent, one call after the other, for so many seconds from its first call on.

    A call that does not end is cut off where the system can (the main thread, on Unix).

    Raises
    ------
    OutOfTime
        By the function that is returned.
    """
    deadline = 0.0

    def ask(calls: list[tuple[Any, ...]]) -> list[Any]:
        nonlocal deadline
        deadline = deadline or time.monotonic() + seconds
        answers: list[Any] = []
        with silence():
            for call in calls:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise OutOfTime
                with interrupted_after(left):
                    answers += evaluate([call])
        return answers

    return ask


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Whatever is printed inside goes nowhere: a hundred questions must not fill a page."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
