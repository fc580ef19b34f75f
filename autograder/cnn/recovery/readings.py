"""Which of the lecture's quantities the course's functions take: those of `conv_residual` are δ, w, σ′.

`recover` and `shrink` look up here which arrays a function takes, which quantity it returns, and the
lecture's formula for it. An instructor's own function is treated as one of these, by name. Nothing here may
call it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import numpy as np
import sympy

from autograder.base.messages import TextError, say
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import (
    AnyLayer,
    Dense,
    Layer,
    LayerError,
    Pooling,
    Size,
    Sized,
    max_pooling,
    positions,
)
from autograder.cnn.derivations.pages import closed_form
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative, LayerName, Letter, Quantity


class RecoverError(TextError):
    """The formula of a function cannot be recovered."""


class NoFormula(RecoverError):
    """The function was called, but what it computes is no formula of the lecture's kind."""


Lecture = Callable[[Any], Mapping[Any, sympy.Expr]]
"""layer ↦ the lecture's formula for each element (`Quantity`) of a function's result."""


@dataclass(frozen=True)
class Sizes:
    """What a caller may choose; None means the function's usual size."""

    input: Size | None = None
    kernel: Size | None = None
    stride: int | None = None
    padding: int | None = None
    channels: int | None = None
    kernels: int | None = None
    samples: int | None = None
    dense: Size | None = None

    def given(self) -> dict[str, Any]:
        """The sizes that were chosen, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Array:
    """An argument or result that is an array of one of the lecture's quantities.

    Parameters
    ----------
    letter, layer
        Which quantity.
    axes : int
        How many of the quantity's last axes the array has: 4 for (N, C, H, W), 2 for a single map, 1 for a
        vector, 0 for a number.
    derivative : bool
        For a result: ∂J/∂ of the quantity.
    """

    letter: Letter
    layer: LayerName
    axes: int = 2
    derivative: bool = False

    def shape(self, layer: AnyLayer) -> tuple[int, ...]:
        shape = layer.shape(self.letter, self.layer)
        return shape[len(shape) - self.axes :]

    def quantity(self, layer: AnyLayer, position: tuple[int, ...]) -> Quantity:
        """The element at `position`, which may lie beyond the lecture's shape."""
        left_out = len(layer.shape(self.letter, self.layer)) - self.axes
        if len(position) == self.axes:
            atom = layer.atom(self.letter, self.layer, (0,) * left_out + position)
        else:
            atom = Atom(self.letter, tuple(place + 1 for place in position), self.layer)
        return Derivative("J", atom) if self.derivative else atom

    def quantities(self, layer: AnyLayer) -> list[Quantity]:
        return [self.quantity(layer, position) for position in positions(self.shape(layer))]


Plain = Callable[[Any], Any]
"""An argument that is computed from the layer, such as its stride."""


