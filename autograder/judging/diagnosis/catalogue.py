"""Find the misconception of the answer key that explains the wrong cases.

A misconception explains a case if the answer equals its own output there; all cases in which its outputs
differ from the reference must have been judged wrong. Where a mistake makes a shape wrong, one person's code
stops and another's goes on: an exception here and a wrong shape there count as the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging.comparison import Close, Comparator
from autograder.judging.diagnosis.judged import Judged, way_of_failing
from autograder.judging.key_records import Hint, KeyCase, KeyExercise, Wrong
from autograder.judging.results import Verdict


@dataclass(frozen=True)
class Explanation:
    """A misconception, and whether it explains all wrong cases.

    `apart` are the kinds of the cases that it leaves unexplained; empty where it leaves none, or others.
    """

    hint: Hint
    explains_all: bool
    apart: tuple[str, ...] = ()


APART: dict[str, Callable[[Judged], bool]] = {
    "idea.apart_crashes": lambda judged: judged.outcome.status == "raised",
    "idea.apart_ties": lambda judged: not judged.case.accept.unique,
    "idea.apart_integers": lambda judged: any(
        isinstance(value, np.ndarray) and value.dtype.kind in "iu" for value in judged.case.args
    ),
    "idea.apart_shapes": lambda judged: judged.difference.kind == "shape",
}
"""Kinds of cases in which a second mistake often hides what the first would show."""


def recognise(exercise: KeyExercise, cases: Sequence[Judged]) -> Explanation | None:
    """The misconception that explains every wrong case; else all but one of the kinds `APART`; else the most.

    To explain only some of them, it must have given values that are not all zero (crashes and zeros may have
    any cause), and one of these cases must fail in the way of the first wrong case, which the symptom
    describes. Known by crashes alone, it must be the only one. A single misconception is preferred to a pair
    (`a+b`) that explains as many cases.
    """
    wrong = [judged for judged in cases if not judged.verdict.earns and judged.verdict is not Verdict.NR]
    if not wrong:
        return None
    first_way = way_of_failing(wrong[0])
    best: tuple[int, Explanation] | None = None
    whole: list[tuple[int, Explanation]] = []
    for hint in sorted(exercise.misconceptions, key=lambda hint: hint.id.count("+")):
        pairs = [(judged, judged.case.wrong[hint.id]) for judged in cases if hint.id in judged.case.wrong]
        if not pairs or any(judged.verdict.earns for judged, _ in pairs):
            continue
        same = [_equal(judged, output) for judged, output in pairs]
        equal = [output for (_, output), is_same in zip(pairs, same, strict=True) if is_same]
        telling = sum(map(_is_telling, equal))
        unlike = [
            0 if is_same else _unlike(*pair, known=bool(equal))
            for pair, is_same in zip(pairs, same, strict=True)
        ]
        explained = [judged for (judged, _), how in zip(pairs, unlike, strict=True) if how is not None]
        if len(explained) == len(pairs) == len(wrong):
            worst = max(how for how in unlike if how is not None)
            if equal and not worst:
                return Explanation(hint, explains_all=True)
            if equal or len(wrong) < len(cases):
                whole.append((worst, Explanation(hint, explains_all=True)))
            continue
        rest = [judged for judged in wrong if not any(judged is each for each in explained)]
        apart = _kinds(rest) if telling >= 2 and len(explained) >= len(rest) else ()
        worth = len(explained) + (len(wrong) if apart else 0)
        if (best is not None and worth <= best[0]) or (not apart and len(explained) < len(pairs)):
            continue
        if apart or (telling and any(way_of_failing(judged) == first_way for judged in explained)):
            best = worth, Explanation(hint, explains_all=False, apart=apart)
    nearest = [explanation for how, explanation in whole if how == min(whole, key=lambda each: each[0])[0]]
    if nearest and (len(nearest) == 1 or "+" in nearest[1].hint.id):
        return nearest[0]
    return best[1] if best else None


def _kinds(rest: Sequence[Judged]) -> tuple[str, ...]:
    """The kinds `APART` to which all of `rest` belong; empty where one belongs to none."""
    kinds = [next((id for id, has in APART.items() if has(judged)), None) for judged in rest]
    return () if None in kinds else tuple(id for id in APART if id in kinds)


def _is_telling(output: Wrong) -> bool:
    """Does it hold numbers other than zero, or a text?"""

    def some(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(some, value.values()))
        if isinstance(value, list | tuple):
            return any(map(some, value))
        return bool(value) if isinstance(value, str) else bool(np.any(value))

    return output.raises is None and some(output.value)


def _equal(judged: Judged, output: Wrong) -> bool:
    return (
        output.raises is None
        and judged.outcome.status == "returned"
        and _same(judged.case.accept, judged.outcome.value, output.value)
    )


_DOES_NOT_FIT = frozenset({"ValueError", "IndexError", "AssertionError"})
"""How code stops at sizes that do not fit: in NumPy, at an index, or because its author refuses them."""


def _unlike(judged: Judged, output: Wrong, *, known: bool) -> int | None:
    """How much else the outcome is than the misconception's, which it does not equal; None: another mistake.

    0: nothing; 1: an exception where it raises another; 2: an exception in place of an empty array, or of a
    wrong shape, or the other way round. `known`: other cases have shown that it is this mistake.
    """
    exception = judged.outcome.exception
    match judged.outcome.status:
        case "raised" if output.raises is not None:
            if known or exception == output.raises:
                return 0
            return 1 if {exception, output.raises} <= _DOES_NOT_FIT else None
        case "raised":
            fits = _is_empty(output.value) or (known and _misshapen(judged.case, output.value))
            return 2 if exception in _DOES_NOT_FIT and fits else None
        case "returned" if known and output.raises is not None:
            return 2 if judged.difference.kind in ("shape", "not finite") else None
    return None


def _is_empty(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not value.size


def _misshapen(case: KeyCase, value: Any) -> bool:
    return case.accept.difference(value, case.expected).kind == "shape"


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
