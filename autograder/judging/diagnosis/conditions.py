"""Say in which cases an answer is wrong: "only where an argument holds integers".

A *feature* is a property of a case, such as an argument that holds integers. It is named if the wrong cases
are exactly those that have it, alone or together with a second feature; otherwise the titles of the groups
are named. The arguments themselves are never quoted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.judged import AnalysedCase
from autograder.judging.key_records import KeyExercise
from autograder.judging.results import Verdict

_TITLES = 3
"""The most titles of groups that one sentence lists."""


@dataclass(frozen=True)
class Feature:
    """A property of a case.

    Attributes
    ----------
    text : Text
        Completes "only where …".
    needs : tuple of str
        The `Facts` that it depends on; where one of them is None, the feature is unknown.
    has : function (Facts) -> bool or None
        None: the case has it, but may be right nevertheless.
    joins : tuple of {"and", "or"}
        How it may be joined with a second feature.
    """

    text: Text
    needs: tuple[str, ...]
    has: Callable[[Any], bool | None]
    joins: tuple[str, ...] = ("and",)


@dataclass(frozen=True)
class _Extent:
    """The cases that have a feature, as bit sets: those that must be wrong, and those that may be."""

    text: Text
    surely: int
    possibly: int
    joins: tuple[str, ...] = ()

    def explains(self, wrong: int) -> bool:
        return self.surely != 0 and self.surely & ~wrong == 0 and wrong & ~self.possibly == 0


def limited(
    what: Text,
    exercise: KeyExercise,
    cases: Sequence[AnalysedCase],
    concerned: Sequence[AnalysedCase],
    features: "Features",
    *,
    elsewhere: bool,
) -> Text:
    """`what`, followed by the cases that it is true of if these are not all cases.

    A call that was stopped ends the other calls of its group, too: then only groups can be named.

    Parameters
    ----------
    concerned : sequence of AnalysedCase
        The cases of which `what` is true.
    elsewhere : bool
        Whether other cases are wrong in other ways.
    """
    known = [case for case in cases if case.verdict not in (Verdict.JE, Verdict.NR)]
    if len(concerned) == len(known):
        return what
    stopped = any(case.outcome.status in ("time", "output", "died", "unanswered") for case in known)
    feature = None if stopped else _feature(known, {id(case) for case in concerned}, features)
    if feature is not None:
        if elsewhere:
            return say("symptom.only_where_elsewhere_other", said=what, feature=feature)
        return say("symptom.only_where", said=what, feature=feature)
    names = {case.group for case in concerned}
    unaffected = {case.group for case in known} - names
    if len(names) <= _TITLES and unaffected:
        groups = _titles(exercise, names)
        if elsewhere:
            return say("symptom.only_in_groups_elsewhere_other", said=what, groups=groups)
        return say("symptom.only_in_groups", said=what, groups=groups)
    if elsewhere:
        return say("symptom.elsewhere_other", said=what)
    if 0 < len(unaffected) <= _TITLES:
        return say("symptom.not_in_groups", said=what, groups=_titles(exercise, unaffected))
    return what


def _titles(exercise: KeyExercise, names: set[str]) -> Text:
    return joined((group.title for group in exercise.groups if group.name in names), "list.groups")


def _feature(known: Sequence[AnalysedCase], wrong: set[int], features: "Features") -> Text | None:
    bits = sum(1 << index for index, case in enumerate(known) if id(case) in wrong)
    facts = [case.facts for case in known]
    extents = []
    for feature in features.of(facts[0]):
        extent = _extent(feature, facts)
        if extent is not None and extent.explains(bits):
            return extent.text
        if extent is not None:
            extents.append(extent)
    for a, b in combinations([extent for extent in extents if "and" in extent.joins], 2):
        if _Extent(a.text, a.surely & b.surely, a.possibly & b.possibly).explains(bits):
            return say("symptom.where_both", first=a.text, second=b.text)
    for a, b in combinations([extent for extent in extents if "or" in extent.joins], 2):
        if _Extent(a.text, a.surely | b.surely, a.possibly | b.possibly).explains(bits):
            return say("symptom.where_either", first=a.text, second=b.text)
    return None


def _extent(feature: Feature, facts: Sequence[Facts]) -> _Extent | None:
    """None where the feature is unknown for some case, or the same for all of them."""
    surely = possibly = 0
    for index, of_case in enumerate(facts):
        if any(getattr(of_case, name) is None for name in feature.needs):
            return None
        has = feature.has(of_case)
        surely |= (1 << index) if has else 0
        possibly |= 0 if has is False else (1 << index)
    everywhere = (1 << len(facts)) - 1
    if surely in (0, everywhere):
        return None
    return _Extent(feature.text, surely, possibly, feature.joins)


def _of_parameters(first: Facts, features: "Features") -> Iterator[Feature]:
    """Features of the parameters that `features` does not cover: true, above 1, given, not 0."""
    for name in first.in_every_case:
        if name not in features.covered:
            yield _switch(name)
            yield _above_one(name)
            yield _given(name)
            if name not in features.codes:
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


def _given(name: str) -> Feature:
    return Feature(say("symptom.where_given", name=name), (), lambda facts: facts.is_given(name), joins=())


def _omitted(name: str) -> Feature:
    text = say("symptom.where_left_out", name=name)
    return Feature(text, (), lambda facts: not facts.is_given(name), joins=())


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
    """The features by which the cases of an exercise are told apart, in the order in which they are tried.

    Those of the function's parameters come between `first` and `last`; `covered` are the parameters that the
    features listed here already cover, `codes` those whose numbers name something: 0 is one of the names.
    """

    first: tuple[Feature, ...] = (*INTEGERS, *LAYOUTS)
    last: tuple[Feature, ...] = ()
    covered: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()

    def of(self, facts: Facts) -> Iterator[Feature]:
        """All features of a function with the parameters that `facts` have."""
        yield from self.first
        yield from _of_parameters(facts, self)
        yield from self.last
        yield from map(_omitted, facts.in_every_case)