@dataclass(frozen=True)
class Reading:
    """The arguments and the result of one of the course's functions, in terms of a layer.

    Parameters
    ----------
    arguments : tuple of Array or function of the layer
        In the order of the function's parameters.
    result : Array
    build : function
        The layer for chosen sizes.
    options : tuple of str
        Which of `Sizes` the function has.
    lecture : function of the layer
        The lecture's formula for each element of the result.
    extent : function of the layer, optional
        The result's shape, where it is one of the lecture's intermediate maps.
    routed : {"", "given", "near"}
        Max pooling is not linear in its input: the input is "given", and where the function has no other
        array, its formula holds "near" that input.
    """

    arguments: tuple[Array | Plain, ...]
    result: Array
    build: Callable[[dict[str, Any]], AnyLayer]
    options: tuple[str, ...]
    lecture: Lecture
    extent: Callable[[Any], tuple[int, ...]] | None = None
    routed: Literal["", "given", "near"] = ""

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Those of the arguments that are arrays."""
        return tuple(argument for argument in self.arguments if isinstance(argument, Array))

    def uneven(self, chosen: Sizes) -> Sizes | None:
        """Sizes in general position: no lengths equal, several maps and samples, a stride and a padding that
        show. What was chosen stays, and the input is so large that two windows by three fit into it."""
        if "input" not in self.options:
            return None
        pooling = self.build in (_max_pooling, _average_pooling)
        step = 2 if pooling or "padding" in self.options else 3
        kernel = (3, 3) if pooling and "stride" in self.options else (2, 3)
        usual: dict[str, Any] = {"kernel": kernel, "stride": step, "padding": 1}
        usual |= {"channels": 2, "kernels": 3, "samples": 2}
        given = chosen.given()
        sizes = {name: value for name, value in usual.items() if name in self.options} | given
        if "input" not in given:
            steps = (sizes["stride"],) * 2 if "stride" in sizes else sizes["kernel"] if pooling else (1, 1)
            remainder = int("stride" in sizes and sizes["stride"] > 1)
            spare = remainder - 2 * sizes.get("padding", 0)
            (kh, kw), (down, right) = sizes["kernel"], steps
            sizes["input"] = (max(1, kh + down + spare), max(1, kw + 2 * right + spare - remainder))
        return Sizes(**sizes)

    def arguments_of_call(self, layer: AnyLayer, values: Iterable[np.ndarray]) -> tuple[Any, ...]:
        """The arguments of a call, given the values of its arrays in their order."""
        remaining = iter(values)
        made: list[Any] = []
        for argument in self.arguments:
            value = next(remaining) if isinstance(argument, Array) else argument(layer)
            made.append(float(value) if isinstance(argument, Array) and not argument.axes else value)
        return tuple(made)

    def shape(self, layer: AnyLayer) -> tuple[int, ...]:
        """The shape of the result."""
        return self.extent(layer) if self.extent is not None else self.result.shape(layer)

    def layer(self, function: str, sizes: Sizes) -> AnyLayer:
        """The layer of the chosen sizes.

        Raises
        ------
        LayerError
        """
        chosen = sizes.given()
        for name in chosen:
            if name not in self.options:
                raise LayerError(say("cnn.formula.option_unknown", function=function, option=name))
        return self.build(chosen)


def _maps(chosen: dict[str, Any]) -> Layer:
    return Layer(**{"input": (3, 3), "kernel": (2, 2), **chosen})


def _strided(chosen: dict[str, Any]) -> Layer:
    return Layer(**{"input": (4, 4), "kernel": (2, 2), "stride": 2, **chosen})


def _units(chosen: dict[str, Any]) -> Dense:
    return Dense(*chosen.get("dense", (3, 2)))


def _average_pooling(chosen: dict[str, Any]) -> Pooling:
    step = chosen.get("stride")
    maps = {name: chosen[name] for name in ("channels", "samples") if name in chosen}
    steps = None if step is None else (step, step)
    return Pooling(chosen.get("input", (4, 4)), chosen.get("kernel", (2, 2)), steps, **maps)


def _max_pooling(chosen: dict[str, Any]) -> Pooling:
    return max_pooling(_average_pooling(chosen))


def given_input(layer: Sized) -> np.ndarray:
    """The values that route max pooling."""
    assert isinstance(layer, Pooling)
    return np.reshape([float(value) for value in layer.values], layer.shape("a", BEFORE))


def _derivatives(formulas: Callable[[Any], expand.Formulas]) -> Lecture:
    """∂J/∂x ↦ formula, where `expand` has x ↦ formula."""
    return lambda layer: {Derivative("J", atom): formula for atom, formula in formulas(layer).items()}


def _step_of(
    result: Array, source: Array, step: Callable[[Any, closed_form.Cells], closed_form.Cells]
) -> tuple[Lecture, Callable[[Any], Size]]:
    """One of the lecture's steps on a map, whose every element is one of another map or 0; and its shape."""

    def cells(layer: Any) -> closed_form.Cells:
        height, width = source.shape(layer)
        given = [[source.quantity(layer, (u, v)) for v in range(width)] for u in range(height)]
        return step(layer, np.array(given, object))

    def formulas(layer: Any) -> Mapping[Quantity, sympy.Expr]:
        return {
            result.quantity(layer, (u, v)): sympy.S.Zero if isinstance(cell, int) else cell.symbol
            for u, row in enumerate(cells(layer))
            for v, cell in enumerate(row)
        }

    return formulas, lambda layer: cells(layer).shape


def _padded(layer: Layer, cells: closed_form.Cells) -> closed_form.Cells:
    around, beside = layer.kernel[0] - 1, layer.kernel[1] - 1
    return closed_form.pad(cells, around, around, beside, beside)


def _upsampled(layer: Pooling, cells: closed_form.Cells) -> closed_form.Cells:
    m, n = layer.window
    return cells.repeat(m, 0).repeat(n, 1)


_A, _A4 = Array("a", BEFORE), Array("a", BEFORE, 4)
_W, _W4 = Array("w", CURRENT), Array("w", CURRENT, 4)
_Z, _Z4 = Array("z", CURRENT), Array("z", CURRENT, 4)
_DELTA, _DELTA4 = Array("delta", CURRENT), Array("delta", CURRENT, 4)
_SLOPE, _BEFORE = Array("dsigma", BEFORE), Array("delta", BEFORE)
_DA4 = Array("a", BEFORE, 4, derivative=True)
_ROTATED, _PADDED = Array("rot180", CURRENT), Array("pad_residual", CURRENT)
_SPREAD, _UPSAMPLED = Array("insert_zeros", CURRENT), Array("upsample", CURRENT)

_ALL = ("input", "kernel", "stride", "padding", "channels", "kernels", "samples")
_ONE_MAP = ("input", "kernel")
_POOLED = ("input", "kernel", "stride", "channels", "samples")


_stride, _padding = attrgetter("stride"), attrgetter("padding")
_kernel, _window = attrgetter("kernel"), attrgetter("window")


