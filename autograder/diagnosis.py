"""Why an answer is wrong, in one sentence for the student.

First the misconceptions: an answer that equals a misconception's output on exactly the cases on which
that misconception differs from the reference is named. Where none fits, what can be seen from
outside: the exception and its line, the shape, a changed argument, which groups are concerned. From
a hidden key nothing is quoted: no input, no expected value, no exception text that could hold one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.answer_key import Hint, KeyCase, KeyExercise, Wrong
from autograder.comparison import Difference
from autograder.messages import Text, say
from autograder.sandbox.records import Outcome
from autograder.verdicts import Verdict


@dataclass(frozen=True)
class Judged:
    """One case after judging: what was asked, what came of it, the verdict, and how the values differ."""

    group: str
    case: KeyCase
    outcome: Outcome
    verdict: Verdict
    difference: Difference


Diagnosis = tuple[str | None, Text | None]
"""(misconception id, sentence); each may be None."""


def diagnose(exercise: KeyExercise, judged: Sequence[Judged], *, visible: bool) -> Diagnosis:
    """Explain an exercise's result. With `visible`, shapes and exception texts may be quoted."""
    wrong = [one for one in judged if one.verdict not in (Verdict.AC, Verdict.JE)]
    if not wrong:
        return None, None
    hint = _misconception(exercise, judged, wrong)
    if hint is not None:
        return hint.id, say("It looks as if: {hint}.", hint=Text(hint.zh, hint.en))
    return None, _symptom(exercise, wrong, _place(exercise, judged, wrong), visible)


def _misconception(exercise: KeyExercise, judged: Sequence[Judged], wrong: Sequence[Judged]) -> Hint | None:
    """The misconception that explains every wrong case; else the one that explains most of them.

    To explain only some, it takes equal values: a crash of the same kind may come from anything.
    """
    best: tuple[int, Hint] | None = None
    for hint in exercise.misconceptions:
        differs = [one for one in judged if hint.id in one.case.wrong]
        if not differs or not _explains([(one.outcome, one.case.wrong[hint.id]) for one in differs]):
            continue
        if len(differs) == len(wrong):
            return hint
        has_values = any(one.case.wrong[hint.id].raises is None for one in differs)
        if has_values and (best is None or len(differs) > best[0]):
            best = len(differs), hint
    return best[1] if best else None


def _explains(pairs: Sequence[tuple[Outcome, Wrong]]) -> bool:
    """Is every outcome what the misconception gives?

    Values must be equal. A crash must be a crash; of another kind of exception only where some other case
    gives equal values, for the same mistake may stumble over an index here and over a shape there.
    """
    values = [(outcome, wrong) for outcome, wrong in pairs if wrong.raises is None]
    crashes = [(outcome, wrong) for outcome, wrong in pairs if wrong.raises is not None]
    return all(
        outcome.status == "returned" and _same(outcome.value, wrong.value) for outcome, wrong in values
    ) and all(
        outcome.status == "raised" and (bool(values) or outcome.exception == wrong.raises)
        for outcome, wrong in crashes
    )


def _same(got: Any, other: Any) -> bool:
    """Equal up to rounding; here, unlike in judging, NaN equals NaN."""
    if isinstance(other, list | tuple):
        return isinstance(got, list | tuple) and len(got) == len(other) and all(map(_same, got, other))
    if isinstance(other, dict):
        return (
            isinstance(got, dict)
            and got.keys() == other.keys()
            and all(_same(got[k], other[k]) for k in other)
        )
    if not isinstance(other, np.ndarray | bool | int | float):
        return type(got) is type(other) and bool(got == other)
    if not isinstance(got, np.ndarray | bool | int | float):
        return False
    one, two = np.asarray(got), np.asarray(other)
    if one.shape != two.shape or one.dtype.kind not in "biufc" or two.dtype.kind not in "biufc":
        return False
    scale = float(np.abs(two[np.isfinite(two)]).max(initial=0.0))
    return bool(np.allclose(one, two, rtol=1e-5, atol=max(1e-5 * scale, 1e-8), equal_nan=True))


