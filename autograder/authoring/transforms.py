"""Mistakes that can be made in many functions, written once and composed.

A *turn* takes a right function and returns a wrong one: it changes the arguments on their way in
(`given`), the result on its way out (`result`), or both, one turn after the other (`both`). A course's
`hidden.py` gives turns to `Exercise.mistake`; the engine puts two of them together where a student may
well have made both mistakes.

    exercise.mistake("kernel_not_rotated", given(w=lambda c: rotate180(c.w)), zh="…", en="…")
    exercise.mistake("stride_ignored", pretend("stride", 1), zh="…", en="…")
    exercise.mistake("divided_by_the_batch", result(lambda dw, c: dw / len(c.delta)), zh="…", en="…")

Nothing here changes an argument in place, unless the mistake is to do so.
"""

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

Function = Callable[..., Any]
Turn = Callable[[Function], Function]
Change = Callable[[SimpleNamespace], Any]
"""A new value for an argument, computed from all arguments of the call, such as `lambda c: c.w[::-1]`."""


def given(**changes: Change) -> Turn:
    """The function is right, but works on other arguments.

    Each change sees the arguments as they came, defaults filled in.
    """

    def turn(function: Function) -> Function:
        @functools.wraps(function)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            call = arguments(function, args, kwargs)
            new = {name: change(call) for name, change in changes.items()}
            return function(**{**vars(call), **new})

        return wrong

    return turn


def result(change: Callable[[Any, SimpleNamespace], Any]) -> Turn:
    """The function is right, but something is done to its result afterwards: `change(result, arguments)`."""

    def turn(function: Function) -> Function:
        @functools.wraps(function)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            return change(function(*args, **kwargs), arguments(function, args, kwargs))

        return wrong

    return turn


def both(*turns: Turn) -> Turn:
    """Several turns at once; the first is the innermost."""
    return lambda function: functools.reduce(lambda inner, turn: turn(inner), turns, function)


def arguments(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> SimpleNamespace:
    """The arguments of a call by their names, defaults filled in."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


# ---------------------------------------------------------------------------------- on the way in


def pretend(name: str, value: Any) -> Turn:
    """An argument is forgotten: the code behaves as if it always had this value."""
    return given(**{name: lambda call: value})


def exchanged(one: str, other: str) -> Turn:
    """Two arguments take each other's place."""
    return given(**{one: lambda call: getattr(call, other), other: lambda call: getattr(call, one)})


def turned(name: str, change: Callable[[Any], Any]) -> Turn:
    """One argument is changed by itself, such as `turned("w", rotated)`."""
    return given(**{name: lambda call: change(getattr(call, name))})


# ------------------------------------------------------------------- what is done to one array


def rotated(array: np.ndarray) -> np.ndarray:
    """Rotated by 180° in the plane of the last two axes."""
    return np.asarray(array)[..., ::-1, ::-1]


def rows_flipped(array: np.ndarray) -> np.ndarray:
    """Upside down."""
    return np.asarray(array)[..., ::-1, :]


def columns_flipped(array: np.ndarray) -> np.ndarray:
    """Left to right."""
    return np.asarray(array)[..., ::-1]


def transposed(array: np.ndarray) -> np.ndarray:
    """Rows and columns exchanged, in the plane of the last two axes."""
    return np.swapaxes(array, -1, -2)


def rotated90(array: np.ndarray) -> np.ndarray:
    """Rotated by 90° in the plane of the last two axes."""
    return np.rot90(array, axes=(-2, -1))


def first_axes_exchanged(array: np.ndarray) -> np.ndarray:
    """(K, C, …) taken for (C, K, …)."""
    return np.swapaxes(array, 0, 1)


# -------------------------------------------------------------------------------- on the way out


def divided_by(amount: Change) -> Turn:
    """A mean where a sum is asked for: divided by `amount(arguments)`."""
    return result(lambda value, call: value / amount(call))


def times(amount: Change) -> Turn:
    """Multiplied by `amount(arguments)`."""
    return result(lambda value, call: value * amount(call))


def like(name: str) -> Turn:
    """The result is collected in an array of an argument's dtype (`zeros_like`): integers cut it off."""
    return result(lambda value, call: np.asarray(value).astype(np.asarray(getattr(call, name)).dtype))
