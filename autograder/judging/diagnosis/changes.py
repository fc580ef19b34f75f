"""Relations in which the whole array was changed, or every number in the same way.

For example scaled, rounded, transposed, or an argument forgotten or used twice. `relations` lists them for a
`Domain`.
"""

import itertools
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
    """All zeros, all the same number, or an argument returned unchanged."""
    if all(not case.got.any() for case in wrong):
        return say("symptom.all_zero", part=part)
    for name in wrong[0].facts.arrays:
        if all(
            (argument := case.facts.arrays.get(name)) is not None and case.came_from(argument)
            for case in wrong
        ):
            return say("symptom.argument_returned", name=name, part=part)
    if all(
        case.got.size > 1 and np.ptp(case.got) <= case.tolerance < np.ptp(case.expected) for case in wrong
    ):
        return say("symptom.all_the_same", part=part)
    return None


Undo = Callable[[Array], Array | None]
"""Undoes what a mistake did to a result; None where the mistake does not apply to it."""


def _plane(change: Callable[[Array], Array]) -> Undo:
    return lambda array: change(array) if array.ndim >= 2 else None


def _axis(ndim: int, axis: int) -> Undo:
    return lambda array: np.flip(array, axis) if array.ndim == ndim else None


_UNDONE: tuple[tuple[str, Undo], ...] = (
    ("symptom.signs_reversed", lambda array: -array),
    ("symptom.transposed", _plane(lambda array: np.swapaxes(array, -1, -2))),
    ("symptom.rotated_180", _plane(lambda array: array[..., ::-1, ::-1])),
    ("symptom.upside_down", _plane(lambda array: array[..., ::-1, :])),
    ("symptom.mirrored", _plane(lambda array: array[..., ::-1])),
    ("symptom.reversed", _axis(1, 0)),
    ("symptom.rotated_90", _plane(lambda array: np.rot90(array, axes=(-2, -1)))),
    ("symptom.rotated_90", _plane(lambda array: np.rot90(array, -1, axes=(-2, -1)))),
)


