"""The record of one wrong case: its arguments, what came back, what was expected, and where they differ.

Cut out of a visible answer key and its judged cases; `layout` and the writers show it. It quotes
inputs and expected values, so a hidden key is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.base.messages import Text
from autograder.judging.answer_key import KeyExercise
from autograder.judging.comparison import Comparator
from autograder.judging.diagnosis.judged import Judged, way_of_failing
from autograder.judging.results import Verdict

Step = str | int
"""From a result into one of its parts: a key of a dict, a place in a tuple (from 0)."""


@dataclass(frozen=True)
class Pair:
    """One result, or one part of it, beside what was expected.

    Attributes
    ----------
    path : tuple
        How to get from the whole result to this part; empty for the whole.
    differing : array of bool or None
        Which elements are wrong; None where the two cannot be laid on each other.
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
    """Who says what is right of an input that no key holds: what the case is called, and its right side."""

    heading: Text
    side: Text


@dataclass(frozen=True)
class Failure:
    """One wrong case.

    Attributes
    ----------
    group : Text
        What the case's group is about; empty where the case was found by shrinking.
    arguments : tuple of (name, value)
    returned : bool
        Whether anything came back; else `pairs` holds what was expected, alone.
    pairs : tuple of Pair
        The wrong results, part by part.
    right : tuple of paths
        The parts that are right.
    oracle : Oracle, optional
        Where the expected values come from, if not from the visible answer key.
    """

    exercise: str
    group: Text
    arguments: tuple[tuple[str, Any], ...]
    returned: bool
    pairs: tuple[Pair, ...]
    right: tuple[tuple[Step, ...], ...] = ()
    oracle: Oracle | None = None


def smallest_failure(
    exercise: KeyExercise, judged: Iterable[Judged], *, visible: bool
) -> tuple[Failure, Judged] | None:
    """Of the visible cases that fail in the way of the first, the one with the fewest numbers in it.

    None where all cases pass, and where there is nothing to look at: no function, nothing written, an import
    that is not allowed, a file that is not Python, an answer that cannot be drawn.
    """
    if not visible:
        raise ValueError("nothing of a hidden answer key is shown")
    wrong = [one for one in judged if not one.verdict.earns]
    if not wrong or not _can_be_shown(wrong[0]):
        return None
    way = way_of_failing(wrong[0])
    alike = [one for one in wrong if way_of_failing(one) == way]
    chosen = min(alike, key=lambda one: size((one.case.args, one.case.expected)))
    return _failure(exercise, chosen), chosen


def _can_be_shown(one: Judged) -> bool:
    if one.verdict in (Verdict.NI, Verdict.MISSING, Verdict.FORBIDDEN):
        return False
    return one.case.accept.drawable and one.outcome.exception != "SyntaxError"


def _failure(exercise: KeyExercise, one: Judged) -> Failure:
    group = next(group for group in exercise.groups if group.name == one.group)
    arguments = (*one.case.args, *exercise.left_out(one.case.args))
    named = tuple(zip(exercise.parameters, arguments, strict=False))
    title = group.title
    if one.outcome.status != "returned":
        alone = (Pair((), None, one.case.expected, None),)
        return Failure(exercise.name, title, named, False, alone)
    return compared(exercise.name, title, named, one.case.accept, one.outcome.value, one.case.expected)


def compared(
    exercise: str,
    group: Text,
    arguments: Sequence[tuple[str, Any]],
    accept: Comparator,
    got: Any,
    expected: Any,
    oracle: Oracle | None = None,
) -> Failure:
    """A failure from a returned value: its parts, wrong and right ones apart."""
    parts = [*pairs(accept, got, expected)]
    wrong = tuple(part for part in parts if part.wrong)
    right = tuple(part.path for part in parts if not part.wrong)
    return Failure(exercise, group, tuple(arguments), True, wrong or tuple(parts), right, oracle)


def pairs(accept: Comparator, got: Any, expected: Any, path: tuple[Step, ...] = ()) -> Iterator[Pair]:
    """The parts of a result beside the parts that were expected: dicts, tuples and lists are taken apart as
    far as the two are alike."""
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
            for place, (one, other) in enumerate(zip(got, expected, strict=True)):
                yield from pairs(accept, one, other, (*path, place))
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
    return np.array([not accept.agrees(one, other) for one, other in numbers], bool)


def _numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(type(value) in (int, float, bool) for value in values)


def size(value: Any) -> int:
    """How many numbers, texts and names there are to look at."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, list | tuple):
        return sum(map(size, value))
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    return 1
