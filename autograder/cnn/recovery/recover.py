"""Recover the formula that a function computes, element by element, and compare it with the lecture's.

The lecture's functions are linear in each of their arrays, so calls on unit arrays (a single 1 among zeros)
give every coefficient of the formula exactly. Linearity is tested first, on random arrays; afterwards the
formula is tested against the function.

No student code may run here: `recover` asks an `Evaluate` for values, and the caller decides whether that
calls a function of this process or the sandbox, as `recover_file` does.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from autograder.base.messages import Text, joined, say
from autograder.cnn.derivations.layer import (
    MAX_CONNECTIONS,
    AnyLayer,
    Pooling,
    describe,
    positions,
)
from autograder.cnn.derivations.pages.records import (
    Aligned,
    Block,
    Equation,
    Page,
    Prose,
    Section,
    as_sum,
    example_map,
)
from autograder.cnn.derivations.pages.shown import Format, Shown
from autograder.cnn.derivations.symbols import Monomial, Quantity, polynomial, terms
from autograder.cnn.recovery.readings import (
    NoFormula,
    Reading,
    RecoverError,
    Sizes,
    given_input,
    reading_of,
)
from autograder.cnn.recovery.slips import named
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation
from autograder.student import questions
from autograder.student.questions import Evaluate, Failed

MAX_CALLS = 20_000
"""Calls on unit arrays that one formula may take: 3×3 ∗ 2×2 takes 16 to 144."""

_TOLERANCE = 1e-6
"""Relative to the largest value; a solution may compute in single precision."""
_STEP = 2.0**-8
"""How far max pooling's input is moved: less than its elements differ, so that the winners stay."""


# ---- The result --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovered(Shown):
    """The formulas that a function computes, and the lecture's.

    Parameters
    ----------
    formulas, lecture : dict
        Element of the result ↦ formula; the code's and the lecture's.
    shape, lecture_shape : tuple of int
        Of the function's result, and of what it should be.
    tried : tuple of Text
        The other sizes that were tried, and what came of them.
    """

    function: str
    layer: AnyLayer
    formulas: Mapping[Quantity, sympy.Expr]
    lecture: Mapping[Quantity, sympy.Expr]
    shape: tuple[int, ...]
    lecture_shape: tuple[int, ...]
    tried: tuple[Text, ...] = ()

    @cached_property
    def differing(self) -> tuple[Quantity, ...]:
        """Elements whose formula is not the lecture's, or that only one of the two has."""
        every = {**self.lecture, **self.formulas}
        return tuple(left for left in every if not _same(self.formulas.get(left), self.lecture.get(left)))

    @property
    def agrees(self) -> bool:
        """Whether the code computes the lecture's formula."""
        return self.shape == self.lecture_shape and not self.differing

    def differences(self, limit: int) -> Section | None:
        """The first elements that differ, the differing terms marked; None where none do."""
        if self.shape != self.lecture_shape or not self.differing:
            return None
        return Section(Prose(self._verdict()), self._beside(limit), level=4)

    @property
    def page(self) -> Page:
        """The formulas, element by element: those that differ first, with the differing terms marked."""
        sections = [Section(Prose(self._verdict()), tuple(self._notes()), level=3)]
        if blocks := self._beside():
            sections.append(Section(Prose(say("cnn.formula.heading_differing")), blocks))
        missing = {left: right for left, right in self.lecture.items() if left not in self.formulas}
        extra = {left: right for left, right in self.formulas.items() if left not in self.lecture}
        same = {left: right for left, right in self.lecture.items() if left not in self.differing}
        for title, formulas in (
            (say("cnn.formula.heading_missing"), missing),
            (say("cnn.formula.heading_surplus"), extra),
            (say("cnn.formula.heading_equal"), same),
        ):
            if formulas:
                equations = tuple(Equation(left, (as_sum(right),)) for left, right in formulas.items())
                sections.append(Section(Prose(title), (Aligned(equations),)))
        return Page(Prose(say("cnn.formula.title", function=self.function)), tuple(sections))

    def write(self, form: Format = "text", *, lang: str = "", layer_names: bool = False) -> str:
        """The page in one format; see `Shown.write`."""
        return self.page.write(form, lang=lang, layer_names=layer_names)

    def _verdict(self) -> Text:
        count, size = len(self.lecture), described(self.layer)
        if self.agrees:
            return say("cnn.formula.all_equal", count=count, size=size)
        if self.shape != self.lecture_shape:
            got, wanted = str(self.shape), str(self.lecture_shape)
            return say("cnn.formula.shape_wrong", got=got, wanted=wanted, size=size)
        return say("cnn.formula.some_differ", count=count, differing=len(self.differing), size=size)

    def _notes(self) -> Iterator[Block]:
        yield from map(Prose, (*named(self.layer, self.formulas, self.lecture), *self.tried))
        if isinstance(self.layer, Pooling) and self.layer.values:
            yield Prose(say("cnn.formula.note_max_pooling"))
            yield example_map(self.layer)

    def _beside(self, limit: int | None = None) -> tuple[Block, ...]:
        """The two formulas of each element, with the terms marked in which they differ."""
        both = [left for left in self.differing if left in self.formulas and left in self.lecture]
        blocks: list[Block] = []
        for left in both[:limit]:
            code, lecture = self.formulas[left], self.lecture[left]
            sides = (
                Equation(say("cnn.formula.side_code"), (as_sum(code, _unlike(terms(lecture))),)),
                Equation(say("cnn.formula.side_lecture"), (as_sum(lecture, _unlike(terms(code))),)),
            )
            blocks += [Prose(say("cnn.formula.of_element"), ((left,),)), Aligned(sides)]
        return tuple(blocks)


