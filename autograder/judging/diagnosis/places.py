"""Which cases go wrong: what they, and no others, have in common.

A *feature* is something that a case has or has not, such as a stride above 1. It is named where the wrong
cases are exactly those that have it, alone or together with a second one; otherwise the titles of the
groups are. Of the cases only what their arguments are like is told, never what they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.answer_key import KeyExercise
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.judged import Studied
from autograder.judging.results import Verdict

_TITLES = 3
"""More titles of groups than these are a list, not a sentence."""


@dataclass(frozen=True)
class Feature:
    """Something that a case has or has not.

    Attributes
    ----------
    text : function () -> Text
        Completes "only where …".
    needs : tuple of str
        The `Facts` that it hangs on; where one of them is None, nobody knows.
    has : function (Facts) -> bool or None
        None: the case has it, but need not show it, so it may be right or wrong.
    joins : tuple of {"and", "or"}
        How it may be joined with a second feature; not at all where that would say little.
    """

    text: Callable[[], Text]
    needs: tuple[str, ...]
    has: Callable[[Any], bool | None]
    joins: tuple[str, ...] = ("and",)


@dataclass(frozen=True)
class _Extent:
    """The cases that have a feature, as bits: those that must be wrong, and those that may be."""

    text: Text
    surely: int
    possibly: int
    joins: tuple[str, ...] = ()

    def is_that_of(self, wrong: int) -> bool:
        return self.surely != 0 and self.surely & ~wrong == 0 and wrong & ~self.possibly == 0


def limited(
    what: Text,
    exercise: KeyExercise,
    cases: Sequence[Studied],
    concerned: Sequence[Studied],
    *,
    elsewhere: bool,
) -> Text:
    """`what`, followed by the cases that it is true of, where these are not all cases.

    A call that was stopped takes the others of its group with it, untried: then the groups are all that is
    known.

    Parameters
    ----------
    concerned : sequence of Studied
        The cases of which `what` is true.
    elsewhere : bool
        Whether other cases are wrong in other ways: by the same mistake or another, nobody knows.
    """
    known = [one for one in cases if one.verdict is not Verdict.JE]
    if len(concerned) == len(known):
        return what
    stopped = any(one.outcome.status in ("time", "output", "died", "unanswered") for one in known)
    feature = None if stopped else _feature(known, {id(one) for one in concerned})
    if feature is not None:
        if elsewhere:
            return say("symptom.only_where_elsewhere_other", said=what, feature=feature)
        return say("symptom.only_where", said=what, feature=feature)
    names = {one.group for one in concerned}
    others = {one.group for one in known} - names
    if len(names) <= _TITLES and others:
        groups = _titles(exercise, names)
        if elsewhere:
            return say("symptom.only_in_groups_elsewhere_other", said=what, groups=groups)
        return say("symptom.only_in_groups", said=what, groups=groups)
    if elsewhere:
        return say("symptom.elsewhere_other", said=what)
    if 0 < len(others) <= _TITLES:
        return say("symptom.not_in_groups", said=what, groups=_titles(exercise, others))
    return what


def _titles(exercise: KeyExercise, names: set[str]) -> Text:
    return joined((group.title for group in exercise.groups if group.name in names), "list.groups")


def _feature(known: Sequence[Studied], wrong: set[int]) -> Text | None:
    bits = sum(1 << index for index, one in enumerate(known) if id(one) in wrong)
    facts = [one.facts for one in known]
    extents = []
    for feature in _features(facts):
        extent = _extent(feature, facts)
        if extent is not None and extent.is_that_of(bits):
            return extent.text
        if extent is not None and extent.joins:
            extents.append(extent)
    for one, other in _joined(extents, "and"):
        if _Extent(one.text, one.surely & other.surely, one.possibly & other.possibly).is_that_of(bits):
            return say("symptom.where_both", feature=one.text, other=other.text)
    for one, other in _joined(extents, "or"):
        if _Extent(one.text, one.surely | other.surely, one.possibly | other.possibly).is_that_of(bits):
            return say("symptom.where_either", feature=one.text, other=other.text)
    return None


def _joined(extents: Sequence[_Extent], how: str) -> Iterator[tuple[_Extent, _Extent]]:
    return combinations([extent for extent in extents if how in extent.joins], 2)


def _extent(feature: Feature, facts: Sequence[Facts]) -> _Extent | None:
    """None where the feature is unknown for some case, or the same for all of them."""
    surely = possibly = 0
    for index, one in enumerate(facts):
        for name in feature.needs:
            if getattr(one, name) is None:
                return None
        has = feature.has(one)
        surely |= (1 << index) if has else 0
        possibly |= 0 if has is False else (1 << index)
    everywhere = (1 << len(facts)) - 1
    if surely in (0, everywhere):
        return None
    return _Extent(feature.text(), surely, possibly, feature.joins)


def _features(facts: Sequence[Facts]) -> Iterator[Feature]:
    yield from _GEOMETRY
    yield from _of_parameters(facts[0])
    yield from _COMPLEMENTS
    yield from (_omitted(index, name) for index, name in enumerate(facts[0].parameters))


def _of_parameters(first: Facts) -> Iterator[Feature]:
    """What a function's other parameters may be: switches, numbers, left to their defaults."""
    for index, name in enumerate(first.parameters):
        if name not in ("stride", "padding", "window"):  # of these, `_GEOMETRY` tells more
            yield _switch(name)
            yield _above_one(name)
            yield _given(index, name)
            if name != "labels":  # numbers of classes: 0 is one of them
                yield _not_zero(name)


