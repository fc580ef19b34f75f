"""The records that an author creates in `hidden.py`: exercises, groups of cases, misconceptions.

    exercise = Exercise(conv2d_input_grad, points=20, lecture="3.2")

    @exercise.group("stride", points=5)
    def strided(rng):
        yield rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(3, 4, 3, 3)), (2, 4, 5, 5), 2

    exercise.add_misconceptions(
        frequent=("kernel_not_rotated", "stride_ignored"),
        kernel_not_rotated=changed("w", rotated),
        stride_ignored=pretend("stride", 1),
    )

The texts for these ids are in `texts.toml` (`authoring.texts`), accepted alternatives in `alternatives.py`;
`authoring.assignment` loads all three. Nothing here runs an exercise; `draw` does.
"""

import contextlib
import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.authoring import transforms
from autograder.authoring.transforms import Transform
from autograder.base.messages import COURSE_LANGUAGES, Authored, Text, TextError, in_languages, joined, say
from autograder.judging.answer_key import Layout
from autograder.judging.comparison import Close, Comparator
from autograder.judging.key_records import Step
from autograder.sandbox.limits import Limits

if TYPE_CHECKING:  # importing it loads numpy.random, which a student's check does not need
    from numpy.random import Generator


@dataclass(frozen=True)
class Case:
    """One call, or, of a class, one object with a script of calls.

    Parameters
    ----------
    args : tuple
        Positional arguments: plain values, arrays, or a `values.Formula` where a function is expected.
    accept : Comparator, optional
        Overrides the exercise's own comparator.
    layout : {"C", "fortran", "strided", "readonly"}
        The memory layout of array arguments: row-major, column-major, every second element of a larger array,
        or row-major and not writable.
    fresh : bool
        The result must not share memory with an argument.
    script : sequence, for a class only
        What is done with the object, in order: `("forward", x)` calls a method, `"dw"` looks at an attribute.
        Each gives one part of the answer, unless it is a call that returns nothing.
    """

    args: tuple[Any, ...]
    accept: Comparator | None = None
    layout: Layout = "C"
    fresh: bool = False
    script: Sequence[tuple[Any, ...] | str] = ()
    steps: tuple[Step, ...] = ()
    """The script as a key keeps it, its arguments being in `args`; `draw` fills it in."""


Draw = Callable[["Generator"], Iterable[Case | tuple[Any, ...]]]


@dataclass
class Group:
    """Cases that earn their points together: all of them must be right.

    `draw` yields new cases for every key. Unless `visible` is False, the group is part of the visible key,
    too, with its `examples`, if it has any, in place of a draw. A `fixed` group is meant to be the same in
    every key. `zh` and `en`, its title, are empty until the assignment is loaded, unless they were given
    where the group is defined.
    """

    name: str
    points: float
    draw: Draw
    visible: bool = True
    zh: str = ""
    en: str = ""
    fixed: bool = False
    examples: tuple[Case | tuple[Any, ...], ...] = ()

    def example(self, *cases: Case | tuple[Any, ...]) -> None:
        """Set the cases that students see of this group, such as the lecture's own example."""
        self.examples = cases

    def cases(self, rng: "Generator", *, for_students: bool) -> list[Case]:
        """The cases for one key. A bare tuple stands for `Case(args)`."""
        drawn = list(self.examples if for_students and self.examples else self.draw(rng))
        for case in drawn:
            if not isinstance(case, Case | tuple | list):
                raise AuthoringError(say("author.case_type", type=type(case).__name__))
        return [case if isinstance(case, Case) else Case(tuple(case)) for case in drawn]


@dataclass(frozen=True)
class Misconception:
    """A named wrong implementation. Its `id` must not change once students have seen it.

    `zh` and `en` complete the sentence "it looks as if …" and point to the idea, not to the code; they are
    empty until the assignment is loaded, unless they were given where the misconception is defined.

    Attributes
    ----------
    transform : function
        Turns a right function into one that is wrong in this way.
    frequent : bool
        Pairs with other frequent ones are recognised, too; the id of a pair is `first+second`.
    crashes : bool
        It is meant to raise, even in every case; else that is taken for a mistake of the author's.
    """

    id: str
    run: Callable[..., Any]
    transform: Transform
    frequent: bool = False
    zh: str = ""
    en: str = ""
    crashes: bool = False


