"""The state of a student's assignments as plain records, and which exercise comes next.

`session` replaces a `Work` by a newer one after each check. Nothing here runs a check or draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.base.messages import Text
from autograder.judging.answer_key import AnswerKey
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback import advice
from autograder.student.workspace import Place
from autograder.submissions import source as sources
from autograder.submissions.records import Statement, SubmissionError

Definitions = dict[str, Statement]
"""The statements that define functions, by name."""


@dataclass(frozen=True)
class Work:
    """One assignment of a student.

    Attributes
    ----------
    file : Path or None
        The file that is worked on; None where it was deleted.
    result : SubmissionResult or None
        None until it has been checked.
    problem : Text or None
        Why it could not be checked.
    defined : dict
        The statements that define its functions.
    edited : str
        The exercise whose function was changed last; "" where that is not known.
    """

    place: Place
    key: AnswerKey
    file: Path | None = None
    result: SubmissionResult | None = None
    problem: Text | None = None
    defined: Definitions = field(default_factory=dict)
    edited: str = ""

    @property
    def points(self) -> float:
        return self.result.points if self.result else 0

    @property
    def is_done(self) -> bool:
        return self.result is not None and self.result.points == self.result.max_points


def next_exercise(work: Work) -> ExerciseResult | None:
    """The exercise to work on (`advice.next_exercise`); None where all are right."""
    return advice.next_exercise(work.result.exercises, work.edited) if work.result else None


def next_work(works: Sequence[Work], after: Work) -> Work | None:
    """The first unfinished assignment after `after`, cyclically; None where all are done."""
    index = works.index(after)
    return next((work for work in (*works[index + 1 :], *works[:index]) if not work.is_done), None)


def definitions(path: Path) -> Definitions:
    """The statements that define the functions of a file; empty where it cannot be read."""
    try:
        return sources.definitions(sources.read(path.name, sources.of_file(path)))
    except (OSError, SubmissionError):
        return {}


def edited(before: Definitions, now: Definitions, exercises: Sequence[str]) -> str:
    """The first exercise whose function has changed; "" where none has."""
    for name in exercises:
        if name in now and before and (name not in before or before[name].source != now[name].source):
            return name
    return ""
