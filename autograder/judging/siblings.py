"""Show a case like a hidden one: run the sibling cases of groups that failed, and draw the smallest failure.

`evaluate` calls this for a submission that lost points against a hidden key; a right one costs nothing. What
comes of it is for the student to see and decides nothing: no verdict, no points, no misconception.

The run must be in a sandbox that holds no hidden input. A submission finds all inputs of a sandbox in its
memory, and what it returns here, and what its exceptions say, is shown whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from autograder.base.messages import say
from autograder.judging.answer_key import AnswerKey, KeyExercise
from autograder.judging.diagnosis import Judged
from autograder.judging.diagnosis.symptoms import symptom
from autograder.judging.domain import find
from autograder.judging.judge import judged
from autograder.judging.pictures.failure import Oracle, size, smallest_failure
from autograder.judging.pictures.layout import drawn
from autograder.judging.pictures.records import Picture
from autograder.judging.results import ExerciseResult, SiblingResult, Verdict
from autograder.sandbox.client import SandboxError
from autograder.sandbox.records import Outcome

SECONDS = 10.0
"""A submission's own time for all of its sibling cases."""
_LARGEST = 100_000
"""Numbers of an answer that is drawn; of a larger one the symptom says enough."""
_RUN_AGAIN = frozenset({Verdict.WA, Verdict.RTE, Verdict.TLE, Verdict.MLE, Verdict.OLE, Verdict.FORBIDDEN})
"""Verdicts of a case that was really tried."""


def with_siblings(
    key: AnswerKey, exercises: tuple[ExerciseResult, ...], run: Callable[[list[int]], Sequence[Outcome]]
) -> tuple[ExerciseResult, ...]:
    """`exercises`, those that failed with what came of their sibling cases.

    Parameters
    ----------
    run : function
        Returns the outcomes of these of `calls(key.siblings)`.
    """
    siblings, wanted = _of_failed_groups(key, exercises)
    if not wanted:
        return exercises
    try:
        cases = judged(siblings, run(wanted))
    except SandboxError:  # the grade stands without them
        return exercises
    told = {
        exercise.name: _told(siblings, exercise, of_it)
        for exercise, of_it in zip(siblings.exercises, cases, strict=True)
    }
    return tuple(replace(each, sibling=told.get(each.name)) for each in exercises)


def _of_failed_groups(key: AnswerKey, exercises: tuple[ExerciseResult, ...]) -> tuple[AnswerKey, list[int]]:
    """A key of the sibling cases to run, and their places in `calls(key.siblings)`."""
    failed = {
        (exercise.name, group.name)
        for exercise in exercises
        for group in exercise.groups
        if any(case.verdict in _RUN_AGAIN for case in group.cases)
    }
    if not failed:
        return key, []
    kept: list[KeyExercise] = []
    wanted: list[int] = []
    place = 0
    for exercise in key.siblings.exercises:
        groups = []
        for group in exercise.groups:
            if (exercise.name, group.name) in failed:
                groups.append(group)
                wanted += range(place, place + len(group.cases))
            place += len(group.cases)
        if groups:
            kept.append(replace(exercise, groups=tuple(groups)))
    return replace(key.siblings, exercises=tuple(kept)), wanted


def _told(key: AnswerKey, exercise: KeyExercise, cases: Sequence[Judged]) -> SiblingResult | None:
    tried = [case for case in cases if case.verdict is not Verdict.NR]
    if all(case.verdict.earns for case in tried):
        return SiblingResult() if len(tried) == len(cases) else None
    seen = symptom(exercise, cases, find(key.domain), visible=True, modules=key.limits.modules)
    try:
        return SiblingResult(seen, _picture(exercise, tried))
    except Exception:  # a value may be odd in a way that nobody thought of; the grade does not depend on it
        return SiblingResult(seen)


def _picture(exercise: KeyExercise, cases: Sequence[Judged]) -> Picture | None:
    found = smallest_failure(exercise, cases, visible=True)
    if found is None or size(found[1].outcome.value) > _LARGEST:
        return None
    heading = say("card.case_sibling", group=found[0].group)
    return drawn(replace(found[0], oracle=Oracle(heading, say("card.side_expected"))))
