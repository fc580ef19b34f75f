"""Facts about a case, read off its arguments by their names.

A domain may subclass `Facts`, for the names that its course gives to arguments. A fact that the arguments do
not show is None, and diagnosis then says nothing that depends on it.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder.base.messages import Text
from autograder.judging.key_records import KeyCase


@dataclass(frozen=True, eq=False)
class Facts:
    """The arguments of one case by name, and what follows from them; equal only to themselves."""

    parameters: tuple[str, ...]
    case: KeyCase
    rest: tuple[Any, ...] = ()
    """The default values of the parameters that the call leaves out."""

    @cached_property
    def named(self) -> dict[str, Any]:
        return dict(zip(self.parameters, (*self.case.args, *self.rest), strict=False))

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        return {name: value for name, value in self.named.items() if isinstance(value, np.ndarray)}

    @property
    def in_every_case(self) -> tuple[str, ...]:
        """The parameters that no case lacks: of a class those of the call that makes the object."""
        return (self.case.script[0].parameters or ()) if self.case.script else self.parameters

    def is_given(self, name: str) -> bool:
        """Whether the call has this argument, rather than leaving it out."""
        return name in self.parameters[: len(self.case.args)]

    def number(self, name: str) -> int | None:
        """A whole number among the arguments, or the product of a pair of them."""
        value = self.named.get(name)
        if type(value) is int:
            return value
        if isinstance(value, tuple | list) and value and all(type(factor) is int for factor in value):
            return math.prod(value)
        return None

    def axis_name(self, axes: int, axis: int) -> Text | None:
        """What lies along one axis of a result with `axes` axes, in the plural, if the domain knows it."""
        return None

    def broadcast(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
        """An argument as a factor or term of a result of that shape; None where it does not fit."""
        return array if array.shape in ((), shape) else None
