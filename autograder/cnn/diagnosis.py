"""What diagnosis knows about layers: features of cases, margins of sizes, relations of wrong numbers.

`cnn.domain` passes these tables to the engine's diagnosis. Everything in them is a function of `cnn.facts`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.base.messages import Text, say
from autograder.cnn.facts import Pair
from autograder.judging.diagnosis import cells, changes
from autograder.judging.diagnosis.changes import Quantity
from autograder.judging.diagnosis.conditions import INTEGERS, LAYOUTS, Feature, Features
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.numbers import Array, Relation, WrongNumbers
from autograder.judging.diagnosis.shapes import Margin

# -------------------------------------------------------------------------- features: "only where …"


def _strided(facts: Any) -> bool | None:
    """A stride above 1; it has no effect on a single window."""
    if "stride" not in facts.parameters or max(facts.stride) == 1:
        return False
    if facts.positions is None:
        return True
    return any(s > 1 and n > 1 for s, n in zip(facts.stride, facts.positions, strict=True)) or None


def _overlapping(facts: Any) -> bool:
    sizes = zip(facts.kernel, facts.stride, facts.positions, strict=True)
    return any(k > s and n > 1 for k, s, n in sizes)


def _gaping(facts: Any) -> bool | None:
    """A stride larger than the window; a gap needs two windows."""
    sizes = list(zip(facts.kernel, facts.stride, facts.positions, strict=True))
    if all(k >= s for k, s, _ in sizes):
        return False
    return any(k < s and n > 1 for k, s, n in sizes) or None


def _all_negative(facts: Any) -> bool:
    maps = [facts.arrays[name] for name in ("a", "x") if name in facts.arrays]
    return facts.pooling and any(bool(array.size and (array < 0).all()) for array in maps)


_BOTH = ("and", "or")
_ALONE = ()
"""For features that say little when joined with a second one."""

_STRIDE = ("cnn.place.stride_above_one",)
_ABOVE_1X1 = ("cnn.place.window_above_1x1", "cnn.place.kernel_above_1x1")
_SEVERAL = ("cnn.place.several_windows",)
_IMPLIED = {
    "cnn.place.remainder": _STRIDE,
    "cnn.place.windows_overlap": _ABOVE_1X1 + _SEVERAL,
    "cnn.place.window_gaps": _STRIDE + _SEVERAL,
    "cnn.place.window_not_square": _ABOVE_1X1,
    "cnn.place.kernel_not_square": _ABOVE_1X1,
    "cnn.place.window_ties": _ABOVE_1X1,
    "cnn.place.window_fills_input": ("cnn.place.one_window",),
}


def _at(id: str, needs: str, has: Callable[[Any], bool | None], joins: tuple[str, ...] = ("and",)) -> Feature:
    return Feature(say(id), tuple(filter(None, needs.split(","))), has, joins, _IMPLIED.get(id, ()))


FEATURES = Features(
    first=(
        _at("cnn.place.stride_above_one", "stride", _strided, _BOTH),
        _at("cnn.place.padding", "padding", lambda f: f.padding > 0, _BOTH),
        _at("cnn.place.several_channels", "channels", lambda f: f.channels > 1, _BOTH),
        _at("cnn.place.several_kernels", "kernels", lambda f: f.kernels > 1, _BOTH),
        _at("cnn.place.several_images", "images", lambda f: f.images > 1, _BOTH),
        _at("cnn.place.remainder", "remainder", lambda f: max(f.remainder) > 0),
        _at("cnn.place.windows_overlap", "kernel,stride,positions", _overlapping),
        _at("cnn.place.window_gaps", "kernel,stride,positions", _gaping),
        _at("cnn.place.window_not_square", "kernel", lambda f: f.pooling and f.kernel[0] != f.kernel[1]),
        _at("cnn.place.kernel_not_square", "kernel", lambda f: not f.pooling and f.kernel[0] != f.kernel[1]),
        _at("cnn.place.input_not_square", "input", lambda f: f.input[0] != f.input[1]),
        *INTEGERS,
        _at("cnn.place.window_ties", "", lambda f: f.ties),
        _at("cnn.place.activations_negative", "", _all_negative),
        _at("cnn.place.window_fills_input", "kernel,input", lambda f: f.pooling and f.kernel == f.input),
        _at("cnn.place.kernel_fills_input", "kernel,input", lambda f: not f.pooling and f.kernel == f.input),
        _at("cnn.place.window_1x1", "kernel", lambda f: f.pooling and f.kernel == (1, 1)),
        _at("cnn.place.kernel_1x1", "kernel", lambda f: not f.pooling and f.kernel == (1, 1)),
        *LAYOUTS,
    ),
    last=(
        _at("cnn.place.window_above_1x1", "kernel", lambda f: f.pooling and f.kernel != (1, 1), _ALONE),
        _at("cnn.place.kernel_above_1x1", "kernel", lambda f: not f.pooling and f.kernel != (1, 1), _ALONE),
        _at("cnn.place.several_windows", "positions", lambda f: f.positions != (1, 1), _ALONE),
        _at("cnn.place.no_padding", "padding", lambda f: f.padding == 0, _ALONE),
        _at(
            "cnn.place.stride_one",
            "stride",
            lambda f: "stride" in f.parameters and max(f.stride) == 1,
            _ALONE,
        ),
        _at("cnn.place.one_channel", "channels", lambda f: f.channels == 1, _ALONE),
        _at("cnn.place.one_kernel", "kernels", lambda f: f.kernels == 1, _ALONE),
        _at("cnn.place.one_image", "images", lambda f: f.images == 1, _ALONE),
        _at("cnn.place.one_window", "positions", lambda f: f.positions == (1, 1), _ALONE),
        _at("cnn.place.input_single_line", "input", lambda f: min(f.input) == 1, _ALONE),
        _at("cnn.place.windows_touch", "kernel,stride,positions", lambda f: f.kernel == f.stride, _ALONE),
        _at("cnn.place.input_square", "input", lambda f: f.input[0] == f.input[1], _ALONE),
    ),
    covered=frozenset({"stride", "padding", "window"}),
    codes=frozenset({"labels"}),
)

# ------------------------------------------------------------- margins: too large or too small by …


def _kernel_minus_one(facts: Any) -> Pair | None:
    return (facts.kernel[0] - 1, facts.kernel[1] - 1) if facts.kernel and not facts.pooling else None


def _twice(pair: Pair | None) -> Pair | None:
    return (2 * pair[0], 2 * pair[1]) if pair else None


def _padding(facts: Any) -> Pair | None:
    return (facts.padding, facts.padding) if facts.padding is not None else None


def _stride_minus_one(facts: Any) -> Pair | None:
    return (facts.stride[0] - 1, facts.stride[1] - 1) if facts.stride else None


MARGINS: tuple[Margin, ...] = (
    (say("cnn.quantity.padding"), _padding),
    (say("cnn.quantity.twice_padding"), lambda facts: _twice(_padding(facts))),
    (say("cnn.quantity.remainder"), lambda facts: facts.remainder),
    (say("cnn.quantity.stride_minus_one"), _stride_minus_one),
    (say("cnn.quantity.kernel_minus_one"), _kernel_minus_one),
    (say("cnn.quantity.twice_kernel_minus_one"), lambda facts: _twice(_kernel_minus_one(facts))),
)

# ------------------------------------------------------------- quantities: divided or multiplied by …


def _area(pair: Pair | None) -> int | None:
    return pair[0] * pair[1] if pair else None


def _positions_in_all_images(facts: Any) -> int | None:
    return facts.output[0] * facts.output[1] * facts.images if facts.output and facts.images else None


def _side(facts: Any, axis: int) -> int | None:
    return facts.kernel[axis] if facts.kernel and facts.pooling else None


_QUANTITIES: tuple[Quantity, ...] = (
    (say("cnn.quantity.images"), lambda facts: facts.images),
    (say("cnn.quantity.window_cells"), lambda facts: _area(facts.kernel) if facts.pooling else None),
    (say("cnn.quantity.kernel_weights"), lambda facts: None if facts.pooling else _area(facts.kernel)),
    (say("cnn.quantity.positions"), lambda facts: _area(facts.output)),
    (say("cnn.quantity.positions_in_all_images"), _positions_in_all_images),
    (say("cnn.quantity.channels"), lambda facts: facts.channels),
    (say("cnn.quantity.kernels"), lambda facts: facts.kernels),
    (say("cnn.quantity.input_cells"), lambda facts: _area(facts.input)),
    (say("cnn.quantity.stride_squared"), lambda facts: _area(facts.stride)),
    (say("cnn.quantity.stride"), lambda facts: facts.stride[0] if facts.stride else None),
    (say("cnn.quantity.window_height"), lambda facts: _side(facts, 0)),
    (say("cnn.quantity.window_width"), lambda facts: _side(facts, 1)),
    (say("cnn.quantity.samples"), lambda facts: facts.samples),
)

# ------------------------------------------------------------- relations: which cells, moved where


def _where_windows_are(what: Callable[[Array], Array]) -> cells.Mask:
    def mask(case: WrongNumbers) -> Array | None:
        facts: Any = case.facts
        if facts.coverage is None or not facts.backward or facts.coverage.shape != case.shape[-2:]:
            return None
        return np.asarray(np.broadcast_to(what(facts.coverage), case.shape))

    return mask


_COVERED: cells.Masks = (
    ("cnn.symptom.only_overlaps_wrong", _where_windows_are(lambda coverage: coverage > 1)),
    ("cnn.symptom.only_unreached_wrong", _where_windows_are(lambda coverage: coverage == 0)),
)


def _border_of(width: Callable[[Any], Pair | None]) -> cells.Mask:
    def mask(case: WrongNumbers) -> Array | None:
        pair = width(case.facts)
        return cells.rim(case, pair) if pair else None

    return mask


def _less_one(pair: Pair | None) -> Pair | None:
    return (pair[0] - 1, pair[1] - 1) if pair else None


_BORDERS: cells.Masks = (
    ("symptom.only_border_wrong", _border_of(_padding)),
    ("symptom.only_border_wrong", _border_of(lambda facts: _less_one(facts.kernel))),
)


def _shifted_by_padding(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    if any(case.got.ndim < 2 or not case.unique for case in wrong):
        return None
    paddings = [_padding(case.facts) for case in wrong]
    for sign, sentence in (
        (1, "cnn.symptom.shifted_by_padding_down"),
        (-1, "cnn.symptom.shifted_by_padding_up"),
    ):
        moves = [(sign * pair[0], sign * pair[1]) for pair in paddings if pair and pair[0]]
        if len(moves) == len(wrong) and cells.moved(wrong, moves):
            return say(sentence, part=part)
    return None


def _offset_in_each_channel(wrong: Sequence[WrongNumbers], right: Sequence[Facts], part: Text) -> Text | None:
    """In each channel, a number added to all values."""
    if any(not case.unique or case.got.ndim != 4 or case.got[:, 0].size < 3 for case in wrong):
        return None
    if all(
        case.wrong.any(axis=(0, 2, 3)).all()
        and np.ptp(case.got - case.expected, axis=(0, 2, 3)).max() <= 2 * case.tolerance
        for case in wrong
    ):
        return say("cnn.symptom.offset_in_each_channel", part=part)
    return None


RELATIONS: tuple[Relation, ...] = (
    *changes.relations(_QUANTITIES),
    _offset_in_each_channel,
    *cells.relations(_COVERED, _BORDERS, shifts=(_shifted_by_padding,)),
)
