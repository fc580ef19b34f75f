"""The record of one wrong case: its arguments, what was returned, what was expected, and where they differ.

It is made from a visible key and its judged cases; `layout` draws it. It quotes inputs and expected values,
so a hidden key is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.base.messages import Text
from autograder.judging.answer_key import KeyCase, KeyExercise
from autograder.judging.comparison import Comparator
from autograder.judging.diagnosis.judged import Judged, way_of_failing
from autograder.judging.pictures.records import Step
from autograder.judging.results import Verdict


@dataclass(frozen=True)
class Pair:
    """One result, or one part of it, beside what was expected.

    Attributes
    ----------
    path : tuple
        Leads from the whole result to this part; empty for the whole.
    differing : array of bool or None
        Which elements are wrong; None where the two have no common shape.
    """

    path: tuple[Step, ...]
    got: Any
    expected: Any
    differing: np.ndarray | None = field(compare=False)

    @property
    def wrong(self) -> bool:
        return self.differing is None or bool(self.differing.any())


@dataclass(frozen=True)
class Oracle:
    """Where expected values come from for an input that no key holds: titles of the case and of that side."""

    heading: Text
    side: Text


@dataclass(frozen=True)
class Failure:
    """One wrong case.

    Attributes
    ----------
    group : Text
        The title of the case's group; empty where the case was found by shrinking.
    arguments : tuple of (name, value)
    returned : bool
        Whether the call returned anything; else `pairs` holds the expected value alone.
    pairs : tuple of Pair
        The wrong parts of the result.
    right : tuple of paths
        The parts that are right.
    oracle : Oracle, optional
        Where the expected values come from, if not from the visible answer key.
    script : tuple of str
        Of a class, the steps of the case, as lines of Python.
    """

    exercise: str
    group: Text
    arguments: tuple[tuple[str, Any], ...]
    returned: bool
    pairs: tuple[Pair, ...]
    right: tuple[tuple[Step, ...], ...] = ()
    oracle: Oracle | None = None
    script: tuple[str, ...] = ()


def smallest_failure(
    exercise: KeyExercise, judged: Iterable[Judged], *, visible: bool
) -> tuple[Failure, Judged] | None:
    """Of the visible cases that fail as the first one does, the one with the fewest numbers.

    None where all cases pass, and where no case can be shown: the function is missing or not written, an
    import is forbidden, the file does not parse, or the comparator's answers are not drawable.
    """
    if not visible:
        raise ValueError("nothing of a hidden answer key is shown")
    wrong = [case for case in judged if not case.verdict.earns]
    if not wrong or not _can_be_shown(wrong[0]):
        return None
    way = way_of_failing(wrong[0])
    alike = [case for case in wrong if way_of_failing(case) == way]
    chosen = min(alike, key=lambda judged: size((judged.case.args, judged.case.expected)))
    return _failure(exercise, chosen), chosen


def _can_be_shown(judged: Judged) -> bool:
    if judged.verdict in (Verdict.NI, Verdict.MISSING, Verdict.FORBIDDEN):
        return False
    return judged.case.accept.drawable and judged.outcome.exception != "SyntaxError"


def _failure(exercise: KeyExercise, judged: Judged) -> Failure:
    title = next(group.title for group in exercise.groups if group.name == judged.group)
    case = judged.case
    arguments = (*case.args, *exercise.left_out(case.args))
    named = tuple(zip(exercise.parameters_of(case), arguments, strict=False))
    if judged.outcome.status != "returned":
        step, expected = judged.step, case.expected
        path: tuple[str, ...] = ()
        if step and isinstance(expected, dict) and step.label in expected:
            path, expected = (step.label,), expected[step.label]
        failure = Failure(exercise.name, title, named, False, (Pair(path, None, expected, None),))
    else:
        failure = compared(exercise.name, title, named, case.accept, judged.outcome.value, case.expected)
    return replace(failure, script=tuple(_script(exercise, case)))


def _script(exercise: KeyExercise, case: KeyCase) -> Iterator[str]:
    name = exercise.name.lower()
    for step in case.script:
        yield f"{name}.{step.written}" if step.name else f"{name} = {exercise.name}{step.written}"


def compared(
    exercise: str,
    group: Text,
    arguments: Sequence[tuple[str, Any]],
    accept: Comparator,
    got: Any,
    expected: Any,
    oracle: Oracle | None = None,
) -> Failure:
    """The failure of a returned value, its wrong and right parts separated."""
    parts = [*pairs(accept, got, expected)]
    wrong = tuple(part for part in parts if part.wrong)
    right = tuple(part.path for part in parts if not part.wrong)
    return Failure(exercise, group, tuple(arguments), True, wrong or tuple(parts), right, oracle)


def pairs(accept: Comparator, got: Any, expected: Any, path: tuple[Step, ...] = ()) -> Iterator[Pair]:
    """Pair the parts of a result with the expected parts, into dicts, tuples and lists of equal structure."""
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        for key, value in expected.items():
            yield from pairs(accept, got[key], value, (*path, key))
        return
    sequences = isinstance(expected, list | tuple) and isinstance(got, list | tuple)
    if sequences and len(got) == len(expected):
        if _numbers(expected) and _numbers(got):  # a pair of counts, a shape
            yield Pair(path, got, expected, _differing_numbers(accept, got, expected))
            return
        if not isinstance(expected, list) or accept.differing(expected, expected) is None:
            for index, (part, right) in enumerate(zip(got, expected, strict=True)):
                yield from pairs(accept, part, right, (*path, index))
            return
    differing = accept.differing(got, expected)
    if differing is None and accept.agrees(got, expected):
        differing = np.zeros((), bool)
    yield Pair(path, got, expected, differing)


def _differing_numbers(accept: Comparator, got: Sequence[Any], expected: Sequence[Any]) -> np.ndarray:
    """Which numbers differ. A list counts as an array, whose largest element sets the tolerance."""
    as_array = accept.differing(got, expected) if isinstance(expected, list) else None
    if as_array is not None:
        return as_array
    numbers = zip(got, expected, strict=True)
    return np.array([not accept.agrees(number, right) for number, right in numbers], bool)


def _numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(type(value) in (int, float, bool) for value in values)


def size(value: Any) -> int:
    """How many numbers, texts and names a value holds."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, list | tuple):
        return sum(map(size, value))
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    return 1
