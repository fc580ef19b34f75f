"""Wrap a right function so that it makes a certain mistake.

A *transform* takes a right function and returns a wrong one: it changes the arguments (`given`), the result
(`result`), applies several transforms (`both`), or replaces the function (`instead`). A course's `hidden.py`
passes transforms to `Exercise.add_misconceptions`; the engine composes two of them where a student may well
make both mistakes.

    exercise.add_misconceptions(
        matrix_transposed=given(a=lambda c: c.a.T),
        step_ignored=pretend("step", 1),
        mean_for_sum=result(lambda total, c: total / len(c.x)),
        loops_end_too_early=instead(without_the_last_row),
    )

No transform changes an argument in place, unless that is the mistake.
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
"""A new value for an argument, computed from all arguments of the call, such as `lambda c: c.x[::-1]`."""


def given(**changes: Change) -> Transform:
    """The right function, called with other arguments.

    Each change receives the original arguments, defaults filled in.
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
    """The right function, its result changed afterwards by `change(result, arguments)`."""

    def transform(function: Function) -> Function:
        @functools.wraps(function)
        def wrong(*args: Any, **kwargs: Any) -> Any:
            return change(function(*args, **kwargs), arguments(function, args, kwargs))

        return wrong

    return transform


def both(*transforms: Transform) -> Transform:
    """Several transforms, the first applied first (innermost)."""
    return lambda function: functools.reduce(lambda inner, transform: transform(inner), transforms, function)


def instead(wrong: Function) -> Transform:
    """Another function altogether, where no change of arguments or results describes the mistake."""
    return lambda function: wrong


def method(name: str, transform: Transform) -> Transform:
    """A class with a wrong method, such as `method("backward", changed("delta", transposed))`.

    The transform gets the method of an object, without `self`: `method("reset", instead(lambda: None))`.
    Transforms without it change the call that makes the object: `changed("w", rotated)`.
    """

    def changed_class(made: Function) -> Function:
        @functools.wraps(made, updated=())
        def wrong(*args: Any, **kwargs: Any) -> Any:
            new = made(*args, **kwargs)
            setattr(new, name, transform(getattr(new, name)))
            return new

        return wrong

    return changed_class


def switched(function: Function) -> Callable[..., Transform]:
    """Transforms that set keyword arguments ("switches") of `function`, which is right without them.

    For mistakes inside a function: write it with a keyword argument for each step,
    `inside = switched(step_by_step)`; a mistake is then `loss_halved=inside(loss=half_the_square)`. Switches
    of several such transforms accumulate; apply them before transforms of arguments and results.
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


@functools.lru_cache(1000)
def _signature(function: Function) -> inspect.Signature:
    return inspect.signature(function)


def arguments(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> SimpleNamespace:
    """The arguments of a call by their names, defaults filled in."""
    bound = _signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


# ---------------------------------------------------------------------------------- changed arguments


def pretend(name: str, value: Any) -> Transform:
    """An argument is ignored: the code behaves as if it always had this value."""
    return given(**{name: lambda call: value})


def exchanged(first: str, second: str) -> Transform:
    """Two arguments are exchanged."""
    return given(**{first: lambda call: getattr(call, second), second: lambda call: getattr(call, first)})


def changed(name: str, change: Callable[[Any], Any]) -> Transform:
    """One argument is changed, such as `changed("x", rotated)`."""
    return given(**{name: lambda call: change(getattr(call, name))})


# ------------------------------------------------------------------- changes of an array


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
    """The first two axes exchanged."""
    return np.swapaxes(array, 0, 1)


# -------------------------------------------------------------------------------- changed results


def afterwards(change: Callable[[Any], Any]) -> Transform:
    """The result is changed, such as `afterwards(transposed)`."""
    return result(lambda value, call: change(value))


def divided_by(amount: Change | float) -> Transform:
    """A mean where a sum is asked for: divided by a number or by `amount(arguments)`."""
    return result(lambda value, call: value / (amount(call) if callable(amount) else amount))


def times(amount: Change | float) -> Transform:
    """Multiplied by a number or by `amount(arguments)`."""
    return result(lambda value, call: value * (amount(call) if callable(amount) else amount))


def like(name: str) -> Transform:
    """The result is stored in an array of an argument's dtype (`zeros_like`): integers truncate it."""
    return result(lambda value, call: np.asarray(value).astype(np.asarray(getattr(call, name)).dtype))
