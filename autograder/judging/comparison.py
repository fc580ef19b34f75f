"""When does an answer count as equal to the expected one?

A comparator is a frozen record, stored in the answer key beside the expected value as plain data, so
that the visible and the hidden key are judged alike and no authored code runs while judging. The
judge calls `agrees(comparator, got, expected)`; nothing here ever raises for what a student returned.

Shape is compared first (nothing broadcasts), then that the dtype is numeric, then the values; what is
not finite equals nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograder.cnn.derivations.checking.answers import Answer


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


@dataclass(frozen=True)
class Derivation:
    """A typed derivation says the right thing in one line, in whatever notation (`symbolic.answers`).

    Parameters
    ----------
    input, kernel : (height, width)
        Of the convolution that is spoken of.
    of : tuple of {"z", "delta", "w", "b"}
        Whose lines the text is asked for: z, δ of the layer before, ∂J/∂w, ∂J/∂b.
    line : str
        Which of these lines counts here: one of `symbolic.answers.Question.lines()`.
    general : bool
        One formula with index letters is asked for in place of a line for each element.
    stride, padding : int
    """

    input: tuple[int, int]
    kernel: tuple[int, int]
    of: tuple[str, ...]
    line: str
    general: bool = False
    stride: int = 1
    padding: int = 0


Comparator = Close | Exact | Shares | Derivation

_ROUNDING = 1e-12
"""Expected values below this are zero that was reached by cancelling."""

_BY_NAME: dict[str, type] = {"close": Close, "exact": Exact, "shares": Shares, "derivation": Derivation}


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
    kind : {"none", "length", "names", "type", "shape", "ragged", "not numeric", "not finite", "values", \
            "line"}
        The first thing that differs; "ragged": a list whose rows are of unlike lengths.
    path : tuple
        How to get from the whole result to what differs: places in tuples and lists (from 0), keys of dicts.
    got, expected : Any
        For "shape" and "length" the two shapes or lengths; for "names" the keys that are too many, and those
        that are missing; for "type" and "not numeric" the names of types; for "line" what became of the line
        (`symbolic.compare.LineResult`).
    """

    kind: str
    path: tuple[str | int, ...] = ()
    got: Any = None
    expected: Any = None


AGREE = Difference("none")


def essence(comparator: Comparator, value: Any) -> Any:
    """What an answer key keeps of a value: of a derivation's text what it says in the line, else all."""
    if isinstance(comparator, Derivation) and isinstance(value, str):
        return _said(comparator, value).says
    return value


def acceptable(comparator: Comparator, kept: Any) -> bool:
    """May an answer key expect this? A derivation must be right by first principles, numbers be finite."""
    if isinstance(comparator, Derivation):
        from autograder.cnn.derivations.checking.answers import RIGHT

        return bool(kept == RIGHT)
    return agrees(comparator, kept, kept)


def same_kept(comparator: Comparator, kept: Any, expected: Any) -> bool:
    """`agrees` for a value of which only the `essence` was kept."""
    if isinstance(comparator, Derivation):
        return bool(kept and kept == expected)
    return agrees(comparator, kept, expected)


def agrees(comparator: Comparator, got: Any, expected: Any) -> bool:
    """Does `got` count as the expected answer?"""
    return difference(comparator, got, expected) is AGREE


