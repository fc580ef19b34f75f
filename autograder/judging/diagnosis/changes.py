"""Relations of wrong numbers to right ones: something was done to the whole array, or to every number."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from autograder.base.messages import Text, say
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Array, Relation, WrongNumbers
from autograder.judging.diagnosis.shapes import MAX_NUMBER, axis_name


def _plain(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """All zeros, all alike, or an argument as it came."""
    if all(not one.got.any() for one in wrong):
        return say("symptom.all_zero", part=part)
    for name in wrong[0].facts.arrays:
        if all(
            (argument := one.facts.arrays.get(name)) is not None and one.came_from(argument) for one in wrong
        ):
            return say("symptom.argument_returned", name=name, part=part)
    if all(one.got.size > 1 and np.ptp(one.got) <= one.tolerance < np.ptp(one.expected) for one in wrong):
        return say("symptom.all_the_same", part=part)
    return None


Undo = Callable[[Array], Array | None]
"""Makes right what a mistake has done to a result; None where it cannot have been this mistake."""


def _plane(change: Callable[[Array], Array]) -> Undo:
    return lambda array: change(array) if array.ndim >= 2 else None


def _axis(ndim: int, axis: int) -> Undo:
    return lambda array: np.flip(array, axis) if array.ndim == ndim else None


_UNDONE: tuple[tuple[str, Undo], ...] = (
    ("symptom.signs_reversed", lambda array: -array),
    (
        "symptom.transposed",
        _plane(lambda array: np.swapaxes(array, -1, -2)),
    ),
    (
        "symptom.rotated_180",
        _plane(lambda array: array[..., ::-1, ::-1]),
    ),
    (
        "symptom.upside_down",
        _plane(lambda array: array[..., ::-1, :]),
    ),
    (
        "symptom.mirrored",
        _plane(lambda array: array[..., ::-1]),
    ),
    ("symptom.reversed", _axis(1, 0)),
    (
        "symptom.rotated_90",
        _plane(lambda array: np.rot90(array, axes=(-2, -1))),
    ),
    (
        "symptom.rotated_90",
        _plane(lambda array: np.rot90(array, -1, axes=(-2, -1))),
    ),
)


def _undone(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Signs, rows and columns."""
    for text, undo in _UNDONE:
        if all((array := undo(one.got)) is not None and one.right_as(array) for one in wrong):
            return say(text, part=part)
    return None


