"""Verdicts, and the records of a graded submission: submission → exercise → group → case.

This is what the store keeps and every report shows. `to_json` and `from_json` are the documented
format of `results.json` (docs/results.md, schema 1).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from autograder.base.messages import Authored, Text

SCHEMA = 1


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
    points: float
    max_points: float
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
        The idea behind it, where a misconception explains it; else the symptom.
    """

    name: str
    verdict: Verdict
    misconception: str | None
    symptom: Text | None
    diagnosis: Text | None
    groups: tuple[GroupResult, ...]

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


def to_json(result: SubmissionResult, lang: str | None = None) -> dict[str, Any]:
    """One entry of `submissions`. With `lang`, texts are strings in that language, else `{"zh", "en"}`."""

    def text(value: Text | None) -> Any:
        if value is None:
            return None
        return value.in_language(lang) if lang else {"zh": value.zh, "en": value.en}

    return {
        "student": result.student,
        "assignment": result.assignment,
        "file": result.file,
        "points": result.points,
        "max_points": result.max_points,
        "isolation": result.isolation,
        "seconds": result.seconds,
        "notes": [text(note) for note in result.notes],
        "output": result.output,
        "exercises": [
            {
                "name": exercise.name,
                "points": exercise.points,
                "max_points": exercise.max_points,
                "verdict": exercise.verdict.value,
                "misconception": exercise.misconception,
                "symptom": text(exercise.symptom),
                "diagnosis": text(exercise.diagnosis),
                "groups": [
                    {
                        "name": group.name,
                        "points": group.points,
                        "max_points": group.max_points,
                        "cases": [{"verdict": c.verdict.value, "seconds": c.seconds} for c in group.cases],
                    }
                    for group in exercise.groups
                ],
            }
            for exercise in result.exercises
        ],
    }


def from_json(data: dict[str, Any]) -> SubmissionResult:
    """The inverse of `to_json(result)` (texts in both languages)."""

    def text(value: dict[str, str] | None) -> Text | None:
        return None if value is None else Authored(value["zh"], value["en"])

    return SubmissionResult(
        data["student"],
        data["assignment"],
        data["file"],
        data["isolation"],
        data["seconds"],
        tuple(
            ExerciseResult(
                exercise["name"],
                Verdict(exercise["verdict"]),
                exercise["misconception"],
                text(exercise.get("symptom")),  # stored before there were symptoms
                text(exercise["diagnosis"]),
                tuple(
                    GroupResult(
                        group["name"],
                        group["points"],
                        group["max_points"],
                        tuple(CaseResult(Verdict(c["verdict"]), c["seconds"]) for c in group["cases"]),
                    )
                    for group in exercise["groups"]
                ),
            )
            for exercise in data["exercises"]
        ),
        tuple(Authored(note["zh"], note["en"]) for note in data["notes"]),
        data["output"],
    )
