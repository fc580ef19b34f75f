"""Relations in which only some cells are wrong, or the right values are in the wrong places.

`relations` lists them for a `Domain`; `how_many` is the last resort.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Array, Relation, WrongNumbers
from autograder.judging.diagnosis.shapes import axis_name

Mask = Callable[[WrongNumbers], Array | None]
"""The cells to which a mistake is confined; None where the mask does not apply to a result."""


def _slices(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Along an axis before rows and columns: only the first or the last slice is right, or wrong."""
    axes = wrong[0].got.ndim
    if any(case.got.ndim != axes or not case.unique for case in wrong):
        return None
    for axis in range(axes - 2):
        if any(case.shape[axis] < 2 for case in wrong):
            continue
        lines = [_wrong_along(case, axis) for case in wrong]
        names = axis_name(wrong[0].facts, axes, axis)
        if all(not line[0] and all(line[1:]) for line in lines):
            return say("symptom.slice_only_first_right", axis=names, part=part)
        if all(not line[-1] and all(line[:-1]) for line in lines):
            return say("symptom.slice_only_last_right", axis=names, part=part)
        if all(line[0] and not any(line[1:]) for line in lines):
            return say("symptom.slice_only_first_wrong", axis=names, part=part)
        if all(line[-1] and not any(line[:-1]) for line in lines):
            return say("symptom.slice_only_last_wrong", axis=names, part=part)
    return None


def _wrong_along(case: WrongNumbers, axis: int) -> list[bool]:
    """For each slice along an axis, whether anything in it is wrong."""
    return [bool(part.any()) for part in np.moveaxis(case.wrong, axis, 0)]


def _zero(case: WrongNumbers) -> Array:
    return np.asarray(np.abs(case.expected) <= case.tolerance)


def _became_zero(case: WrongNumbers) -> Array:
    return np.asarray((case.got == 0) & ~_zero(case))


def rim(case: WrongNumbers, width: tuple[int, int]) -> Array | None:
    """The cells within `width` = (rows, columns) of the border."""
    if case.got.ndim < 2 or min(width) < 0 or max(width) == 0:
        return None
    rows, columns = case.shape[-2:]
    inside = np.zeros((rows, columns), dtype=bool)
    inside[width[0] : rows - width[0], width[1] : columns - width[1]] = True
    return np.asarray(np.broadcast_to(~inside, case.shape))


def _border(case: WrongNumbers) -> Array | None:
    return rim(case, (1, 1))


def _interior(case: WrongNumbers) -> Array | None:
    border = _border(case)
    return None if border is None else ~border


def _edge(row: int | None, column: int | None) -> Mask:
    """One outer row, one outer column, or both."""

    def mask(case: WrongNumbers) -> Array | None:
        if case.got.ndim < 2:
            return None
        cells = np.zeros(case.shape, dtype=bool)
        if row is not None:
            cells[..., row, :] = True
        if column is not None:
            cells[..., column] = True
        return cells

    return mask


def _end(index: int) -> Mask:
    """The first or the last number of a vector."""

    def mask(case: WrongNumbers) -> Array | None:
        return np.arange(case.got.size) == index % case.got.size if case.got.ndim == 1 else None

    return mask


Masks = tuple[tuple[str, Mask], ...]
"""Message ids, each with the mask that it speaks of."""

_EDGES: Masks = (
    ("symptom.only_last_row_wrong", _edge(-1, None)),
    ("symptom.only_last_column_wrong", _edge(None, -1)),
    ("symptom.only_first_row_wrong", _edge(0, None)),
    ("symptom.only_first_column_wrong", _edge(None, 0)),
    ("symptom.only_last_lines_wrong", _edge(-1, -1)),
    ("symptom.only_first_lines_wrong", _edge(0, 0)),
    ("symptom.only_last_value_wrong", _end(-1)),
    ("symptom.only_first_value_wrong", _end(0)),
    ("symptom.only_border_wrong", _border),
    ("symptom.only_interior_wrong", _interior),
)

_ZEROS: Masks = (("symptom.only_zeros_wrong", _zero), ("symptom.zeros_in_place", _became_zero))


def _cells(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text, masks: Masks) -> Text | None:
    """All wrong cells lie in one of `masks`, and the cells outside of it are right."""
    if not all(case.unique and case.got.ndim for case in wrong):
        return None
    for sentence, mask in masks:
        if all(_keeps_to(case, mask) for case in wrong):
            return say(sentence, part=part)
    return None


