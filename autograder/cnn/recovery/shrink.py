"""Illustrate a mistake by the lecture's formulas: a smaller input, and the formula of the code.

The engine's feedback calls `illustrate` (`judging.domain`), under a time limit, for an exercise that has
failed; an error here must cost the illustration only, never the check. A student's installation holds no
solution, but for the functions of `readings` the right value is derived for any size. Sizes are tried in
ascending order, with small whole numbers in the arrays, until one shows the mistake; then irrelevant numbers
become zero. No code may run here: an `Evaluate` is asked.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.base.messages import Verbatim, say
from autograder.base.timeout import OutOfTime
from autograder.cnn.derivations.layer import AnyLayer, LayerError, Pooling, positions
from autograder.cnn.derivations.symbols import Quantity, terms
from autograder.cnn.recovery.readings import READINGS, Reading, Sizes, given_input
from autograder.cnn.recovery.recover import recover
from autograder.judging.answer_key import KeyExercise
from autograder.judging.comparison import Close, Difference
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.pictures.failure import Failure, Oracle, compared, size
from autograder.student.feedback.card import Formula
from autograder.student.questions import Evaluate, Failed

ELEMENTS = 2
"""Elements whose formula is shown beside the lecture's."""
MAX_LAYERS = 400
"""Sizes that are tried; the last have some twenty numbers."""
BATCH = 40
"""Calls that are asked for together: each request to the sandbox takes a process."""
SINGLED_OUT = 4
"""An array with more elements than this is tried with all but one of them zero."""

_ACCEPT = Close()


def illustrate(
    exercise: KeyExercise, judged: Judged, asking: Callable[[], Evaluate]
) -> tuple[Failure | None, Formula | None]:
    """A smaller input and the differing formula, where they are found.

    The formula is shown at the lecture's own size, else at that of the smaller input: the two may differ only
    there.
    """
    name = exercise.name
    if name not in READINGS:
        return None, None
    smaller: Failure | None = None
    chosen = [Sizes()]
    below = size(tuple(judged.case.args)) + size(judged.case.expected)
    try:
        if found := shrink(asking(), name, exercise.parameters, judged.difference, below):
            smaller, sizes = found
            chosen.append(sizes)
    except (OutOfTime, SystemExit, Exception):  # the formula may still be found
        pass
    try:
        evaluate = asking()
        for sizes in chosen:
            section = recover(evaluate, name, sizes).differences(ELEMENTS)
            if section is not None:
                return smaller, Formula(say("cnn.card.formula_heading"), section)
    except (OutOfTime, SystemExit, Exception):  # the card is shown without it
        pass
    return smaller, None


def shrink(
    evaluate: Evaluate, name: str, parameters: Sequence[str], difference: Difference, below: int
) -> tuple[Failure, Sizes] | None:
    """The smallest input for which the function `name` is wrong as in the visible case, and its sizes.

    Parameters
    ----------
    difference : Difference
        The visible case's; a crash at some odd size is another mistake, and so is another shape.
    below : int
        Numbers in the visible case; the smaller input must have fewer.
    """
    candidates = _candidates(name, READINGS[name], below)
    while batch := list(itertools.islice(candidates, BATCH)):
        answers = evaluate([case.arguments for case in batch])
        for case, answer in zip(batch, answers, strict=True):
            if case.is_wrong(answer, difference):
                for place, _ in enumerate(case.arrays):
                    tried = case.singled_out(place)
                    returned = evaluate([each.arguments for each in tried]) if tried else []
                    pairs = zip(tried, returned, strict=True)
                    wrong = (pair for pair in pairs if pair[0].is_wrong(pair[1], difference))
                    case, answer = next(wrong, (case, answer))
                failure = compared(
                    name,
                    Verbatim(""),
                    tuple(zip(parameters, case.arguments, strict=False)),
                    _ACCEPT,
                    _as_values(answer),
                    case.expected(),
                    Oracle(say("cnn.card.case_smallest"), say("cnn.card.side_lecture")),
                )
                return failure, case.sizes
    return None


