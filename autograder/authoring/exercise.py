"""What an instructor authors: an exercise, its cases, its misconceptions, its accepted alternatives.

A course's `hidden.py` reads like a description; the engine reads these records and nothing else:

    exercise = Exercise(conv2d_input_grad, points=20, lecture="3.2")

    @exercise.group("stride", points=5, zh="步长大于 1", en="stride above 1")
    def strided(rng):
        yield rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(3, 4, 3, 3)), (2, 4, 5, 5), 2

    @exercise.misconception(zh="没有把卷积核翻转 180°", en="the kernel was not rotated by 180°")
    def kernel_not_rotated(delta, w, input_shape, stride=1, padding=0): ...

    exercise.mistake("stride_ignored", pretend("stride", 1), zh="没有考虑步长", en="the stride was ignored")

    @exercise.alternative
    def by_loops(delta, w, input_shape, stride=1, padding=0): ...

Nothing here runs an exercise; `answer_key` does.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.authoring import transforms
from autograder.authoring.transforms import Turn
from autograder.base.messages import COURSE_LANGUAGES, Authored, TextError, say
from autograder.judging.answer_key import Layout
from autograder.judging.comparison import Close, Comparator

if TYPE_CHECKING:  # naming it would load numpy.random, which a student's check does not need
    from numpy.random import Generator


@dataclass(frozen=True)
class Case:
    """One call.

    Parameters
    ----------
    args : tuple
        Positional arguments: plain values, arrays, or a `values.Formula` where a function is expected.
    accept : Comparator, optional
        Overrides the exercise's own comparator.
    layout : {"C", "fortran", "strided", "readonly"}
        How the array arguments lie in memory when the function is called: row-major, column-major, every
        second element of a larger array, or row-major and not writable.
    fresh : bool
        The result must not share memory with an argument.
    """

    args: tuple[Any, ...]
    accept: Comparator | None = None
    layout: Layout = "C"
    fresh: bool = False


Draw = Callable[["Generator"], Iterable[Case | tuple[Any, ...]]]
Example = Callable[[], Iterable[Case | tuple[Any, ...]]]


@dataclass
class Group:
    """Cases that are worth points together: all of them right, or none of the points.

    `draw` gives new cases for every key. A group is also part of the visible key unless `visible` is
    False; there it shows its `example`, if it has one, in place of a draw.
    """

    name: str
    points: float
    zh: str
    en: str
    draw: Draw
    visible: bool = True
    examples: Example | None = None

    def example(self, function: Example) -> Example:
        """Decorator: the cases that students see of this group, such as the lecture's own example."""
        self.examples = function
        return function

    def cases(self, rng: "Generator", *, for_students: bool) -> list[Case]:
        """The cases of one key. A bare tuple stands for `Case(args)`."""
        drawn = self.examples() if for_students and self.examples else self.draw(rng)
        return [case if isinstance(case, Case) else Case(tuple(case)) for case in drawn]


@dataclass(frozen=True)
class Misconception:
    """A named wrong implementation. `id` never changes once students have seen it.

    `zh` and `en` finish the sentence "it looks as if …" and point to the idea, not to the code.

    Attributes
    ----------
    turn : mistakes.Turn or None
        What makes a right function wrong in this way, where the mistake is frequent enough to be looked for
        together with another one; the id of such a pair is `first+second`.
    """

    id: str
    run: Callable[..., Any]
    zh: str
    en: str
    turn: Turn | None = None


@dataclass
class Exercise:
    """One function that students write, with everything that judges it.

    Parameters
    ----------
    reference : function
        The reference solution, imported from the assignment's `notebook.py`. Its name is the exercise's name.
    points : int
        What the groups' points add up to.
    lecture : str
        The lecture's section, such as "3.2".
    accept : Comparator
        When an answer counts as right; `Close()` unless said otherwise.
    equivalents : dict
        The mutants of the reference that no key can catch, with the reason; see `equivalent`.
    """

    reference: Callable[..., Any]
    points: float
    lecture: str
    accept: Comparator = field(default_factory=Close)
    groups: list[Group] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)
    alternatives: list[Callable[..., Any]] = field(default_factory=list)
    equivalents: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.reference.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The reference's parameter names, in order."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def defaults(self) -> tuple[Any, ...]:
        """The default values of its last parameters."""
        parameters = inspect.signature(self.reference).parameters.values()
        return tuple(one.default for one in parameters if one.default is not one.empty)

    def group(
        self, name: str, *, points: float, zh: str, en: str, visible: bool = True
    ) -> Callable[[Draw], Group]:
        """Decorator: a generator function of `rng` that yields cases. Returns the `Group`."""

        def register(draw: Draw) -> Group:
            self.groups.append(Group(name, points, zh, en, draw, visible))
            return self.groups[-1]

        return register

    def misconception(
        self, *, zh: str, en: str, id: str | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator: a wrong implementation; its id is the function's name unless one is given."""

        def register(run: Callable[..., Any]) -> Callable[..., Any]:
            self.misconceptions.append(Misconception(id or run.__name__, run, zh, en))
            return run

        return register

    def mistake(self, id: str, turn: Turn, *, zh: str, en: str, frequent: bool = False) -> None:
        """A misconception made from the reference by a turn (`autograder.authoring.transforms`).

        Pairs of `frequent` ones are looked for too; keep them to the handful that people really make.
        """
        self.misconceptions.append(
            Misconception(id, turn(self.reference), zh, en, turn if frequent else None)
        )

    def pairs(self) -> list[Misconception]:
        """Two frequent mistakes at once, each pair in the order in which they were written."""
        frequent = [one for one in self.misconceptions if one.turn]
        return [_pair(self.reference, one, other) for one, other in itertools.combinations(frequent, 2)]

    def equivalent(self, mutant: str, because: str) -> None:
        """A change of the reference (`mutants`) that no key can catch, and the reason: it changes nothing."""
        self.equivalents[mutant] = because

    def alternative(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: a right implementation unlike the reference."""
        self.alternatives.append(run)
        return run

    def validate(self) -> None:
        """Check what the engine relies on.

        Raises
        ------
        AuthoringError
            One sentence for the author.
        """
        names = [group.name for group in self.groups]
        ids = [misconception.id for misconception in self.misconceptions]
        for kind, entries in (("group", names), ("misconception", ids)):
            for entry in entries:
                if entries.count(entry) > 1:
                    raise AuthoringError(f"{self.name}: two {kind}s are called {entry!r}; rename one.")
        total = sum(group.points for group in self.groups)
        if not math.isclose(total, self.points):
            raise AuthoringError(
                f"{self.name}: the groups are worth {total} points, the exercise {self.points}."
            )


def _pair(reference: Callable[..., Any], one: Misconception, other: Misconception) -> Misconception:
    assert one.turn is not None and other.turn is not None
    run = transforms.both(one.turn, other.turn)(reference)
    told = say("idea.both", one=Authored(one.zh, one.en), other=Authored(other.zh, other.en))
    zh, en = map(told.in_language, COURSE_LANGUAGES)
    return Misconception(f"{one.id}+{other.id}", run, zh, en)


class AuthoringError(TextError):
    """A mistake in a course's own files, told in English."""
