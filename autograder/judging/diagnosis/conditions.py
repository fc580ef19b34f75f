"""Say in which cases an answer is wrong: "only where an argument holds integers".

A *feature* is a property of a case, such as an argument that holds integers; a condition is one or two.
It is said only if the cases prove it: they are wrong exactly where it holds, and every other condition that
fits as well implies it. Where another feature was tried together with it only, which might do as well, it is
said of the cases that were tried; where cases do not separate two conditions, the titles of the groups are
named. The arguments themselves are never quoted.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from autograder.base.messages import Message, Text, joined, say
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
    implies : tuple of str
        The ids of the texts of all features that a case with this one has by definition.
    """

    text: Text
    needs: tuple[str, ...]
    has: Callable[[Any], bool | None]
    joins: tuple[str, ...] = ("and",)
    implies: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Condition:
    """One feature or two, and the cases that have it, as bit sets: those that must be wrong, that may be.

    `terms` are the alternatives of which one must hold: each of them features that hold together.
    """

    terms: tuple[tuple[Feature, ...], ...]
    surely: int
    possibly: int

    def explains(self, wrong: int) -> bool:
        return self.surely != 0 and self.surely & ~wrong == 0 and wrong & ~self.possibly == 0

    def implies(self, other: "_Condition") -> bool:
        """Whether `other` holds by definition wherever this condition does."""
        return all(
            any(all(any(implies(a, b) for a in term) for b in wider) for wider in other.terms)
            for term in self.terms
        )

    @property
    def text(self) -> Text:
        first, *second = (feature.text for term in self.terms for feature in term)
        if not second:
            return first
        return say(
            "symptom.where_both" if len(self.terms) == 1 else "symptom.where_either",
            first=first,
            second=second[0],
        )


def implies(narrow: Feature, wide: Feature) -> bool:
    """By definition. Features of the parameters are about the same one only if their texts name the same."""
    a, b = narrow.text, wide.text
    if not (isinstance(a, Message) and isinstance(b, Message)) or a == b:
        return a == b
    integers = a.id == "symptom.where_argument_integers" and b.id == "symptom.where_integers"
    return integers or (b.id in narrow.implies and a.values.get("name") == b.values.get("name"))


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
        text, proven = feature
        seen = "symptom.seen_only_where_elsewhere_other" if elsewhere else "symptom.seen_only_where"
        sure = "symptom.only_where_elsewhere_other" if elsewhere else "symptom.only_where"
        sentence = sure if proven else seen
        return say(sentence, said=what, feature=text)
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


def _feature(
    known: Sequence[AnalysedCase], wrong: set[int], features: "Features"
) -> tuple[Text, bool] | None:
    """The condition, and whether it is proven: no other feature occurs in wrong cases only."""
    bits = sum(1 << index for index, case in enumerate(known) if id(case) in wrong)
    facts = tuple(case.facts for case in known)
    single = _extents(features, facts)
    alone = [condition for condition in single if condition.explains(bits)]
    others = [condition for condition in single if condition not in alone]
    pairs = [(a, b) for a, b in combinations(others, 2) if a.terms[0][0].joins or b.terms[0][0].joins]
    both = [
        _Condition((a.terms[0] + b.terms[0],), a.surely & b.surely, a.possibly & b.possibly) for a, b in pairs
    ]
    either = [_Condition(a.terms + b.terms, a.surely | b.surely, a.possibly | b.possibly) for a, b in pairs]
    everywhere = (1 << len(facts)) - 1
    explaining = [
        *alone, *(c for c in (*both, *either) if c.explains(bits) and c.possibly != everywhere)
    ]  # fmt: skip
    for said in explaining:
        parts = [feature for term in said.terms for feature in term]
        how = "and" if len(said.terms) == 1 else "or"
        joined_well = len(parts) == 1 or all(how in feature.joins for feature in parts)
        if joined_well and all(other.implies(said) for other in explaining):
            return said.text, _proven(said, single, bits)
    return None


