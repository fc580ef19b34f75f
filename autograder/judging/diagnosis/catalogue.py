"""Find the misconception of the answer key that explains the wrong cases.

A misconception explains a result if the answers equal its own outputs in every case in which these differ
from the reference. All of these cases must have been judged wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging.comparison import Close, Comparator
from autograder.judging.diagnosis.judged import Judged, way_of_failing
from autograder.judging.key_records import Hint, KeyExercise, Wrong
from autograder.judging.results import Verdict


@dataclass(frozen=True)
class Explanation:
    """A misconception, and whether it explains all wrong cases."""

    hint: Hint
    explains_all: bool


def recognise(exercise: KeyExercise, cases: Sequence[Judged]) -> Explanation | None:
    """The misconception that explains every wrong case; else the one that explains most of them.

    To explain only some of them, it must have given values that are not all zero (crashes and zeros may have
    any cause), and one of these cases must fail in the way of the first wrong case, which the symptom
    describes. A single misconception is preferred to a pair (`a+b`) that explains as many cases.
    """
    wrong = [judged for judged in cases if not judged.verdict.earns and judged.verdict is not Verdict.NR]
    if not wrong:
        return None
    first_way = way_of_failing(wrong[0])
    best: tuple[int, Hint] | None = None
    for hint in sorted(exercise.misconceptions, key=lambda hint: hint.id.count("+")):
        pairs = [(judged, judged.case.wrong[hint.id]) for judged in cases if hint.id in judged.case.wrong]
        if not pairs or any(judged.verdict.earns for judged, _ in pairs) or not _explains(pairs):
            continue
        has_values = any(output.raises is None for _, output in pairs)
        if len(pairs) == len(wrong) and (has_values or len(wrong) < len(cases)):
            return Explanation(hint, explains_all=True)
        if best is not None and len(pairs) <= best[0]:
            continue
        if any(_is_telling(output) for _, output in pairs) and any(
            way_of_failing(judged) == first_way for judged, _ in pairs
        ):
            best = len(pairs), hint
    return Explanation(best[1], explains_all=False) if best else None


def _is_telling(output: Wrong) -> bool:
    """Does it hold numbers other than zero, or a text?"""

    def some(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(some, value.values()))
        if isinstance(value, list | tuple):
            return any(map(some, value))
        return bool(value) if isinstance(value, str) else bool(np.any(value))

    return output.raises is None and some(output.value)


def _explains(pairs: Sequence[tuple[Judged, Wrong]]) -> bool:
    """Is every outcome what the misconception gives?

    Values must be equal. Where the misconception crashes, so must the submission; the type of the exception
    may differ only if another case has equal values, because the same mistake may be written in ways that
    fail at an index or at a shape.
    """
    has_values = any(output.raises is None for _, output in pairs)

    def same(judged: Judged, output: Wrong) -> bool:
        outcome = judged.outcome
        if output.raises is None:
            return outcome.status == "returned" and _same(judged.case.accept, outcome.value, output.value)
        return outcome.status == "raised" and (has_values or outcome.exception == output.raises)

    return all(same(judged, output) for judged, output in pairs)


def _same(accept: Comparator, got: Any, output: Any) -> bool:
    """Would the judge accept `got` if `output` were the right answer? Here, NaN equals NaN."""
    return accept.like.agrees(got, output) or (_holds_nan(output) and _same_with_nan(got, output))


def _holds_nan(output: Any) -> bool:
    if isinstance(output, list | tuple):
        return any(map(_holds_nan, output))
    if isinstance(output, dict):
        return any(map(_holds_nan, output.values()))
    return isinstance(output, np.ndarray | float) and not bool(np.isfinite(output).all())


def _same_with_nan(got: Any, output: Any) -> bool:
    if isinstance(output, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(output)
            and all(map(_same_with_nan, got, output))
        )
    if isinstance(output, dict):
        return (
            isinstance(got, dict)
            and got.keys() == output.keys()
            and all(_same_with_nan(got[key], output[key]) for key in output)
        )
    if Close().difference(got, output).kind not in ("none", "values", "not finite"):
        return False
    try:
        left, right = np.asarray(got, dtype=np.float64), np.asarray(output, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return False
    atol = 1e-5 * float(np.abs(right[np.isfinite(right)]).max(initial=0.0))
    return left.shape == right.shape and np.allclose(left, right, rtol=1e-5, atol=atol, equal_nan=True)