def _unlike(known: dict[Monomial, Fraction]) -> Callable[[Monomial, Fraction], bool]:
    return lambda term, value: known.get(term) != value


def _same(first: sympy.Expr | None, second: sympy.Expr | None) -> bool:
    return first is not None and second is not None and terms(first) == terms(second)


# ---- Recovering the formula --------------------------------------------------------------------------------


def recover(evaluate: Evaluate, name: str, sizes: Sizes | None = None, shown_as: str = "") -> Recovered:
    """The formula that a function computes.

    Parameters
    ----------
    evaluate : function
        Makes the calls; see `student.questions`. It is called twice: for the test of linearity, then for all
        unit arrays.
    name : str
        Which function of the course it is meant to be.
    sizes : Sizes, optional
    shown_as : str, optional
        Its own name, where it has another.

    Raises
    ------
    RecoverError
        The lecture has no formula for it, or recovering it would take too many calls.
    NoFormula
        It fails, or is not linear where the lecture's formula is.
    LayerError
        The sizes make no layer.
    """
    reading, title = reading_of(name), shown_as or name
    layer = reading.layer(title, sizes or Sizes())
    prober = _Prober(evaluate, reading, layer, title)
    lecture, shape = reading.lecture(layer), reading.shape(layer)
    return Recovered(title, layer, prober.formulas(), lecture, prober.shape, shape)


def recover_file(
    path: Path,
    function: str,
    sizes: Sizes,
    meant: str = "",
    isolation: Isolation = "process",
    limits: Limits | None = None,
) -> Recovered:
    """The formula that `function` in a student's file computes; the file is run in the sandbox only.

    Parameters
    ----------
    meant : str, optional
        The course's function that it is meant to be, where it has another name.
    isolation
        See `questions.in_file`.

    Raises
    ------
    RecoverError, NoFormula, LayerError, SubmissionError, SandboxError, BubblewrapMissing
    """
    reading_of(meant or function)  # refuses an unknown name before the file is run
    try:
        evaluate = questions.in_file(path, function, isolation, limits)
        return compare(evaluate, meant or function, sizes, shown_as=function)
    except questions.QuestionError as error:
        raise RecoverError(error.text) from error


