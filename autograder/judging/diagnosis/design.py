"""What the cases of an exercise vary: the features that they try, and those that they change alone.

`authoring.draw` notes in a visible key what only hidden cases try, `authoring.verification` tells authors
what no two cases tell apart. It is about features, such as a remainder; no input is ever quoted.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations

from autograder.base.messages import Message, Text
from autograder.judging.diagnosis.conditions import UNIONS, Feature, implies
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.knowledge import Knowledge
from autograder.judging.key_records import KeyCase, KeyExercise

_Column = tuple[Feature, list[bool | None]]


def facts_of(exercise: KeyExercise, case: KeyCase, knowledge: Knowledge) -> Facts:
    """The arguments of a case by name, those included that it leaves out."""
    kind = knowledge.facts
    if kind not in case.facts:
        case.facts[kind] = kind(exercise.parameters_of(case), case, exercise.left_out(case.args))
    found: Facts = case.facts[kind]
    return found


def untried(exercise: KeyExercise, hidden: Sequence[KeyCase], knowledge: Knowledge) -> Iterator[Message]:
    """The features of hidden cases that no visible case of `exercise` has; of several the widest."""
    visible = len(exercise.cases)
    table = _table(exercise, (*exercise.cases, *hidden), knowledge)
    found = [feature for feature, has in table if any(has[visible:]) and not any(has[:visible])]
    for feature in found:
        wider = [other for other in found if other is not feature and implies(feature, other)]
        if not wider and isinstance(feature.text, Message):
            yield feature.text


def never_alone(exercise: KeyExercise, knowledge: Knowledge) -> list[Text]:
    """The features that vary, but never between two cases that differ in nothing else that is known."""
    table = [column for column in _table(exercise, exercise.cases, knowledge) if column[0].text not in UNIONS]
    return [each[0].text for each in table if {True, False} <= {*each[1]} and not _alone(each, table)]


def _alone(column: _Column, table: Sequence[_Column]) -> bool:
    """Whether two cases differ in it and in no other; what a case does not have, such as windows that could
    overlap where there is one window, is no difference."""
    feature, has = column
    free = [other for other, _ in table if other is feature or implies(feature, other)]
    others = [values for other, values in table if other not in free]
    pairs = ((a, b) for a, b in permutations(range(len(has)), 2) if has[a] is True and has[b] is False)
    return any(
        all(values[a] == values[b] or None in (values[a], values[b]) for values in others) for a, b in pairs
    )


def _table(exercise: KeyExercise, cases: Sequence[KeyCase], knowledge: Knowledge) -> list[_Column]:
    """The features that may be joined with others, and which case has them; None where that is unknown."""
    facts = [facts_of(exercise, case, knowledge) for case in cases]

    def has(feature: Feature, of_case: Facts) -> bool | None:
        known = all(getattr(of_case, name) is not None for name in feature.needs)
        return feature.has(of_case) if known else None

    features = [feature for feature in knowledge.features.of(facts[0]) if feature.joins] if facts else []
    return [(feature, [has(feature, of_case) for of_case in facts]) for feature in features]
