"""Relations of wrong numbers to right ones: only some cells are wrong, or the values are moved about."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Array, Relation, WrongNumbers
from autograder.judging.diagnosis.shapes import axis_name

Mask = Callable[[WrongNumbers], Array | None]
"""The cells of a result to which the mistake keeps; None where that cannot be told."""


def _slices(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Along the axes before rows and columns: only the first or the last right, or wrong."""
    if any(one.got.ndim != 4 or not one.unique for one in wrong):
        return None
    for axis in (0, 1):
        if any(one.shape[axis] < 2 for one in wrong):
            continue
        lines = [_wrong_along(one, axis) for one in wrong]
        names = axis_name(wrong[0].facts, 4, axis)
        if all(not line[0] and all(line[1:]) for line in lines):
            return say("symptom.slice_only_first_right", axis=names, part=part)
        if all(not line[-1] and all(line[:-1]) for line in lines):
            return say("symptom.slice_only_last_right", axis=names, part=part)
        if all(line[0] and not any(line[1:]) for line in lines):
            return say("symptom.slice_only_first_wrong", axis=names, part=part)
        if all(line[-1] and not any(line[:-1]) for line in lines):
            return say("symptom.slice_only_last_wrong", axis=names, part=part)
    return None


def _wrong_along(one: WrongNumbers, axis: int) -> list[bool]:
    """For each place along an axis, whether anything there is wrong."""
    return [bool(part.any()) for part in np.moveaxis(one.wrong, axis, 0)]


def _zero(one: WrongNumbers) -> Array:
    return np.asarray(np.abs(one.expected) <= one.tolerance)


def _became_zero(one: WrongNumbers) -> Array:
    return np.asarray((one.got == 0) & ~_zero(one))


def rim(one: WrongNumbers, width: tuple[int, int]) -> Array | None:
    """Cells within so many rows and columns of the border."""
    if one.got.ndim < 2 or min(width) < 0 or max(width) == 0:
        return None
    rows, columns = one.shape[-2:]
    inside = np.zeros((rows, columns), dtype=bool)
    inside[width[0] : rows - width[0], width[1] : columns - width[1]] = True
    return np.asarray(np.broadcast_to(~inside, one.shape))


def _border(one: WrongNumbers) -> Array | None:
    return rim(one, (1, 1))


def _interior(one: WrongNumbers) -> Array | None:
    border = _border(one)
    return None if border is None else ~border


def _edge(row: int | None, column: int | None) -> Mask:
    """One outer row, one outer column, or both."""

    def mask(one: WrongNumbers) -> Array | None:
        if one.got.ndim < 2:
            return None
        cells = np.zeros(one.shape, dtype=bool)
        if row is not None:
            cells[..., row, :] = True
        if column is not None:
            cells[..., column] = True
        return cells

    return mask


def _end(place: int) -> Mask:
    """The first or the last number of a vector."""

    def mask(one: WrongNumbers) -> Array | None:
        return np.arange(one.got.size) == place % one.got.size if one.got.ndim == 1 else None

    return mask


Masks = tuple[tuple[str, Mask], ...]
"""Each with the sentence that says so."""

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

_ZEROS: Masks = (
    ("symptom.only_zeros_wrong", _zero),
    ("symptom.zeros_in_place", _became_zero),
)


def _cells(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text, masks: Masks) -> Text | None:
    """The wrong cells keep to one part of the result, and another part is there and right."""
    if not all(one.unique and one.got.ndim for one in wrong):
        return None
    for sentence, mask in masks:
        if all(_keeps_to(one, mask) for one in wrong):
            return say(sentence, part=part)
    return None


def _keeps_to(one: WrongNumbers, mask: Mask) -> bool:
    cells = mask(one)
    return cells is not None and not cells.all() and not (one.wrong & ~cells).any()


# ---------------------------------------------------------------------------------------- moved about


def _shifted(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The right values one or two rows or columns away from their places."""
    if any(one.got.ndim < 2 or not one.unique for one in wrong):
        return None
    for down, across in sorted(
        itertools.product(range(-2, 3), repeat=2), key=lambda d: abs(d[0]) + abs(d[1])
    ):
        if (down or across) and moved(wrong, [(down, across)] * len(wrong)):
            return say("symptom.shifted", where=_direction(down, across), part=part)
    return None


def moved(wrong: Sequence[WrongNumbers], moves: Sequence[tuple[int, int]]) -> bool:
    """Whether the right values stand so many rows lower and columns further to the right."""
    evidence = 0
    for one, (down, across) in zip(wrong, moves, strict=True):
        rows, columns = one.shape[-2:]
        if abs(down) >= rows or abs(across) >= columns:
            return False
        got = one.got[..., max(down, 0) : rows + min(down, 0), max(across, 0) : columns + min(across, 0)]
        right = one.expected[
            ..., max(-down, 0) : rows + min(-down, 0), max(-across, 0) : columns + min(-across, 0)
        ]
        if not np.any(right) or np.abs(got - right).max() > one.tolerance:
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
    """The right numbers at wrong places."""
    if any(one.got.size < 2 or not one.unique for one in wrong):
        return None
    if any(
        np.abs(np.sort(one.got, None) - np.sort(one.expected, None)).max() > one.tolerance for one in wrong
    ):
        return None
    if any(_reshaped(wrong, order) for order in _orders(wrong)):
        return say(
            "symptom.misplaced_by_reshape",
            part=part,
        )
    return say("symptom.misplaced", part=part)


def _orders(wrong: Sequence[WrongNumbers]) -> Iterator[tuple[int, ...]]:
    axes = wrong[0].got.ndim
    return itertools.permutations(range(axes)) if 2 <= axes <= 4 else iter(())


def _reshaped(wrong: Sequence[WrongNumbers], order: tuple[int, ...]) -> bool:
    return all(
        one.got.ndim == len(order) and one.came_from(one.expected.transpose(order).reshape(one.shape))
        for one in wrong
    )


def _sum(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Nothing is lost and nothing added."""
    if any(one.got.size < 2 or not one.unique for one in wrong):
        return None
    sums = [(float(one.got.sum()), float(one.expected.sum()), one.tolerance) for one in wrong]
    if all(
        abs(got - expected) <= tolerance < 100 * tolerance < abs(expected)
        for got, expected, tolerance in sums
    ):
        return say("symptom.right_sum", part=part)
    return None


def relations(
    first: Masks = (), borders: Masks = (), shifts: tuple[Relation, ...] = ()
) -> tuple[Relation, ...]:
    """From what leaves no doubt to what says little.

    Parameters
    ----------
    first, borders : masks
        The domain's: what leaves less doubt than an edge, and further borders.
    shifts : tuple of relations
        The domain's own ways in which values are moved.
    """
    cells = partial(_cells, masks=(*first, *_EDGES, *borders, *_ZEROS))
    return (_slices, cells, _shifted, *shifts, _rearranged, _sum)


def how_many(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Where nothing else is known: a mistake that shows here and there, or one that spoils everything."""
    if any(one.got.size < 2 or not one.unique for one in wrong):
        return None
    if all((~one.wrong & ~_zero(one)).any() for one in wrong):
        return say("symptom.some_right", part=part)
    if all(one.wrong.all() for one in wrong):
        return say("symptom.none_right", part=part)
    return None
