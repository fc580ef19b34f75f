"""Describe how a wrong shape differs from the right one, over all cases with a wrong shape.

The description is a difference, such as "too many rows, by 1"; `told` leaves its kind of a hidden key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis.facts import Facts

Shape = tuple[int, ...]

MAX_NUMBER = 9
"""No larger number is quoted: it would tell a reader nothing."""


@dataclass(frozen=True)
class WrongShape:
    """The shape that a case returned, and the right one."""

    got: Shape
    expected: Shape
    facts: Facts


Margin = tuple[Text, Callable[[Any], tuple[int, int] | None]]
"""A name, and a function of a case's facts that gives (rows, columns)."""


def described(wrong: Sequence[WrongShape], margins: Sequence[Margin] = ()) -> Text | None:
    """Complete "the shape is wrong: …"; None where the cases have nothing in common.

    Parameters
    ----------
    margins : sequence of Margin
        Amounts of the domain by which a result may be too large or too small.
    """
    for look in (_numbers_and_arrays, _empty, _ones, _axes, _order, _that_of_an_argument):
        text = look(wrong)
        if text is not None:
            return text
    return _sizes(wrong, margins)


def _numbers_and_arrays(wrong: Sequence[WrongShape]) -> Text | None:
    if all(not case.expected for case in wrong):
        return say("symptom.shape_number_asked")
    if all(not case.got for case in wrong):
        return say("symptom.shape_array_asked")
    return None


def _empty(wrong: Sequence[WrongShape]) -> Text | None:
    if all(0 in case.got and 0 not in case.expected for case in wrong):
        return say("symptom.shape_empty")
    return None


def _ones(wrong: Sequence[WrongShape]) -> Text | None:
    """Axes of length 1 that are left over, or missing."""
    if any(_without_ones(case.got) != _without_ones(case.expected) for case in wrong):
        return None
    if all(len(case.got) > len(case.expected) for case in wrong):
        return say("symptom.shape_ones_left")
    if all(len(case.got) < len(case.expected) for case in wrong):
        return say("symptom.shape_ones_missing")
    return None


def _without_ones(shape: Shape) -> Shape:
    return tuple(length for length in shape if length != 1)


def _axes(wrong: Sequence[WrongShape]) -> Text | None:
    """Too many axes or too few."""
    surplus = {len(case.got) - len(case.expected) for case in wrong}
    if len(surplus) > 1:
        return say("symptom.shape_axes_wrong") if 0 not in surplus else None
    (more,) = surplus
    if more == 1:
        axes = set.intersection(*(_removable(case.got, case.expected) for case in wrong))
        if len(axes) == 1 and (nth := _nth(axes.pop())):
            return say("symptom.shape_axis_surplus_nth", nth=nth)
        return say("symptom.shape_axis_surplus")
    if more == -1:
        axes = set.intersection(*(_removable(case.expected, case.got) for case in wrong))
        if len(axes) == 1:
            return say("symptom.shape_axis_missing_named", axis=_axis(wrong[0], axes.pop()))
        return say("symptom.shape_axis_missing")
    if more:
        return say("symptom.shape_axes_surplus" if more > 0 else "symptom.shape_axes_missing", n=abs(more))
    return None


def _removable(longer: Shape, shorter: Shape) -> set[int]:
    """The axes without which `longer` is `shorter`."""
    return {axis for axis in range(len(longer)) if longer[:axis] + longer[axis + 1 :] == shorter}


def _order(wrong: Sequence[WrongShape]) -> Text | None:
    """The right lengths on the wrong axes."""
    if any(len(case.got) != len(wrong[0].expected) or len(case.expected) != len(case.got) for case in wrong):
        return None
    n = len(wrong[0].got)
    if n < 2:
        return None
    for first, second in ((n - 2, n - 1), (0, 1)):
        order = list(range(n))
        order[first], order[second] = second, first
        if all(case.got == tuple(case.expected[i] for i in order) for case in wrong):
            names = _axis(wrong[0], first), _axis(wrong[0], second)
            return say("symptom.shape_axes_exchanged", first=names[0], second=names[1])
    if n > 3 and all(case.got == tuple(case.expected[i] for i in (0, *range(2, n), 1)) for case in wrong):
        return say("symptom.shape_axis_last", axis=_axis(wrong[0], 1))
    if all(sorted(case.got) == sorted(case.expected) for case in wrong):
        return say("symptom.shape_axes_reordered")
    return None


