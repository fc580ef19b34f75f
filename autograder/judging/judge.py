"""Values × answer key → verdicts, points, diagnosis.

The last station of a submission, outside of the sandbox. `calls` says what the student's process is
asked (inputs only); `judge` compares what came back. One judge serves the visible and the hidden key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from autograder.judging.answer_key import AnswerKey, KeyCase, KeyExercise, KeyGroup
from autograder.judging.comparison import AGREE, Difference
from autograder.judging.diagnosis import Judged, diagnose
from autograder.judging.domain import Domain, find
from autograder.judging.results import CaseResult, ExerciseResult, GroupResult, Verdict
from autograder.sandbox.records import Call, Outcome
from autograder.sandbox.values import is_constant


def calls(key: AnswerKey) -> list[Call]:
    """Every case of `key` as a call, in the order in which `judge` wants the outcomes."""
    return [
        Call(
            exercise.name,
            case.args,
            f"{exercise.name}/{group.name}",
            case.layout,
            case.fresh,
            exercise.left_out(case.args),
            tuple(step.sent for step in case.script),
        )
        for exercise in key.exercises
        for group in exercise.groups
        for case in group.cases
    ]


def judge(key: AnswerKey, outcomes: Iterable[Outcome]) -> tuple[ExerciseResult, ...]:
    """Judge the outcomes of `calls(key)`."""
    return results(key, judged(key, outcomes))


def judged(key: AnswerKey, outcomes: Iterable[Outcome]) -> tuple[tuple[Judged, ...], ...]:
    """For each exercise of `key` its cases, each with its outcome and verdict."""
    remaining = iter(outcomes)
    return tuple(
        tuple(
            _judge_case(group.name, case, next(remaining))
            for group in exercise.groups
            for case in group.cases
        )
        for exercise in key.exercises
    )


def results(key: AnswerKey, judged: Iterable[Sequence[Judged]]) -> tuple[ExerciseResult, ...]:
    """Points and diagnoses of what `judged(key, …)` found."""
    domain = find(key.domain)
    return tuple(
        _result(key, exercise, cases, domain) for exercise, cases in zip(key.exercises, judged, strict=True)
    )


def case_by_case(key: AnswerKey) -> AnswerKey:
    """`key` with every case as an exercise of its own: the same calls, judged each for itself."""
    exercises = tuple(
        replace(exercise, groups=(replace(group, cases=(case,)),))
        for exercise in key.exercises
        for group in exercise.groups
        for case in group.cases
    )
    return replace(key, exercises=exercises)


def judge_error(key: AnswerKey) -> tuple[ExerciseResult, ...]:
    """The result of a submission that could not be judged through no fault of its own: no grade."""
    return tuple(
        ExerciseResult(exercise.name, Verdict.JE, None, None, None, tuple(map(_not_judged, exercise.groups)))
        for exercise in key.exercises
    )


def _not_judged(group: KeyGroup) -> GroupResult:
    return GroupResult(group.name, 0, group.points, tuple(CaseResult(Verdict.JE, 0.0) for _ in group.cases))


def accepts(case: KeyCase, outcome: Outcome) -> bool:
    """Would this outcome earn its case?"""
    return _judge_case("", case, outcome).verdict.earns


def _result(
    key: AnswerKey, exercise: KeyExercise, judged: Sequence[Judged], domain: Domain
) -> ExerciseResult:
    remaining = iter(judged)
    groups = []
    for group in exercise.groups:
        in_group = [next(remaining) for _ in group.cases]
        earned = group.points if all(case.verdict.earns for case in in_group) else 0
        cases = tuple(CaseResult(case.verdict, case.outcome.seconds) for case in in_group)
        groups.append(GroupResult(group.name, earned, group.points, cases))
    failed = [case.verdict for case in judged if case.verdict is not Verdict.AC]
    verdict = next((verdict for verdict in failed if verdict is not Verdict.NR), (*failed, Verdict.AC)[0])
    found = diagnose(exercise, judged, domain, visible=key.visible, modules=key.limits.modules)
    about = (found.misconception, found.symptom, found.text, tuple(groups), found.detail)
    return ExerciseResult(exercise.name, verdict, *about)


_VERDICTS = {
    **{"unsendable": Verdict.WA, "missing": Verdict.MISSING, "forbidden": Verdict.FORBIDDEN},
    **{"time": Verdict.TLE, "output": Verdict.OLE, "not made": Verdict.NR},
}
"""By the status of a call; all others are RTE: raised, died, unanswered."""
_UNFINISHED = "symptom.raise_reached"
_RAISED = {"NotImplementedError": Verdict.NI, "MemoryError": Verdict.MLE}


def _judge_case(group: str, case: KeyCase, outcome: Outcome) -> Judged:
    if outcome.status == "returned":
        difference = _difference(case, outcome.value)
        right = difference is AGREE and not outcome.changed and not (case.fresh and outcome.shares)
        return Judged(group, case, outcome, Verdict.AC if right else Verdict.WA, difference)
    raised = _RAISED.get(outcome.exception or "") if outcome.status == "raised" else None
    if raised is Verdict.NI and getattr(outcome.reason, "id", _UNFINISHED) != _UNFINISHED:
        raised = None  # it is another function that is not written
    verdict = raised or _VERDICTS.get(outcome.status, Verdict.RTE)
    return Judged(group, case, outcome, verdict, AGREE)


_REMEMBERED = 4
"""Right answers of a case that are remembered."""


def _difference(case: KeyCase, value: Any) -> Difference:
    """How `value` differs from what is expected.

    The sandbox's client reads equal bytes once, so most of a class gives the very values that were compared
    before: these are known by their identity, unless anybody could have changed them since. It saves a
    quarter and more of the grading process's time for a right submission (`benchmarks/overhead.py`).
    """
    if any(value is known for known in case.accepted):
        return AGREE
    difference = case.accept.difference(value, case.expected)
    if difference is AGREE and is_constant(value):
        case.accepted.insert(0, value)
        del case.accepted[_REMEMBERED:]
    return difference