def _keeps_to(case: WrongNumbers, mask: Mask) -> bool:
    cells = mask(case)
    return cells is not None and not cells.all() and not (case.wrong & ~cells).any()


# ------------------------------------------------------------------------------------------ moved values


def _shifted(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The right values one or two rows or columns away from their places."""
    if any(case.got.ndim < 2 or not case.unique for case in wrong):
        return None
    for down, across in sorted(
        itertools.product(range(-2, 3), repeat=2), key=lambda d: abs(d[0]) + abs(d[1])
    ):
        if (down or across) and moved(wrong, [(down, across)] * len(wrong)):
            return say("symptom.shifted", where=_direction(down, across), part=part)
    return None


def moved(wrong: Sequence[WrongNumbers], moves: Sequence[tuple[int, int]]) -> bool:
    """Whether the right values of each case lie (rows down, columns right) of where they belong."""
    evidence = 0
    for case, (down, across) in zip(wrong, moves, strict=True):
        rows, columns = case.shape[-2:]
        if abs(down) >= rows or abs(across) >= columns:
            return False
        got = case.got[..., max(down, 0) : rows + min(down, 0), max(across, 0) : columns + min(across, 0)]
        right = case.expected[
            ..., max(-down, 0) : rows + min(-down, 0), max(-across, 0) : columns + min(-across, 0)
        ]
        if not np.any(right) or np.abs(got - right).max() > case.tolerance:
            return False
        evidence += int(np.count_nonzero(right))
    return evidence >= 3


def _direction(down: int, across: int) -> Text:
    vertical = say("symptom.shift_down", n=down) if down > 0 else say("symptom.shift_up", n=-down)
    horizontal = say("symptom.shift_right", n=across) if across > 0 else say("symptom.shift_left", n=-across)
    if not across:
        return vertical
    if not down:
        return horizontal
    return joined([vertical, horizontal])


def _rearranged(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The right numbers in the wrong places."""
    if any(case.got.size < 2 or not case.unique for case in wrong):
        return None
    if any(
        np.abs(np.sort(case.got, None) - np.sort(case.expected, None)).max() > case.tolerance
        for case in wrong
    ):
        return None
    if any(_reshaped(wrong, order) for order in _orders(wrong)):
        return say("symptom.misplaced_by_reshape", part=part)
    return say("symptom.misplaced", part=part)


def _orders(wrong: Sequence[WrongNumbers]) -> Iterator[tuple[int, ...]]:
    axes = wrong[0].got.ndim
    return itertools.permutations(range(axes)) if 2 <= axes <= 4 else iter(())


def _reshaped(wrong: Sequence[WrongNumbers], order: tuple[int, ...]) -> bool:
    return all(
        case.got.ndim == len(order) and case.came_from(case.expected.transpose(order).reshape(case.shape))
        for case in wrong
    )


def _sum(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The right sum, distributed wrongly."""
    if any(case.got.size < 2 or not case.unique for case in wrong):
        return None
    sums = [(float(case.got.sum()), float(case.expected.sum()), case.tolerance) for case in wrong]
    if all(
        abs(got - expected) <= tolerance < 100 * tolerance < abs(expected)
        for got, expected, tolerance in sums
    ):
        return say("symptom.right_sum", part=part)
    return None


def relations(
    first: Masks = (), borders: Masks = (), shifts: tuple[Relation, ...] = ()
) -> tuple[Relation, ...]:
    """The relations of this module, the most specific first.

    Parameters
    ----------
    first, borders : masks
        The domain's own: those that are more specific than an edge, and further borders.
    shifts : tuple of relations
        The domain's own ways in which values are moved.
    """
    cells = partial(_cells, masks=(*first, *_EDGES, *borders, *_ZEROS))
    return (_slices, cells, _shifted, *shifts, _rearranged, _sum)


def how_many(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Where no relation holds: whether some values are right, or none."""
    if any(case.got.size < 2 or not case.unique for case in wrong):
        return None
    if all((~case.wrong & ~_zero(case)).any() for case in wrong):
        return say("symptom.some_right", part=part)
    if all(case.wrong.all() for case in wrong):
        return say("symptom.none_right", part=part)
    return None
