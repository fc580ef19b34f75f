"""The next step for a student, as one sentence: for every verdict, and for kinds of wrong answers.

The writers of feedback and `watch` call it. It reads the ids of symptoms, never their sentences.
"""

import re
from collections.abc import Sequence

from autograder.base.messages import Message, Text, core, say
from autograder.judging.results import ExerciseResult, Verdict

_ABOUT_FORM = tuple(
    f"symptom.{name}"
    for name in (
        *("not_all_numbers", "not_numbers", "one_result_asked", "ragged_list", "results_only_one"),
        *("results_too_many", "results_wrong_number", "several_results_asked", "shape_wrong", "stray_comma"),
        *("unusable_", "wrong_type"),
    )
)
"""Prefixes of the ids of symptoms about the type or shape of a result, not about its numbers."""

_ABOUT_ENTRIES = ("symptom.list_", "symptom.names_")
"""Prefixes of ids about missing, surplus or wrong entries."""

_ABOUT_LINES = ("line_", "lines_")
"""Prefixes of the last part of an id about an answer that is typed line by line, in any subject."""

_NO_SUCH_NAME = re.compile(r"name '(\w+)' is not defined")
"""Python's message of a NameError."""

_NOT_TRIED = (Verdict.NI, Verdict.MISSING)


def next_exercise(exercises: Sequence[ExerciseResult], edited: str = "") -> ExerciseResult | None:
    """The exercise to work on; None where all are right.

    That is the exercise `edited` last as long as it is not right, else the first that was tried and is not
    right, else the first that is not written. Where it fails because another exercise's function is missing,
    that one comes first.
    """
    left = [exercise for exercise in exercises if not exercise.verdict.earns]
    just_edited = [exercise for exercise in left if exercise.name == edited]
    tried = [exercise for exercise in left if exercise.verdict not in _NOT_TRIED]
    following = next(iter([*just_edited, *tried, *left]), None)
    missing = {exercise.name: exercise for exercise in left if exercise.verdict is Verdict.MISSING}
    return missing.get(_undefined_name(following), following) if following else None


def _undefined_name(result: ExerciseResult) -> str:
    """The name whose NameError stopped the exercise; else ""."""
    seen = _seen(result)
    if result.verdict is not Verdict.RTE or seen.values.get("name") != "NameError":
        return ""
    found = _NO_SUCH_NAME.match(seen.values.get("text", ""))
    return found[1] if found else ""


def _seen(result: ExerciseResult) -> Message:
    """The symptom without the condition on which cases show it."""
    return core(result.symptom) or Message("")


def next_step(result: ExerciseResult, *, lecture: str = "", ask: str = "") -> Text:
    """What to do about an exercise that is not right.

    Parameters
    ----------
    lecture : str
        The section of the lecture that it follows.
    ask : str
        What the student types to get the idea at once, where it is known and not revealed yet.
    """
    name = result.name
    seen = _seen(result)
    if result.verdict is Verdict.RTE:
        id = _after_error(seen)
        return say(id, name=name)
    if result.verdict in _BY_VERDICT:
        id = _BY_VERDICT[result.verdict]
        return say(id, name=name)
    if seen.id == "symptom.returned_nothing":
        return say("step.returned_nothing", name=name)
    if ask:
        return say("step.hint_waiting", name=name, ask=ask)
    if seen.id.startswith(_ABOUT_FORM):
        return say("step.wrong_type", name=name)
    if seen.id.startswith(_ABOUT_ENTRIES):
        return say("step.compare_entries", name=name)
    by_line = seen.id.rpartition(".")[2].startswith(_ABOUT_LINES)
    what = say("step.example_first_line" if by_line else "step.example_small")
    if lecture:
        return say("step.by_hand_with_lecture", name=name, lecture=lecture, what=what)
    return say("step.by_hand", name=name, what=what)


_BY_VERDICT = {
    Verdict.NI: "step.not_written",
    Verdict.MISSING: "step.wrong_name",
    Verdict.FORBIDDEN: "step.module_forbidden",
    Verdict.TLE: "step.too_slow",
    Verdict.MLE: "step.grows_without_end",
    Verdict.OLE: "step.grows_without_end",
}


def _after_error(seen: Message) -> str:
    if seen.values.get("name") == "SyntaxError":
        return "step.line_unreadable"
    if seen.id == "symptom.wrong_parameters":
        return "step.wrong_parameters"
    names_no_line = seen.id in ("symptom.raised", "symptom.program_ended")
    return "step.program_ended" if names_no_line else "step.raised"
