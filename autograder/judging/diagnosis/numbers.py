"""Compare wrong numbers of the right shape with the right ones.

A *relation* is a sentence such as "the signs are reversed"; `changes` and `cells` hold them. It is said only
if it is true of every wrong result, each checked against the right values with the comparator of its case. A
sentence quotes small whole numbers only, so that nothing of a hidden key can be read from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder.base.messages import Text
from autograder.judging.comparison import Comparator
from autograder.judging.diagnosis.facts import Facts

Array = np.ndarray


@dataclass(frozen=True)
class WrongNumbers:
    """A wrong result and the right one, as finite floats of the same shape."""

    got: Array
    expected: Array
    accept: Comparator
    facts: Facts

    @property
    def shape(self) -> tuple[int, ...]:
        return self.expected.shape

    @cached_property
    def scale(self) -> float:
        return float(np.abs(self.expected).max(initial=0.0))

    @cached_property
    def tolerance(self) -> float:
        """The absolute tolerance of judging."""
        return self.accept.tolerance(self.expected)

    @property
    def unique(self) -> bool:
        """Whether there is only one right answer, so that single cells are right or wrong."""
        return self.accept.unique

    @cached_property
    def wrong(self) -> Array:
        """The mask of the wrong cells."""
        return np.asarray(np.abs(self.got - self.expected) > self.tolerance)

    def right_as(self, changed: Array) -> bool:
        """Would `changed`, computed from `got`, be accepted?"""
        return changed.shape == self.shape and self.accept.agrees(changed, self.expected)

    def came_from(self, changed: Array) -> bool:
        """Is `got` equal to `changed`, computed from `expected`?"""
        return self.unique and changed.shape == self.shape and self.same(self.got, changed)

    def same(self, left: Array, right: Array) -> bool:
        """Equal within the tolerance."""
        return bool(np.all(np.abs(left - right) <= self.tolerance))


def wrong_numbers(got: Any, expected: Any, accept: Comparator, facts: Facts) -> WrongNumbers | None:
    """None where no relation applies: not numeric, not finite as floats, or of another shape."""
    try:
        with np.errstate(all="ignore"):
            found = WrongNumbers(np.asarray(got, np.float64), np.asarray(expected, np.float64), accept, facts)
    except (ValueError, TypeError, OverflowError):
        return None
    if found.got.shape != found.shape or not found.got.size:
        return None
    if not (np.isfinite(found.got).all() and np.isfinite(found.expected).all()):
        return None
    return found if not found.unique or found.wrong.any() else None  # equal as floats: beyond their digits


Relation = Callable[[Sequence[WrongNumbers], Sequence[Facts], Text], Text | None]
"""(wrong results, facts of the right cases, part) -> a sentence that is true of all wrong results, or None.

The right cases are given because an explanation must not contradict them; `part` says which of several
results is meant, such as " (result 2)".
"""
