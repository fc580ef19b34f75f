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
from autograder.sandbox.client import Outcome
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
        return hint.id, say("It looks as if {hint}.", hint=Text(hint.zh, hint.en))
    return None, _symptom(exercise, judged, wrong, visible)


def _misconception(exercise: KeyExercise, judged: Sequence[Judged], wrong: Sequence[Judged]) -> Hint | None:
    """The misconception that explains every wrong case; else the one that explains most of them."""
    best: tuple[int, Hint] | None = None
    for hint in exercise.misconceptions:
        differs = [one for one in judged if hint.id in one.case.wrong]
        if not differs or not all(_gives(one.outcome, one.case.wrong[hint.id]) for one in differs):
            continue
        if len(differs) == len(wrong):
            return hint
        if best is None or len(differs) > best[0]:
            best = len(differs), hint
    return best[1] if best else None


def _gives(outcome: Outcome, wrong: Wrong) -> bool:
    """Is `outcome` what the misconception gives?"""
    if wrong.raises is not None:
        return outcome.status == "raised" and outcome.exception == wrong.raises
    return outcome.status == "returned" and _same(outcome.value, wrong.value)


def _same(got: Any, other: Any) -> bool:
    """Equal up to rounding; here, unlike in judging, NaN equals NaN."""
    if isinstance(other, list | tuple):
        return isinstance(got, list | tuple) and len(got) == len(other) and all(map(_same, got, other))
    if not isinstance(other, np.ndarray | bool | int | float):
        return type(got) is type(other) and bool(got == other)
    if not isinstance(got, np.ndarray | bool | int | float):
        return False
    one, two = np.asarray(got), np.asarray(other)
    if one.shape != two.shape or one.dtype.kind not in "biufc" or two.dtype.kind not in "biufc":
        return False
    scale = float(np.abs(two[np.isfinite(two)]).max(initial=0.0))
    return bool(np.allclose(one, two, rtol=1e-5, atol=max(1e-5 * scale, 1e-8), equal_nan=True))


def _symptom(
    exercise: KeyExercise, judged: Sequence[Judged], wrong: Sequence[Judged], visible: bool
) -> Text | None:
    first = wrong[0]
    outcome = first.outcome
    match first.verdict:
        case Verdict.NI:
            return say("{name} is not written yet.", name=exercise.name)
        case Verdict.MISSING:
            return say("There is no function called {name}; do not rename it.", name=exercise.name)
        case Verdict.FORBIDDEN:
            return say(
                "{module} cannot be imported here: only NumPy and Python's standard library can.",
                module=outcome.text,
            )
        case Verdict.TLE:
            return say("It did not finish in time; is there a loop that never ends?")
        case Verdict.MLE:
            return say("It asked for too much memory; does an array or a list grow without end?")
        case Verdict.OLE:
            return say("It printed or returned far too much.")
        case Verdict.RTE:
            return _run_time_error(outcome, visible)
    return _wrong_answer(exercise, judged, wrong, visible)


def _run_time_error(outcome: Outcome, visible: bool) -> Text:
    if outcome.status != "raised":
        return say("It ended the program instead of returning an answer.")
    name, where, line = outcome.exception, outcome.where, outcome.line
    if visible and outcome.text:
        return say(
            "{name} in {where}, line {line}: {text}", name=name, where=where, line=line, text=outcome.text
        )
    return say("{name} in {where}, line {line}.", name=name, where=where, line=line)


def _wrong_answer(
    exercise: KeyExercise, judged: Sequence[Judged], wrong: Sequence[Judged], visible: bool
) -> Text:
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
            return say(
                "The result{part} has the wrong shape in: {groups}.",
                part=part,
                groups=_groups(exercise, wrong),
            )
        case "not finite":
            return say("The result{part} holds NaN or infinity.", part=part)
        case "none" if first.outcome.changed:
            names = [exercise.parameters[i] for i in first.outcome.changed if i < len(exercise.parameters)]
            return say("The values are right, but the argument {names} was changed.", names=", ".join(names))
        case "none":
            return say(
                "The values are right, but the result shares memory with an argument; return a new array."
            )
    if {one.group for one in wrong} == {one.group for one in judged}:
        return say("The values{part} are wrong.", part=part)
    return say("The values{part} are wrong only in: {groups}.", part=part, groups=_groups(exercise, wrong))


def _groups(exercise: KeyExercise, wrong: Sequence[Judged]) -> Text:
    """The titles of the groups that hold a wrong case."""
    names = {one.group for one in wrong}
    concerned = [group for group in exercise.groups if group.name in names]
    return Text("、".join(group.zh for group in concerned), ", ".join(group.en for group in concerned))
