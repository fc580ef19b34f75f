"""What a call is about, read off its arguments by their names.

A domain has facts of its own (`judging.domain`), read off the names that its course gives to arguments. A
fact that the names do not give stays None: what depends on it is then not said.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder.base.messages import Text
from autograder.judging.answer_key import KeyCase


@dataclass(frozen=True)
class Facts:
    """One case's arguments by name, and what follows from them."""

    parameters: tuple[str, ...]
    case: KeyCase
    rest: tuple[Any, ...] = ()
    """The default values of parameters that the call leaves out."""

    @cached_property
    def named(self) -> dict[str, Any]:
        return dict(zip(self.parameters, (*self.case.args, *self.rest), strict=False))

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        return {name: value for name, value in self.named.items() if isinstance(value, np.ndarray)}

    def number(self, name: str) -> int | None:
        """A whole number among the arguments, or the product of a pair of them."""
        value = self.named.get(name)
        if type(value) is int:
            return value
        if isinstance(value, tuple | list) and value and all(type(one) is int for one in value):
            return math.prod(value)
        return None

    def axis_name(self, axes: int, axis: int) -> Text | None:
        """What stands along an axis of a result with so many axes, in the plural, where the domain knows."""
        return None

    def beside(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
        """An argument as something to multiply a result of that shape by, or to add to it."""
        return array if array.shape in ((), shape) else None
