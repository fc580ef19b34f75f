"""Verdicts, and the records of a graded submission: submission → exercise → group → case.

This is what the store keeps and every report shows; `result_json` writes it down.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from autograder.base.messages import Message, Text, Verbatim


class Verdict(StrEnum):
    """What came of one call, or of an exercise as a whole."""

    AC = "AC"  # accepted
    WA = "WA"  # wrong answer
    RTE = "RTE"  # run-time error: an exception, an early exit, a crash
    TLE = "TLE"  # time limit exceeded
    MLE = "MLE"  # memory limit exceeded
    OLE = "OLE"  # output limit exceeded
    NI = "NI"  # not implemented: the stub is untouched
    MISSING = "MISSING"  # no such function
    FORBIDDEN = "FORBIDDEN"  # needs a module that is not allowed
    JE = "JE"  # judge error: our fault, costs no points

    @property
    def earns(self) -> bool:
        """Whether a case with this verdict keeps its points."""
        return self in (Verdict.AC, Verdict.JE)


@dataclass(frozen=True)
class CaseResult:
    verdict: Verdict
    seconds: float


@dataclass(frozen=True)
class GroupResult:
    name: str
    points: int | float
    max_points: int | float
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True)
class ExerciseResult:
    """One function, graded.

    Attributes
    ----------
    verdict : Verdict
        That of the first case that is not accepted, AC where all are.
    misconception : str or None
        The id of the misconception that explains the wrong cases.
    symptom : Text or None
        What can be seen, such as "the signs are reversed"; None where nothing is wrong.
    diagnosis : Text or None
        The idea behind it, where a misconception explains it: `idea.whole` or `idea.partly`, with
        the misconception as its value `hint`. Else the symptom.
    """

    name: str
    verdict: Verdict
    misconception: str | None
    symptom: Text | None
    diagnosis: Text | None
    groups: tuple[GroupResult, ...]

    @property
    def hint(self) -> Text | None:
        """What the misconception is, without "It looks as if"; of a pair, both at once."""
        if self.misconception is None or not isinstance(self.diagnosis, Message):
            return self.diagnosis
        hint: Text = self.diagnosis.values.get("hint", self.diagnosis)
        return hint

    @property
    def ideas(self) -> dict[str, Text]:
        """What each of its misconceptions is, by id: two for a pair, whose id is `first+second`."""
        if self.misconception is None:
            return {}
        ids, hint = self.misconception.split("+"), self.hint
        if isinstance(hint, Message) and hint.id == "idea.both":
            return dict(zip(ids, (hint.values["one"], hint.values["other"]), strict=True))
        return dict.fromkeys(ids, hint or Verbatim(self.misconception))

    @cached_property
    def points(self) -> float:
        return total(group.points for group in self.groups)

    @cached_property
    def max_points(self) -> float:
        return total(group.max_points for group in self.groups)


@dataclass(frozen=True)
class SubmissionResult:
    """One student's file, graded.

    Attributes
    ----------
    seconds : float
        Time on the clock from reading the file to the result.
    notes : tuple of Text
        What a person should know about the file: a cell that does not parse, a file that cannot be read.
    output : str
        What the submission printed, cut; for the instructor alone.
    """

    student: str
    assignment: str
    file: str
    isolation: str
    seconds: float
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[Text, ...] = ()
    output: str = ""

    @cached_property
    def points(self) -> float:
        return total(exercise.points for exercise in self.exercises)

    @cached_property
    def max_points(self) -> float:
        return total(exercise.max_points for exercise in self.exercises)

    @property
    def has_judge_error(self) -> bool:
        return any(exercise.verdict is Verdict.JE for exercise in self.exercises)


class Score(float):
    """Points as a notebook shows them below a cell, and as nbgrader reads them back."""

    def __repr__(self) -> str:
        return f"{float(self):.6g}"


def total(points: Any) -> float:
    """A sum of points; whole numbers stay whole."""
    value = round(sum(points), 6)
    return int(value) if value == int(value) else value
