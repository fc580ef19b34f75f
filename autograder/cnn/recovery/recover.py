"""From code back to the formula: what a function computes, element by element, beside what the lecture has.

The lecture's functions are linear in each of their arrays, so a run on unit arrays (a single 1 among zeros)
gives every coefficient of their formula exactly, whatever they do inside. That they *are* linear is tested
first, on random arrays; and the formula found is tested against the function afterwards.

Nothing here runs anybody's code: `recover` asks an `Evaluate` for values, and the caller decides whether that
is a plain function or a sandbox.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from autograder.base.messages import Text, say
from autograder.cnn.derivations.layer import MAX_CONNECTIONS, AnyLayer, describe, positions
from autograder.cnn.derivations.page import (
    Aligned,
    Block,
    Equation,
    Grid,
    Page,
    Prose,
    Recipe,
    Section,
    as_sum,
)
from autograder.cnn.derivations.shown import Format, Shown
from autograder.cnn.derivations.symbols import BEFORE, Monomial, Quantity, polynomial, terms
from autograder.cnn.recovery.readings import (
    Array,
    NoFormula,
    Reading,
    RecoverError,
    Sizes,
    given_input,
    reading,
)
from autograder.student.questions import Evaluate, Failed

MAX_CALLS = 20_000
"""Calls on unit arrays that one formula may take: 3×3 ∗ 2×2 takes 16 to 144."""

_TOLERANCE = 1e-6
"""Of the largest value: a solution may compute in single precision."""
_STEP = 2.0**-8
"""How far an input is moved where a function is linear only close to it: less than its elements differ by."""


# ---- The result --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovered(Shown):
    """What a function computes, and what the lecture has.

    Parameters
    ----------
    formulas, lecture : dict
        Element of the result ↦ formula; the code's and the lecture's.
    shape, lecture_shape : tuple of int
        Of the function's result, and of what it should be.
    given : array, optional
        The input that max pooling was given.
    """

    function: str
    layer: AnyLayer
    formulas: Mapping[Quantity, sympy.Expr]
    lecture: Mapping[Quantity, sympy.Expr]
    shape: tuple[int, ...]
    lecture_shape: tuple[int, ...]
    given: Grid | None = None

    @property
    def differing(self) -> tuple[Quantity, ...]:
        """Elements whose formula is not the lecture's, or that only one of the two has."""
        every = {**self.lecture, **self.formulas}
        return tuple(one for one in every if not _same(self.formulas.get(one), self.lecture.get(one)))

    @property
    def agrees(self) -> bool:
        """Whether the code computes the lecture's formula."""
        return self.shape == self.lecture_shape and not self.differing

    def differences(self, limit: int) -> Section | None:
        """The first elements that differ, the differing terms marked; None where none do."""
        both = [one for one in self.differing if one in self.formulas and one in self.lecture]
        if self.shape != self.lecture_shape or not both:
            return None
        blocks = [block for one in both[:limit] for block in self._beside(one)]
        return Section(Prose(self._verdict(len(both))), tuple(blocks), level=4)

    @property
    def page(self) -> Page:
        """The formulas, element by element: those that differ first, with the differing terms marked."""
        differing = [one for one in self.differing if one in self.formulas and one in self.lecture]
        sections = [Section(Prose(self._verdict(len(differing))), tuple(self._notes()), level=3)]
        if differing:
            blocks = [block for one in differing for block in self._beside(one)]
            sections.append(Section(Prose(say("cnn.formula.heading_differing")), tuple(blocks)))
        missing = {one: self.lecture[one] for one in self.lecture if one not in self.formulas}
        extra = {one: self.formulas[one] for one in self.formulas if one not in self.lecture}
        same = {one: self.lecture[one] for one in self.lecture if one not in (*differing, *missing)}
        for title, formulas in (
            (say("cnn.formula.heading_missing"), missing),
            (say("cnn.formula.heading_surplus"), extra),
            (say("cnn.formula.heading_equal"), same),
        ):
            if formulas:
                equations = tuple(Equation(one, (as_sum(formula),)) for one, formula in formulas.items())
                sections.append(Section(Prose(title), (Aligned(equations),)))
        return Page(
            Prose(say("cnn.formula.title", function=self.function)),
            tuple(sections),
        )

    def write(self, form: Format = "text", *, lang: str = "", layer_names: bool = False) -> str:
        """The page in one format; see `Shown.write`."""
        return self.page.write(form, lang=lang, layer_names=layer_names)

    def _verdict(self, differing: int) -> Text:
        count, size = len(self.lecture), describe(self.layer)
        if self.agrees:
            return say("cnn.formula.all_equal", count=count, size=size)
        if self.shape != self.lecture_shape:
            got, wanted = _shape(self.shape), _shape(self.lecture_shape)
            return say("cnn.formula.shape_wrong", got=got, wanted=wanted, size=size)
        return say("cnn.formula.some_differ", count=count, differing=differing, size=size)

    def _notes(self) -> Iterator[Block]:
        if self.given is not None:
            yield Prose(say("cnn.formula.note_max_pooling"))
            atoms = [
                self.layer.atom("a", BEFORE, place) for place in positions(self.layer.shape("a", BEFORE))
            ]
            width = len(self.given.rows[0])
            names = tuple(tuple(atoms[at : at + width]) for at in range(0, len(atoms), width))
            yield Recipe(Grid(names), "·", ((self.given,),))

    def _beside(self, one: Quantity) -> Iterator[Block]:
        """An element's two formulas, the terms that only one of them has (so) marked."""
        code, lecture = self.formulas[one], self.lecture[one]
        yield Prose(say("cnn.formula.of_element"), ((one,),))
        yield Aligned(
            (
                Equation(say("cnn.formula.side_code"), (as_sum(code, _unlike(terms(lecture))),)),
                Equation(say("cnn.formula.side_lecture"), (as_sum(lecture, _unlike(terms(code))),)),
            )
        )


