"""Draw a wrong case: which cells of a value are shown, and how each number is written.

A 2-D map is one grid; an array of more axes is several grids, each with its indices; a large grid is cut to
the part around the first difference. Numbers get enough digits to tell a wrong one from the right one.
Anything but an array of numbers becomes lines of text.
"""

import difflib
import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.base.messages import say
from autograder.judging.comparison import as_numbers
from autograder.judging.pictures.failure import Failure, Pair
from autograder.judging.pictures.records import Cell, Drawing, Panel, Part, Picture
from autograder.sandbox.values import Formula

ROWS, COLUMNS, PANELS, LINES = 10, 10, 3, 12
"""Shown at most: rows and columns of a grid, grids of an array, lines of a text."""
ARGUMENT_PANELS, ENTRIES = 2, 6
"""Shown at most: grids of an argument, entries of a dict or tuple of arrays."""
PARTS, RIGHT = 3, 6
"""Shown at most: wrong parts of a result; right ones that are named."""
LONGEST = 2000
"""Characters of a line."""
DIGITS = 4
_MOST_DIGITS = 17


def drawn(failure: Failure) -> Picture:
    """A wrong case as it is shown."""
    oracle, shown = failure.oracle, failure.pairs[:PARTS]
    return Picture(
        oracle.heading if oracle else say("card.case_visible", group=failure.group),
        oracle.side if oracle else say("card.side_expected"),
        tuple(labelled for name, value in failure.arguments for labelled in argument(name, value)),
        failure.returned,
        tuple(Part(pair.path, *beside(pair), _differing(pair)) for pair in shown),
        len(failure.pairs) - len(shown),
        failure.right if len(failure.right) <= RIGHT else (),
        failure.script,
    )


def _differing(pair: Pair) -> tuple[int, int] | None:
    if pair.differing is None or pair.differing.size < 2:
        return None
    return int(pair.differing.sum()), int(pair.differing.size)


def beside(pair: Pair) -> tuple[Drawing, Drawing]:
    """The two sides of a pair, cut to the same cells."""
    got, expected = as_numbers(pair.got), as_numbers(pair.expected)
    if got is not None and expected is not None and _can_draw(got) and _can_draw(expected):
        return _two_grids(pair, got, expected)
    if isinstance(pair.got, str) and isinstance(pair.expected, str):
        return _two_texts(pair.got, pair.expected)
    return drawing(pair.got, wrong=True), drawing(pair.expected)


def argument(name: str, value: Any) -> Iterator[tuple[str, Drawing]]:
    """An argument under its name; a dict or tuple of arrays entry by entry."""
    if isinstance(value, dict):
        entries = [(f"{name}[{key!r}]", entry) for key, entry in value.items()]
    elif isinstance(value, list | tuple):
        entries = [(f"{name}[{index}]", entry) for index, entry in enumerate(value)]
    else:
        entries = []
    if 0 < len(entries) <= ENTRIES and all(isinstance(entry, np.ndarray) for _, entry in entries):
        for label, entry in entries:
            yield label, _shortened(drawing(entry))
    else:
        yield name, _shortened(drawing(value))


def _shortened(shown: Drawing) -> Drawing:
    more = len(shown.panels) - ARGUMENT_PANELS
    if more <= 0:
        return shown
    return replace(shown, panels=shown.panels[:ARGUMENT_PANELS], left_out=shown.left_out + more)


def drawing(value: Any, *, wrong: bool = False) -> Drawing:
    """A value by itself."""
    array = as_numbers(value) if isinstance(value, np.ndarray | np.generic) else None
    if array is None or not _can_draw(array):
        lines = _lines(value)
        shown = tuple((line[:LONGEST], wrong) for line in lines[:LINES])
        return Drawing(lines=shown, left_out=len(lines) - len(shown))
    mask = np.zeros(array.shape, bool)
    return _grid(array, mask, mask, _largest(array), _digits(array, array, mask))


def _can_draw(array: np.ndarray) -> bool:
    return array.dtype.kind in "biufO"


# ---- Grids -------------------------------------------------------------------------------------------------


def _two_grids(pair: Pair, got: np.ndarray, expected: np.ndarray) -> tuple[Drawing, Drawing]:
    largest = max(_largest(got), _largest(expected))
    if pair.differing is None or pair.differing.shape != got.shape or got.shape != expected.shape:
        left, right = (np.zeros(array.shape, bool) for array in (got, expected))
        return _grid(got, left, left, largest, DIGITS), _grid(expected, right, right, largest, DIGITS)
    mask = pair.differing
    digits = _digits(got, expected, mask)
    return (
        _grid(got, mask, mask, largest, digits),
        _grid(expected, mask, np.zeros(mask.shape, bool), largest, digits),
    )


