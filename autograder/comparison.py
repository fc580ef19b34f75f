"""When does an answer count as equal to the expected one?

A comparator is a frozen record, stored in the answer key beside the expected value as plain data, so
that the visible and the hidden key are judged alike and no authored code runs while judging. The
judge calls `agrees(comparator, got, expected)`; nothing here ever raises for what a student returned.

Shape is compared first (nothing broadcasts), then that the dtype is numeric, then that the values
are finite, then the values.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Close:
    """max |got − expected| ≤ rtol · max |expected|, or ≤ atol where everything expected is zero."""

    rtol: float = 1e-5
    atol: float = 1e-8


@dataclass(frozen=True)
class Exact:
    """Whole numbers, equal to the last digit. `4.0` is the number 4."""


@dataclass(frozen=True)
class Shares:
    """Max-pooling ties: any valid subgradient.

    Each window's residual lands on maxima of that window, in shares between none and all of it
    that sum to it.

    Parameters
    ----------
    labels : integer array, the shape of the answer
        k > 0 where a maximum of window k stands, 0 everywhere else. Windows must not overlap.
    totals : array (number of windows + 1,)
        totals[k] is the residual of window k; totals[0] is not used.
    scale : array, the shape of the answer
        What the answer is multiplied by after the routing (σ′, or ones). Not zero at a maximum.
    """

    labels: Any
    totals: Any
    scale: Any


Comparator = Close | Exact | Shares

_BY_NAME: dict[str, type] = {"close": Close, "exact": Exact, "shares": Shares}


def to_data(comparator: Comparator) -> dict[str, Any]:
    """The comparator as plain values for the answer key."""
    return {"name": type(comparator).__name__.lower(), **asdict(comparator)}


def from_data(data: dict[str, Any]) -> Comparator:
    """The inverse of `to_data`."""
    fields = dict(data)
    comparator: Comparator = _BY_NAME[fields.pop("name")](**fields)
    return comparator


@dataclass(frozen=True)
class Difference:
    """Why two values do not agree.

    Attributes
    ----------
    kind : {"none", "length", "type", "shape", "not numeric", "not finite", "values"}
        The first thing that differs.
    part : int or None
        For tuples, the index of the result that differs.
    got, expected : Any
        For "shape" and "length" the two shapes or lengths; for "type" and "not numeric" the names.
    """

    kind: str
    part: int | None = None
    got: Any = None
    expected: Any = None


AGREE = Difference("none")


def agrees(comparator: Comparator, got: Any, expected: Any) -> bool:
    """Does `got` count as the expected answer?"""
    return difference(comparator, got, expected) is AGREE


def difference(comparator: Comparator, got: Any, expected: Any) -> Difference:
    """The first thing in which `got` differs from `expected`; `AGREE` where nothing does.

    Lists of numbers count as arrays, and a list as a tuple: both are read off a student's `return`
    line, neither is what the exercise is about.
    """
    if isinstance(expected, tuple):
        return _tuple_difference(comparator, got, expected)
    if expected is None or isinstance(expected, str | dict):
        same = type(got) is type(expected) and got == expected
        return AGREE if same else Difference("type", got=type(got).__name__, expected=type(expected).__name__)
    array = _as_numbers(got)
    if array is None:
        return Difference("not numeric", got=_type_name(got))
    target = np.asarray(expected)
    if array.shape != target.shape:
        return Difference("shape", got=array.shape, expected=target.shape)
    if array.dtype.kind == "c":
        return Difference("not numeric", got=str(array.dtype))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return Difference("not finite")
    return AGREE if _values_agree(comparator, array, target) else Difference("values")


def _tuple_difference(comparator: Comparator, got: Any, expected: tuple[Any, ...]) -> Difference:
    if not isinstance(got, list | tuple):
        return Difference("type", got=_type_name(got), expected="tuple")
    if len(got) != len(expected):
        return Difference("length", got=len(got), expected=len(expected))
    for part, (one, other) in enumerate(zip(got, expected, strict=True)):
        found = difference(comparator, one, other)
        if found is not AGREE:
            return Difference(found.kind, part, found.got, found.expected)
    return AGREE


def _as_numbers(got: Any) -> np.ndarray | None:
    """`got` as a numeric array, or None."""
    if isinstance(got, list | tuple):
        try:
            got = np.array(got)
        except (ValueError, OverflowError):
            return None
    elif not isinstance(got, np.ndarray | bool | int | float):
        return None
    try:
        array = np.asarray(got)
    except OverflowError:
        return None
    if array.dtype.kind == "O":  # an int beyond 64 bits; floats hold it well enough to be compared
        array = array.astype(np.float64) if all(isinstance(x, int) for x in array.flat) else array
    return array if array.dtype.kind in "biufc" else None


def _type_name(got: Any) -> str:
    return f"array of {got.dtype}" if isinstance(got, np.ndarray) else type(got).__name__


def _values_agree(comparator: Comparator, got: np.ndarray, expected: np.ndarray) -> bool:
    match comparator:
        case Exact():
            return bool(np.array_equal(got, expected))
        case Close(rtol, atol):
            error = np.abs(got.astype(np.float64) - expected.astype(np.float64)).max(initial=0.0)
            scale = np.abs(expected.astype(np.float64)).max(initial=0.0)
            return bool(error <= (rtol * scale if scale > 0 else atol))
        case Shares(labels, totals, scale):
            return _is_valid_routing(got.astype(np.float64), labels, totals, scale)


def _is_valid_routing(got: np.ndarray, labels: np.ndarray, totals: np.ndarray, scale: np.ndarray) -> bool:
    """See `Shares`."""
    tolerance = 1e-5 * max(float(np.abs(totals).max(initial=0.0)), 1e-3)
    if np.abs(got[labels == 0]).max(initial=0.0) > tolerance:
        return False
    at_maximum = labels > 0
    window = labels[at_maximum]
    part = got[at_maximum] / scale[at_maximum]
    whole = totals[window]
    sums = np.bincount(window, weights=part, minlength=len(totals))
    reached = np.unique(window)
    within = (part * np.sign(whole) >= -tolerance) & (np.abs(part) <= np.abs(whole) + tolerance)
    return bool(within.all() and (np.abs(sums - totals)[reached] <= tolerance).all())
