"""What an instructor authors: an exercise, the groups of its cases, its misconceptions.

A course's `hidden.py` reads like a description; the engine reads these records and nothing else:

    exercise = Exercise(conv2d_input_grad, points=20, lecture="3.2")

    @exercise.group("stride", points=5)
    def strided(rng):
        yield rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(3, 4, 3, 3)), (2, 4, 5, 5), 2

    exercise.add_misconceptions(
        frequent=("kernel_not_rotated", "stride_ignored"),
        kernel_not_rotated=changed("w", rotated),
        stride_ignored=pretend("stride", 1),
    )

What these ids say to a student stands in `texts.toml` (`authoring.texts`), accepted alternatives in
`alternatives.py`; `authoring.assignment` puts all three together. Nothing here runs an exercise; `draw` does.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.authoring import transforms
from autograder.authoring.transforms import Transform
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


@dataclass
class Group:
    """Cases that are worth points together: all of them right, or none of the points.

    `draw` gives new cases for every key. A group is also part of the visible key unless `visible` is
    False; there it shows its `examples`, if it has some, in place of a draw. `zh` and `en`, its title, are
    empty until the assignment is loaded, unless they were given where the group is defined.
    """

    name: str
    points: float
    draw: Draw
    visible: bool = True
    zh: str = ""
    en: str = ""
    examples: tuple[Case | tuple[Any, ...], ...] = ()

    def example(self, *cases: Case | tuple[Any, ...]) -> None:
        """The cases that students see of this group, such as the lecture's own example."""
        self.examples = cases

    def cases(self, rng: "Generator", *, for_students: bool) -> list[Case]:
        """The cases of one key. A bare tuple stands for `Case(args)`."""
        drawn = self.examples if for_students and self.examples else self.draw(rng)
        return [case if isinstance(case, Case) else Case(tuple(case)) for case in drawn]


@dataclass(frozen=True)
class Misconception:
    """A named wrong implementation. `id` never changes once students have seen it.

    `zh` and `en` finish the sentence "it looks as if …" and point to the idea, not to the code; they are
    empty until the assignment is loaded, unless they were given where the misconception is defined.

    Attributes
    ----------
    transform : function
        What makes a right function wrong in this way.
    frequent : bool
        It is looked for together with other frequent ones, too; the id of such a pair is `first+second`.
    """

    id: str
    run: Callable[..., Any]
    transform: Transform
    frequent: bool = False
    zh: str = ""
    en: str = ""


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
    alternatives : list of function
        Right implementations unlike the reference: what `alternatives.py` lists.
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
        self, name: str, *, points: float, visible: bool = True, zh: str = "", en: str = ""
    ) -> Callable[[Draw], Group]:
        """Decorator: a generator function of `rng` that yields cases. Returns the `Group`."""

        def register(draw: Draw) -> Group:
            self.groups.append(Group(name, points, draw, visible, zh, en))
            return self.groups[-1]

        return register

    def add_misconceptions(self, *, frequent: tuple[str, ...] = (), **transforms: Transform) -> None:
        """Add the misconceptions with these ids, each made from the reference by its transform.

        Pairs of `frequent` ones are looked for, too; keep these to the handful that people really have.

        Raises
        ------
        AuthoringError
            One that is said to be frequent is not among them.
        """
        for id in frequent:
            if id not in transforms:
                raise AuthoringError(f"{self.name}: {id!r} is said to be frequent, but is not described.")
        for id, transform in transforms.items():
            self.add_misconception(id, transform, frequent=id in frequent)

    def add_misconception(
        self, id: str, transform: Transform, *, frequent: bool = False, zh: str = "", en: str = ""
    ) -> None:
        """Add a single one; `zh` and `en` save a course of one small file its `texts.toml`."""
        run = transform(self.reference)
        self.misconceptions.append(Misconception(id, run, transform, frequent, zh, en))

    def pairs(self) -> list[Misconception]:
        """Two frequent misconceptions at once, each pair in the order in which they were written."""
        frequent = [one for one in self.misconceptions if one.frequent]
        return [_pair(self.reference, one, other) for one, other in itertools.combinations(frequent, 2)]

    def equivalent(self, mutant: str, because: str) -> None:
        """A change of the reference (`mutants`) that no key can catch, and the reason: it changes nothing."""
        self.equivalents[mutant] = because

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
    transform = transforms.both(one.transform, other.transform)
    told = say("idea.both", one=Authored(one.zh, one.en), other=Authored(other.zh, other.en))
    zh, en = map(told.in_language, COURSE_LANGUAGES)
    return Misconception(f"{one.id}+{other.id}", transform(reference), transform, zh=zh, en=en)


class AuthoringError(TextError):
    """A mistake in a course's own files, told in English."""