def _switch(name: str) -> Feature:
    return Feature(
        lambda: say("symptom.where_true", name=name), (), lambda facts: facts.named.get(name, False) is True
    )


def _above_one(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 1)
        return type(value) is int and value > 1

    return Feature(lambda: say("symptom.where_above_one", name=name), (), has)


def _not_zero(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 0)
        return isinstance(value, float | np.ndarray) and bool(np.any(value))

    return Feature(lambda: say("symptom.where_not_zero", name=name), (), has)


def _given(index: int, name: str) -> Feature:
    return Feature(
        lambda: say("symptom.where_given", name=name),
        (),
        lambda facts: len(facts.case.args) > index,
        joins=(),
    )


def _omitted(index: int, name: str) -> Feature:
    return Feature(
        lambda: say("symptom.where_left_out", name=name),
        (),
        lambda facts: len(facts.case.args) <= index,
        joins=(),
    )


def _strided(facts: Any) -> bool | None:
    """A stride above 1; it shows only where there are several windows."""
    if "stride" not in facts.parameters or max(facts.stride) == 1:
        return False
    if facts.positions is None:
        return True
    return any(s > 1 and n > 1 for s, n in zip(facts.stride, facts.positions, strict=True)) or None


def _overlapping(facts: Any) -> bool:
    sizes = zip(facts.kernel, facts.stride, facts.positions, strict=True)
    return any(k > s and n > 1 for k, s, n in sizes)


def _gaping(facts: Any) -> bool | None:
    """A stride larger than the window; a gap shows only between two windows."""
    sizes = list(zip(facts.kernel, facts.stride, facts.positions, strict=True))
    if all(k >= s for k, s, _ in sizes):
        return False
    return any(k < s and n > 1 for k, s, n in sizes) or None


def _all_negative(facts: Any) -> bool:
    maps = [facts.arrays[name] for name in ("a", "x") if name in facts.arrays]
    return facts.pooling and any(one.size and bool((one < 0).all()) for one in maps)


def _with_integers(facts: Any) -> bool:
    return any(array.dtype.kind in "iu" for array in facts.arrays.values())


def _layout(*layouts: str) -> Callable[[Any], bool]:
    return lambda facts: facts.case.layout in layouts


_BOTH = ("and", "or")