def difference(comparator: Comparator, got: Any, expected: Any) -> Difference:
    """The first thing in which `got` differs from `expected`; `AGREE` where nothing does.

    Lists of numbers count as arrays, and a list as a tuple: both are read off a student's `return`
    line, neither is what the exercise is about.
    """
    if isinstance(comparator, Derivation):
        return _line_difference(comparator, got, expected)
    if isinstance(comparator, Close | Exact) and _same_bytes(got, expected):
        return AGREE
    if _may_be_spelled(got, expected) and is_spelled(got, expected, spelling(expected)):
        return AGREE  # a network is a table of hundreds of layers: all of them at once
    if isinstance(expected, dict):
        return _dict_difference(comparator, got, expected)
    target = None if isinstance(expected, tuple) else as_numbers(expected)
    if isinstance(expected, list | tuple) and target is None:
        return _sequence_difference(comparator, got, expected)
    if target is None:
        if type(got) is not type(expected):
            return Difference("type", got=_type_name(got), expected=_type_name(expected))
        return AGREE if got == expected else Difference("values")
    array = as_numbers(got)
    if array is None:
        return Difference("ragged" if _is_ragged(got) else "not numeric", got=_type_name(got))
    if array.shape != target.shape:
        return Difference("shape", got=array.shape, expected=target.shape)
    if "c" in (array.dtype.kind, target.dtype.kind):
        return Difference("not numeric", got=f"{array.dtype}")
    if _values_agree(comparator, array, target):
        return AGREE
    finite = array.dtype.kind != "f" or np.isfinite(array).all()
    return Difference("values" if finite else "not finite")


def _same_bytes(got: Any, expected: Any) -> bool:
    """Whether two arrays are finite and the same to the last bit, as most right answers are."""
    if type(got) is not np.ndarray or type(expected) is not np.ndarray or got.dtype != expected.dtype:
        return False
    if got.dtype.kind not in "fiub" or got.shape != expected.shape or got.tobytes() != expected.tobytes():
        return False
    with np.errstate(all="ignore"):
        return got.dtype.kind != "f" or math.isfinite(np.add.reduce(got, axis=None))


def _line_difference(comparator: Derivation, got: Any, expected: Any) -> Difference:
    """Whether a text says in one line what `expected`, the `essence` of another, does."""
    if not isinstance(got, str):
        return Difference("type", got=_type_name(got), expected="str")
    said = _said(comparator, got)
    return AGREE if said.says and said.says == expected else Difference("line", got=said.result)


def _said(comparator: Derivation, text: str) -> "Answer":
    from autograder.cnn.derivations.checking.answers import Question, answer
    from autograder.cnn.derivations.layer import Layer

    layer = Layer(comparator.input, comparator.kernel, comparator.stride, comparator.padding)
    return answer(Question(layer, comparator.of, comparator.general), comparator.line, text)


def differing(comparator: Comparator, got: Any, expected: Any) -> np.ndarray | None:
    """Which elements of `got` are not what is expected, as truth values; None where the two are not arrays
    (or numbers) of one shape.

    True somewhere exactly where `agrees` is not. Of a residual that max pooling may share out in several ways
    (`Shares`), only those elements differ that no valid way allows.
    """
    array, target = as_numbers(got), as_numbers(expected)
    if isinstance(comparator, Derivation) or array is None or target is None or array.shape != target.shape:
        return None
    if "c" in (array.dtype.kind, target.dtype.kind):
        return None
    if isinstance(comparator, Exact):
        pairs = zip(array.ravel().tolist(), target.ravel().tolist(), strict=True)
        return np.array([not (_finite(one) and one == other) for one, other in pairs], bool).reshape(
            array.shape
        )
    try:
        numbers, wanted = array.astype(np.float64, copy=False), target.astype(np.float64, copy=False)
    except OverflowError:
        return np.ones(array.shape, bool)
    with np.errstate(all="ignore"):
        if isinstance(comparator, Shares):
            return _misrouted(numbers, comparator.labels, comparator.totals, comparator.scale)
        return np.asarray(~(np.abs(numbers - wanted) <= _tolerance(comparator, wanted)))


def _sequence_difference(
    comparator: Comparator, got: Any, expected: list[Any] | tuple[Any, ...]
) -> Difference:
    if not isinstance(got, list | tuple):
        return Difference("type", got=_type_name(got), expected=_type_name(expected))
    if len(got) != len(expected):
        return Difference("length", got=len(got), expected=len(expected))
    return _first_difference(comparator, zip(range(len(expected)), got, expected, strict=True))


def _first_difference(comparator: Comparator, parts: Iterable[tuple[str | int, Any, Any]]) -> Difference:
    """Of parts given as (step, got, expected)."""
    for step, one, other in parts:
        found = difference(comparator, one, other)
        if found is not AGREE:
            return replace(found, path=(step, *found.path))
    return AGREE


