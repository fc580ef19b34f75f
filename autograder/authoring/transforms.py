"""Mistakes that can be made in many functions, written once and composed.

A *transform* takes a right function and returns a wrong one: it changes the arguments on their way in
(`given`), the result on its way out (`result`), both, one transform after the other (`both`), or puts
another function in its place (`instead`). A course's `hidden.py` gives transforms to
`Exercise.add_misconceptions`; the engine composes two of them where a student may well have made both
mistakes.

    exercise.add_misconceptions(
        kernel_not_rotated=given(w=lambda c: rotate180(c.w)),
        stride_ignored=pretend("stride", 1),
        divided_by_the_batch=result(lambda dw, c: dw / len(c.delta)),
        loops_end_too_early=instead(without_the_last_row),
    )

Nothing here changes an argument in place, unless the mistake is to do so.
"""

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

Function = Callable[..., Any]
Transform = Callable[[Function], Function]
Change = Callable[[SimpleNamespace], Any]
"""A new value for an argument, computed from all arguments of the call, such as `lambda c: c.w[::-1]`."""


def given(**changes: Change) -> Transform:
    """The function is right, but works on other arguments.

    Each change sees the arguments as they came, defaults filled in.
    """

    def transform(function: Function) -> Function:
        @functools.wraps(function)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            call = arguments(function, args, kwargs)
            new = {name: change(call) for name, change in changes.items()}
            return function(**{**vars(call), **new})

        return wrong

    return transform


def result(change: Callable[[Any, SimpleNamespace], Any]) -> Transform:
    """The function is right, but something is done to its result afterwards: `change(result, arguments)`."""

    def transform(function: Function) -> Function:
        @functools.wraps(function)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            return change(function(*args, **kwargs), arguments(function, args, kwargs))

        return wrong

    return transform


def both(*transforms: Transform) -> Transform:
    """Several transforms at once; the first is the innermost."""
    return lambda function: functools.reduce(lambda inner, transform: transform(inner), transforms, function)


def instead(wrong: Function) -> Transform:
    """Another function altogether, for what no change of arguments or results describes."""
    return lambda function: wrong


def switched(function: Function) -> Callable[..., Transform]:
    """Transforms that set switches of `function`, which is right without them.

    For mistakes inside of a function: it is written out with a keyword argument for each of its steps,
    `inside = switched(step_by_step)`, and a mistake is `loss_halved=inside(loss=half_the_square)`. Switches
    of several such transforms add up; they go before transforms of arguments and results.
    """

    def switch(**switches: Any) -> Transform:
        def transform(reference: Function) -> Function:
            chosen = {**getattr(reference, "switches", {}), **switches}

            @functools.wraps(reference)
            def wrong(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **kwargs, **chosen)

            vars(wrong)["switches"] = chosen
            return wrong

        return transform

    return switch


def arguments(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> SimpleNamespace:
    """The arguments of a call by their names, defaults filled in."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


# ---------------------------------------------------------------------------------- on the way in


def pretend(name: str, value: Any) -> Transform:
    """An argument is forgotten: the code behaves as if it always had this value."""
    return given(**{name: lambda call: value})


def exchanged(one: str, other: str) -> Transform:
    """Two arguments take each other's place."""
    return given(**{one: lambda call: getattr(call, other), other: lambda call: getattr(call, one)})


def changed(name: str, change: Callable[[Any], Any]) -> Transform:
    """One argument is changed by itself, such as `changed("w", rotated)`."""
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


def afterwards(change: Callable[[Any], Any]) -> Transform:
    """The result is changed by itself, such as `afterwards(transposed)`."""
    return result(lambda value, call: change(value))


def divided_by(amount: Change) -> Transform:
    """A mean where a sum is asked for: divided by `amount(arguments)`."""
    return result(lambda value, call: value / amount(call))


def times(amount: Change) -> Transform:
    """Multiplied by `amount(arguments)`."""
    return result(lambda value, call: value * amount(call))


def like(name: str) -> Transform:
    """The result is collected in an array of an argument's dtype (`zeros_like`): integers cut it off."""
    return result(lambda value, call: np.asarray(value).astype(np.asarray(getattr(call, name)).dtype))
