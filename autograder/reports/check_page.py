"""`autograder check --html`: a student's own check as a self-contained page.

The cards are those of a notebook (`feedback`); further calls of the student's functions run in the sandbox,
as the check itself does.
"""

import time
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.base.atomic import replacing
from autograder.sandbox.limits import Limits
from autograder.student.checking import Checked
from autograder.student.feedback import html
from autograder.student.feedback.card import cards

if TYPE_CHECKING:
    from autograder.student.questions import Evaluate

_BUDGET = 20.0
"""Seconds for all smaller inputs and formulas of a page together."""
_RUN_SECONDS = 5.0
"""Wall time of one run of the file."""


def write(done: Checked, file: Path, told: Container[str], lang: str, page: Path) -> None:
    """Write the page of a checked file atomically.

    Raises
    ------
    OSError
    """
    deadline = time.monotonic() + _BUDGET
    limits = replace(done.key.limits, submission_seconds=_RUN_SECONDS)
    shown = cards(
        done.key,
        done.result,
        done.judged,
        told=told,
        ask="--hint",
        asking=lambda name: _asking(file, name, limits, deadline),
    )
    with replacing(page) as stream:
        stream.write(html.page(shown, done.result, lang))


def _asking(file: Path, name: str, limits: Limits, deadline: float) -> "Evaluate":
    from autograder.student.questions import OutOfTime, in_file

    evaluate = in_file(file, name, limits=limits)

    def limited(calls: list[tuple[Any, ...]]) -> list[Any]:
        if time.monotonic() > deadline:
            raise OutOfTime
        return evaluate(calls)

    return limited