def _that_of_an_argument(wrong: Sequence[WrongShape]) -> Text | None:
    if len({case.got for case in wrong}) < 2:
        return None  # a single match may be chance
    for name in wrong[0].facts.arrays:
        if all(
            (array := case.facts.arrays.get(name)) is not None and array.shape == case.got for case in wrong
        ):
            return say("symptom.shape_of_argument", name=name)
    return None


# ------------------------------------------------------------------------------------ too large, too small


def _sizes(wrong: Sequence[WrongShape], margins: Sequence[Margin]) -> Text | None:
    ndim = len(wrong[0].got)
    if any(len(case.got) != ndim or len(case.expected) != ndim for case in wrong):
        return None
    surplus = [[g - e for g, e in zip(case.got, case.expected, strict=True)] for case in wrong]
    axes = [axis for axis in range(ndim) if any(row[axis] for row in surplus)]
    names = _names(wrong[0], axes)
    signs = {(row[axis] > 0) - (row[axis] < 0) for row in surplus for axis in axes} - {0}
    if len(signs) != 1:
        return say("symptom.shape_count_wrong", axes=names)
    (sign,) = signs
    more = sign > 0
    if (n := _same_number(surplus, axes, sign)) is not None:
        if len(axes) == 1:
            return say("symptom.shape_too_many_by" if more else "symptom.shape_too_few_by", axes=names, n=n)
        return say("symptom.shape_too_many_each" if more else "symptom.shape_too_few_each", axes=names, n=n)
    if (what := _same_margin(wrong, surplus, axes, sign, margins)) is not None:
        id = "symptom.shape_too_many_by_quantity" if more else "symptom.shape_too_few_by_quantity"
        return say(id, axes=names, what=what)
    return say("symptom.shape_too_many" if more else "symptom.shape_too_few", axes=names)


def _same_number(surplus: Sequence[Sequence[int]], axes: Sequence[int], sign: int) -> int | None:
    """The surplus, where it is the same along all of `axes` in all cases."""
    amounts = {row[axis] * sign for row in surplus for axis in axes}
    return min(amounts) if len(amounts) == 1 and max(amounts) <= MAX_NUMBER else None


def _same_margin(
    wrong: Sequence[WrongShape],
    surplus: Sequence[Sequence[int]],
    axes: Sequence[int],
    sign: int,
    margins: Sequence[Margin],
) -> Text | None:
    """The name of the margin that equals the surplus in rows and columns of every case."""
    rows = len(wrong[0].got) - 2  # the index of the axis of rows
    if any(axis < rows for axis in axes) or rows < 0:
        return None
    found = []
    for text, margin in margins:
        pairs = [margin(case.facts) for case in wrong]
        if all(
            pair is not None and all(row[axis] * sign == pair[axis - rows] for axis in (rows, rows + 1))
            for pair, row in zip(pairs, surplus, strict=True)
        ):
            found.append(text)
    return found[0] if len(found) == 1 else None  # several: these cases do not tell which it is


# ------------------------------------------------------------------------------------------ names of axes


def _names(wrong: WrongShape, axes: Sequence[int]) -> Text:
    *front, last = (_axis(wrong, axis) for axis in axes)
    return say("symptom.axes_joined", first=joined(front), second=last) if front else last


def _axis(wrong: WrongShape, axis: int) -> Text:
    return axis_name(wrong.facts, len(wrong.expected), axis)


def axis_name(facts: Facts, axes: int, axis: int) -> Text:
    """What lies along one axis of a result with `axes` axes, in the plural, such as "rows"."""
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
    ordinals = (
        *("symptom.ordinal_first", "symptom.ordinal_second", "symptom.ordinal_third"),
        *("symptom.ordinal_fourth", "symptom.ordinal_fifth"),
    )
    if axis >= len(ordinals):
        return None
    id = ordinals[axis]
    return say(id)