def _unlike(known: dict[Monomial, Fraction]) -> Callable[[Monomial, Fraction], bool]:
    return lambda term, value: known.get(term) != value


def _same(one: sympy.Expr | None, other: sympy.Expr | None) -> bool:
    return one is not None and other is not None and terms(one) == terms(other)


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


# ---- Reading the formula -----------------------------------------------------------------------------------


def recover(evaluate: Evaluate, name: str, sizes: Sizes | None = None, shown_as: str = "") -> Recovered:
    """The formula that a function computes.

    Parameters
    ----------
    evaluate : function
        Makes the calls; see `student.questions`. It is asked twice: for probes, then for all unit arrays.
    name : str
        Which function of the course it is meant to be.
    sizes : Sizes, optional
    shown_as : str, optional
        Its own name, where it has another.

    Raises
    ------
    RecoverError
        The lecture has no formula for it, or reading it would take too many calls.
    NoFormula
        It fails, or is not linear where the lecture's formula is.
    LayerError
        The sizes make no layer.
    """
    how, title = reading(name), shown_as or name
    layer = how.layer(title, sizes or Sizes())
    asking = _Asking(evaluate, how, layer, title)
    parts = asking.present_parts()
    found = asking.coefficients(parts)
    lecture = how.lecture(layer)
    given = given_input(layer) if how.routed else None
    return Recovered(
        title,
        layer,
        found,
        lecture,
        asking.shape,
        how.shape(layer),
        None if given is None else _as_grid(given),
    )


def compare(evaluate: Evaluate, name: str, sizes: Sizes, shown_as: str = "") -> Recovered:
    """`recover`, and where no sizes are chosen and all agrees, once more for `Reading.uneven` ones.

    Height and width change places unnoticed in the lecture's square examples, and a step of 1 is as good as
    none. What differs there alone is shown there; of all that agrees, the lecture's own size is shown.
    """
    found = recover(evaluate, name, sizes, shown_as)
    uneven = reading(name).uneven
    if sizes.given() or uneven is None or not found.agrees:
        return found
    try:
        other = recover(evaluate, name, uneven, shown_as)
    except (RecoverError, NoFormula):  # such as a function that was written for one size
        return found
    return found if other.agrees else other


def _as_grid(values: np.ndarray) -> Grid:
    rows = values.reshape(-1, values.shape[-1]).astype(int)
    return Grid(tuple(tuple(int(value) for value in row) for row in rows))


Part = tuple[int, ...]
"""Which arrays a part of the formula is a product of, by their numbers; () is the constant."""


