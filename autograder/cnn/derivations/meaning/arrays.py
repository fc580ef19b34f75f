"""Arrays of terms: maps, vectors and matrices of a formula without indices.

`evaluate` calls it. A value is a sum of products (`terms`) or a NumPy array of them; what has no meaning for
its shapes raises `NotCovered`.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograder.base.messages import say
from autograder.cnn.derivations.meaning.errors import NotCovered
from autograder.cnn.derivations.meaning.terms import ZERO, Terms, negative, plus

Value = Any
"""`Terms`, or an array of `Terms`."""
Times = Callable[[Any, Any], Any]


def each(function: Callable[[Any], Terms], value: Value) -> Value:
    """The function of every element."""
    if not isinstance(value, np.ndarray):
        return function(value)
    found = np.empty(value.shape, object)
    for place in np.ndindex(value.shape):
        found[place] = function(value[place])
    return found


def rotated(value: Value) -> Value:
    """Rotated by 180° in its last two axes."""
    return _array(value)[..., ::-1, ::-1]


def transposed(value: Value) -> Value:
    """A matrix transposed; a number stays."""
    return value.T if isinstance(value, np.ndarray) and value.ndim == 2 else value


def matrix(rows: list[list[Value]]) -> Value:
    """A matrix of terms."""
    if len({len(row) for row in rows}) != 1 or any(
        isinstance(cell, np.ndarray) for row in rows for cell in row
    ):
        raise NotCovered(say("cnn.uncovered.shapes"))
    found = np.empty((len(rows), len(rows[0])), object)
    for place in np.ndindex(found.shape):
        found[place] = rows[place[0]][place[1]]
    return found


def total(parts: Sequence[tuple[int, Value]]) -> Value:
    """A sum, element by element; a number is added to every element."""
    values: list[Value] = [each(negative, part) if sign < 0 else part for sign, part in parts]
    shapes = {value.shape for value in values if isinstance(value, np.ndarray)}
    if len(shapes) > 1:
        raise NotCovered(say("cnn.uncovered.shapes"))
    if not shapes:
        return plus(values)
    found = np.empty(shapes.pop(), object)
    for place in np.ndindex(found.shape):
        cells: list[Any] = [value[place] if isinstance(value, np.ndarray) else value for value in values]
        found[place] = plus(cells)
    return found


def product(
    factors: list[Value],
    stars: frozenset[int],
    kernels: list[bool],
    mode: tuple[str, tuple[int, ...]],
    times: Times,
) -> Value:
    """A product: stars between maps bind first, then matrices are multiplied, or elements where shapes agree.

    Parameters
    ----------
    stars : set of int
        Before which factors a star stands.
    kernels : list of bool
        Which factors are made of the kernel.
    mode : (star, shape)
        What a star is, and the shape of what the equation is about: it tells the full map from the valid one.
    """
    parts: list[Value] = []
    held: list[bool] = []
    for place, factor in enumerate(factors):
        if place in stars and _is_map(parts[-1]) and _is_map(factor):
            kernel = kernels[place] and not held[-1]
            maps = (parts[-1], factor) if kernel or held[-1] == kernels[place] else (factor, parts[-1])
            parts[-1] = _starred(*maps, mode, times, chosen=kernels[place] != held[-1])
        else:
            parts.append(factor)
            held.append(kernels[place])
    try:
        return reduce(lambda first, second: _times(first, second, times), parts)
    except NotCovered:
        return reduce(lambda second, first: _times(first, second, times), reversed(parts))


def _is_map(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and min(value.shape) > 1


def _times(first: Value, second: Value, times: Times) -> Value:
    if not isinstance(first, np.ndarray):
        return each(lambda terms: times(first, terms), second)
    if not isinstance(second, np.ndarray):
        return each(lambda terms: times(terms, second), first)
    if first.shape != second.shape and first.ndim == second.ndim == 2 and first.shape[1] == second.shape[0]:
        return _matrix_product(first, second, times)
    if first.shape != second.shape:
        raise NotCovered(say("cnn.uncovered.shapes"))
    found = np.empty(first.shape, object)
    for place in np.ndindex(first.shape):
        found[place] = times(first[place], second[place])
    return found


def _matrix_product(first: Value, second: Value, times: Times) -> Value:
    found = np.empty((first.shape[0], second.shape[1]), object)
    for row, column in np.ndindex(found.shape):
        products = zip(first[row], second[:, column], strict=True)
        found[row, column] = plus([times(some, more) for some, more in products])
    return found


def _starred(
    moved_over: Value, kernel: Value, mode: tuple[str, tuple[int, ...]], times: Times, chosen: bool
) -> Value:
    """The kernel moved over the map: everywhere it fits, or with zeros around the map."""
    star, shape = mode
    if not chosen and moved_over.size < kernel.size:
        moved_over, kernel = kernel, moved_over
    (height, width), (kh, kw) = moved_over.shape, kernel.shape
    kernel = kernel[::-1, ::-1] if star == "convolution" else kernel
    if shape == (height + kh - 1, width + kw - 1):
        padded = np.full((height + 2 * kh - 2, width + 2 * kw - 2), None, object)
        for place in np.ndindex(padded.shape):
            padded[place] = ZERO
        padded[kh - 1 : kh - 1 + height, kw - 1 : kw - 1 + width] = moved_over
        moved_over = padded
    elif shape != (height - kh + 1, width - kw + 1):
        raise NotCovered(say("cnn.uncovered.shapes"))
    found = np.empty(shape, object)
    for p, q in np.ndindex(shape):
        products = (times(moved_over[p + m, q + n], kernel[m, n]) for m, n in np.ndindex(kernel.shape))
        found[p, q] = plus([each for each in products if each])
    return found


def _array(value: Value) -> Value:
    if not isinstance(value, np.ndarray) or value.ndim < 2:
        raise NotCovered(say("cnn.uncovered.shapes"))
    return value