def _input_shape(layer: AnyLayer) -> tuple[int, ...]:
    return layer.shape("a", BEFORE)


def _side(layer: Pooling) -> int:
    """The side of a square window."""
    if layer.window[0] != layer.window[1]:
        raise LayerError(say("cnn.formula.window_not_square"))
    return layer.window[0]


def _step(layer: Pooling) -> int:
    _side(layer)
    return layer.steps[0]


_input_gradient = _derivatives(expand.input_gradient)
_weight_gradient = _derivatives(expand.weight_gradient)
_bias_gradient = _derivatives(expand.bias_gradient)

READINGS: Mapping[str, Reading] = {
    # lecture 2.1
    "correlate": Reading((_A, _W, Array("b", CURRENT, 0)), _Z, _maps, _ONE_MAP, expand.forward),
    "conv2d": Reading(
        (_A4, _W4, Array("b", CURRENT, 1), _stride, _padding), _Z4, _maps, _ALL, expand.forward
    ),
    # lecture 3.1
    "avg_pool": Reading((_A, _window), _Z, _average_pooling, _ONE_MAP, expand.forward),
    "max_pool": Reading((_A, _window), _Z, _max_pooling, _ONE_MAP, expand.forward, routed="near"),
    "avg_pool2d": Reading((_A4, _side, _step), _Z4, _average_pooling, _POOLED, expand.forward),
    "max_pool2d": Reading((_A4, _side, _step), _Z4, _max_pooling, _POOLED, expand.forward, routed="near"),
    "upsample": Reading(
        (_DELTA, _window),
        _UPSAMPLED,
        _average_pooling,
        _ONE_MAP,
        *_step_of(_UPSAMPLED, _DELTA, _upsampled),
    ),
    "avg_pool_residual": Reading(
        (_DELTA, _window, _SLOPE), _BEFORE, _average_pooling, _ONE_MAP, expand.delta_before
    ),
    "max_pool_residual": Reading(
        (_DELTA, _A, _window, _SLOPE), _BEFORE, _max_pooling, _ONE_MAP, expand.delta_before, routed="given"
    ),
    "avg_pool2d_backward": Reading(
        (_DELTA4, _input_shape, _side, _step), _DA4, _average_pooling, _POOLED, _input_gradient
    ),
    "max_pool2d_backward": Reading(
        (_DELTA4, _A4, _side, _step), _DA4, _max_pooling, _POOLED, _input_gradient, routed="given"
    ),
    # lecture 3.2
    "dense_residual": Reading(
        (Array("delta", CURRENT, 1), _W, Array("dsigma", BEFORE, 1)),
        Array("delta", BEFORE, 1),
        _units,
        ("dense",),
        expand.delta_before,
    ),
    "rotate180": Reading(
        (_W,), _ROTATED, _maps, _ONE_MAP, *_step_of(_ROTATED, _W, lambda _, w: closed_form.rotate180(w))
    ),
    "pad_residual": Reading((_DELTA, _kernel), _PADDED, _maps, _ONE_MAP, *_step_of(_PADDED, _DELTA, _padded)),
    "insert_zeros": Reading(
        (_DELTA, _stride),
        _SPREAD,
        _strided,
        ("input", "kernel", "stride"),
        *_step_of(_SPREAD, _DELTA, lambda layer, cells: closed_form.insert_zeros(cells, layer.stride)),
    ),
    "conv_residual": Reading((_DELTA, _W, _SLOPE), _BEFORE, _maps, _ONE_MAP, expand.delta_before),
    "conv2d_input_grad": Reading(
        (_DELTA4, _W4, _input_shape, _stride, _padding), _DA4, _maps, _ALL, _input_gradient
    ),
    # lecture 3.3
    "kernel_gradient": Reading(
        (_DELTA, _A), Array("w", CURRENT, 2, derivative=True), _maps, _ONE_MAP, _weight_gradient
    ),
    "bias_gradient": Reading(
        (_DELTA,), Array("b", CURRENT, 0, derivative=True), _maps, _ONE_MAP, _bias_gradient
    ),
    "conv2d_weight_grad": Reading(
        (_DELTA4, _A4, _kernel, _stride, _padding),
        Array("w", CURRENT, 4, derivative=True),
        _maps,
        _ALL,
        _weight_gradient,
    ),
    "conv2d_bias_grad": Reading(
        (_DELTA4,), Array("b", CURRENT, 1, derivative=True), _maps, _ALL, _bias_gradient
    ),
}
"""The functions whose arguments and results are the lecture's quantities."""


def reading_of(name: str) -> Reading:
    """The reading of the function `name`.

    Raises
    ------
    RecoverError
        The lecture has no formula for it.
    """
    if name not in READINGS:
        raise RecoverError(say("cnn.formula.function_unknown", name=name, known=", ".join(READINGS)))
    return READINGS[name]
