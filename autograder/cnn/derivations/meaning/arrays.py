"""Arrays of terms: maps, vectors and matrices of a formula without indices.

`evaluate` calls it. A value is a sum of products (`terms`) or a NumPy array of them; what has no meaning for
its shapes raises `NotCovered`.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograder.base.messages import say
from autograder.cnn.derivations.meaning.terms import ZERO, NotCovered, Terms, negative, plus

Value = Any
"""`Terms`, or an array of `Terms`."""
Times = Callable[[Any, Any], Any]

_add = np.frompyfunc(lambda first, second: plus([first, second]), 2, 1)


def each(function: Callable[[Any], Terms], value: Value) -> Value:
    """The function of every element."""
    return np.frompyfunc(function, 1, 1)(value) if isinstance(value, np.ndarray) else function(value)


def rotated(value: Value) -> Value:
    """Rotated by 180° in its last two axes."""
    if not isinstance(value, np.ndarray) or value.ndim < 2:
        raise NotCovered(say("cnn.uncovered.shapes"))
    return value[..., ::-1, ::-1]


def transposed(value: Value) -> Value:
    """A matrix transposed; a number stays."""
    return value.T if isinstance(value, np.ndarray) and value.ndim == 2 else value


def matrix(rows: list[list[Value]]) -> Value:
    """A matrix of terms."""
    cells = [cell for row in rows for cell in row]
    if len({len(row) for row in rows}) != 1 or any(isinstance(cell, np.ndarray) for cell in cells):
        raise NotCovered(say("cnn.uncovered.shapes"))
    found = np.empty(len(cells), object)
    found[:] = cells
    return found.reshape(len(rows), -1)


def total(parts: Sequence[tuple[int, Value]]) -> Value:
    """A sum, element by element; a number is added to every element."""
    values: list[Value] = [each(negative, part) if sign < 0 else part for sign, part in parts]
    shapes = {value.shape for value in values if isinstance(value, np.ndarray)}
    if len(shapes) > 1:
        raise NotCovered(say("cnn.uncovered.shapes"))
    return reduce(_add, values) if shapes else plus(values)


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
    if not any(isinstance(factor, np.ndarray) for factor in factors):
        return reduce(times, factors)
    parts: list[Value] = []
    held: list[bool] = []
    multiply = np.frompyfunc(times, 2, 1)
    for place, factor in enumerate(factors):
        if place in stars and _is_map(parts[-1]) and _is_map(factor):
            kernel = kernels[place] and not held[-1]
            maps = (parts[-1], factor) if kernel or held[-1] == kernels[place] else (factor, parts[-1])
            parts[-1] = _starred(*maps, mode, multiply, chosen=kernels[place] != held[-1])
        else:
            parts.append(factor)
            held.append(kernels[place])
    try:
        return reduce(lambda first, second: _times(first, second, multiply), parts)
    except NotCovered:
        return reduce(lambda second, first: _times(first, second, multiply), reversed(parts))


def _is_map(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and min(value.shape) > 1


def _times(first: Value, second: Value, multiply: Times) -> Value:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray) and first.shape != second.shape:
        if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[0]:
            raise NotCovered(say("cnn.uncovered.shapes"))
        return _add.reduce(multiply(first[:, :, None], second[None]), axis=1)
    return multiply(first, second)


def _starred(
    moved_over: Value, kernel: Value, mode: tuple[str, tuple[int, ...]], multiply: Times, chosen: bool
) -> Value:
    """The kernel moved over the map: everywhere it fits, or with zeros around the map."""
    star, shape = mode
    if not chosen and moved_over.size < kernel.size:
        moved_over, kernel = kernel, moved_over
    (height, width), (kh, kw) = moved_over.shape, kernel.shape
    kernel = kernel[::-1, ::-1] if star == "convolution" else kernel
    if shape == (height + kh - 1, width + kw - 1):
        padded = np.full((height + 2 * kh - 2, width + 2 * kw - 2), ZERO, object)
        padded[kh - 1 : kh - 1 + height, kw - 1 : kw - 1 + width] = moved_over
        moved_over = padded
    elif shape != (height - kh + 1, width - kw + 1):
        raise NotCovered(say("cnn.uncovered.shapes"))
    views = np.lib.stride_tricks.sliding_window_view(moved_over, kernel.shape)
    return _add.reduce(multiply(views, kernel).reshape(*shape, -1), axis=-1)
