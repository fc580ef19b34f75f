"""One sentence for a student: what to do next. Every way in which an exercise can fail has one."""

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
"""How ids begin of symptoms where no number is at fault but what was returned as a whole."""

_ABOUT_ENTRIES = ("symptom.list_", "symptom.names_")
"""Where entries are missing or too many, or one is wrong."""

_ABOUT_LINES = ("line_", "lines_")
"""How the last part of an id begins where an answer is typed line by line, whatever its subject."""

_NO_SUCH_NAME = re.compile(r"name '(\w+)' is not defined")
"""Python's own words."""

_NOT_TRIED = (Verdict.NI, Verdict.MISSING)


def next_exercise(exercises: Sequence[ExerciseResult], edited: str = "") -> ExerciseResult | None:
    """What to work on; None where all is right.

    That is the exercise `edited` last, where that is known, as long as it is not right; then the first that
    was tried and is not right; then the first that is not written. But what stops for want of another
    exercise's function has to wait for that.
    """
    left = [one for one in exercises if not one.verdict.earns]
    at_hand = [one for one in left if one.name == edited]
    tried = [one for one in left if one.verdict not in _NOT_TRIED]
    following = next(iter([*at_hand, *tried, *left]), None)
    missing = {one.name: one for one in left if one.verdict is Verdict.MISSING}
    return missing.get(_lacks(following), following) if following else None


def _lacks(result: ExerciseResult) -> str:
    """The name that is not defined, where that is what stops it; else ""."""
    seen = _seen(result)
    if result.verdict is not Verdict.RTE or seen.values.get("name") != "NameError":
        return ""
    found = _NO_SUCH_NAME.match(seen.values.get("text", ""))
    return found[1] if found else ""


def _seen(result: ExerciseResult) -> Message:
    """What can be seen, whatever the cases in which it can."""
    return core(result.symptom) or Message("")


def next_step(result: ExerciseResult, *, lecture: str = "", ask: str = "") -> Text:
    """What to do about an exercise that is not right.

    Parameters
    ----------
    lecture : str
        The section of the lecture that it follows.
    ask : str
        What gives the idea at once, where there is one that has not been told.
    """
    name = result.name
    seen = _seen(result)
    match result.verdict:
        case Verdict.NI:
            return say(
                "step.not_written",
                name=name,
            )
        case Verdict.MISSING:
            return say(
                "step.wrong_name",
                name=name,
            )
        case Verdict.FORBIDDEN:
            return say(
                "step.module_forbidden",
                name=name,
            )
        case Verdict.RTE if seen.values.get("name") == "SyntaxError":
            return say("step.line_unreadable", name=name)
        case Verdict.RTE if seen.id == "symptom.wrong_parameters":
            return say(
                "step.wrong_parameters",
                name=name,
            )
        case Verdict.RTE if seen.id in ("symptom.raised", "symptom.program_ended"):  # no line is named
            return say("step.program_ended", name=name)
        case Verdict.RTE:
            return say(
                "step.raised",
                name=name,
            )
        case Verdict.TLE:
            return say(
                "step.too_slow",
                name=name,
            )
        case Verdict.MLE | Verdict.OLE:
            return say("step.grows_without_end", name=name)
    if seen.id == "symptom.returned_nothing":
        return say(
            "step.returned_nothing",
            name=name,
        )
    if ask:
        return say(
            "step.hint_waiting",
            name=name,
            ask=ask,
        )
    if seen.id.startswith(_ABOUT_FORM):
        return say(
            "step.wrong_type",
            name=name,
        )
    if seen.id.startswith(_ABOUT_ENTRIES):
        return say(
            "step.compare_entries",
            name=name,
        )
    by_line = seen.id.rpartition(".")[2].startswith(_ABOUT_LINES)
    what = say("step.example_first_line" if by_line else "step.example_small")
    if lecture:
        return say(
            "step.by_hand_with_lecture",
            name=name,
            lecture=lecture,
            what=what,
        )
    return say("step.by_hand", name=name, what=what)
