"""Which misconception of the answer key explains the wrong cases.

A misconception explains a result when the answers equal its own in every case in which it differs from
the reference. To be sure of it, all these cases must have been judged wrong, and none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging.answer_key import Hint, KeyExercise, Wrong
from autograder.judging.comparison import Close, Comparator
from autograder.judging.diagnosis.judged import Judged, way_of_failing


@dataclass(frozen=True)
class Explanation:
    """A misconception, and whether it explains all that is wrong."""

    hint: Hint
    whole: bool


def recognise(exercise: KeyExercise, judged: Sequence[Judged]) -> Explanation | None:
    """The misconception that explains every wrong case; else the one that explains most of them.

    To explain only some, it takes equal values that are not all zero (a crash of the same kind may come from
    anything, and so may crashes everywhere, or zeros), and a case among them that fails in the way of the
    first: the symptom tells of that.
    Where a single cause and a pair of causes (`a+b`) explain as much, it is the single one.
    """
    wrong = [one for one in judged if not one.verdict.earns]
    seen = way_of_failing(wrong[0])
    best: tuple[int, Hint] | None = None
    for hint in sorted(exercise.misconceptions, key=lambda hint: hint.id.count("+")):
        differs = [one for one in judged if hint.id in one.case.wrong]
        if not differs or any(one.verdict.earns for one in differs):
            continue
        if not _explains([(one, one.case.wrong[hint.id]) for one in differs]):
            continue
        has_values = any(one.case.wrong[hint.id].raises is None for one in differs)
        if len(differs) == len(wrong) and (has_values or len(wrong) < len(judged)):
            return Explanation(hint, whole=True)
        telling = any(_is_telling(one.case.wrong[hint.id]) for one in differs)
        more = telling and (best is None or len(differs) > best[0])
        if more and any(way_of_failing(one) == seen for one in differs):
            best = len(differs), hint
    return Explanation(best[1], whole=False) if best else None


def _is_telling(wrong: Wrong) -> bool:
    """Does it give numbers other than zero, or a text?"""

    def some(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(some, value.values()))
        if isinstance(value, list | tuple):
            return any(map(some, value))
        return bool(value) if isinstance(value, str) else bool(np.any(value))

    return wrong.raises is None and some(wrong.value)


def _explains(pairs: Sequence[tuple[Judged, Wrong]]) -> bool:
    """Is every outcome what the misconception gives?

    Values must be equal. A crash must be a crash; of another kind of exception only where some other case
    gives equal values, for the same mistake may stumble over an index here and over a shape there.
    """
    values = [(one, wrong) for one, wrong in pairs if wrong.raises is None]
    crashes = [(one, wrong) for one, wrong in pairs if wrong.raises is not None]
    return all(
        one.outcome.status == "raised" and (bool(values) or one.outcome.exception == wrong.raises)
        for one, wrong in crashes
    ) and all(
        one.outcome.status == "returned" and _same(one.case.accept, one.outcome.value, wrong.value)
        for one, wrong in values
    )


def _same(accept: Comparator, got: Any, other: Any) -> bool:
    """Equal as the judge would have it, were `other` the right answer; but here NaN equals NaN."""
    return accept.like.agrees(got, other) or (_holds_nan(other) and _same_with_nan(got, other))


def _holds_nan(other: Any) -> bool:
    if isinstance(other, list | tuple):
        return any(map(_holds_nan, other))
    if isinstance(other, dict):
        return any(map(_holds_nan, other.values()))
    return isinstance(other, np.ndarray | float) and not bool(np.isfinite(other).all())


def _same_with_nan(got: Any, other: Any) -> bool:
    if isinstance(other, list | tuple):
        return (
            isinstance(got, list | tuple) and len(got) == len(other) and all(map(_same_with_nan, got, other))
        )
    if isinstance(other, dict):
        return (
            isinstance(got, dict)
            and got.keys() == other.keys()
            and all(_same_with_nan(got[key], other[key]) for key in other)
        )
    if Close().difference(got, other).kind not in ("none", "values", "not finite"):
        return False
    try:
        one, two = np.asarray(got, dtype=np.float64), np.asarray(other, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return False
    scale = float(np.abs(two[np.isfinite(two)]).max(initial=0.0))
    return one.shape == two.shape and np.allclose(one, two, rtol=1e-5, atol=1e-5 * scale, equal_nan=True)