# ---- Cases -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A layer and its arrays: a call whose right value the lecture's formula gives."""

    reading: Reading
    sizes: Sizes
    layer: AnyLayer
    arrays: tuple[np.ndarray, ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.reading.arguments_of_call(self.layer, self.arrays)

    def expected(self) -> Any:
        """The lecture's value."""
        values: dict[Quantity, float] = {}
        for array, numbers in zip(self.reading.arrays, self.arrays, strict=True):
            values.update(zip(array.quantities(self.layer), numbers.ravel().tolist(), strict=True))
        formulas, shape = self.reading.lecture(self.layer), self.reading.shape(self.layer)
        result = np.zeros(shape)
        for place in positions(shape):
            formula = formulas[self.reading.result.quantity(self.layer, place)]
            result[place] = math.fsum(
                float(coefficient) * math.prod(values[factor] for factor in monomial)
                for monomial, coefficient in terms(formula).items()
            )
        return result if shape else float(result)

    def is_wrong(self, answer: Any, difference: Difference) -> bool:
        if isinstance(answer, Failed):
            return False
        return _ACCEPT.difference(_as_values(answer), self.expected()).kind == difference.kind

    def singled_out(self, place: int) -> list["_Case"]:
        """With all but one element of a larger array zero: not of max pooling's input, whose winners would
        change, nor of σ′, which would hide what it multiplies."""
        fixed = ("dsigma", "a") if self.reading.routed else ("dsigma",)
        numbers = self.arrays[place]
        if self.reading.arrays[place].letter in fixed or numbers.size <= SINGLED_OUT:
            return []
        units = np.eye(numbers.size).reshape(numbers.size, *numbers.shape)
        before, after = self.arrays[:place], self.arrays[place + 1 :]
        return [replace(self, arrays=(*before, unit, *after)) for unit in units]


def _as_values(answer: Any) -> Any:
    """Numbers unchanged; of any other object that a function returns, the name of its type."""
    if isinstance(answer, np.generic):
        return answer.item()
    if type(answer) is np.ndarray or isinstance(answer, bool | int | float | list | tuple):
        return answer
    return type(answer).__name__


def _candidates(name: str, reading: Reading, below: int) -> Iterator[_Case]:
    """Cases in ascending order of size, for each size first without σ′ and bias (1 and 0). At the end the
    smallest sizes again with halves, for functions that round."""
    halves: list[_Case] = []
    known: set[str] = set()
    for sizes in _ascending(reading):
        try:
            layer = reading.layer(name, sizes)
            if _leaves_a_remainder(reading, layer):
                continue
            plain = _Case(reading, sizes, layer, _arrays(reading, layer, plain=True))
            full = _Case(reading, sizes, layer, _arrays(reading, layer, plain=False))
            if size(plain.arguments) + math.prod(reading.shape(layer)) >= below:
                continue
            called = repr(
                [np.shape(each) if isinstance(each, np.ndarray) else each for each in plain.arguments]
            )
        except LayerError:
            continue
        if called in known:  # the bias gradient, for example, does not depend on the kernel
            continue
        known.add(called)
        yield plain
        if not all(map(np.array_equal, plain.arrays, full.arrays)):
            yield full
        if len(halves) < BATCH and not reading.routed:
            halves += _with_halves(full)
    yield from halves


def _with_halves(case: _Case) -> Iterator[_Case]:
    """Halves in all arrays, then in all but one of integers, whose dtype the result must not have."""
    for whole in (None, *range(len(case.arrays))):
        arrays = tuple(
            numbers.astype(int) if place == whole else numbers + 0.5
            for place, numbers in enumerate(case.arrays)
        )
        yield replace(case, arrays=arrays)


def _arrays(reading: Reading, layer: AnyLayer, *, plain: bool) -> tuple[np.ndarray, ...]:
    made = []
    for argument in reading.arrays:
        shape = argument.shape(layer)
        if reading.routed and argument.letter == "a":
            numbers = given_input(layer).reshape(shape)
        elif plain and argument.letter in ("dsigma", "b"):
            numbers = np.full(shape, float(argument.letter == "dsigma"))
        else:
            first = 1 + (argument.letter == "dsigma")
            numbers = np.arange(first, first + math.prod(shape), dtype=float).reshape(shape)
        made.append(numbers)
    return tuple(made)


# ---- Sizes, the small ones first ---------------------------------------------------------------------------


def _ascending(reading: Reading) -> list[Sizes]:
    """Sizes that a student would choose to try a function, sorted by the count of numbers."""
    if "dense" in reading.options:
        sides = itertools.product(range(1, 5), range(1, 5))
        return [Sizes(dense=pair) for pair in sorted(sides, key=lambda pair: (pair[0] * pair[1], pair))]
    menus: dict[str, Sequence[Any]] = {
        "input": [*itertools.product(range(1, 6), repeat=2)],
        "kernel": [*itertools.product(range(1, 4), repeat=2)],
        "stride": (1, 2, 3),
        "padding": (0, 1),
        "channels": (1, 2),
        "kernels": (1, 2),
        "samples": (1, 2),
    }
    chosen = [(name, menu) for name, menu in menus.items() if name in reading.options]
    ordered: list[tuple[float, int, Sizes]] = []
    for values in itertools.product(*(menu for _, menu in chosen)):
        sizes = Sizes(**dict(zip((name for name, _ in chosen), values, strict=True)))
        cost = _cost(sizes)
        if cost is not None:
            ordered.append((cost, len(ordered), sizes))
    ordered.sort(key=lambda entry: entry[:2])
    return [sizes for _, _, sizes in ordered[:MAX_LAYERS]]


def _leaves_a_remainder(reading: Reading, layer: AnyLayer) -> bool:
    """Whether windows side by side do not fill the map, as exercises without a stride require."""
    if "stride" in reading.options or not isinstance(layer, Pooling):
        return False
    return any(side % window for side, window in zip(layer.input, layer.window, strict=True))


def _cost(sizes: Sizes) -> float | None:
    """Count of numbers in the layer's arrays, and a penalty for unusual sizes; None to leave them out."""
    (height, width), (kh, kw) = sizes.input or (1, 1), sizes.kernel or (1, 1)
    stride, padding = sizes.stride or 1, sizes.padding or 0
    channels, kernels, samples = sizes.channels or 1, sizes.kernels or 1, sizes.samples or 1
    if padding >= min(kh, kw):
        return None
    spare = [(side + 2 * padding - k, k) for side, k in ((height, kh), (width, kw))]
    if any(rest < 0 for rest, _ in spare):
        return None
    output = math.prod(rest // stride + 1 for rest, _ in spare)
    if stride > 1 and output == 1:  # a stride that is never taken
        return None
    uneven = any(rest % stride for rest, _ in spare)
    numbers = samples * (channels * height * width + kernels * output) + kernels * channels * kh * kw
    return numbers + 4 * uneven + 0.5 * ((stride > 1) + (padding > 0))
