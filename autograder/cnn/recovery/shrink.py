"""Find a smaller input for which a function is wrong.

A student's installation holds no solution, but for the functions of `readings` the right value is derived for
any size. Sizes are tried in ascending order, with small whole numbers in the arrays, until one shows the
mistake; then irrelevant numbers become zero. `illustrate` calls this. It must not run code itself: it asks an
`Evaluate`.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.base.messages import Verbatim, say
from autograder.cnn.derivations.layer import AnyLayer, LayerError, Pooling, positions
from autograder.cnn.derivations.symbols import Quantity, terms
from autograder.cnn.recovery.readings import READINGS, Array, Reading, Sizes, given_input
from autograder.judging.comparison import Close, Difference
from autograder.judging.pictures.failure import Failure, Oracle, compared, size
from autograder.student.questions import Evaluate, Failed

MAX_LAYERS = 400
"""Sizes that are tried; the last have some twenty numbers."""
BATCH = 40
"""Calls that are asked for together: each request to the sandbox takes a process."""
SINGLED_OUT = 4
"""An array with more elements than this is tried with all but one of them zero."""

_ACCEPT = Close()


@dataclass(frozen=True)
class Shrunk:
    """The smallest input found, and the sizes of its layer."""

    failure: Failure
    sizes: Sizes


def can_shrink(name: str) -> bool:
    """Whether the lecture has a formula for the function."""
    return name in READINGS


def shrink(
    evaluate: Evaluate, name: str, parameters: Sequence[str], difference: Difference, below: int
) -> Shrunk | None:
    """The smallest input for which the function `name` is wrong as it is in the visible case.

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
                case, answer = _singled_out(evaluate, case, answer, difference)
                failure = compared(
                    name,
                    Verbatim(""),
                    tuple(zip(parameters, case.arguments, strict=False)),
                    _ACCEPT,
                    _as_values(answer),
                    case.expected(),
                    Oracle(say("cnn.card.case_smallest"), say("cnn.card.side_lecture")),
                )
                return Shrunk(failure, case.sizes)
    return None


# ---- Cases -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A layer and its arrays: a call whose right value the lecture's formula gives."""

    reading: Reading
    sizes: Sizes
    layer: AnyLayer
    arrays: tuple[tuple[Array, np.ndarray], ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.reading.arguments_of_call(self.layer, (numbers for _, numbers in self.arrays))

    def expected(self) -> Any:
        """The lecture's value."""
        values: dict[Quantity, float] = {}
        for array, numbers in self.arrays:
            values.update(zip(array.quantities(self.layer), numbers.ravel().tolist(), strict=True))
        formulas = self.reading.lecture(self.layer)
        shape = self.reading.shape(self.layer)
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

    def movable(self) -> list[int]:
        """The arrays that may become zero: not max pooling's input, whose winners would change, nor σ′, which
        would hide what it multiplies."""
        fixed = ("dsigma", "a") if self.reading.routed else ("dsigma",)
        return [i for i, (array, _) in enumerate(self.arrays) if array.letter not in fixed]

    def with_array(self, place: int, numbers: np.ndarray) -> "_Case":
        arrays = list(self.arrays)
        arrays[place] = (arrays[place][0], numbers)
        return replace(self, arrays=tuple(arrays))


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
        if any(not np.array_equal(a, b) for (_, a), (_, b) in zip(plain.arrays, full.arrays, strict=True)):
            yield full
        if len(halves) < BATCH and not reading.routed:
            halves += _with_halves(full)
    yield from halves


def _with_halves(case: _Case) -> Iterator[_Case]:
    """Halves in all arrays, then in all but one of integers, whose dtype the result must not have."""
    for whole in (None, *range(len(case.arrays))):
        arrays = tuple(
            (array, numbers.astype(int) if place == whole else numbers + 0.5)
            for place, (array, numbers) in enumerate(case.arrays)
        )
        yield replace(case, arrays=arrays)


def _arrays(reading: Reading, layer: AnyLayer, *, plain: bool) -> tuple[tuple[Array, np.ndarray], ...]:
    made = []
    for argument in reading.arguments:
        if not isinstance(argument, Array):
            continue
        shape = argument.shape(layer)
        if reading.routed and argument.letter == "a":
            numbers = given_input(layer).reshape(shape)
        elif plain and argument.letter == "dsigma":
            numbers = np.ones(shape)
        elif plain and argument.letter == "b":
            numbers = np.zeros(shape)
        else:
            first = 1 + (argument.letter == "dsigma")
            numbers = np.arange(first, first + math.prod(shape), dtype=float).reshape(shape)
        made.append((argument, numbers))
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


# ---- Irrelevant numbers ------------------------------------------------------------------------------------


def _singled_out(evaluate: Evaluate, case: _Case, answer: Any, difference: Difference) -> tuple[_Case, Any]:
    """All but one element of each larger array made zero, where the mistake still shows."""
    for place in case.movable():
        _, numbers = case.arrays[place]
        if numbers.size <= SINGLED_OUT:
            continue
        tried = []
        for at in range(numbers.size):
            alone = np.zeros(numbers.shape)
            alone.flat[at] = 1.0
            tried.append(case.with_array(place, alone))
        answers = zip(tried, evaluate([each.arguments for each in tried]), strict=True)
        wrong = ((each, returned) for each, returned in answers if each.is_wrong(returned, difference))
        case, answer = next(wrong, (case, answer))
    return case, answer
