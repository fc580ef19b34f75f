"""Which cases go wrong: what they, and no others, have in common.

A *feature* is something that a case has or has not, such as an argument that holds integers. It is named
where the wrong cases are exactly those that have it, alone or together with a second one; otherwise the
titles of the groups are. Of the cases only what their arguments are like is told, never what they are.
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
    text : Text
        Completes "only where …".
    needs : tuple of str
        The `Facts` that it hangs on; where one of them is None, nobody knows.
    has : function (Facts) -> bool or None
        None: the case has it, but need not show it, so it may be right or wrong.
    joins : tuple of {"and", "or"}
        How it may be joined with a second feature; not at all where that would say little.
    """

    text: Text
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
    features: "Features",
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
    feature = None if stopped else _feature(known, {id(one) for one in concerned}, features)
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


def _feature(known: Sequence[Studied], wrong: set[int], features: "Features") -> Text | None:
    bits = sum(1 << index for index, one in enumerate(known) if id(one) in wrong)
    facts = [one.facts for one in known]
    extents = []
    for feature in features.of(facts[0]):
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
    return _Extent(feature.text, surely, possibly, feature.joins)


def _of_parameters(first: Facts, told: frozenset[str]) -> Iterator[Feature]:
    """What a function's other parameters may be: switches, numbers, left to their defaults."""
    for index, name in enumerate(first.parameters):
        if name not in told:
            yield _switch(name)
            yield _above_one(name)
            yield _given(index, name)
            if name != "labels":  # numbers of classes: 0 is one of them
                yield _not_zero(name)


def _switch(name: str) -> Feature:
    return Feature(
        say("symptom.where_true", name=name), (), lambda facts: facts.named.get(name, False) is True
    )


def _above_one(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 1)
        return type(value) is int and value > 1

    return Feature(say("symptom.where_above_one", name=name), (), has)


def _not_zero(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 0)
        return isinstance(value, float | np.ndarray) and bool(np.any(value))

    return Feature(say("symptom.where_not_zero", name=name), (), has)


def _given(index: int, name: str) -> Feature:
    return Feature(
        say("symptom.where_given", name=name),
        (),
        lambda facts: len(facts.case.args) > index,
        joins=(),
    )


def _omitted(index: int, name: str) -> Feature:
    return Feature(
        say("symptom.where_left_out", name=name),
        (),
        lambda facts: len(facts.case.args) <= index,
        joins=(),
    )


def _with_integers(facts: Any) -> bool:
    return any(array.dtype.kind in "iu" for array in facts.arrays.values())


def _layout(*layouts: str) -> Callable[[Any], bool]:
    return lambda facts: facts.case.layout in layouts


INTEGERS: tuple[Feature, ...] = (Feature(say("symptom.where_integers"), (), _with_integers),)

LAYOUTS: tuple[Feature, ...] = (
    Feature(say("symptom.where_fortran_order"), (), _layout("fortran")),
    Feature(say("symptom.where_not_contiguous"), (), _layout("strided")),
    Feature(say("symptom.where_read_only"), (), _layout("readonly")),
    Feature(say("symptom.where_not_row_by_row"), (), _layout("fortran", "strided")),
    Feature(say("symptom.where_unusual_memory"), (), _layout("fortran", "strided", "readonly")),
)


@dataclass(frozen=True)
class Features:
    """What the cases of an exercise are told apart by, in the order in which it is tried.

    Between `first` and `last` stand what the function's own parameters may be (switches, numbers, left to
    their defaults); `told` are the parameters of which the features here tell more.
    """

    first: tuple[Feature, ...] = (*INTEGERS, *LAYOUTS)
    last: tuple[Feature, ...] = ()
    told: frozenset[str] = frozenset()

    def of(self, facts: Facts) -> Iterator[Feature]:
        """Those of a function with the parameters that `facts` have."""
        yield from self.first
        yield from _of_parameters(facts, self.told)
        yield from self.last
        yield from (_omitted(index, name) for index, name in enumerate(facts.parameters))
