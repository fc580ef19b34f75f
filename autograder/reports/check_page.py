"""`autograder check --html`: a student's own check as a page that stands on its own.

The cards are those of a notebook (`feedback`); what needs more calls of the student's functions runs in the
sandbox, file by file, as the check itself does.
"""

import time
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.base.atomic import replacing
from autograder.student.checking import Examined
from autograder.student.feedback import html
from autograder.student.feedback.card import cards

if TYPE_CHECKING:
    from autograder.student.questions import Evaluate

_PATIENCE = 20.0
"""Seconds for all smaller inputs and formulas of a page together."""
_CALLS = 5.0
"""Seconds on the clock for one run of the file."""


def write(done: Examined, file: Path, told: Container[str], lang: str, page: Path) -> None:
    """Write the page of a checked file, beside its old version first.

    Raises
    ------
    OSError
    """
    deadline = time.monotonic() + _PATIENCE
    shown = cards(
        done.key,
        done.result,
        done.judged,
        told=told,
        ask="--hint",
        asking=lambda name: _asking(file, name, deadline),
    )
    with replacing(page) as stream:
        stream.write(html.page(shown, done.result, lang))


def _asking(file: Path, name: str, deadline: float) -> "Evaluate":
    from autograder.sandbox.limits import Limits
    from autograder.student.questions import OutOfTime, in_file

    evaluate = in_file(file, name, limits=Limits(wall_seconds=_CALLS))

    def ask(calls: list[tuple[Any, ...]]) -> list[Any]:
        if time.monotonic() > deadline:
            raise OutOfTime
        return evaluate(calls)

    return ask