def _place(exercise: KeyExercise, judged: Sequence[Judged], wrong: Sequence[Judged]) -> Text | None:
    """The titles of the groups that hold a wrong case, or None where all of them do."""
    names = {one.group for one in wrong}
    if names == {one.group for one in judged}:
        return None
    concerned = [group for group in exercise.groups if group.name in names]
    return Text("、".join(group.zh for group in concerned), ", ".join(group.en for group in concerned))


def _symptom(
    exercise: KeyExercise, wrong: Sequence[Judged], place: Text | None, visible: bool
) -> Text | None:
    """What can be seen from outside, and in which groups where it is not everywhere."""
    first = wrong[0]
    match first.verdict:
        case Verdict.NI:
            what = say("{name} is not written yet.", name=exercise.name)
        case Verdict.MISSING:
            return say("There is no function called {name}; do not rename it.", name=exercise.name)
        case Verdict.FORBIDDEN:
            return say(
                "{module} cannot be imported here (needed in {where}, line {line}): "
                "only NumPy and Python's standard library can.",
                module=first.outcome.text,
                where=first.outcome.where,
                line=first.outcome.line,
            )
        case Verdict.TLE:
            what = say("It did not finish in time; is there a loop that never ends?")
        case Verdict.MLE:
            what = say("It asked for too much memory; does an array or a list grow without end?")
        case Verdict.OLE:
            what = say("It printed or returned far too much.")
        case Verdict.RTE:
            what = _run_time_error(first.outcome, visible)
        case _:
            what = _wrong_answer(exercise, wrong, visible)
    return what if place is None else say("{what} Only in: {groups}.", what=what, groups=place)


def _run_time_error(outcome: Outcome, visible: bool) -> Text:
    if outcome.status != "raised":
        return say("It ended the program instead of returning an answer.")
    name, where, line = outcome.exception, outcome.where, outcome.line
    if visible and outcome.text:
        return say(
            "{name} in {where}, line {line} ({text}).", name=name, where=where, line=line, text=outcome.text
        )
    return say("{name} in {where}, line {line}.", name=name, where=where, line=line)


def _wrong_answer(exercise: KeyExercise, wrong: Sequence[Judged], visible: bool) -> Text:
    first = next((one for one in wrong if one.verdict is Verdict.WA), wrong[0])
    difference = first.difference
    part = Text("", "") if difference.part is None else say(" (result {n})", n=difference.part + 1)
    if first.outcome.status == "unsendable":
        return say("It returned something that is not numbers: {text}.", text=first.outcome.text)
    match difference.kind:
        case "type" if difference.got == "NoneType":
            return say("It returned nothing (None); is a return missing?")
        case "not numeric" if difference.got == "NoneType":
            return say("It returned nothing (None); is a return missing?")
        case "type" | "not numeric":
            return say(
                "It returned {got}{part}, not real numbers of the kind asked for.",
                got=difference.got,
                part=part,
            )
        case "length":
            return say(
                "It returned {got} results, {n} are asked for.", got=difference.got, n=difference.expected
            )
        case "shape" if visible:
            return say(
                "The shape{part} is {got}, it should be {expected}.",
                got=difference.got,
                expected=difference.expected,
                part=part,
            )
        case "shape":
            return say("The shape of the result{part} is wrong.", part=part)
        case "not finite":
            return say("The result{part} holds NaN or infinity.", part=part)
        case "none" if first.outcome.changed:
            names = [exercise.parameters[i] for i in first.outcome.changed if i < len(exercise.parameters)]
            return say("The values are right, but the argument {names} was changed.", names=", ".join(names))
        case "none":
            return say(
                "The values are right, but the result shares memory with an argument; return a new array."
            )
    return say("The values{part} are wrong.", part=part)