class _Asking:
    """One function and its layer: turns questions about the formula into calls and checks the answers."""

    def __init__(self, evaluate: Evaluate, how: Reading, layer: AnyLayer, title: str) -> None:
        self.evaluate, self.how, self.layer, self.title = evaluate, how, layer, title
        self.given = given_input(layer) if how.routed else None
        self.arrays = [
            argument
            for argument in how.arguments
            if isinstance(argument, Array) and not (how.routed == "given" and argument.letter == "a")
        ]
        self.shapes = [array.shape(layer) for array in self.arrays]
        self.shape: tuple[int, ...] = ()
        self._random = np.random.default_rng(1)

    # ---- Which products there are

    def present_parts(self) -> list[Part]:
        """The products of arrays that the function consists of, after a test that it is linear in each.

        For arrays A, B … a function that is linear in each of them when the others are kept, up to a
        constant, is a sum of one part for each set of them: its value with all others 0, less the smaller
        parts.
        """
        numbers = range(len(self.arrays))
        first, second = self._draw(), self._draw()
        zero = [np.zeros(shape) for shape in self.shapes]
        sets = [
            part for size in range(len(self.arrays) + 1) for part in itertools.combinations(numbers, size)
        ]
        calls = [[first[i] if i in part else zero[i] for i in numbers] for part in sets]
        for i in numbers:
            mixed = 1.75 * first[i] - 0.75 * second[i]
            calls += [[*first[:i], other, *first[i + 1 :]] for other in (second[i], mixed)]
        values = self._ask(calls)
        scale = max(float(np.max(np.abs(values), initial=0.0)), 1e-300)
        whole, mixtures = values[len(sets) - 1], values[len(sets) :]
        for i in numbers:
            other, mixed = mixtures[2 * i], mixtures[2 * i + 1]
            if np.max(np.abs(mixed - (1.75 * whole - 0.75 * other)), initial=0.0) > _TOLERANCE * scale:
                raise self._not_linear(self.arrays[i])
        own: dict[Part, np.ndarray] = {}
        for part, value in zip(sets, values, strict=False):
            own[part] = value - sum(own[smaller] for smaller in own if set(smaller) < set(part))
        return [part for part in sets if np.max(np.abs(own[part]), initial=0.0) > _TOLERANCE * scale]

    # ---- Their coefficients

    def coefficients(self, parts: list[Part]) -> dict[Quantity, sympy.Expr]:
        """The formula of each element of the result: run on unit arrays, then tested on random ones."""
        sizes = [math.prod(shape) for shape in self.shapes]
        count = sum(math.prod(sizes[i] for i in part) for part in parts)
        if count > MAX_CALLS:
            raise RecoverError(
                say(
                    "cnn.formula.too_many_calls",
                    count=f"{count:,}",
                    limit=f"{MAX_CALLS:,}",
                )
            )
        asked = [(part, places) for part in parts for places in positions(tuple(sizes[i] for i in part))]
        test = [self._draw(), self._draw()]
        values = self._ask([*(self._units(part, places) for part, places in asked), *test])
        found: dict[tuple[Part, tuple[int, ...]], np.ndarray] = {}
        for (part, places), value in zip(asked, values, strict=False):
            chosen = dict(zip(part, places, strict=True))
            smaller = [other for other in parts if set(other) < set(part)]
            found[part, places] = value - sum(
                found[other, tuple(chosen[i] for i in other)] for other in smaller
            )
        self._test(found, test, values[len(asked) :])
        return self._formulas(found)

    def _units(self, part: Part, places: tuple[int, ...]) -> list[np.ndarray]:
        arrays = [np.zeros(shape) for shape in self.shapes]
        for i, place in zip(part, places, strict=True):
            arrays[i].flat[place] = 1.0
        return arrays

    def _test(
        self,
        found: dict[tuple[Part, tuple[int, ...]], np.ndarray],
        drawn: list[list[np.ndarray]],
        values: np.ndarray,
    ) -> None:
        for arrays, value in zip(drawn, values, strict=True):
            total = np.zeros(self.shape)
            for (part, places), coefficient in found.items():
                factors = (arrays[i].flat[place] for i, place in zip(part, places, strict=True))
                total = total + coefficient * math.prod(factors)
            if np.max(np.abs(total - value), initial=0.0) > _TOLERANCE * max(
                1.0, float(np.max(np.abs(value), initial=0.0))
            ):
                raise NoFormula(
                    say(
                        "cnn.formula.wrong_kind",
                        function=self.title,
                    )
                )

    def _formulas(self, found: dict[tuple[Part, tuple[int, ...]], np.ndarray]) -> dict[Quantity, sympy.Expr]:
        names = [array.quantities(self.layer) for array in self.arrays]
        sums: dict[tuple[int, ...], dict[Monomial, float]] = {place: {} for place in positions(self.shape)}
        for (part, places), coefficient in found.items():
            monomial = tuple(names[i][place] for i, place in zip(part, places, strict=True))
            for indices in np.argwhere(coefficient):
                at = tuple(map(int, indices))
                sums[at][monomial] = float(coefficient[at])
        result: dict[Quantity, sympy.Expr] = {}
        for position, parts in sums.items():
            if self.how.routed == "near":
                parts = self._at_a_distance(parts, names[0])
            exact = ((term, _fraction(value)) for term, value in parts.items() if abs(value) > _TOLERANCE)
            result[self.how.result.quantity(self.layer, position)] = polynomial(exact)
        return result

    def _at_a_distance(self, parts: dict[Monomial, float], names: list[Quantity]) -> dict[Monomial, float]:
        """Close to the given input g the function of (a − g)/step is linear: in terms of a itself."""
        assert self.given is not None
        slopes: dict[Monomial, float] = {(name,): parts.get((name,), 0.0) / _STEP for name in names}
        constant = parts.get((), 0.0) - math.fsum(
            slope * value for slope, value in zip(slopes.values(), self.given.flat, strict=True)
        )
        slopes[()] = constant
        return slopes

    # ---- Calls

    def _draw(self) -> list[np.ndarray]:
        return [self._random.uniform(-1, 1, shape) for shape in self.shapes]

    def _ask(self, calls: list[list[np.ndarray]]) -> np.ndarray:
        """The function's values, stacked; all have one shape, or the function has no formula."""
        answers = self.evaluate([self._arguments(arrays) for arrays in calls])
        values = [self._checked(answer) for answer in answers]
        shapes = {value.shape for value in values}
        if len(shapes) > 1:
            raise NoFormula(say("cnn.formula.shape_varies", function=self.title))
        self.shape = values[0].shape
        return np.array(values)

    def _arguments(self, arrays: list[np.ndarray]) -> tuple[Any, ...]:
        values = iter(arrays)
        arguments: list[Any] = []
        for argument in self.how.arguments:
            if not isinstance(argument, Array):
                arguments.append(argument(self.layer))
                continue
            if argument in self.arrays:
                value = next(values)
                if self.how.routed == "near":
                    assert self.given is not None
                    value = self.given.reshape(value.shape) + _STEP * value
            else:
                assert self.given is not None
                value = self.given.reshape(argument.shape(self.layer))
            arguments.append(value if argument.axes else float(value))
        return tuple(arguments)

    def _checked(self, answer: Any) -> np.ndarray:
        if isinstance(answer, Failed):
            raise NoFormula(say("cnn.formula.none_because", function=self.title, why=answer.why))
        try:
            value = np.asarray(answer)
            if value.dtype.kind not in "biuf":
                raise ValueError
        except ValueError:
            kind = type(answer).__name__
            raise NoFormula(say("cnn.formula.no_numbers", function=self.title, kind=kind)) from None
        if value.size > MAX_CONNECTIONS:
            raise NoFormula(say("cnn.formula.too_many_numbers", function=self.title))
        if not np.all(np.isfinite(value)):
            raise NoFormula(say("cnn.formula.not_finite", function=self.title))
        return value.astype(float)

    def _not_linear(self, array: Array) -> NoFormula:
        letters = {"delta": "δ", "dsigma": "σ′"}
        letter = letters.get(array.letter, array.letter)
        return NoFormula(
            say(
                "cnn.formula.not_linear",
                function=self.title,
                letter=letter,
            )
        )


def _fraction(value: float) -> Fraction:
    """1/4 for 0.25, 1/3 for 0.333…: the simplest fraction that cannot be told from the number."""
    simple = Fraction(value).limit_denominator(10_000)
    return simple if abs(float(simple) - value) <= 1e-7 * max(1.0, abs(value)) else Fraction(value)
