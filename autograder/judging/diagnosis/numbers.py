"""What wrong numbers of the right shape have in common with the right ones.

A *relation* is a sentence such as "the signs are reversed". It is said only where it is true of every wrong
result that is looked at, and each is checked against the right values with the comparator of its case. Small
whole numbers are all that a sentence quotes, so that nothing of a hidden key can be read from it.
`changes` and `cells` hold the relations.
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
    """One wrong result: what came and what is right, both as floats of one shape, all of them finite."""

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
        """As in judging: what the judge calls wrong is wrong here, too."""
        return self.accept.tolerance(self.expected)

    @property
    def unique(self) -> bool:
        """Whether there is one right answer only, so that what is wrong can be told cell by cell."""
        return self.accept.unique

    @cached_property
    def wrong(self) -> Array:
        """The cells that are wrong."""
        return np.asarray(np.abs(self.got - self.expected) > self.tolerance)

    def right_as(self, changed: Array) -> bool:
        """Would `changed`, made from what came, be accepted?"""
        return changed.shape == self.shape and self.accept.agrees(changed, self.expected)

    def came_from(self, changed: Array) -> bool:
        """Is what came equal to `changed`, made from what is right?"""
        return self.unique and changed.shape == self.shape and self.same(self.got, changed)

    def same(self, one: Array, other: Array) -> bool:
        """Equal up to what judging allows."""
        return bool(np.all(np.abs(one - other) <= self.tolerance))


def wrong_numbers(got: Any, expected: Any, accept: Comparator, facts: Facts) -> WrongNumbers | None:
    """None where a relation makes no sense: no numbers at all, too large for floats, unlike shapes."""
    try:
        with np.errstate(all="ignore"):
            one, other = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    if one.shape != other.shape or not one.size or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return None
    found = WrongNumbers(one, other, accept, facts)
    return found if not found.unique or found.wrong.any() else None  # equal as floats: beyond their digits


Relation = Callable[[Sequence[WrongNumbers], Sequence[Facts], Text], Text | None]
"""(wrong results, right cases, part) -> a sentence that is true of all wrong results, or None.

The right cases are there because an explanation must not make them wrong; `part` says which of several
results is meant, such as " (result 2)".
"""
