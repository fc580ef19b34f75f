"""When does an answer count as equal to the expected one?

A comparator is a frozen record, stored in the answer key beside the expected value as plain data, so
that the visible and the hidden key are judged alike and no authored code runs while judging. The
judge calls `accept.difference(got, expected)`; nothing here ever raises for what a student returned.

Shape is compared first (nothing broadcasts), then that the dtype is numeric, then the values; what is
not finite equals nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from autograder.base.messages import Text


@dataclass(frozen=True)
class Difference:
    """Why two values do not agree.

    Attributes
    ----------
    kind : {"none", "length", "names", "type", "shape", "ragged", "not numeric", "not finite", "values"}
        The first thing that differs; "ragged": a list whose rows are of unlike lengths. A comparator may have
        kinds of its own, which it explains itself (`Comparator.explained`).
    path : tuple
        How to get from the whole result to what differs: places in tuples and lists (from 0), keys of dicts.
    got, expected : Any
        For "shape" and "length" the two shapes or lengths; for "names" the keys that are too many, and those
        that are missing; for "type" and "not numeric" the names of types.
    """

    kind: str
    path: tuple[str | int, ...] = ()
    got: Any = None
    expected: Any = None


AGREE = Difference("none")


@dataclass(frozen=True)
class Comparator:
    """When an answer counts as the expected one. Its fields are what an answer key keeps of it.

    A comparator for arrays of numbers defines `wrong` and inherits everything else; one for another kind of
    answer defines `difference` and `differing`.
    """

    unique: ClassVar[bool] = True
    """Whether there is one right answer only, so that what is wrong can be told element by element."""
    drawable: ClassVar[bool] = True
    """Whether an answer can be drawn beside the expected one."""

    def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Which elements are wrong, as truth values; the two arrays hold real numbers and have one shape."""
        raise NotImplementedError

    def tolerance(self, expected: np.ndarray) -> float:
        """How far an element may be off; 0 where numbers are compared to the last digit."""
        return Close().tolerance(expected)

    def agrees(self, got: Any, expected: Any) -> bool:
        """Does `got` count as the expected answer?"""
        return self.difference(got, expected) is AGREE

    def difference(self, got: Any, expected: Any) -> Difference:
        """The first thing in which `got` differs from `expected`; `AGREE` where nothing does.

        Lists of numbers count as arrays, and a list as a tuple: both are read off a student's `return`
        line, neither is what the exercise is about.
        """
        if _same_table(got, expected):
            return AGREE
        if isinstance(expected, dict):
            return _dict_difference(self, got, expected)
        target = None if isinstance(expected, tuple) else as_numbers(expected)
        if isinstance(expected, list | tuple) and target is None:
            return _sequence_difference(self, got, expected)
        if target is None:
            if type(got) is not type(expected):
                return Difference("type", got=type_name(got), expected=type_name(expected))
            return AGREE if got == expected else Difference("values")
        array = as_numbers(got)
        if array is None:
            return Difference("ragged" if _is_ragged(got) else "not numeric", got=type_name(got))
        if array.shape != target.shape:
            return Difference("shape", got=array.shape, expected=target.shape)
        if "c" in (array.dtype.kind, target.dtype.kind):
            return Difference("not numeric", got=f"{array.dtype}")
        if not self._wrong(array, target).any():
            return AGREE
        finite = array.dtype.kind != "f" or np.isfinite(array).all()
        return Difference("values" if finite else "not finite")

    def differing(self, got: Any, expected: Any) -> np.ndarray | None:
        """Which elements of `got` are not what is expected, as truth values; None where the two are not
        arrays (or numbers) of one shape. True somewhere exactly where `agrees` is not."""
        array, target = as_numbers(got), as_numbers(expected)
        if array is None or target is None or array.shape != target.shape:
            return None
        if "c" in (array.dtype.kind, target.dtype.kind):
            return None
        return self._wrong(array, target)

    def _wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(self.wrong(got, expected))

    def explained(
        self, cases: Sequence[tuple[Self, Difference]], *, visible: bool, again: bool = False
    ) -> Text | None:
        """Its own words for wrong answers that differ in one way; None where there is nothing special.

        Of a hidden key (not `visible`) nothing may be quoted. `again` asks for what is told only to who asks
        a second time; it may be the same.
        """
        return None

    @property
    def like(self) -> "Comparator":
        """How an answer is compared with a known wrong one."""
        return self

    # ---- What an answer key keeps

    def essence(self, value: Any) -> Any:
        """What of a value an answer key keeps: all of it, unless there is no need to."""
        return value

    def acceptable(self, kept: Any) -> bool:
        """May an answer key expect this? Numbers must be finite."""
        return self.agrees(kept, kept)

    def same_kept(self, kept: Any, expected: Any) -> bool:
        """`agrees` for a value of which only the `essence` was kept."""
        return self.agrees(kept, expected)


_ROUNDING = 1e-12
"""Expected values below this are zero that was reached by cancelling."""