def compare(evaluate: Evaluate, name: str, sizes: Sizes, shown_as: str = "") -> Recovered:
    """`recover`, and where the formulas agree, again for the sizes `Reading.uneven`.

    The lecture's square examples do not show swapped height and width, one map does not show a forgotten
    channel, nor a step of 1 a missing stride. The result is that of the uneven sizes if the formulas differ
    there; it says in any case what was tried.
    """
    found = recover(evaluate, name, sizes, shown_as)
    reading = reading_of(name)
    uneven = reading.uneven(sizes) if found.agrees else None
    if uneven is None or (layer := reading.layer(shown_as or name, uneven)) == found.layer:
        return found
    size = described(layer)
    try:
        again = recover(evaluate, name, uneven, shown_as)
    except RecoverError as error:  # such as a function that was written for one size
        return replace(found, tried=(say("cnn.formula.tried_in_vain", size=size, why=error.text),))
    if again.agrees:
        return replace(found, tried=(say("cnn.formula.tried", size=size),))
    return replace(again, tried=(say("cnn.formula.tried", size=described(found.layer)),))


def described(layer: AnyLayer) -> Text:
    """A layer's sizes in words, and the number of samples."""
    samples = getattr(layer, "samples", 1)
    words = [describe(layer), say("cnn.layer.samples", samples=samples)]
    return joined(words[: 1 + (samples > 1)], "list.clauses")


Part = tuple[tuple[int, int], ...]
"""A product of arrays by their numbers: of the element at a place of each, or of `ALL` elements; () is 1."""
ALL = -1