@dataclass
class Exercise:
    """A function or class that students write, with everything that is needed to judge it.

    Parameters
    ----------
    reference : function or class
        The reference solution, imported from the assignment's `notebook.py`. Its name is the exercise's name.
    points : int
        The sum of the groups' points.
    lecture : str
        The lecture's section, such as "3.2".
    accept : Comparator
        Decides when an answer is right; `Close()` by default.
    alternatives : list of function
        Other right implementations, from `alternatives.py`.
    equivalents : dict
        Mutants of the reference that no key can reject, with the reason; see `equivalent`.
    limits : Limits
        What a call may use; the course's own once the assignment is loaded.
    """

    reference: Callable[..., Any]
    points: float
    lecture: str
    accept: Comparator = field(default_factory=Close)
    groups: list[Group] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)
    alternatives: list[Callable[..., Any]] = field(default_factory=list)
    equivalents: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not (callable(self.reference) and hasattr(self.reference, "__name__")):
            raise AuthoringError(say("author.reference_no_function", value=repr(self.reference)))

    @property
    def name(self) -> str:
        return self.reference.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The reference's parameter names, in order."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def defaults(self) -> tuple[Any, ...]:
        """The default values of its last parameters; a class is always called as its cases say."""
        if isinstance(self.reference, type):
            return ()
        parameters = inspect.signature(self.reference).parameters.values()
        return tuple(each.default for each in parameters if each.default is not each.empty)

    def group(
        self,
        name: str,
        *,
        points: float,
        visible: bool = True,
        zh: str = "",
        en: str = "",
        fixed: bool = False,
    ) -> Callable[[Draw], Group]:
        """Decorator: a generator function of `rng` that yields cases. Returns the `Group`."""

        def register(draw: Draw) -> Group:
            self.groups.append(Group(name, points, draw, visible, zh, en, fixed))
            return self.groups[-1]

        return register

    def add_misconceptions(
        self,
        *,
        frequent: str | tuple[str, ...] = (),
        crashes: str | tuple[str, ...] = (),
        **transforms: Transform,
    ) -> None:
        """Add misconceptions by id, each made from the reference by its transform.

        Pairs of `frequent` ones are recognised, too; restrict these to the few that are really frequent.
        Those that are meant to raise in every case are listed in `crashes`.

        Raises
        ------
        AuthoringError
            An id in `frequent` or `crashes` is not among the misconceptions.
        """
        frequent, crashes = ((ids,) if isinstance(ids, str) else ids for ids in (frequent, crashes))
        for id in (*frequent, *crashes):
            if id not in transforms:
                option = "frequent" if id in frequent else "crashes"
                raise AuthoringError(say("author.id_unknown", exercise=self.name, name=id, option=option))
        for id, transform in transforms.items():
            self.add_misconception(id, transform, frequent=id in frequent, crashes=id in crashes)

    def add_misconception(
        self,
        id: str,
        transform: Transform,
        *,
        frequent: bool = False,
        crashes: bool = False,
        zh: str = "",
        en: str = "",
    ) -> None:
        """Add a single misconception; with `zh` and `en`, it needs no entry in `texts.toml`."""
        try:
            run = transform(self.reference)
        except Exception as error:
            where = say("author.misconception", exercise=self.name, name=id)
            raise AuthoringError(say("author.no_transform", where=where, error=described(error))) from error
        self.misconceptions.append(Misconception(id, run, transform, frequent, zh, en, crashes))

    def pairs(self) -> list[Misconception]:
        """All pairs of frequent misconceptions, in the order in which they were added."""
        frequent = [misconception for misconception in self.misconceptions if misconception.frequent]
        return [_pair(self.reference, *pair) for pair in itertools.combinations(frequent, 2)]

    def equivalent(self, mutant: str, because: str) -> None:
        """Declare a mutant of the reference that no key can reject, and why it changes nothing."""
        self.equivalents[mutant] = because

    def mistakes(self) -> list[Text]:
        """What is wrong with its names, ids, points, options, and the functions that are called."""
        names = [group.name for group in self.groups]
        ids = [known.id for known in self.misconceptions]
        odd = [repr(id) for id in ids if not (isinstance(id, str) and id.isidentifier())]
        accept = getattr(self.accept, "__name__", repr(self.accept))
        found = [say("author.group_twice", exercise=self.name, name=name) for name in _twice(names)]
        found += [say("author.misconception_twice", exercise=self.name, name=id) for id in _twice(ids)]
        found += [say("author.misconception_id", exercise=self.name, name=id) for id in odd]
        if not isinstance(self.lecture, str):
            found.append(say("author.lecture", exercise=self.name, value=repr(self.lecture)))
        if not isinstance(self.accept, Comparator):
            found.append(say("author.accept", exercise=self.name, value=accept))
        for group in self.groups:
            if not _can_be_called(group.draw, 1, 1):
                where = say("author.group", exercise=self.name, name=group.name)
                found.append(say("author.draw", where=where))
        return [*found, *self._wrong_points(), *self._wrong_functions()]

    def _wrong_points(self) -> list[Text]:
        all_points = [self.points, *(group.points for group in self.groups)]
        wrong = [points for points in all_points if not (is_number(points) and points >= 0)]
        if wrong or not self.groups:
            value = repr(wrong[0] if wrong else self.points)
            return [say("author.points" if wrong else "author.no_group", exercise=self.name, value=value)]
        total = sum(all_points[1:])
        if math.isclose(total, self.points):
            return []
        return [say("author.points_differ", exercise=self.name, groups=total, points=self.points)]

    def _wrong_functions(self) -> Iterator[Text]:
        """Misconceptions and alternatives that cannot be called as the reference, or are the reference."""
        all_parameters = inspect.signature(self.reference).parameters.values()
        parameters = [each for each in all_parameters if each.kind <= each.POSITIONAL_OR_KEYWORD]
        needed = sum(parameter.default is parameter.empty for parameter in parameters)
        called = [
            (say("author.misconception", exercise=self.name, name=m.id), m.run) for m in self.misconceptions
        ]
        for function in self.alternatives:
            name = getattr(function, "__name__", repr(function))
            called.append((say("author.alternative", exercise=self.name, name=name), function))
        for where, function in called:
            if not _can_be_called(function, needed, len(parameters)):
                takes = inspect.signature(function) if callable(function) else type(function).__name__
                given = inspect.signature(self.reference)
                yield say("author.signature", where=where, takes=takes, given=given)
            if function in self.alternatives and [self.reference, *self.alternatives].count(function) > 1:
                yield say("author.alternative_same", where=where)