def _proven(said: _Condition, single: Sequence[_Condition], wrong: int) -> bool:
    """Whether no other features, however many, fit as well: any of some, or all of some of them together."""
    if not all(other.implies(said) for other in single if other.surely & ~wrong == 0):
        return False
    needed = [said] if len(said.terms) > 1 else [_Condition(((part,),), 0, 0) for part in said.terms[0]]
    for need in needed:
        others = [
            other.surely for other in single if wrong & ~other.possibly == 0 and not other.implies(need)
        ]
        if others and functools.reduce(int.__and__, others) & ~wrong == 0:
            return False
    return True


@functools.lru_cache(maxsize=256)
def _extents(features: "Features", facts: tuple[Facts, ...]) -> tuple[_Condition, ...]:
    """The conditions of one feature each. They depend on the key alone, which serves a whole class."""
    return tuple(found for feature in features.of(facts[0]) if (found := _extent(feature, facts)))


def _extent(feature: Feature, facts: Sequence[Facts]) -> _Condition | None:
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
    return _Condition(((feature,),), surely, possibly)


def _of_parameters(first: Facts, features: "Features") -> Iterator[Feature]:
    """Features of the parameters that `features` does not cover: true, above 1, given, not 0."""
    for name in first.in_every_case:
        if name not in features.covered:
            yield _switch(name)
            yield _above_one(name)
            yield _given(name)
            if name not in features.codes:
                yield _not_zero(name)


_GIVEN = ("symptom.where_given",)
"""What a value implies that is not the default value: where the default value is one, cases show it."""


def _switch(name: str) -> Feature:
    text = say("symptom.where_true", name=name)
    return Feature(text, (), lambda facts: facts.named.get(name, False) is True, implies=_GIVEN)


def _above_one(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 1)
        return type(value) is int and value > 1

    return Feature(say("symptom.where_above_one", name=name), (), has, implies=_GIVEN)


def _not_zero(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        value = facts.named.get(name, 0)
        return isinstance(value, float | np.ndarray) and bool(np.any(value))

    return Feature(say("symptom.where_not_zero", name=name), (), has, implies=_GIVEN)


def _given(name: str) -> Feature:
    return Feature(say("symptom.where_given", name=name), (), lambda facts: facts.is_given(name), joins=())


def _omitted(name: str) -> Feature:
    text = say("symptom.where_left_out", name=name)
    return Feature(text, (), lambda facts: not facts.is_given(name), joins=())


def _with_integers(facts: Any) -> bool:
    return any(array.dtype.kind in "iu" for array in facts.arrays.values())


def _integers_in(name: str) -> Feature:
    def has(facts: Facts) -> bool:
        return name in facts.arrays and facts.arrays[name].dtype.kind in "iu"

    return Feature(say("symptom.where_argument_integers", name=name), (), has)


def _layout(*layouts: str) -> Callable[[Any], bool]:
    return lambda facts: facts.case.layout in layouts


INTEGERS: tuple[Feature, ...] = (Feature(say("symptom.where_integers"), (), _with_integers),)

_ROWS, _UNUSUAL = "symptom.where_not_row_by_row", "symptom.where_unusual_memory"

LAYOUTS: tuple[Feature, ...] = (
    Feature(say("symptom.where_fortran_order"), (), _layout("fortran"), implies=(_ROWS, _UNUSUAL)),
    Feature(say("symptom.where_not_contiguous"), (), _layout("strided"), implies=(_ROWS, _UNUSUAL)),
    Feature(say("symptom.where_read_only"), (), _layout("readonly"), implies=(_UNUSUAL,)),
    Feature(say(_ROWS), (), _layout("fortran", "strided"), implies=(_UNUSUAL,)),
    Feature(say(_UNUSUAL), (), _layout("fortran", "strided", "readonly")),
)


UNIONS = (say("symptom.where_integers"), say(_ROWS), say(_UNUSUAL))
"""The texts of features that a case has because it has one of several others."""


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

    def __hash__(self) -> int:  # a text's values are a dict, which has none
        return hash((len(self.first), len(self.last), self.covered, self.codes))

    def of(self, facts: Facts) -> Iterator[Feature]:
        """All features of a function with the parameters that `facts` have."""
        yield from self.first
        yield from _of_parameters(facts, self)
        yield from self.last
        yield from map(_omitted, facts.in_every_case)
        yield from map(_integers_in, facts.parameters)