def _grid(array: np.ndarray, focus: np.ndarray, marked: np.ndarray, largest: float, digits: int) -> Drawing:
    """The panels, those where `focus` is true first, cut to where it is; `marked` cells are wrong."""
    maps, focused, marks = map(_as_maps, (array, focus, marked))
    lead = maps.shape[:-2]
    if not maps.size:
        return Drawing(lines=(("[]", False),), shape=array.shape)
    indices = sorted(np.ndindex(lead), key=lambda index: not focused[index].any())  # stable
    panels = tuple(
        _panel(maps[index], focused[index], marks[index], index, largest, digits)
        for index in indices[:PANELS]
    )
    return Drawing(panels, shape=array.shape, left_out=len(indices) - len(panels))


def _as_maps(array: np.ndarray) -> np.ndarray:
    """Reshape to at least two axes: a vector becomes one row, a number a single cell."""
    return array.reshape((1,) * max(0, 2 - array.ndim) + array.shape)


def _panel(
    numbers: np.ndarray,
    focus: np.ndarray,
    marked: np.ndarray,
    index: tuple[int, ...],
    largest: float,
    digits: int,
) -> Panel:
    height, width = numbers.shape
    row, column = map(int, np.argwhere(focus)[0]) if focus.any() else (0, 0)
    rows, columns = _around(row, height, ROWS), _around(column, width, COLUMNS)
    cells = tuple(
        tuple(
            Cell(number(numbers[r, c], digits), _tint(numbers[r, c], largest), bool(marked[r, c]))
            for c in columns
        )
        for r in rows
    )
    return Panel(index, rows, columns, (height, width), cells)


def _around(index: int, length: int, most: int) -> range:
    """The whole axis, or a part of it that begins just before `index`."""
    start = max(0, min(index - 1, length - most))
    return range(start, min(length, start + most))


def _largest(array: np.ndarray) -> float:
    sizes = [abs(value) for value in _finite(array)]
    return float(min(max(sizes, default=0), 1e300))


def _finite(array: np.ndarray) -> list[Any]:
    values = array.ravel().tolist()
    return [value for value in values if isinstance(value, int) or np.isfinite(value)]


def _tint(value: Any, largest: float) -> float:
    if not largest or not (isinstance(value, int) or np.isfinite(value)):
        return 0.0
    return max(-1.0, min(1.0, float(max(-1e300, min(1e300, value))) / largest))


# ---- Numbers -----------------------------------------------------------------------------------------------


def number(value: Any, digits: int = DIGITS) -> str:
    """A number for readers: integers without a decimal point, others with that many digits."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int):
        if abs(value) < 10**15:
            return str(value)
        return f"{float(max(-(10**300), min(value, 10**300))):.{digits}g}"
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    return f"{value + 0.0:.{digits}g}"


def _digits(got: np.ndarray, expected: np.ndarray, mask: np.ndarray) -> int:
    """Enough digits that no wrong number reads like the right one."""
    pairs = [*zip(got[mask].tolist(), expected[mask].tolist(), strict=True)][: ROWS * COLUMNS]
    for digits in range(DIGITS, _MOST_DIGITS):
        if all(left == right or number(left, digits) != number(right, digits) for left, right in pairs):
            return digits
    return _MOST_DIGITS


# ---- Anything else -----------------------------------------------------------------------------------------


def _two_texts(got: str, expected: str) -> tuple[Drawing, Drawing]:
    """Two texts line by line, differing lines side by side."""
    ours, theirs = ([line[:LONGEST] for line in text.splitlines()] or [""] for text in (got, expected))
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        rows = max(b - a, d - c)
        left += [(line, kind != "equal") for line in _filled(ours[a:b], rows)]
        right += [(line, False) for line in _filled(theirs[c:d], rows)]
    first = next((index for index, (_, wrong) in enumerate(left) if wrong), 0)
    shown = _around(first, len(left), LINES)
    part = slice(shown.start, shown.stop)
    out = len(left) - len(shown)
    return Drawing(lines=tuple(left[part]), left_out=out), Drawing(lines=tuple(right[part]), left_out=out)


def _filled(lines: Sequence[str], rows: int) -> list[str]:
    return [*lines, *[""] * (rows - len(lines))]


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.splitlines() or [""]
    if isinstance(value, Formula):
        return [f"lambda x: {value.source}"]
    if isinstance(value, bool | int | float):
        return [number(value, DIGITS + 2)]
    return [_SHORT.repr(_plain(value))]


def _plain(value: Any) -> Any:
    """Replace the arrays in a value by their shapes, to fit it into one line."""
    if isinstance(value, np.ndarray):
        return _Shape(value.shape)
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value


class _Shape(tuple[int, ...]):
    def __repr__(self) -> str:
        return f"array(shape={tuple(self)!r})"


class _Repr(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxtuple, self.maxlist, self.maxdict = 3, 8, 8, 8
        self.maxstring = self.maxother = self.maxlong = 60

    def repr_tuple(self, x: tuple[Any, ...], level: int) -> str:
        return repr(x) if isinstance(x, _Shape) else super().repr_tuple(x, level)

    def repr__Shape(self, x: tuple[int, ...], level: int) -> str:  # reprlib looks a type up by its name
        return repr(x)


_SHORT = _Repr()
