"""When an answer counts as equal to the expected one, and that the comparison survives every answer."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.cnn.comparators import Shares
from autograder.cnn.domain import DOMAIN
from autograder.judging.comparison import (
    AGREE,
    Close,
    Comparator,
    Exact,
    from_data,
    to_data,
)
from autograder.sandbox.values import DTYPES, Formula, dumps, loads

MAP = np.arange(12.0).reshape(3, 4)


def kind(got: Any, expected: Any, comparator: Comparator | None = None) -> str:
    return (comparator or Close()).difference(got, expected).kind


# ---- What is compared before the values --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "first"),
    [
        (np.zeros((3, 1)), np.zeros((3, 4)), "shape"),
        (np.zeros((1, 4)), np.zeros((3, 4)), "shape"),
        (np.zeros((3, 4)), np.zeros((3, 1)), "shape"),
        (np.zeros((4, 3)), np.zeros((3, 4)), "shape"),
        (np.zeros(12), np.zeros((3, 4)), "shape"),
        (np.zeros((1, 3, 4)), np.zeros((3, 4)), "shape"),
        (0.0, np.zeros((3, 4)), "shape"),
        (0.0, np.zeros(1), "shape"),
        (np.zeros(1), 0.0, "shape"),
        (np.zeros(1), np.zeros(()), "shape"),
        (np.zeros((1, 1)), 0.0, "shape"),
        ([0.0], 0.0, "shape"),
        ([], 0.0, "shape"),
        (np.zeros((0, 4)), np.zeros((3, 4)), "shape"),
        (np.zeros((0, 4)), np.zeros((0, 3)), "shape"),
        (np.zeros((0, 4)), np.zeros((0, 4)), "none"),
        ([], np.zeros(0), "none"),
        (np.zeros(()), 0.0, "none"),
        (0, np.zeros(()), "none"),
        (np.float32(0), 0.0, "none"),
    ],
    ids=repr,
)
def test_nothing_broadcasts(got: Any, expected: Any, first: str) -> None:
    assert kind(got, expected) == first


def test_a_difference_of_shapes_tells_both() -> None:
    found = Close().difference(np.zeros((3, 1)), np.zeros((3, 4)))
    assert (found.got, found.expected) == ((3, 1), (3, 4))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("got", [1.0, 0.0, math.inf])
def test_nothing_is_close_to_what_is_not_finite(number: float, got: float) -> None:
    assert not Close().agrees(got, number)
    assert not Close().agrees(np.array([got, 2.0]), np.array([number, 2.0]))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("comparator", [Close(), Exact()])
def test_nan_and_infinity_are_never_right(number: float, comparator: Comparator) -> None:
    assert kind(number, 1.0, comparator) == "not finite"
    assert kind(np.where(MAP == 5, number, MAP), MAP, comparator) == "not finite"
    assert kind(number, number, comparator) == "not finite"


@pytest.mark.parametrize(
    ("got", "expected", "first", "name"),
    [
        (None, 1.0, "not numeric", "NoneType"),
        ("1.0", 1.0, "not numeric", "str"),
        (["1.0"], np.ones(1), "not numeric", "list"),
        ([1.0, "1.0"], np.ones(2), "not numeric", "list"),
        ([None], np.ones(1), "not numeric", "list"),
        ([[1.0], [1.0, 2.0]], np.ones(2), "ragged", "list"),
        ({"z": 1.0}, 1.0, "not numeric", "dict"),
        (Formula("x"), 1.0, "not numeric", "Formula"),
        (np.array(["1.0"]), np.ones(1), "not numeric", "array of <U3"),
        (np.array([1.0], dtype=object), np.ones(1), "not numeric", "array of object"),
        (1 + 0j, 1.0, "not numeric", "complex128"),
        (MAP + 0j, MAP, "not numeric", "complex128"),
        (MAP.astype(np.complex64), MAP, "not numeric", "complex64"),
        ([2**70, np.array(1 + 2j)], [2**70, 1], "not numeric", "list"),
        (1.0, "1.0", "type", "float"),
        ("2.0", "1.0", "values", None),
        ("1.0", "1.0", "none", None),
        (0, None, "type", "int"),
        (None, None, "none", None),
        (np.zeros(2), "zero", "type", "array of float64"),
    ],
    ids=repr,
)
def test_what_is_not_a_real_number_is_refused_by_name(got: Any, expected: Any, first: str, name: str) -> None:
    found = Close().difference(got, expected)
    assert (found.kind, found.got) == (first, name)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("comparator", [Close(), Exact()])
def test_every_real_dtype_counts_as_its_numbers(dtype: Any, comparator: Comparator) -> None:
    whole = np.array([[0, 1], [1, 0]])
    for expected in (whole, whole.astype(float)):
        assert comparator.agrees(whole.astype(dtype), expected)
        assert comparator.agrees(whole.astype(dtype).tolist(), expected)
        assert kind(1 - whole.astype(dtype).astype(int), expected, comparator) == "values"


def test_unsigned_numbers_are_subtracted_as_numbers() -> None:
    assert kind(np.array([0, 255], np.uint8), np.array([1.0, 255.0])) == "values"
    assert kind(np.array([1.0]), np.array([2], np.uint8)) == "values"


def test_lists_count_as_arrays_and_lists_as_tuples() -> None:
    assert Close().agrees(MAP.tolist(), MAP)
    assert Close().agrees(tuple(map(tuple, MAP.tolist())), MAP)
    assert Close().agrees(list(MAP), MAP)
    assert Close().agrees(MAP, MAP.tolist())
    assert Close().agrees([MAP, 2.0], (MAP, 2.0))
    assert Close().agrees((np.ones(2), np.ones(3)), [np.ones(2), np.ones(3)])


@pytest.mark.parametrize(
    ("got", "expected", "first", "path"),
    [
        ((1.0, 2.0), (1.0, 2.0), "none", ()),
        ((1.0, 3.0), (1.0, 2.0), "values", (1,)),
        ((3.0, 3.0), (1.0, 2.0), "values", (0,)),
        ((1.0, 2.0, MAP.T), (1.0, 2.0, MAP), "shape", (2,)),
        ((1.0, None), (1.0, 2.0), "not numeric", (1,)),
        ((math.nan, 2.0), (1.0, 2.0), "not finite", (0,)),
        ((1.0,), (1.0, 2.0), "length", ()),
        ((1.0, 2.0, 3.0), (1.0, 2.0), "length", ()),
        ((), (1.0, 2.0), "length", ()),
        (1.0, (1.0, 2.0), "type", ()),
        (np.array([1.0, 2.0]), (1.0, 2.0), "type", ()),
        ({0: 1.0, 1: 2.0}, (1.0, 2.0), "type", ()),
        ("12", ("1", "2"), "type", ()),
        (((1.0, 2.0), 3.0), ((1.0, 2.0), 3.0), "none", ()),
        (((1.0, 2.5), 3.0), ((1.0, 2.0), 3.0), "values", (0, 1)),
        ({"w": MAP, "b": 2.0}, {"w": MAP, "b": 2.0}, "none", ()),
        ({"b": 2.0, "w": MAP}, {"w": MAP, "b": 2.0}, "none", ()),
        ({"w": MAP, "b": 3.0}, {"w": MAP, "b": 2.0}, "values", ("b",)),
        ({"w": MAP.T, "b": 2.0}, {"w": MAP, "b": 2.0}, "shape", ("w",)),
        ({"w": MAP}, {"w": MAP, "b": 2.0}, "names", ()),
        ({"w": MAP, "c": 2.0}, {"w": MAP, "b": 2.0}, "names", ()),
        ((1.0, {"w": MAP, "b": 3.0}), (1.0, {"w": MAP, "b": 2.0}), "values", (1, "b")),
        ([MAP, 2.0], {"w": MAP, "b": 2.0}, "type", ()),
    ],
    ids=repr,
)
def test_of_several_results_the_first_wrong_one_is_told(
    got: Any, expected: Any, first: str, path: tuple[Any, ...]
) -> None:
    found = Close().difference(got, expected)
    assert (found.kind, found.path) == (first, path)


# ---- Tolerance ---------------------------------------------------------------------------------------------

scales = st.integers(-11, 300).map(lambda power: 10.0**power)
unit_arrays = hnp.arrays(np.float64, hnp.array_shapes(max_side=4), elements=st.floats(-1, 1, width=16))


@given(unit_arrays, scales, st.data())
def test_an_error_counts_by_the_largest_expected_value_at_any_scale(
    unit: np.ndarray, scale: float, data: st.DataObject
) -> None:
    assume(np.abs(unit).max() >= 0.1)
    expected = unit * scale
    at = data.draw(st.integers(0, unit.size - 1))
    sign = data.draw(st.sampled_from([-1, 1]))
    allowed = Close().rtol * np.abs(expected).max()
    for share, right in ((0.0, True), (0.9, True), (1.1, False), (1e3, False)):
        got = expected.copy()
        got.flat[at] += sign * share * allowed
        assert Close().agrees(got, expected) is right


@given(st.floats(1e-11, 1e300))
def test_an_absolute_tolerance_never_swallows_a_small_expected_value(expected: float) -> None:
    assert kind(0.0, expected) == "values"
    assert kind(2 * expected, expected) == "values"
    assert kind(-expected, expected) == "values"


@pytest.mark.parametrize("expected", [0.0, -0.0, 1e-16, -3e-15])
def test_where_zero_is_expected_up_to_rounding_noise_is_forgiven_and_nothing_else(expected: float) -> None:
    for noise in (0.0, 1e-16, -1e-12, 0.9 * Close().atol):
        assert Close().agrees(noise, expected)
    assert kind(2 * Close().atol, expected) == "values"


def test_single_precision_is_right_and_half_precision_is_not() -> None:
    exact = np.random.default_rng(0).normal(size=(5, 6))
    assert Close().agrees(exact.astype(np.float32), exact)
    assert not Close().agrees(exact.astype(np.float16), exact)


def test_the_tolerance_is_the_comparators_own() -> None:
    assert Close(rtol=0.1).agrees(1.09, 1.0) and not Close(rtol=0.1).agrees(1.11, 1.0)
    assert Close(atol=0.1).agrees(0.09, 0.0) and not Close(atol=0.1).agrees(0.11, 0.0)


@pytest.mark.parametrize(("got", "expected"), [(1e308, -1e308), (10**400, 1.0), ([10**400], np.ones(1))])
def test_numbers_beyond_a_floats_range_are_wrong_and_not_an_error(got: Any, expected: Any) -> None:
    with np.errstate(all="raise"):
        assert kind(got, expected) == "values"


# ---- Whole numbers -----------------------------------------------------------------------------------------


@given(st.integers(-(2**200), 2**200), st.integers(-(2**60), 2**60))
def test_whole_numbers_are_equal_to_the_last_digit_however_large(number: int, other: int) -> None:
    assert Exact().agrees(number, number)
    assert Exact().agrees([number, 1], [number, 1])
    assert Exact().agrees((number, 1), (number, 1))
    assert kind(number + 1, number, Exact()) == "values"
    assert Exact().agrees(number, other) is (number == other)


@pytest.mark.parametrize("number", [2**53, 2**62, 2**63, 2**64, 2**200])
def test_rounding_to_a_float_is_seen(number: int) -> None:
    assert kind(float(number), number + 1, Exact()) == "values"
    assert kind(number + 1, float(number), Exact()) == "values"
    assert kind([float(number), 1.0], [number + 1, 1], Exact()) == "values"
    assert Exact().agrees(float(number), number)


def test_arrays_of_whole_numbers_are_not_rounded_either() -> None:
    for dtype in (np.int64, np.uint64):
        large = np.array([2**53, 2**62], dtype)
        assert Exact().agrees(large, large.astype(float))
        assert kind(large + np.array(1, dtype), large, Exact()) == "values"
        assert kind(large.astype(float), large + np.array(1, dtype), Exact()) == "values"


def test_a_float_may_be_a_whole_number_and_nothing_between() -> None:
    assert Exact().agrees(4.0, 4) and Exact().agrees(np.array([4.0]), np.array([4]))
    assert not Exact().agrees(4.0000001, 4)


# ---- Max-pooling ties --------------------------------------------------------------------------------------


@st.composite
def routings(draw: st.DrawFn) -> tuple[Shares, np.ndarray]:
    """A tie comparator and a valid answer to it."""
    counts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    labels = np.array([label for number, count in enumerate(counts, 1) for label in [*[number] * count, 0]])
    labels = labels[np.array(draw(st.permutations(range(labels.size))))]
    reals = st.floats(-8, 8, width=16)
    totals = np.array([0.0, *draw(st.lists(reals, min_size=len(counts), max_size=len(counts)))])
    scale = np.array(draw(st.lists(st.floats(0.1, 2), min_size=labels.size, max_size=labels.size)))
    answer = np.zeros(labels.size)
    for number, count in enumerate(counts, 1):
        weights = draw(
            st.lists(st.integers(0, 5), min_size=count, max_size=count).filter(lambda chosen: sum(chosen) > 0)
        )
        answer[labels == number] = totals[number] * np.array(weights) / sum(weights)
    return Shares(labels, totals, scale), answer * scale


def is_valid_by_brute_force(ties: Shares, answer: np.ndarray) -> bool:
    """The definition, cell by cell, in rational numbers with a tolerance."""
    tolerance = Fraction(1, 10**5) * max(Fraction(float(np.abs(ties.totals).max())), Fraction(1, 1000))
    sums = {number: Fraction(0) for number in ties.labels.tolist() if number}
    for cell, number in enumerate(ties.labels.tolist()):
        value = Fraction(float(answer[cell]))
        if number == 0:
            if abs(value) > tolerance:
                return False
            continue
        share, whole = value / Fraction(float(ties.scale[cell])), Fraction(float(ties.totals[number]))
        if not min(Fraction(0), whole) - tolerance <= share <= max(Fraction(0), whole) + tolerance:
            return False
        sums[number] += share
    return all(
        abs(total - Fraction(float(ties.totals[number]))) <= tolerance for number, total in sums.items()
    )


@given(routings())
def test_any_shares_of_a_residual_among_the_maxima_are_accepted(routing: tuple[Shares, np.ndarray]) -> None:
    ties, answer = routing
    assert ties.agrees(answer, answer * 0 + 99)
    assert ties.agrees(answer.astype(np.float32), answer)
    assert is_valid_by_brute_force(ties, answer)


@given(routings(), st.data())
def test_every_other_routing_is_refused(routing: tuple[Shares, np.ndarray], data: st.DataObject) -> None:
    ties, answer = routing
    size = 0.01 * max(1.0, float(np.abs(ties.totals).max()))
    cell = data.draw(st.integers(0, answer.size - 1))
    broken = answer.copy()
    broken[cell] += data.draw(st.sampled_from([-1, 1])) * size
    assert not ties.agrees(broken, answer)
    assert kind(broken[None], answer, ties) == "shape"
    assert kind(np.where(np.arange(answer.size) == cell, np.nan, answer), answer, ties) == "not finite"


@given(routings(), st.data())
def test_the_verdict_on_ties_is_that_of_brute_force(
    routing: tuple[Shares, np.ndarray], data: st.DataObject
) -> None:
    ties, answer = routing
    moved = answer.copy()
    for _ in range(data.draw(st.integers(0, 3))):
        one, two = (data.draw(st.integers(0, answer.size - 1)) for _ in range(2))
        amount = data.draw(st.sampled_from([0.0, 0.5, 1.0, -0.5, 2.0]))
        moved[one] += amount * ties.scale[one]
        moved[two] -= amount * ties.scale[two]
    assert ties.agrees(moved, answer) is is_valid_by_brute_force(ties, moved)


def test_all_of_the_residual_to_every_tied_maximum_is_refused() -> None:
    ties = Shares(np.array([1, 1, 0]), np.array([0.0, 3.0]), np.ones(3))
    assert not ties.agrees(np.array([3.0, 3.0, 0.0]), np.zeros(3))
    assert not ties.agrees(np.array([4.0, -1.0, 0.0]), np.zeros(3))  # more than all, less than none
    for first in (0.0, 1.0, 1.5, 3.0):
        assert ties.agrees(np.array([first, 3.0 - first, 0.0]), np.zeros(3))


@pytest.mark.parametrize(
    "ties",
    [
        Shares(np.array([1, 1]), np.array([0.0, 3.0]), np.ones(3)),
        Shares(np.array([1, 1, 0]), np.array([0.0, 3.0]), np.ones(2)),
        Shares(np.array([1, 2, 0]), np.array([0.0, 3.0]), np.ones(3)),
    ],
)
def test_a_tie_comparator_that_does_not_fit_its_answer_accepts_nothing(ties: Shares) -> None:
    assert not ties.agrees(np.array([3.0, 0.0, 0.0]), np.zeros(3))


# ---- Storage, and answers of any kind ----------------------------------------------------------------------


@pytest.mark.parametrize("comparator", [Close(), Close(1e-3, 0.5), Exact()])
def test_a_comparator_comes_back_from_the_key_as_it_was(comparator: Comparator) -> None:
    assert from_data(loads(dumps(to_data(comparator)))) == comparator


@given(routings())
def test_a_tie_comparator_comes_back_from_the_key_as_it_was(routing: tuple[Shares, np.ndarray]) -> None:
    ties, answer = routing
    back = from_data(loads(dumps(to_data(ties))), DOMAIN.comparators)
    assert isinstance(back, Shares)
    for one, other in zip(vars(ties).values(), vars(back).values(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert back.agrees(answer, answer)


arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda code: hnp.arrays(DTYPES[code], hnp.array_shapes(min_dims=0, min_side=0, max_side=3))
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**2000), 2**2000),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=5),
    st.just(Formula("x")),
    arrays,
)
names = st.one_of(st.text(max_size=3), st.integers(-2, 2), st.floats(), st.none())
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(names, inner, max_size=3),
    ),
    max_leaves=6,
).map(lambda value: loads(dumps(value)))
comparators = st.one_of(
    st.just(Close()),
    st.just(Exact()),
    st.builds(Shares, *[hnp.arrays(t, 3) for t in (np.uint8, float, float)]),
)


@given(comparators, anything, anything)
def test_no_value_that_can_be_sent_makes_the_comparison_raise(
    comparator: Comparator, got: Any, expected: Any
) -> None:
    for one, other in itertools.product((got, expected), repeat=2):
        found = comparator.difference(one, other)
        assert (found is AGREE) == (found.kind == "none")


@given(anything)
def test_what_holds_an_odd_number_is_not_even_equal_to_itself_and_all_else_is(value: Any) -> None:
    assert Exact().agrees(value, value) is not holds_odd_numbers(value)


def holds_odd_numbers(value: Any) -> bool:
    """NaN, infinity or complex numbers anywhere."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return any(map(holds_odd_numbers, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "c" or not np.isfinite(value).all()
    return isinstance(value, float) and not math.isfinite(value)