def _dict_difference(comparator: Comparator, got: Any, expected: dict[Any, Any]) -> Difference:
    """Key by key, in the order of `expected`; its keys are names, which are equal or not."""
    if not isinstance(got, dict):
        return Difference("type", got=_type_name(got), expected="dict")
    if got.keys() != expected.keys():
        surplus = tuple(key for key in got if key not in expected)
        return Difference("names", got=surplus, expected=tuple(key for key in expected if key not in got))
    return _first_difference(comparator, ((key, got[key], value) for key, value in expected.items()))


_TABLES = frozenset({list, tuple, dict})
_DECEPTIVE = ("array(", "Formula(", "nan", "inf")
"""What may look like its equal and is not: NumPy shortens long arrays, what is not finite equals nothing."""


def _shows_an_array(table: Any) -> bool:
    """Several arrays are compared one by one: to spell them takes longer. Of a list of records the first is
    looked at, for `spelling` takes no array for another in any case."""
    if type(table) not in _TABLES:
        return isinstance(table, np.ndarray)
    if isinstance(table, dict):
        return any(map(_shows_an_array, table.values()))
    return any(map(_shows_an_array, table[:1] if isinstance(table, list) else table))


def spelling(expected: Any) -> str | None:
    """How a table is spelled where what is spelled the same agrees with it; None for anything else.

    Texts stand in quotes, so nothing passes for another thing.
    """
    if type(expected) not in _TABLES or _shows_an_array(expected):
        return None
    told = repr(expected)
    return None if any(word in told for word in _DECEPTIVE) else told


def is_spelled(got: Any, expected: Any, told: str | None) -> bool:
    """Whether `got` is spelled like `expected`, whose `spelling` is `told`: it agrees then, else it may."""
    return told is not None and _may_be_spelled(got, expected) and repr(got) == told


def _may_be_spelled(got: Any, expected: Any) -> bool:
    return type(expected) in _TABLES and type(got) is type(expected) and len(got) == len(expected)


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
    inner = {_regular_shape(one) for one in got}
    if len(inner) > 1 or None in inner:
        return None
    return (len(got), *(inner.pop() or () if inner else ()))


def _type_name(got: Any) -> str:
    return f"array of {got.dtype}" if isinstance(got, np.ndarray) else type(got).__name__


def _values_agree(comparator: Close | Exact | Shares, got: np.ndarray, expected: np.ndarray) -> bool:
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
        return bool(error <= _tolerance(comparator, target))


def _tolerance(comparator: Close, target: np.ndarray) -> float:
    """How far an element may be off; nothing is close to what is not finite."""
    scale = float(np.abs(target).max(initial=0.0))
    if not math.isfinite(scale):
        return -1.0
    return comparator.rtol * scale if scale > _ROUNDING else comparator.atol


def _finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def _is_valid_routing(got: np.ndarray, labels: np.ndarray, totals: np.ndarray, scale: np.ndarray) -> bool:
    """See `Shares`."""
    return not _misrouted(got, labels, totals, scale).any()


def _misrouted(got: np.ndarray, labels: np.ndarray, totals: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The elements that no valid routing allows; all maxima of a window whose shares do not sum to it."""
    if not labels.shape == scale.shape == got.shape or labels.max(initial=0) >= len(totals):
        return np.ones(got.shape, bool)
    tolerance = 1e-5 * max(float(np.abs(totals).max(initial=0.0)), 1e-3)
    wrong = ~(np.abs(got) <= tolerance)
    at_maximum = labels > 0
    window = labels[at_maximum]
    part = got[at_maximum] / scale[at_maximum]
    whole = totals[window]
    sums = np.bincount(window, weights=part, minlength=len(totals))
    within = (part * np.sign(whole) >= -tolerance) & (np.abs(part) <= np.abs(whole) + tolerance)
    wrong[at_maximum] = ~(within & (np.abs(sums - totals)[window] <= tolerance))
    return np.asarray(wrong)
