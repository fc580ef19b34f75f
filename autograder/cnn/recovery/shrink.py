"""A smaller input for which a function is wrong, where the lecture's formula can say what is right.

The student's installation holds no solution; but for the functions of `readings` the symbolic engine
derives the value for any size. Sizes are tried in ascending order, with small whole numbers in the arrays,
until one shows the mistake; then numbers that do not matter become zero. `illustrate` calls this. It never
runs code itself: it asks an `Evaluate`.
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
from autograder.student.feedback.failure import Failure, Oracle, compared, size
from autograder.student.questions import Evaluate, Failed

MAX_LAYERS = 400
"""Sizes that are tried; the last of them have some twenty numbers."""
BATCH = 40
"""Calls are asked for in batches, for in a sandbox each question takes a process."""
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
    evaluate: Evaluate, name: str, parameters: Sequence[str], how: Difference, below: int
) -> Shrunk | None:
    """The smallest input for which the function `name` is wrong in the way `how`.

    Parameters
    ----------
    how : Difference
        How the visible case is wrong; a crash at some odd size is another mistake, and so is another shape.
    below : int
        Numbers in the visible case: only what has fewer is worth showing.
    """
    reading = READINGS[name]
    candidates = iter(_candidates(name, reading, below))
    while batch := list(itertools.islice(candidates, BATCH)):
        answers = evaluate([one.arguments for one in batch])
        for one, answer in zip(batch, answers, strict=True):
            if one.is_wrong(answer, how):
                one, answer = _singled_out(evaluate, one, answer, how)
                failure = compared(
                    name,
                    Verbatim(""),
                    tuple(zip(parameters, one.arguments, strict=False)),
                    _ACCEPT,
                    _as_values(answer),
                    one.expected(),
                    Oracle(say("cnn.card.case_smallest"), say("cnn.card.side_lecture")),
                )
                return Shrunk(failure, one.sizes)
    return None


# ---- One call that the lecture can answer, too -------------------------------------------------------------


@dataclass(frozen=True)
class _Question:
    """A layer, its arrays, and the arguments that they make."""

    reading: Reading
    sizes: Sizes
    layer: AnyLayer
    arrays: tuple[tuple[Array, np.ndarray], ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        values = iter(self.arrays)
        made: list[Any] = []
        for argument in self.reading.arguments:
            if isinstance(argument, Array):
                _, value = next(values)
                made.append(value if argument.axes else float(value))
            else:
                made.append(argument(self.layer))
        return tuple(made)

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

    def is_wrong(self, answer: Any, how: Difference) -> bool:
        if isinstance(answer, Failed):
            return False
        found = _ACCEPT.difference(_as_values(answer), self.expected())
        return found.kind == how.kind

    def movable(self) -> list[int]:
        """The arrays whose numbers are free: not what max pooling is routed by, nor σ′, which would only hide
        what it multiplies."""
        fixed = ("dsigma", "a") if self.reading.routed else ("dsigma",)
        return [i for i, (array, _) in enumerate(self.arrays) if array.letter not in fixed]

    def with_array(self, place: int, numbers: np.ndarray) -> "_Question":
        arrays = (
            *self.arrays[:place],
            (self.arrays[place][0], numbers),
            *self.arrays[place + 1 :],
        )
        return replace(self, arrays=arrays)


def _as_values(answer: Any) -> Any:
    """Numbers as they are; whatever a notebook's function returns besides them, by its name only."""
    if isinstance(answer, np.generic):
        return answer.item()
    if type(answer) is np.ndarray or isinstance(answer, bool | int | float | list | tuple):
        return answer
    return type(answer).__name__


def _candidates(name: str, reading: Reading, below: int) -> Iterator[_Question]:
    """Questions in ascending order of size; for each size the plain one first (σ′ all 1, no bias). At the
    end, for what is rounded away, the smallest sizes once more with halves."""
    halves: list[_Question] = []
    known: set[str] = set()
    for sizes in _ascending(reading):
        try:
            layer = reading.layer(name, sizes)
            if _leaves_a_rest(reading, layer):
                continue
            plain = _Question(reading, sizes, layer, _arrays(reading, layer, plain=True))
            full = _Question(reading, sizes, layer, _arrays(reading, layer, plain=False))
            if size(plain.arguments) + math.prod(reading.shape(layer)) >= below:
                continue
            called = repr([np.shape(one) if isinstance(one, np.ndarray) else one for one in plain.arguments])
        except LayerError:
            continue
        if called in known:  # the bias gradient, say, does not see the kernel
            continue
        known.add(called)
        yield plain
        if any(not np.array_equal(a, b) for (_, a), (_, b) in zip(plain.arrays, full.arrays, strict=True)):
            yield full
        if len(halves) < BATCH and not reading.routed:
            halves += _with_halves(full)
    yield from halves


def _with_halves(question: _Question) -> Iterator[_Question]:
    """Halves in all arrays, then in all but one, whose integers a result must not take over."""
    for whole in (None, *range(len(question.arrays))):
        arrays = tuple(
            (array, numbers.astype(int) if place == whole else numbers + 0.5)
            for place, (array, numbers) in enumerate(question.arrays)
        )
        yield replace(question, arrays=arrays)


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
    """Sizes that a student would choose to try a function with; sorted by how many numbers they take."""
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


def _leaves_a_rest(reading: Reading, layer: AnyLayer) -> bool:
    """Whether windows side by side do not fill the map, as the course asks where there is no stride."""
    if "stride" in reading.options or not isinstance(layer, Pooling):
        return False
    return any(side % window for side, window in zip(layer.input, layer.window, strict=True))


def _cost(sizes: Sizes) -> float | None:
    """Numbers in the layer's arrays, and some more for what is unusual; None for what nobody would try."""
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


# ---- Numbers that do not matter ----------------------------------------------------------------------------


def _singled_out(
    evaluate: Evaluate, question: _Question, answer: Any, how: Difference
) -> tuple[_Question, Any]:
    """All but one element of each larger array made zero, wherever the mistake still shows."""
    for place in question.movable():
        _, numbers = question.arrays[place]
        if numbers.size <= SINGLED_OUT:
            continue
        tried = []
        for at in range(numbers.size):
            alone = np.zeros(numbers.shape)
            alone.flat[at] = 1.0
            tried.append(question.with_array(place, alone))
        answers = evaluate([one.arguments for one in tried])
        for one, other in zip(tried, answers, strict=True):
            if one.is_wrong(other, how):
                question, answer = one, other
                break
    return question, answer