@dataclass(frozen=True)
class Close(Comparator):
    """max |got − expected| ≤ rtol · max |expected|, or ≤ atol where everything expected is zero.

    Zero up to rounding, that is: a reference that cancels to 1e-16 must not ask others for the same noise.
    """

    rtol: float = 1e-5
    atol: float = 1e-8

    @property
    def like(self) -> Comparator:
        return Close()

    def tolerance(self, expected: np.ndarray) -> float:
        """Nothing is close to what is not finite."""
        scale = float(np.abs(expected).max(initial=0.0))
        if not math.isfinite(scale):
            return -1.0
        return self.rtol * scale if scale > _ROUNDING else self.atol

    def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        try:
            numbers, wanted = got.astype(np.float64, copy=False), expected.astype(np.float64, copy=False)
        except OverflowError:  # a whole number beyond what a float can hold
            return np.ones(got.shape, bool)
        return np.asarray(~(np.abs(numbers - wanted) <= self.tolerance(wanted)))


@dataclass(frozen=True)
class Exact(Comparator):
    """Whole numbers, equal to the last digit. `4.0` is the number 4."""

    def tolerance(self, expected: np.ndarray) -> float:
        return 0.0

    def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """As Python numbers: int and float are then compared exactly, however large."""
        pairs = zip(got.ravel().tolist(), expected.ravel().tolist(), strict=True)
        wrong = [not (_finite(number) and number == wanted) for number, wanted in pairs]
        return np.array(wrong, bool).reshape(got.shape)


Comparators = Mapping[str, type[Comparator]]
"""Classes by their names in an answer key: the class's own in small letters."""

OWN: Comparators = MappingProxyType({"close": Close, "exact": Exact})


def is_known(comparator: Comparator, further: Comparators) -> bool:
    """Whether a key that holds it can be read."""
    return {**further, **OWN}.get(type(comparator).__name__.lower()) is type(comparator)


def _sequence_difference(
    comparator: Comparator, got: Any, expected: list[Any] | tuple[Any, ...]
) -> Difference:
    if not isinstance(got, list | tuple):
        return Difference("type", got=type_name(got), expected=type_name(expected))
    if len(got) != len(expected):
        return Difference("length", got=len(got), expected=len(expected))
    return _first_difference(comparator, zip(range(len(expected)), got, expected, strict=True))


def _first_difference(comparator: Comparator, parts: Iterable[tuple[str | int, Any, Any]]) -> Difference:
    """Of parts given as (step, got, expected)."""
    for step, part, wanted in parts:
        found = comparator.difference(part, wanted)
        if found is not AGREE:
            return replace(found, path=(step, *found.path))
    return AGREE


def _dict_difference(comparator: Comparator, got: Any, expected: dict[Any, Any]) -> Difference:
    """Key by key, in the order of `expected`; its keys are names, which are equal or not."""
    if not isinstance(got, dict):
        return Difference("type", got=type_name(got), expected="dict")
    if got.keys() != expected.keys():
        surplus = tuple(key for key in got if key not in expected)
        return Difference("names", got=surplus, expected=tuple(key for key in expected if key not in got))
    return _first_difference(comparator, ((key, got[key], value) for key, value in expected.items()))


_TABLES = frozenset({list, tuple, dict})
_DECEPTIVE = ("array(", "Formula(", "nan", "inf")
"""What may look like its equal and is not: NumPy shortens long arrays, what is not finite equals nothing."""


def _same_table(got: Any, expected: Any) -> bool:
    """Whether two tables of plain values are written alike: hundreds of rows are then compared at once.

    Texts stand in quotes, so nothing passes for another thing. Arrays take longer to write than to compare.
    """
    if type(expected) not in _TABLES or type(got) is not type(expected) or len(got) != len(expected):
        return False
    parts = expected.values() if isinstance(expected, dict) else expected
    if any(isinstance(part, np.ndarray) for part in parts):
        return False
    written = repr(expected)
    return repr(got) == written and not any(word in written for word in _DECEPTIVE)


def as_numbers(got: Any) -> np.ndarray | None:
    """`got` as an array of numbers, or None; whole numbers that NumPy would round stay as objects."""
    if not _all_numbers(got):
        return None
    if type(got) is np.ndarray:
        return got
    try:
        array = np.asarray(got)
        if array.dtype.kind in "fO" and not isinstance(got, np.ndarray | np.generic | float):
            numbers = np.array(got, dtype=object)
            if array.dtype.kind == "O" and any(map(np.iscomplexobj, numbers.flat)):
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


def _is_ragged(got: Any) -> bool:
    """Whether a list holds numbers only, but its rows are of unlike lengths."""
    return isinstance(got, list | tuple) and _all_numbers(got) and _regular_shape(got) is None


def _regular_shape(got: Any) -> tuple[int, ...] | None:
    if not isinstance(got, list | tuple):
        return tuple(np.shape(got))
    inner = {_regular_shape(part) for part in got}
    if len(inner) > 1 or None in inner:
        return None
    return (len(got), *(inner.pop() or () if inner else ()))


def type_name(got: Any) -> str:
    return f"array of {got.dtype}" if isinstance(got, np.ndarray) else type(got).__name__


def _finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)
