"""Facts about a call that computes a layer: number of images, stride, positions of windows, coverage.

They are read off the arguments by the course's names (`delta`, `w`, `x`, `stride`, `window`, `input_shape`,
…). A fact that the arguments do not show, or that the sizes contradict, is None, and diagnosis then says
nothing that depends on it. `cnn.diagnosis` uses these facts.
"""

from functools import cached_property
from typing import Any

import numpy as np

from autograder.base.messages import Text, say
from autograder.cnn.comparators import Shares
from autograder.judging.diagnosis.facts import Facts

Pair = tuple[int, int]
"""(rows, columns)"""

_CONVOLUTIONAL = {"stride", "padding", "window", "kernel_shape", "input_shape", "delta", "w"}
"""With one of these parameters, an array of four axes is taken as images, channels, rows and columns."""


class LayerFacts(Facts):
    """The arguments of one case by name, and what follows from them for a layer."""

    @cached_property
    def convolutional(self) -> bool:
        return not _CONVOLUTIONAL.isdisjoint(self.parameters)

    @cached_property
    def pooling(self) -> bool:
        return "window" in self.parameters

    @cached_property
    def backward(self) -> bool:
        """Whether the result is the residual of the previous layer, over which the windows moved."""
        before = {"input_shape", "dsigma", "window"}
        parameters = {*self.parameters}
        return (
            "delta" in parameters and "kernel_shape" not in parameters and not before.isdisjoint(parameters)
        )

    @property
    def ties(self) -> bool:
        return isinstance(self.case.accept, Shares)

    # ------------------------------------------------------------------------------------ the four axes

    @cached_property
    def images(self) -> int | None:
        return self._of_four("input_shape", 0) or self._of_four("x", 0) or self._of_four("delta", 0)

    @property
    def samples(self) -> int | None:
        return self.arrays["labels"].size if "labels" in self.arrays else None

    @cached_property
    def channels(self) -> int | None:
        of_delta = None if self._delta_has_kernels else self._of_four("delta", 1)
        return self._of_four("input_shape", 1) or self._of_four("x", 1) or self._of_four("w", 1) or of_delta

    @cached_property
    def kernels(self) -> int | None:
        return self._of_four("w", 0) or (self._of_four("delta", 1) if self._delta_has_kernels else None)

    @cached_property
    def _delta_has_kernels(self) -> bool:
        """Whether the residual has a map for each kernel, not for each channel as in pooling and in sums."""
        same = getattr(self.case.expected, "shape", None) == self._shape("delta")
        has_kernels = not same or not {"w", "kernel_shape"}.isdisjoint(self.parameters)
        return has_kernels and not self.pooling

    def _of_four(self, name: str, axis: int) -> int | None:
        """The length of an axis of an argument that is a four-axis array, or the shape of one."""
        shape = self._shape(name)
        return shape[axis] if self.convolutional and shape is not None and len(shape) == 4 else None

    def _shape(self, name: str) -> tuple[int, ...] | None:
        value = self.named.get(name)
        if isinstance(value, np.ndarray):
            return tuple(value.shape)
        if name.endswith("_shape") and isinstance(value, tuple | list):
            return tuple(value) if all(type(length) is int for length in value) else None
        return None

    # ------------------------------------------------------------------------ sizes in (rows, columns)

    @cached_property
    def input(self) -> Pair | None:
        """The size of the map that windows move over, without padding."""
        before = ("input_shape", "x", "a") if self.convolutional else ()
        return next(filter(None, map(self._plane, before)), None) or self._other_input

    @cached_property
    def _other_input(self) -> Pair | None:
        return self._plane("image") or (self._plane("dsigma") if "delta" in self.parameters else None)

    @cached_property
    def output(self) -> Pair | None:
        """The size of the output map: that of the residual, or of the result."""
        if "delta" in self.parameters:
            return self._plane("delta")
        expected = self.case.expected
        return _last_two(expected.shape) if isinstance(expected, np.ndarray) else None

    @cached_property
    def kernel(self) -> Pair | None:
        """Height and width of the kernel, or of the pooling window."""
        if self.pooling:
            return _pair(self.named.get("window"))
        given = self._plane("kernel_shape") or self._plane("w")
        if given or self.input is None or self.output is None or "stride" in self.parameters:
            return given
        size = (self.input[0] - self.output[0] + 1, self.input[1] - self.output[1] + 1)
        return (
            size if isinstance(self.case.expected, np.ndarray) and self.case.expected.shape == size else None
        )

    def _plane(self, name: str) -> Pair | None:
        return _last_two(self._shape(name))

    @cached_property
    def padding(self) -> int | None:
        """As given, or 0 where the sizes agree with it."""
        if "padding" in self.named:
            value = self.named["padding"]
            return value if type(value) is int and value >= 0 else None
        return 0 if "padding" not in self.parameters or self._fits(self._any_stride, 0) else None

    @cached_property
    def stride(self) -> Pair | None:
        """As given; else the default (the window in pooling, 1 otherwise) where the sizes agree with it."""
        if "stride" in self.named:
            return _pair(self.named["stride"])
        usual = self._any_stride
        return usual if self._fits(usual, self.padding or 0) else None

    @cached_property
    def _any_stride(self) -> Pair | None:
        if "stride" in self.named:
            return _pair(self.named["stride"])
        return self.kernel if self.pooling and "stride" not in self.parameters else (1, 1)

    def _fits(self, stride: Pair | None, padding: int) -> bool:
        if stride is None or self.input is None or self.kernel is None or self.output is None:
            return False
        return self.output == tuple(
            (size + 2 * padding - k) // s + 1
            for size, k, s in zip(self.input, self.kernel, stride, strict=True)
        )

    @cached_property
    def positions(self) -> Pair | None:
        """The numbers of window positions along rows and columns."""
        if self.stride is None or self.padding is None or not self._fits(self.stride, self.padding):
            return None
        return self.output

    @cached_property
    def remainder(self) -> Pair | None:
        """Rows and columns at the bottom and right that no window reaches."""
        if self.positions is None:
            return None
        assert self.input and self.kernel and self.stride and self.padding is not None
        rows, columns = (
            max(0, (size + 2 * self.padding - k) % s)
            for size, k, s in zip(self.input, self.kernel, self.stride, strict=True)
        )
        return rows, columns

    @cached_property
    def coverage(self) -> np.ndarray | None:
        """How many windows cover each cell of the input: (rows, columns)."""
        if self.positions is None:
            return None
        assert self.input and self.kernel and self.stride and self.padding is not None
        axes = [
            _covered(size, k, s, n, self.padding)
            for size, k, s, n in zip(self.input, self.kernel, self.stride, self.positions, strict=True)
        ]
        return np.asarray(np.outer(*axes))

    # ------------------------------------------------------------------------------------ names of axes

    def axis_name(self, axes: int, axis: int) -> Text | None:
        if axes != 4 or not self.convolutional:
            return None
        if axis == 0:
            return say("cnn.axis.kernels") if "kernel_shape" in self.parameters else say("cnn.axis.images")
        if axis == 1:
            return say("cnn.axis.channels")
        return say("symptom.axis_rows") if axis == 2 else say("symptom.axis_columns")

    def broadcast(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
        """A vector is broadcast along the axis of channels."""
        if array.ndim == 1 and len(shape) == 4 and len(array) == shape[1]:
            return array[:, None, None]
        return super().broadcast(array, shape)


def _covered(size: int, k: int, s: int, n: int, padding: int) -> np.ndarray:
    """For each of `size` cells along an axis, how many of n windows of k cells with stride s cover it."""
    first = np.arange(n) * s - padding
    cells = np.arange(size)[:, None]
    return np.asarray(np.sum((cells >= first) & (cells < first + k), axis=1))


def _last_two(shape: tuple[int, ...] | None) -> Pair | None:
    return (shape[-2], shape[-1]) if shape is not None and len(shape) in (2, 4) else None


def _pair(value: Any) -> Pair | None:
    if type(value) is int:
        value = (value, value)
    if isinstance(value, tuple | list) and len(value) == 2 and all(type(n) is int and n > 0 for n in value):
        return value[0], value[1]
    return None