def _twice(entries: list[str]) -> list[str]:
    return [entry for entry in dict.fromkeys(entries) if entries.count(entry) > 1]


def is_number(value: Any) -> bool:
    """Whether it is a finite number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _can_be_called(function: Any, least: int, most: int) -> bool:
    """With so many positional arguments; so it seems if it does not tell its signature."""
    try:
        for count in range(least, most + 1):
            inspect.signature(function).bind(*range(count))
    except TypeError:  # also of what is no function
        return False
    except ValueError:
        pass
    return True


def _pair(reference: Callable[..., Any], first: Misconception, second: Misconception) -> Misconception:
    transform = transforms.both(first.transform, second.transform)
    text = say("idea.both", first=Authored(first.zh, first.en), second=Authored(second.zh, second.en))
    both = in_languages(text, [lang for lang in COURSE_LANGUAGES if getattr(first, lang)])
    return Misconception(f"{first.id}+{second.id}", transform(reference), transform, zh=both.zh, en=both.en)


class AuthoringError(TextError):
    """Mistakes in a course's own files, a sentence each."""

    def __init__(self, *mistakes: Text | str) -> None:
        super().__init__(mistakes[0] if len(mistakes) == 1 else joined(mistakes, "list.lines"))
        self.mistakes = mistakes


@contextlib.contextmanager
def collected(mistakes: list[Text | str]) -> Iterator[None]:
    """Note what an AuthoringError in the block says, and go on."""
    try:
        yield
    except AuthoringError as error:
        mistakes += error.mistakes


def refuse(mistakes: Sequence[Text | str]) -> None:
    """Raise an AuthoringError with these mistakes, if there are any."""
    if mistakes:
        raise AuthoringError(*dict.fromkeys(mistakes))


def described(error: Exception) -> Text | str:
    """An exception from an author's own code; of an AuthoringError its sentence."""
    return error.text if isinstance(error, TextError) else f"{type(error).__name__}: {error}"