def _undone(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """Signs, rows and columns."""
    for text, undo in _UNDONE:
        if all((array := undo(case.got)) is not None and case.right_as(array) for case in wrong):
            return say(text, part=part)
    return None


def _first_axes(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The axes before rows and columns: exchanged, or in reversed order."""
    axes = wrong[0].got.ndim
    if any(case.got.ndim != axes for case in wrong):
        return None
    names = [axis_name(wrong[0].facts, axes, axis) for axis in range(axes - 2)]
    for first, second in itertools.combinations(range(axes - 2), 2):
        if all(case.right_as(np.swapaxes(case.got, first, second)) for case in wrong):
            return say("symptom.axes_exchanged", first=names[first], second=names[second], part=part)
    for axis, name in enumerate(names):
        if all(case.right_as(np.flip(case.got, axis)) for case in wrong):
            return say("symptom.axis_reversed", axis=name, part=part)
    return None


# --------------------------------------------------------------------------------------- element by element

_FORWARD: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("symptom.truncated", np.trunc),
    ("symptom.rounded_down", np.floor),
    ("symptom.rounded", np.rint),
    ("symptom.absolute_values", np.abs),
    ("symptom.negatives_zeroed", lambda array: np.maximum(array, 0)),
    ("symptom.positives_zeroed", lambda array: np.minimum(array, 0)),
    ("symptom.squared", np.square),
    ("symptom.square_roots", lambda array: np.where(array >= 0, np.sqrt(np.abs(array)), np.nan)),
)


def _elementwise(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """The same non-invertible function applied to each number."""
    for text, forward in _FORWARD:
        if all(case.came_from(forward(case.expected)) for case in wrong):
            return say(text, part=part)
    if all(case.unique and case.same(np.abs(case.got), np.abs(case.expected)) for case in wrong):
        return say("symptom.right_but_signs", part=part)
    return None


def _nearly(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    if all(
        case.unique and case.tolerance > 0 and np.abs(case.got - case.expected).max() <= 0.01 * case.scale
        for case in wrong
    ):
        return say("symptom.nearly_right", part=part)
    return None


def _another_argument(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """An argument that is missing as a factor or a term, or was used one time too many."""
    for name in wrong[0].facts.parameters:
        arguments = [_broadcast(case, name) for case in wrong]
        pairs = [(case, array) for case, array in zip(wrong, arguments, strict=True) if array is not None]
        if len(pairs) < len(wrong) or _same_whole_number(wrong, name):
            continue
        if all(case.right_as(case.got * array) for case, array in pairs):
            return say("symptom.argument_factor_missing", name=name, part=part)
        if all(_multiplied_twice(case, array) for case, array in pairs):
            return say("symptom.argument_factor_surplus", name=name, part=part)
        if all(case.right_as(case.got + array) for case, array in pairs):
            return say("symptom.argument_term_missing", name=name, part=part)
        if all(case.right_as(case.got - array) for case, array in pairs):
            return say("symptom.argument_term_surplus", name=name, part=part)
    return None


def _same_whole_number(wrong: Sequence[WrongNumbers], name: str) -> bool:
    """A whole number that is the same in all cases proves nothing: any constant would do."""
    values = [case.facts.named.get(name) for case in wrong]
    return all(type(value) is int for value in values) and len(set(values)) == 1


def _multiplied_twice(case: WrongNumbers, factor: Array) -> bool:
    if case.unique:
        return case.came_from(case.expected * factor)
    undone = np.divide(case.got, factor, out=np.zeros(case.shape), where=np.asarray(factor != 0))
    return case.right_as(undone)


def _broadcast(case: WrongNumbers, name: str) -> Array | None:
    """An argument, broadcast against the result, as a factor or a term."""
    value = case.facts.named.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray):
        return None
    try:
        array = np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    fitting = case.facts.broadcast(array, case.shape)
    return fitting if fitting is not None and np.isfinite(array).all() else None


# -------------------------------------------------------------------------------------- factors and terms


def _constant_factor(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """All numbers multiplied by the same one."""
    factors = _factors(wrong)
    if not factors or max(factors) - min(factors) > 1e-4 * max(map(abs, factors)):
        return None
    evidence = sum(int(np.count_nonzero(case.expected)) for case in wrong)
    if evidence < 2 or not all(case.right_as(case.got / factors[0]) for case in wrong):
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
    """Whether a fraction tells a reader something; 7/6 does not where whole numbers are expected."""
    numerator, denominator = abs(fraction.numerator), fraction.denominator
    if 1 in (numerator, denominator):
        return max(numerator, denominator) <= 64
    counts = any(case.tolerance == 0 for case in wrong)
    return not counts and max(numerator, denominator) <= MAX_NUMBER


Quantity = tuple[Text, Callable[[Any], int | None]]
"""A number that a case has, and what it is called."""


def _varying_factor(
    wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text, quantities: Sequence[Quantity]
) -> Text | None:
    """All numbers of a case multiplied by one factor, if possible one that follows from the case."""
    factors = _factors(wrong)
    if len(factors) < len(wrong):
        return None
    for tried in (quantities, tuple(_of_arguments(wrong[0].facts))):
        found = [
            say(id, what=text, part=part)
            for text, quantity in tried
            if all(quantity(facts) == 1 for facts in right) and all(quantity(case.facts) for case in wrong)
            for id, power in (("symptom.factor_divided_by", 1), ("symptom.factor_multiplied_by", -1))
            if all(
                abs(factor * (quantity(case.facts) or 1) ** power - 1) <= 1e-4
                for factor, case in zip(factors, wrong, strict=True)
            )
        ]
        if len(found) == 1:
            return found[0]
        if found:
            break  # these cases do not tell which it was
    if all(np.count_nonzero(case.expected) >= 3 for case in wrong):
        return say("symptom.factor_varies", part=part)
    return None


def _factors(wrong: Sequence[WrongNumbers]) -> list[float]:
    """The factor of each case with a unique right answer; empty where one of these has none."""
    factors = []
    for case in wrong:
        if case.unique:
            factor = _factor_of(case)
            if factor is None:
                return []
            factors.append(factor)
    return factors


def _factor_of(case: WrongNumbers) -> float | None:
    """got / expected, where it is the same for all numbers and not 0."""
    index = int(np.abs(case.expected).argmax())
    largest = float(case.expected.flat[index])
    if abs(largest) <= 1e-12:
        return None
    factor = float(case.got.flat[index]) / largest
    if abs(factor) < 1e-9 or not np.isfinite(factor) or not case.right_as(case.got / factor):
        return None
    return factor


def _of_arguments(first: Facts) -> Iterator[Quantity]:
    """Numbers among the arguments that a sum may have been divided by, or should have been."""
    for name in first.parameters:
        if first.number(name) is not None:
            yield _argument(name, isinstance(first.named[name], int))
        if name in first.arrays and first.arrays[name].ndim == 1:
            yield _length(name)


def _argument(name: str, single: bool) -> Quantity:
    text = say("symptom.quantity_argument" if single else "symptom.quantity_product", name=name)
    return text, lambda facts: facts.number(name)


def _length(name: str) -> Quantity:
    text = say("symptom.quantity_length", name=name)
    return text, lambda facts: facts.arrays[name].size if name in facts.arrays else None


def _term(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """A number added to all values."""
    if not all(case.unique for case in wrong):
        return None
    differences = [case.got - case.expected for case in wrong]
    if all(np.ptp(d) <= 2 * case.tolerance for d, case in zip(differences, wrong, strict=True)):
        terms = [float(d.flat[0]) for d in differences]
        same = max(terms) - min(terms) <= 2 * max(case.tolerance for case in wrong)
        whole = round(terms[0])
        if same and 0 < abs(whole) <= MAX_NUMBER and abs(terms[0] - whole) <= 1e-6:
            if whole > 0:
                return say("symptom.offset_too_large", n=whole, part=part)
            return say("symptom.offset_too_small", n=-whole, part=part)
        if all(case.got.size >= 3 for case in wrong):
            if same:
                return say("symptom.offset_constant", part=part)
            return say("symptom.offset_varies", part=part)
    return None


def relations(quantities: Sequence[Quantity] = ()) -> tuple[Relation, ...]:
    """The relations of this module, the most specific first.

    Parameters
    ----------
    quantities : sequence of Quantity
        Numbers of the domain that a sum may have been divided by.
    """
    return (
        _plain,
        _undone,
        _first_axes,
        _elementwise,
        _nearly,
        _constant_factor,
        _another_argument,
        partial(_varying_factor, quantities=quantities),
        _term,
    )
