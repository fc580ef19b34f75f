"""What a wrong shape has in common with the right one, over all cases that have one.

Told as a difference, such as "too many rows, by 1": with a hidden key no size is quoted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis.facts import Facts

Shape = tuple[int, ...]

MAX_NUMBER = 9
"""No larger number is told: who wants to could spell out a hidden input with the size of a result."""


@dataclass(frozen=True)
class WrongShape:
    """One case: the shape that came, the right one, and what the case is about."""

    got: Shape
    expected: Shape
    facts: Facts


Margin = tuple[Text, Callable[[Any], tuple[int, int] | None]]
"""So many rows and columns that a case has, and what they are called."""


def described(wrong: Sequence[WrongShape], margins: Sequence[Margin] = ()) -> Text | None:
    """Completes "the shape is wrong: …"; None where the cases have nothing in common.

    Parameters
    ----------
    margins : sequence
        What the domain knows that a result may be too large or too small by.
    """
    for look in (_numbers_and_arrays, _empty, _ones, _axes, _order, _that_of_an_argument):
        text = look(wrong)
        if text is not None:
            return text
    return _sizes(wrong, margins)


def _numbers_and_arrays(wrong: Sequence[WrongShape]) -> Text | None:
    if all(not one.expected for one in wrong):
        return say("symptom.shape_number_asked")
    if all(not one.got for one in wrong):
        return say("symptom.shape_array_asked")
    return None


def _empty(wrong: Sequence[WrongShape]) -> Text | None:
    if all(0 in one.got and 0 not in one.expected for one in wrong):
        return say("symptom.shape_empty")
    return None


def _ones(wrong: Sequence[WrongShape]) -> Text | None:
    """Axes of length 1 that a sum has kept, or that were dropped."""
    if any(_without_ones(one.got) != _without_ones(one.expected) for one in wrong):
        return None
    if all(len(one.got) > len(one.expected) for one in wrong):
        return say("symptom.shape_ones_left")
    if all(len(one.got) < len(one.expected) for one in wrong):
        return say("symptom.shape_ones_missing")
    return None


def _without_ones(shape: Shape) -> Shape:
    return tuple(length for length in shape if length != 1)


def _axes(wrong: Sequence[WrongShape]) -> Text | None:
    """Too many axes or too few."""
    surplus = {len(one.got) - len(one.expected) for one in wrong}
    if len(surplus) > 1:
        return say("symptom.shape_axes_wrong") if 0 not in surplus else None
    (more,) = surplus
    if more == 1:
        places = set.intersection(*(_removable(one.got, one.expected) for one in wrong))
        if len(places) == 1 and (nth := _nth(places.pop())):
            return say("symptom.shape_axis_surplus_nth", nth=nth)
        return say("symptom.shape_axis_surplus")
    if more == -1:
        places = set.intersection(*(_removable(one.expected, one.got) for one in wrong))
        if len(places) == 1:
            return say("symptom.shape_axis_missing_named", axis=_axis(wrong[0], places.pop()))
        return say("symptom.shape_axis_missing")
    if more:
        return (
            say("symptom.shape_axes_surplus", n=more)
            if more > 0
            else say("symptom.shape_axes_missing", n=-more)
        )
    return None


def _removable(longer: Shape, shorter: Shape) -> set[int]:
    """The axes without which `longer` is `shorter`."""
    return {axis for axis in range(len(longer)) if longer[:axis] + longer[axis + 1 :] == shorter}


def _order(wrong: Sequence[WrongShape]) -> Text | None:
    """The right lengths on the wrong axes."""
    if any(len(one.got) != len(wrong[0].expected) or len(one.expected) != len(one.got) for one in wrong):
        return None
    n = len(wrong[0].got)
    if n < 2:
        return None
    for one, other in ((n - 2, n - 1), (0, 1)):
        order = list(range(n))
        order[one], order[other] = other, one
        if all(case.got == tuple(case.expected[i] for i in order) for case in wrong):
            return say("symptom.shape_axes_exchanged", one=_axis(wrong[0], one), other=_axis(wrong[0], other))
    if n == 4 and all(case.got == tuple(case.expected[i] for i in (0, 2, 3, 1)) for case in wrong):
        return say("symptom.shape_axis_last", axis=_axis(wrong[0], 1))
    if all(sorted(case.got) == sorted(case.expected) for case in wrong):
        return say("symptom.shape_axes_reordered")
    return None


def _that_of_an_argument(wrong: Sequence[WrongShape]) -> Text | None:
    if len({one.got for one in wrong}) < 2:
        return None  # once may be chance
    for name in wrong[0].facts.arrays:
        if all((array := one.facts.arrays.get(name)) is not None and array.shape == one.got for one in wrong):
            return say("symptom.shape_of_argument", name=name)
    return None


# ------------------------------------------------------------------------------------ too large, too small


def _sizes(wrong: Sequence[WrongShape], margins: Sequence[Margin]) -> Text | None:
    n = len(wrong[0].got)
    if any(len(one.got) != n or len(one.expected) != n for one in wrong):
        return None
    surplus = [[g - e for g, e in zip(one.got, one.expected, strict=True)] for one in wrong]
    axes = [axis for axis in range(n) if any(row[axis] for row in surplus)]
    names = _names(wrong[0], axes)
    signs = {(row[axis] > 0) - (row[axis] < 0) for row in surplus for axis in axes} - {0}
    if len(signs) != 1:
        return say("symptom.shape_count_wrong", axes=names)
    (sign,) = signs
    more = sign > 0
    if (by_n := _same_number(surplus, axes, sign)) is not None:
        if len(axes) == 1:
            by = say("symptom.shape_too_many_by", axes=names, n=by_n)
            return by if more else say("symptom.shape_too_few_by", axes=names, n=by_n)
        each = say("symptom.shape_too_many_each", axes=names, n=by_n)
        return each if more else say("symptom.shape_too_few_each", axes=names, n=by_n)
    if (what := _same_margin(wrong, surplus, axes, sign, margins)) is not None:
        by = say("symptom.shape_too_many_by_quantity", axes=names, what=what)
        return by if more else say("symptom.shape_too_few_by_quantity", axes=names, what=what)
    return say("symptom.shape_too_many", axes=names) if more else say("symptom.shape_too_few", axes=names)


def _same_number(surplus: Sequence[Sequence[int]], axes: Sequence[int], sign: int) -> int | None:
    """By how much, where it is the same everywhere."""
    amounts = {row[axis] * sign for row in surplus for axis in axes}
    return min(amounts) if len(amounts) == 1 and max(amounts) <= MAX_NUMBER else None


def _same_margin(
    wrong: Sequence[WrongShape],
    surplus: Sequence[Sequence[int]],
    axes: Sequence[int],
    sign: int,
    margins: Sequence[Margin],
) -> Text | None:
    """What of a case it is, in rows and columns, by which its result is too large or too small."""
    rows = len(wrong[0].got) - 2
    if any(axis < rows for axis in axes) or rows < 0:
        return None
    for text, margin in margins:
        pairs = [margin(one.facts) for one in wrong]
        if all(
            pair is not None and all(row[axis] * sign == pair[axis - rows] for axis in (rows, rows + 1))
            for pair, row in zip(pairs, surplus, strict=True)
        ):
            return text
    return None


# ------------------------------------------------------------------------------------------ names of axes


def _names(wrong: WrongShape, axes: Sequence[int]) -> Text:
    *others, last = (_axis(wrong, axis) for axis in axes)
    if not others:
        return last
    return say("symptom.axes_joined", one=joined(others), other=last)


def _axis(wrong: WrongShape, axis: int) -> Text:
    return axis_name(wrong.facts, len(wrong.expected), axis)


def axis_name(facts: Facts, axes: int, axis: int) -> Text:
    """What stands along an axis of a result with so many axes, in the plural."""
    named = facts.axis_name(axes, axis)
    if named is not None:
        return named
    if axes == 2:
        return say("symptom.axis_rows") if axis == 0 else say("symptom.axis_columns")
    if axes == 1:
        return say("symptom.axis_numbers")
    nth = _nth(axis)
    return say("symptom.axis_entries_nth", nth=nth) if nth else say("symptom.axis_entries")


def _nth(axis: int) -> Text | None:
    words = (
        say("symptom.ordinal_first"),
        say("symptom.ordinal_second"),
        say("symptom.ordinal_third"),
        say("symptom.ordinal_fourth"),
        say("symptom.ordinal_fifth"),
    )
    return words[axis] if axis < len(words) else None