class _Prober:
    """Calls one function for one layer, and checks what it returns.

    Attributes
    ----------
    arrays : list of Array
        The arguments that vary from call to call.
    given : array or None
        The input that max pooling is routed by.
    shape : tuple of int
        Of the function's result; known after the first calls.
    whole : bool
        Whether it makes whole numbers of random ones.
    """

    def __init__(self, evaluate: Evaluate, reading: Reading, layer: AnyLayer, title: str) -> None:
        self.evaluate, self.reading, self.layer, self.title = evaluate, reading, layer, title
        self.given = given_input(layer) if reading.routed else None
        given = reading.routed == "given"
        self.arrays = [array for array in reading.arrays if not (given and array.letter == "a")]
        self.shapes = [array.shape(layer) for array in self.arrays]
        self.shape: tuple[int, ...] = ()
        self.whole = False
        self._random = np.random.default_rng(1)

    def formulas(self) -> dict[Quantity, sympy.Expr]:
        """The formula of each element of the result: run on unit arrays, then tested on random ones."""
        sizes = [math.prod(shape) for shape in self.shapes]
        present = self._present()
        count = sum(math.prod(sizes[i] for i in part) for part in present)
        if count > MAX_CALLS:
            counts = {"count": f"{count:,}", "limit": f"{MAX_CALLS:,}"}
            raise RecoverError(say("cnn.formula.too_many_calls", **counts))
        asked: list[Part] = [
            tuple(zip(part, places, strict=True))
            for part in present
            for places in positions(tuple(sizes[i] for i in part))
        ]
        test = [self._draw(), self._draw()]
        values = self._ask([*map(self._units, asked), *test])
        found = _own_parts(asked, values)
        for arrays, value in zip(test, values[len(asked) :], strict=True):
            total = np.zeros(self.shape)
            for part, coefficient in found.items():
                total = total + coefficient * math.prod(arrays[i].flat[place] for i, place in part)
            if _largest(total - value) > _TOLERANCE * max(1.0, _largest(value)):
                raise self._none(say("cnn.formula.wrong_kind", function=self.title))
        return self._written(found)

    def _present(self) -> list[tuple[int, ...]]:
        """The products of arrays that the function is a sum of, after a test that it is linear in each array.

        A function that is linear, up to a constant, in each array while the others are fixed is a sum with
        one part for each set of arrays: its value when all others are 0, minus the parts of smaller sets.
        """
        numbers = range(len(self.arrays))
        first, second = self._draw(), self._draw()
        sets = [part for size in range(len(numbers) + 1) for part in itertools.combinations(numbers, size)]
        parts: list[Part] = [tuple((i, ALL) for i in part) for part in sets]
        calls = [self._units(part, first) for part in parts]
        for i in numbers:
            mixed = 1.75 * first[i] - 0.75 * second[i]
            calls += [[*first[:i], replaced, *first[i + 1 :]] for replaced in (second[i], mixed)]
        values = self._ask(calls)
        self.whole = np.array_equal(values, np.rint(values))
        scale = max(_largest(values), 1e-300)
        at_first, variations = values[len(sets) - 1], values[len(sets) :]
        for array, at_second, at_mixed in zip(self.arrays, variations[::2], variations[1::2], strict=True):
            if _largest(at_mixed - (1.75 * at_first - 0.75 * at_second)) > _TOLERANCE * scale:
                letter = {"delta": "δ", "dsigma": "σ′"}.get(array.letter, array.letter)
                raise self._none(say("cnn.formula.not_linear", function=self.title, letter=letter))
        own = _own_parts(parts, values).values()
        return [part for part, value in zip(sets, own, strict=True) if _largest(value) > _TOLERANCE * scale]

    def _units(self, part: Part, whole: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
        """Arrays of zeros but for what the part is a product of."""
        arrays = [np.zeros(shape) for shape in self.shapes]
        for i, place in part:
            if place == ALL:
                arrays[i] = whole[i]
            else:
                arrays[i].flat[place] = 1.0
        return arrays

    def _written(self, found: dict[Part, np.ndarray]) -> dict[Quantity, sympy.Expr]:
        names = [array.quantities(self.layer) for array in self.arrays]
        result: dict[Quantity, sympy.Expr] = {}
        for position in positions(self.shape):
            parts: dict[Monomial, float] = {
                tuple(names[i][place] for i, place in part): float(coefficient[position])
                for part, coefficient in found.items()
            }
            if self.reading.routed == "near":
                parts = self._from_the_given(parts, names[0])
            exact = ((term, _fraction(value)) for term, value in parts.items() if abs(value) > _TOLERANCE)
            result[self.reading.result.quantity(self.layer, position)] = polynomial(exact)
        return result

    def _from_the_given(self, parts: dict[Monomial, float], names: list[Quantity]) -> dict[Monomial, float]:
        """The polynomial in a, from that in (a − g)/step, where g is the given input."""
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
        """The function's values, stacked.

        Raises
        ------
        NoFormula
            A value cannot be used, or the values have different shapes.
        """
        answers = self.evaluate([self._arguments(arrays) for arrays in calls])
        values = [self._checked(answer) for answer in answers]
        shapes = {value.shape for value in values}
        if len(shapes) > 1:
            raise NoFormula(say("cnn.formula.shape_varies", function=self.title))
        self.shape = values[0].shape
        return np.array(values)

    def _arguments(self, arrays: list[np.ndarray]) -> tuple[Any, ...]:
        varied = iter(arrays)
        values: list[Any] = []
        for array in self.reading.arrays:
            value = next(varied) if array in self.arrays else 0.0
            if self.given is not None and array.letter == "a":
                value = self.given.reshape(array.shape(self.layer)) + _STEP * value
            values.append(value)
        return self.reading.arguments_of_call(self.layer, values)

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

    def _none(self, why: Text) -> NoFormula:
        cut = say("cnn.formula.whole_numbers")
        return NoFormula(joined([why, cut], "list.sentences") if self.whole else why)


def _own_parts(parts: Iterable[Part], values: np.ndarray) -> dict[Part, np.ndarray]:
    """Of each product its own share of the value: without those of the products of fewer of its factors."""
    found: dict[Part, np.ndarray] = {}
    for part, value in zip(parts, values, strict=False):
        smaller = (less for size in range(len(part)) for less in itertools.combinations(part, size))
        found[part] = value - sum(found[less] for less in smaller if less in found)
    return found


def _largest(values: np.ndarray) -> float:
    return float(np.max(np.abs(values), initial=0.0))


def _fraction(value: float) -> Fraction:
    """1/4 for 0.25, 1/3 for 0.333…: the simplest fraction within rounding errors of the number."""
    simple = Fraction(value).limit_denominator(10_000)
    return simple if abs(float(simple) - value) <= 1e-7 * max(1.0, abs(value)) else Fraction(value)