def test_one_long_text_among_many_numbers_does_not_fill_the_memory() -> None:
    answer = ["x" * 2**20, *range(100_000)]  # as an array of texts: 400 GiB
    assert kind(answer, np.zeros(100_001)) == "not numeric"


LAYER = {"kind": "conv", "kernels": 64, "size": (3, 3), "bias": True}


@pytest.mark.parametrize(
    ("got", "right"),
    [
        (dict(LAYER), True),
        ({**LAYER, "size": [3, 3]}, True),
        ({**LAYER, "kernels": 64.0}, True),
        ({**LAYER, "bias": 1}, True),
        ({**LAYER, "kernels": 63}, False),
        ({**LAYER, "kind": "pool"}, False),
        ({**LAYER, "kernels": np.array([64])}, False),
        ({**LAYER, "kernels": np.array([64, 64])}, False),
        ({key: LAYER[key] for key in ("kind", "kernels", "size")}, False),
        ({**LAYER, "more": 0}, False),
    ],
)
def test_a_table_of_plain_records_is_compared_entry_by_entry(got: Any, right: bool) -> None:
    for expected in (LAYER, [LAYER], {"branches": [[LAYER], []]}, ((LAYER, 1), None)):
        assert Exact().agrees(replaced(expected, LAYER, got), expected) == right


def replaced(table: Any, old: Any, new: Any) -> Any:
    """`table` with `new` in the place of `old`, wherever it is."""
    if table is old:
        return new
    if isinstance(table, dict):
        return {key: replaced(item, old, new) for key, item in table.items()}
    if isinstance(table, list | tuple):
        return type(table)(replaced(item, old, new) for item in table)
    return table