_GEOMETRY: tuple[Feature, ...] = (
    Feature(lambda: say("cnn.place.stride_above_one"), ("stride",), _strided, _BOTH),
    Feature(lambda: say("cnn.place.padding"), ("padding",), lambda facts: facts.padding > 0, _BOTH),
    Feature(
        lambda: say("cnn.place.several_channels"), ("channels",), lambda facts: facts.channels > 1, _BOTH
    ),
    Feature(lambda: say("cnn.place.several_kernels"), ("kernels",), lambda facts: facts.kernels > 1, _BOTH),
    Feature(lambda: say("cnn.place.several_images"), ("images",), lambda facts: facts.images > 1, _BOTH),
    Feature(
        lambda: say("cnn.place.remainder"),
        ("remainder",),
        lambda facts: max(facts.remainder) > 0,
    ),
    Feature(lambda: say("cnn.place.windows_overlap"), ("kernel", "stride", "positions"), _overlapping),
    Feature(lambda: say("cnn.place.window_gaps"), ("kernel", "stride", "positions"), _gaping),
    Feature(
        lambda: say("cnn.place.window_not_square"),
        ("kernel",),
        lambda facts: facts.pooling and facts.kernel[0] != facts.kernel[1],
    ),
    Feature(
        lambda: say("cnn.place.kernel_not_square"),
        ("kernel",),
        lambda facts: not facts.pooling and facts.kernel[0] != facts.kernel[1],
    ),
    Feature(
        lambda: say("cnn.place.input_not_square"),
        ("input",),
        lambda facts: facts.input[0] != facts.input[1],
    ),
    Feature(lambda: say("symptom.where_integers"), (), _with_integers),
    Feature(lambda: say("cnn.place.window_ties"), (), lambda facts: facts.ties),
    Feature(lambda: say("cnn.place.activations_negative"), (), _all_negative),
    Feature(
        lambda: say("cnn.place.window_fills_input"),
        ("kernel", "input"),
        lambda facts: facts.pooling and facts.kernel == facts.input,
    ),
    Feature(
        lambda: say("cnn.place.kernel_fills_input"),
        ("kernel", "input"),
        lambda facts: not facts.pooling and facts.kernel == facts.input,
    ),
    Feature(
        lambda: say("cnn.place.window_1x1"),
        ("kernel",),
        lambda facts: facts.pooling and facts.kernel == (1, 1),
    ),
    Feature(
        lambda: say("cnn.place.kernel_1x1"),
        ("kernel",),
        lambda facts: not facts.pooling and facts.kernel == (1, 1),
    ),
    Feature(lambda: say("symptom.where_fortran_order"), (), _layout("fortran")),
    Feature(lambda: say("symptom.where_not_contiguous"), (), _layout("strided")),
    Feature(lambda: say("symptom.where_read_only"), (), _layout("readonly")),
    Feature(lambda: say("symptom.where_not_row_by_row"), (), _layout("fortran", "strided")),
    Feature(lambda: say("symptom.where_unusual_memory"), (), _layout("fortran", "strided", "readonly")),
)

_COMPLEMENTS: tuple[Feature, ...] = (
    Feature(
        lambda: say("cnn.place.window_above_1x1"),
        ("kernel",),
        lambda facts: facts.pooling and facts.kernel != (1, 1),
        joins=(),
    ),
    Feature(
        lambda: say("cnn.place.kernel_above_1x1"),
        ("kernel",),
        lambda facts: not facts.pooling and facts.kernel != (1, 1),
        joins=(),
    ),
    Feature(
        lambda: say("cnn.place.several_windows"),
        ("positions",),
        lambda facts: facts.positions != (1, 1),
        joins=(),
    ),
    Feature(lambda: say("cnn.place.no_padding"), ("padding",), lambda facts: facts.padding == 0, joins=()),
    Feature(
        lambda: say("cnn.place.stride_one"),
        ("stride",),
        lambda facts: "stride" in facts.parameters and max(facts.stride) == 1,
        joins=(),
    ),
    Feature(lambda: say("cnn.place.one_channel"), ("channels",), lambda facts: facts.channels == 1, joins=()),
    Feature(lambda: say("cnn.place.one_kernel"), ("kernels",), lambda facts: facts.kernels == 1, joins=()),
    Feature(lambda: say("cnn.place.one_image"), ("images",), lambda facts: facts.images == 1, joins=()),
    Feature(
        lambda: say("cnn.place.one_window"),
        ("positions",),
        lambda facts: facts.positions == (1, 1),
        joins=(),
    ),
    Feature(
        lambda: say("cnn.place.input_single_line"),
        ("input",),
        lambda facts: min(facts.input) == 1,
        joins=(),
    ),
    Feature(
        lambda: say("cnn.place.windows_touch"),
        ("kernel", "stride", "positions"),
        lambda facts: facts.kernel == facts.stride,
        joins=(),
    ),
    Feature(
        lambda: say("cnn.place.input_square"),
        ("input",),
        lambda facts: facts.input[0] == facts.input[1],
        joins=(),
    ),
)
