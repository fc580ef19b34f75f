"""Verdicts, and the records of a graded submission: submission → exercise → group → case.

The store keeps these records and every report shows them; `result_json` converts them to JSON.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from autograder.base.messages import COURSE_LANGUAGES, Message, Text, Verbatim, course_language
from autograder.judging.pictures.records import Picture
from autograder.sandbox.limits import Limits
from autograder.submissions.source import UNREADABLE


class Verdict(StrEnum):
    """The verdict on a call, or on an exercise as a whole."""

    AC = "AC"  # accepted
    WA = "WA"  # wrong answer
    RTE = "RTE"  # run-time error: an exception, an early exit, a crash
    TLE = "TLE"  # time limit exceeded
    MLE = "MLE"  # memory limit exceeded
    OLE = "OLE"  # output limit exceeded
    NI = "NI"  # not implemented: the stub is untouched
    MISSING = "MISSING"  # no such function
    FORBIDDEN = "FORBIDDEN"  # needs a module that is not allowed
    NR = "NR"  # not run: the submission, or another call of the group, had been stopped before
    JE = "JE"  # judge error: our fault; not graded

    @property
    def earns(self) -> bool:
        """Whether a case with this verdict earns its points."""
        return self is Verdict.AC


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
class SiblingResult:
    """What came of the sibling cases of the groups that failed; students may read and see all of it.

    Attributes
    ----------
    symptom : Text or None
        What is wrong in those that fail; None where all are right.
    picture : Picture or None
        The smallest of them, where there is something to see.
    """

    symptom: Text | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class ExerciseResult:
    """One function, graded.

    Attributes
    ----------
    verdict : Verdict
        The verdict of the first case that was run and not accepted; AC if all are.
    misconception : str or None
        The id of the misconception that explains the wrong cases.
    symptom : Text or None
        What is wrong, such as "the signs are reversed"; None where nothing is. Of hidden cases its kind only:
        students read it.
    detail : Text or None
        The whole symptom of hidden cases, with what the submission chose: for the instructor alone.
    sibling : SiblingResult or None
        None where no sibling cases were run, or not all of them.
    diagnosis : Text or None
        The misconception that explains it, as the value `hint` of `idea.whole`, `idea.apart` or
        `idea.partly`; with it, or alone, what a comparator says only to who asks again; else the symptom.
    """

    name: str
    verdict: Verdict
    misconception: str | None
    symptom: Text | None
    diagnosis: Text | None
    groups: tuple[GroupResult, ...]
    detail: Text | None = None
    sibling: SiblingResult | None = None

    @property
    def idea(self) -> Text | None:
        """What is revealed to who asks again: the diagnosis, where it says more than the symptom."""
        return None if self.diagnosis == self.symptom else self.diagnosis

    @property
    def hint(self) -> Text | None:
        """The misconception's text without "It looks as if"; of a pair, both texts."""
        if self.misconception is None or not isinstance(self.diagnosis, Message):
            return self.diagnosis
        hint: Text = self.diagnosis.values.get("hint", self.diagnosis)
        return hint

    @property
    def ideas(self) -> dict[str, Text]:
        """The text of each misconception by id: two for a pair, whose id is `first+second`."""
        if self.misconception is None:
            return {}
        ids, hint = self.misconception.split("+"), self.hint
        if isinstance(hint, Message) and hint.id == "idea.both":
            return dict(zip(ids, (hint.values["first"], hint.values["second"]), strict=True))
        return dict.fromkeys(ids, hint or Verbatim(self.misconception))

    @cached_property
    def points(self) -> float:
        return total(group.points for group in self.groups)

    @property
    def earned(self) -> float | None:
        """The points; None where a judge error left it ungraded. What leaves the program uses it."""
        return None if self.verdict is Verdict.JE else self.points

    @cached_property
    def max_points(self) -> float:
        return total(group.max_points for group in self.groups)


@dataclass(frozen=True)
class Engine:
    """An engine with its settings.

    Attributes
    ----------
    digest : str
        Of the source files that decide, and of the versions of the libraries that a domain requires.
    """

    version: str
    digest: str
    python: str
    numpy: str
    isolation: str
    limits: Limits

    @cached_property
    def id(self) -> str:
        """A digest of all of it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Change:
    """An exercise whose points are not what they were when this submission was graded before.

    Attributes
    ----------
    before, after : float or None
        None where the key had no such exercise, or it was not graded.
    why : tuple of str
        What has changed: "file", "key", "engine" (with its settings).
    """

    exercise: str
    before: float | None
    after: float | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What the course says of an assignment, for whatever shows results: it decides no points.

    Attributes
    ----------
    position : int
        Its place in the course, from 1; 0 where the course does not say.
    title : Text
        Its name where the course gives it none; empty where it is not known.
    languages : tuple of str
        Those that the course is written in.
    """

    position: int = 0
    title: Text = field(default_factory=lambda: Verbatim(""))
    languages: tuple[str, ...] = COURSE_LANGUAGES

    def language(self, lang: str) -> str:
        """The language for a reader of `lang`: a course in one language is shown in that one only."""
        return lang if len(self.languages) > 1 else course_language(lang, self.languages)


@dataclass(frozen=True)
class SubmissionResult:
    """One student's file, graded.

    Attributes
    ----------
    seconds : float
        Wall-clock time from reading the file to the result.
    notes : tuple of Text
        What people should know about the file, such as a cell that does not parse.
    output : str
        What the submission printed, cut; for the instructor only.
    by_hand : float
        Points of written questions, which a person gives: they are in neither `points` nor `max_points`.
    engine : Engine or None
        What graded it.
    key : str
        The digest of what in the answer key decides points.
    changes : tuple of Change
        Points that differ from those of the class's former run.
    about : About
        What the course said of the assignment when the class was graded.
    """

    student: str
    assignment: str
    file: str
    isolation: str
    seconds: float
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[Text, ...] = ()
    output: str = ""
    by_hand: float = 0
    engine: Engine | None = None
    key: str = ""
    changes: tuple[Change, ...] = ()
    about: About = field(default_factory=About)

    @property
    def title(self) -> Text:
        """What the course calls the assignment; its name where it does not say."""
        return Verbatim(self.assignment) if self.about == About() else self.about.title

    @cached_property
    def points(self) -> float:
        return total(exercise.points for exercise in self.exercises)

    @cached_property
    def max_points(self) -> float:
        return total(exercise.max_points for exercise in self.exercises)

    @property
    def earned(self) -> float | None:
        """The points; None where a judge error left the submission ungraded."""
        return None if self.has_judge_error else self.points

    @property
    def unread(self) -> Text | None:
        """Why nothing of it could be read: then every exercise has this symptom, and reports say it once."""
        first = self.exercises[0].symptom if self.exercises else None
        if not isinstance(first, Message) or first.id not in UNREADABLE:
            return None
        return first if all(exercise.symptom == first for exercise in self.exercises) else None

    @property
    def has_judge_error(self) -> bool:
        return any(exercise.verdict is Verdict.JE for exercise in self.exercises)


class Score(float):
    """Points as a notebook shows them below a cell, and as nbgrader reads them back."""

    def __repr__(self) -> str:
        return f"{float(self):.6g}"


def total_earned(points: Iterable[float | None]) -> float | None:
    """The sum; None where one of them is missing, for a part would be taken for the whole."""
    known = list(points)
    return None if None in known else total(known)


def total(points: Any) -> float:
    """A sum of points; whole numbers stay whole."""
    value = round(sum(points), 6)
    return int(value) if value == int(value) else value
