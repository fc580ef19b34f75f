"""How reports are written: results pass from writer to writer."""

from collections import deque
from collections.abc import Iterable

from autograder.judging.results import SubmissionResult


def exhaust(passing: Iterable[SubmissionResult]) -> None:
    """Let all results pass, where nobody waits for them at the end."""
    deque(passing, maxlen=0)
