"""The records of an answer key: exercises, groups, cases, and what misconceptions return.

`answer_key` reads and writes them; judging and diagnosis use them.
"""

import itertools
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

from autograder.base.messages import COURSE_LANGUAGES, Authored, Message, Text, Verbatim
from autograder.judging.comparison import Comparator
from autograder.judging.results import About
from autograder.sandbox.limits import Limits

Layout = Literal["C", "fortran", "strided", "readonly"]
"""How the array arguments of a call lie in memory."""


class Wrong(NamedTuple):
    """What a misconception gives where it differs from the reference: a value or an exception's name."""

    value: Any = None
    raises: str | None = None


class Step(NamedTuple):
    """A step of a class's script: making the object, which comes first, a call, or a look at an attribute.

    Attributes
    ----------
    label : str
        What its value is called in the answer; "" where its value is no part of it.
    name : str
        Of the method or attribute; "" for making the object.
    parameters : tuple of str or None
        The names of the call's arguments; None for an attribute.
    """

    label: str
    name: str
    parameters: tuple[str, ...] | None

    @property
    def sent(self) -> tuple[str, str, int | None]:
        """What `sandbox.runner.answer` needs of it."""
        return self.label, self.name, None if self.parameters is None else len(self.parameters)

    @property
    def written(self) -> str:
        """As in Python, behind the object and its dot: `forward(x)`, `dw`."""
        return self.name if self.parameters is None else f"{self.name}({', '.join(self.parameters)})"


@dataclass(frozen=True)
class KeyCase:
    """One call and its expected value. `wrong` maps misconception ids to what they give where they differ.

    Of a class it is a `script` of several steps, whose arguments stand in `args` one behind the other; the
    answer is a dict of the steps' values by their labels.
    """

    args: tuple[Any, ...]
    expected: Any
    accept: Comparator
    layout: Layout
    fresh: bool
    wrong: dict[str, Wrong]
    script: tuple[Step, ...] = ()

    @cached_property
    def accepted(self) -> list[Any]:
        """Answers found right, for `judge`: a key serves a whole class, which gives the same ones."""
        return []

    @cached_property
    def facts(self) -> dict[type, Any]:
        """What diagnosis reads off its arguments, by the kind of facts: a whole class needs the same."""
        return {}


@dataclass(frozen=True)
class KeyGroup:
    """Cases that are worth points together.

    `siblings` are cases like them, of a hidden key only: drawn apart, worth nothing, no secret.
    """

    name: str
    zh: str
    en: str
    points: float
    cases: tuple[KeyCase, ...]
    siblings: tuple[KeyCase, ...] = ()

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


class Untried(NamedTuple):
    """A feature of cases: the id of its text, and the parameter that it is about, or ""."""

    id: str
    name: str

    @property
    def text(self) -> Text:
        return Message(self.id, {"name": self.name} if self.name else {})


@dataclass(frozen=True)
class KeyExercise:
    """One function or class: its groups of cases and the misconceptions that are known about it."""

    name: str
    parameters: tuple[str, ...]
    defaults: tuple[Any, ...] = field(default=(), kw_only=True)
    """Default values of the last parameters."""
    worth: float = field(default=0.0, kw_only=True)
    """Points of the whole exercise; those of the groups here are fewer where some are hidden."""
    untried: tuple[Untried, ...] = field(default=(), kw_only=True)
    """Of a visible key: what only hidden cases try."""
    lecture: str
    misconceptions: tuple[Hint, ...]
    groups: tuple[KeyGroup, ...]

    @property
    def points(self) -> float:
        return sum(group.points for group in self.groups)

    def parameters_of(self, case: KeyCase) -> tuple[str, ...]:
        """The names of a case's arguments, in their order."""
        steps = (step.parameters or () for step in case.script)
        return tuple(itertools.chain(*steps)) if case.script else self.parameters

    def left_out(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The default values of the parameters that a call leaves out."""
        missing = len(self.parameters) - len(args)
        return self.defaults[-missing:] if 0 < missing <= len(self.defaults) else ()

    @property
    def cases(self) -> tuple[KeyCase, ...]:
        return tuple(case for group in self.groups for case in group.cases)


@dataclass(frozen=True)
class KeySettings:
    """What the course's settings say about an assignment (`authoring.course`).

    Attributes
    ----------
    position : int
        Its place in the course, from 1; 0 where the course does not say.
    zh, en : str
        Its title, in the course's languages.
    names : tuple of str
        What hand-ins may call it, besides its own name.
    limits : dict
        The fields of `sandbox.limits.Limits` that the course sets. They decide points, unlike the others.
    """

    position: int = 0
    zh: str = ""
    en: str = ""
    names: tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)


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
    by_hand : float
        Points of the written questions, which are no exercises: a person gives them.
    domain : str
        The name of what adds its subject's knowledge to the engine (`judging.domain`); "" where nothing does.
    """

    assignment: str
    visible: bool
    source: str = field(default="", kw_only=True)
    entropy: str = field(default="", kw_only=True)
    domain: str = field(default="", kw_only=True)
    settings: KeySettings = field(default_factory=KeySettings, kw_only=True)
    by_hand: float = field(default=0, kw_only=True)
    exercises: tuple[KeyExercise, ...]
    digest: str = ""

    @cached_property
    def about(self) -> About:
        """What the course says of it; its languages are those in which there are texts."""
        texts = [text for each in self.exercises for text in (*each.groups, *each.misconceptions)]
        written = [lang for lang in COURSE_LANGUAGES if any(getattr(text, lang) for text in texts)]
        title = Authored(self.settings.zh, self.settings.en)
        named = title if title.zh or title.en else Verbatim(self.assignment)
        return About(self.settings.position, named, tuple(written) or COURSE_LANGUAGES)

    @property
    def limits(self) -> Limits:
        """What a submission may use."""
        return Limits(**self.settings.limits)

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @cached_property
    def siblings(self) -> "AnswerKey":
        """The sibling cases, as a visible key: whole they may be shown."""
        exercises = tuple(
            replace(
                exercise,
                groups=tuple(
                    replace(group, cases=group.siblings, siblings=())
                    for group in exercise.groups
                    if group.siblings
                ),
            )
            for exercise in self.exercises
        )
        kept = tuple(exercise for exercise in exercises if exercise.groups)
        return replace(self, visible=True, exercises=kept)

    @property
    def groups(self) -> dict[tuple[str, str], KeyGroup]:
        """All groups, by the names of their exercise and their own."""
        return {(each.name, group.name): group for each in self.exercises for group in each.groups}
