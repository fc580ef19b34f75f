"""When does an answer count as equal to the expected one?

A comparator is a frozen record, stored in the answer key beside the expected value as plain data, so
that the visible and the hidden key are judged alike and no authored code runs while judging. The
judge calls `agrees(comparator, got, expected)`; nothing here ever raises for what a student returned.

Shape is compared first (nothing broadcasts), then that the dtype is numeric, then the values; what is
not finite equals nothing.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Close:
    """max |got − expected| ≤ rtol · max |expected|, or ≤ atol where everything expected is zero.

    Zero up to rounding, that is: a reference that cancels to 1e-16 must not ask others for the same noise.
    """

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

_ROUNDING = 1e-12
"""Expected values below this are zero that was reached by cancelling."""

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
        For tuples and dicts, the index of the result that differs.
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
    alike = type(expected) in _TABLES and type(got) is type(expected) and len(got) == len(expected)
    if alike and _look_alike(got, expected):
        return AGREE  # a network is a table of hundreds of layers: all of them at once
    if isinstance(expected, dict):
        return _dict_difference(comparator, got, expected)
    target = None if isinstance(expected, tuple) else _as_numbers(expected)
    if isinstance(expected, list | tuple) and target is None:
        return _sequence_difference(comparator, got, expected)
    if target is None:
        if type(got) is not type(expected):
            return Difference("type", got=_type_name(got), expected=_type_name(expected))
        return AGREE if got == expected else Difference("values")
    array = _as_numbers(got)
    if array is None:
        return Difference("not numeric", got=_type_name(got))
    if array.shape != target.shape:
        return Difference("shape", got=array.shape, expected=target.shape)
    if "c" in (array.dtype.kind, target.dtype.kind):
        return Difference("not numeric", got=f"{array.dtype}")
    if _values_agree(comparator, array, target):
        return AGREE
    finite = array.dtype.kind != "f" or np.isfinite(array).all()
    return Difference("values" if finite else "not finite")


def _sequence_difference(
    comparator: Comparator, got: Any, expected: list[Any] | tuple[Any, ...]
) -> Difference:
    if not isinstance(got, list | tuple):
        return Difference("type", got=_type_name(got), expected=_type_name(expected))
    if len(got) != len(expected):
        return Difference("length", got=len(got), expected=len(expected))
    for part, (one, other) in enumerate(zip(got, expected, strict=True)):
        found = difference(comparator, one, other)
        if found is not AGREE:
            return Difference(found.kind, part, found.got, found.expected)
    return AGREE


def _dict_difference(comparator: Comparator, got: Any, expected: dict[Any, Any]) -> Difference:
    """Key by key, in the order of `expected`; its keys are names, which are equal or not."""
    if not isinstance(got, dict):
        return Difference("type", got=_type_name(got), expected="dict")
    if got.keys() != expected.keys():
        return Difference("values")
    return _sequence_difference(comparator, [got[key] for key in expected], list(expected.values()))


_TABLES = frozenset({list, tuple, dict})
_DECEPTIVE = ("array(", "Formula(", "nan", "inf")
"""What may look like its equal and is not: NumPy shortens long arrays, what is not finite equals nothing."""


def _look_alike(got: Any, expected: Any) -> bool:
    """Whether two tables are spelled the same. Texts stand in quotes, so nothing passes for another thing."""
    told = repr(expected)
    return told == repr(got) and not any(word in told for word in _DECEPTIVE)


def _as_numbers(got: Any) -> np.ndarray | None:
    """`got` as an array of numbers, or None; whole numbers that NumPy would round stay as objects."""
    if not _all_numbers(got):
        return None
    if type(got) is np.ndarray:
        return got
    try:
        array = np.asarray(got)
        if array.dtype.kind in "fO" and not isinstance(got, np.ndarray | np.generic | float):
            numbers = np.array(got, dtype=object)
            if any(isinstance(n, complex) for n in numbers.flat):
                return None
            array = numbers if all(isinstance(n, int) for n in numbers.flat) else array.astype(np.float64)
    except (ValueError, TypeError, OverflowError, RuntimeError):  # unlike rows; a huge int; 33 axes
        return None
    return array


def _all_numbers(got: Any) -> bool:
    """Whether NumPy may be given `got`: one long text in a list would make each number as long a text."""
    if isinstance(got, list | tuple):
        return all(map(_all_numbers, got))
    if isinstance(got, np.ndarray | np.generic):
        return got.dtype.kind in "biufc"
    return isinstance(got, bool | int | float | complex)


def _type_name(got: Any) -> str:
    return f"array of {got.dtype}" if isinstance(got, np.ndarray) else type(got).__name__


def _values_agree(comparator: Comparator, got: np.ndarray, expected: np.ndarray) -> bool:
    if isinstance(comparator, Exact):
        # As Python numbers: int and float are then compared exactly, however large.
        whole = got.ravel().tolist()
        return bool(whole == expected.ravel().tolist()) and all(map(_finite, whole))
    try:
        numbers, target = got.astype(np.float64, copy=False), expected.astype(np.float64, copy=False)
    except OverflowError:  # a whole number beyond what a float can hold
        return False
    with np.errstate(all="ignore"):
        if isinstance(comparator, Shares):
            return _is_valid_routing(numbers, comparator.labels, comparator.totals, comparator.scale)
        error = np.abs(numbers - target).max(initial=0.0)
        scale = np.abs(target).max(initial=0.0)
        close = error <= (comparator.rtol * scale if scale > _ROUNDING else comparator.atol)
        return bool(close) and math.isfinite(scale)


def _finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def _is_valid_routing(got: np.ndarray, labels: np.ndarray, totals: np.ndarray, scale: np.ndarray) -> bool:
    """See `Shares`."""
    if not labels.shape == scale.shape == got.shape or labels.max(initial=0) >= len(totals):
        return False
    if not np.isfinite(got).all():
        return False
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
