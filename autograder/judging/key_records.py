"""The records of an answer key: exercises, groups, cases, and what misconceptions return.

`answer_key` reads and writes them; judging and diagnosis use them.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from autograder.base.messages import Authored, Text
from autograder.judging.comparison import Comparator

Layout = Literal["C", "fortran", "strided", "readonly"]
"""How the array arguments of a call lie in memory."""


class Wrong(NamedTuple):
    """What a misconception gives where it differs from the reference: a value or an exception's name."""

    value: Any = None
    raises: str | None = None


@dataclass(frozen=True)
class KeyCase:
    """One call and its expected value. `wrong` maps misconception ids to what they give where they differ."""

    args: tuple[Any, ...]
    expected: Any
    accept: Comparator
    layout: Layout
    fresh: bool
    wrong: dict[str, Wrong]

    @cached_property
    def accepted(self) -> list[Any]:
        """Answers found right, for `judge`: a key serves a whole class, which gives the same ones."""
        return []


@dataclass(frozen=True)
class KeyGroup:
    """Cases that are worth points together."""

    name: str
    zh: str
    en: str
    points: float
    cases: tuple[KeyCase, ...]

    @property
    def title(self) -> Text:
        """What the cases are about."""
        return Authored(self.zh, self.en)


class Hint(NamedTuple):
    """A misconception as a key knows it: its id and what to tell the student."""

    id: str
    zh: str
    en: str

    @property
    def text(self) -> Text:
        return Authored(self.zh, self.en)


@dataclass(frozen=True)
class KeyExercise:
    """One function: its groups of cases and the misconceptions that are known about it."""

    name: str
    parameters: tuple[str, ...]
    defaults: tuple[Any, ...] = field(default=(), kw_only=True)
    """Default values of the last parameters."""
    worth: float = field(default=0.0, kw_only=True)
    """Points of the whole exercise; those of the groups here are fewer where some are hidden."""
    lecture: str
    misconceptions: tuple[Hint, ...]
    groups: tuple[KeyGroup, ...]

    @property
    def points(self) -> float:
        return sum(group.points for group in self.groups)

    def left_out(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The default values of the parameters that a call leaves out."""
        missing = len(self.parameters) - len(args)
        return self.defaults[-missing:] if 0 < missing <= len(self.defaults) else ()

    @property
    def cases(self) -> tuple[KeyCase, ...]:
        return tuple(case for group in self.groups for case in group.cases)


@dataclass(frozen=True)
class AnswerKey:
    """Everything that judging an assignment needs.

    Attributes
    ----------
    source : str
        Identifies the authored files that a hidden key was computed from; empty for a visible key.
    entropy : str
        What the cases were drawn from: the same generators draw the same cases from it.
    digest : str
        Identifies the key's content.
    domain : str
        The name of what adds its subject's knowledge to the engine (`judging.domain`); "" where nothing does.
    """

    assignment: str
    visible: bool
    source: str = field(default="", kw_only=True)
    entropy: str = field(default="", kw_only=True)
    domain: str = field(default="", kw_only=True)
    exercises: tuple[KeyExercise, ...]
    digest: str = ""

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def groups(self) -> dict[tuple[str, str], KeyGroup]:
        """All groups, by the names of their exercise and their own."""
        return {(each.name, group.name): group for each in self.exercises for group in each.groups}