def _first_axes(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The axes before rows and columns: exchanged, or in reversed order."""
    if any(one.got.ndim != 4 for one in wrong):
        return None
    names = [axis_name(wrong[0].facts, 4, axis) for axis in (0, 1)]
    if all(case.right_as(np.swapaxes(case.got, 0, 1)) for case in wrong):
        return say("symptom.axes_exchanged", one=names[0], other=names[1], part=part)
    for axis in (0, 1):
        if all(one.right_as(np.flip(one.got, axis)) for one in wrong):
            return say("symptom.axis_reversed", axis=names[axis], part=part)
    return None


# --------------------------------------------------------------------------------------- number by number

_FORWARD: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("symptom.truncated", np.trunc),
    ("symptom.rounded_down", np.floor),
    ("symptom.rounded", np.rint),
    ("symptom.absolute_values", np.abs),
    (
        "symptom.negatives_zeroed",
        lambda array: np.maximum(array, 0),
    ),
    (
        "symptom.positives_zeroed",
        lambda array: np.minimum(array, 0),
    ),
    ("symptom.squared", np.square),
    (
        "symptom.square_roots",
        lambda array: np.where(array >= 0, np.sqrt(np.abs(array)), np.nan),
    ),
)


def _one_by_one(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The same done to each number, in a way that cannot be undone."""
    for text, forward in _FORWARD:
        if all(one.came_from(forward(one.expected)) for one in wrong):
            return say(text, part=part)
    if all(one.unique and one.same(np.abs(one.got), np.abs(one.expected)) for one in wrong):
        return say("symptom.right_but_signs", part=part)
    return None


def _nearly(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    if all(
        one.unique and one.tolerance > 0 and np.abs(one.got - one.expected).max() <= 0.01 * one.scale
        for one in wrong
    ):
        return say(
            "symptom.nearly_right",
            part=part,
        )
    return None


def _another_argument(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """An argument that is missing as a factor or a term, or takes part once too often."""
    for name in wrong[0].facts.parameters:
        arguments = [_beside(one, name) for one in wrong]
        pairs = [(one, array) for one, array in zip(wrong, arguments, strict=True) if array is not None]
        if len(pairs) < len(wrong) or _same_whole_number(wrong, name):
            continue
        if all(one.right_as(one.got * array) for one, array in pairs):
            return say("symptom.argument_factor_missing", name=name, part=part)
        if all(_multiplied_twice(one, array) for one, array in pairs):
            return say("symptom.argument_factor_surplus", name=name, part=part)
        if all(one.right_as(one.got + array) for one, array in pairs):
            return say("symptom.argument_term_missing", name=name, part=part)
        if all(one.right_as(one.got - array) for one, array in pairs):
            return say("symptom.argument_term_surplus", name=name, part=part)
    return None


def _same_whole_number(wrong: Sequence[WrongNumbers], name: str) -> bool:
    """A whole number that is the same in all cases is as good as any other."""
    values = [one.facts.named.get(name) for one in wrong]
    return all(type(value) is int for value in values) and len(set(values)) == 1


def _multiplied_twice(one: WrongNumbers, factor: Array) -> bool:
    if one.unique:
        return one.came_from(one.expected * factor)
    undone = np.divide(one.got, factor, out=np.zeros(one.shape), where=np.asarray(factor != 0))
    return one.right_as(undone)


def _beside(one: WrongNumbers, name: str) -> Array | None:
    """An argument as something to multiply a result by or to add to it."""
    value = one.facts.named.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray):
        return None
    try:
        array = np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    fitting = one.facts.beside(array, one.shape)
    return fitting if fitting is not None and np.isfinite(array).all() else None


# -------------------------------------------------------------------------------------- factors and terms


def _constant_factor(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """All numbers multiplied by the same one."""
    factors = _factors(wrong)
    if not factors or max(factors) - min(factors) > 1e-4 * max(map(abs, factors)):
        return None
    evidence = sum(int(np.count_nonzero(one.expected)) for one in wrong)
    if evidence < 2 or not all(one.right_as(one.got / factors[0]) for one in wrong):
        return None
    fraction = Fraction(factors[0]).limit_denominator(64)
    if abs(float(fraction) - factors[0]) > 1e-6 * abs(factors[0]) or not _simple(fraction, wrong):
        if evidence < 3:
            return None
        return say("symptom.factor_constant", part=part)
    if fraction == 2:
        return say("symptom.factor_two", part=part)
    if fraction == Fraction(1, 2):
        return say("symptom.factor_half", part=part)
    if fraction.denominator == 1:
        return say("symptom.factor_whole", n=fraction.numerator, part=part)
    return say("symptom.factor_fraction", fraction=fraction, part=part)


def _simple(fraction: Fraction, wrong: Sequence[WrongNumbers]) -> bool:
    """Whether a reader can make something of it; a count is rather too large by something than 7/6 of it."""
    numerator, denominator = abs(fraction.numerator), fraction.denominator
    if 1 in (numerator, denominator):
        return max(numerator, denominator) <= 64
    counts = any(one.tolerance == 0 for one in wrong)
    return not counts and max(numerator, denominator) <= MAX_NUMBER


Quantity = tuple[Text, Callable[[Any], int | None]]
"""A number that a case has, and what it is called."""


def _varying_factor(
    wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text, quantities: Sequence[Quantity]
) -> Text | None:
    """All numbers of a case multiplied by one number, best one that follows from the case."""
    factors = _factors(wrong)
    if len(factors) < len(wrong):
        return None
    for text, quantity in (*quantities, *_of_arguments(wrong[0].facts)):
        amounts = [quantity(one.facts) for one in wrong]
        if not all(amounts) or not all(quantity(facts) == 1 for facts in right):
            continue
        of_case = [(factor, amount) for factor, amount in zip(factors, amounts, strict=True) if amount]
        if all(abs(factor * amount - 1) <= 1e-4 for factor, amount in of_case):
            return say("symptom.factor_divided_by", what=text, part=part)
        if all(abs(factor / amount - 1) <= 1e-4 for factor, amount in of_case):
            return say("symptom.factor_multiplied_by", what=text, part=part)
    if all(np.count_nonzero(one.expected) >= 3 for one in wrong):
        return say(
            "symptom.factor_varies",
            part=part,
        )
    return None


def _factors(wrong: Sequence[WrongNumbers]) -> list[float]:
    """The factor of each case that has one right answer; none at all where one of them has no factor."""
    factors = []
    for one in wrong:
        if one.unique:
            factor = _factor_of(one)
            if factor is None:
                return []
            factors.append(factor)
    return factors


def _factor_of(one: WrongNumbers) -> float | None:
    """got / expected, where it is the same for all numbers and not 0."""
    place = int(np.abs(one.expected).argmax())
    at_largest = float(one.expected.flat[place])
    if abs(at_largest) <= 1e-12:
        return None
    factor = float(one.got.flat[place]) / at_largest
    if abs(factor) < 1e-9 or not np.isfinite(factor) or not one.right_as(one.got / factor):
        return None
    return factor


def _of_arguments(first: Facts) -> Iterator[Quantity]:
    """What a sum may have been divided by, or forgotten to be divided by, among a function's arguments."""
    for name in first.parameters:
        if first.number(name) is not None:
            yield _argument(name, isinstance(first.named[name], int))
        if name in first.arrays and first.arrays[name].ndim == 1:
            yield _length(name)


def _argument(name: str, single: bool) -> Quantity:
    told = say("symptom.quantity_argument" if single else "symptom.quantity_product", name=name)
    return told, lambda facts: facts.number(name)


def _length(name: str) -> Quantity:
    one_a_sample = name == "labels"
    told = "symptom.quantity_samples" if one_a_sample else "symptom.quantity_length"
    return say(told, name=name), lambda facts: facts.arrays[name].size if name in facts.arrays else None


def _term(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """A number added to all values."""
    if not all(one.unique for one in wrong):
        return None
    differences = [one.got - one.expected for one in wrong]
    if all(np.ptp(d) <= 2 * one.tolerance for d, one in zip(differences, wrong, strict=True)):
        terms = [float(d.flat[0]) for d in differences]
        same = max(terms) - min(terms) <= 2 * max(one.tolerance for one in wrong)
        whole = round(terms[0])
        if same and 0 < abs(whole) <= MAX_NUMBER and abs(terms[0] - whole) <= 1e-6:
            if whole > 0:
                return say("symptom.offset_too_large", n=whole, part=part)
            return say("symptom.offset_too_small", n=-whole, part=part)
        if all(one.got.size >= 3 for one in wrong):
            if same:
                return say("symptom.offset_constant", part=part)
            return say(
                "symptom.offset_varies",
                part=part,
            )
    return None


def relations(quantities: Sequence[Quantity] = ()) -> tuple[Relation, ...]:
    """From what leaves no doubt to what says little.

    Parameters
    ----------
    quantities : sequence of Quantity
        What the domain knows that a sum may have been divided by.
    """
    return (
        _plain,
        _undone,
        _first_axes,
        _one_by_one,
        _nearly,
        _constant_factor,
        _another_argument,
        partial(_varying_factor, quantities=quantities),
        _term,
    )
