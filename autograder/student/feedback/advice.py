"""The next step for a student, as one sentence: for every verdict, and for kinds of wrong answers.

The writers of feedback and `watch` call it. It reads the ids of symptoms, never their sentences.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from autograder.base.messages import Message, Text, core, say
from autograder.judging.results import ExerciseResult, Verdict

_ABOUT_FORM = re.compile(
    r"symptom\.(not_(all_)?numbers|one_result_asked|ragged_list|results_(only_one|too_many|wrong_number)|"
    r"several_results_asked|shape_wrong(_told)?(_because)?|stray_comma|unusable_\w+|wrong_type)"
)
"""Symptoms about the type or shape of a result, not about its numbers."""

_ABOUT_ENTRIES = re.compile(
    r"symptom\.(list_entry_(length_inside|names_(missing|surplus)|part_wrong|wrong(_first)?)|list_one_entry|"
    r"list_wrong_length|names_(as_in_argument|missing(_and_surplus)?|surplus)|nested_length)"
)
"""Symptoms about missing, surplus or wrong entries."""

_ABOUT_CLASS = re.compile(r"symptom\.class_(missing|call_wrong|lacks_(method|attribute)|attribute_none)")
"""Symptoms of a class that has other parts than the assignment says."""

_NO_SUCH_NAME = re.compile(r"name '(\w+)' is not defined")
"""Python's message of a NameError."""

_SAYS_WHAT_TO_DO = ("symptom.calls_unwritten", "symptom.numpy_names_removed")
"""Symptoms that are the next step already."""

_NO_LINE = ("symptom.raised", "symptom.raised_something", "symptom.program_ended")
"""Symptoms of code that stopped which name no line."""

_SIZE_ONE_ARRAY = re.compile(r"only .*arrays can be converted to Python scalars")
"""NumPy's message where an array of one number is used as a number: a warning before NumPy 2.4."""

_NOT_TRIED = (Verdict.NI, Verdict.MISSING)


def next_exercise(exercises: Sequence[ExerciseResult], edited: str = "") -> ExerciseResult | None:
    """The exercise to work on; None where all are right.

    That is the exercise `edited` last as long as it is not right, else the first that was tried and is not
    right, else the first that is not written. Where another exercise's function that it calls is missing or
    fails, that one comes first.
    """
    left = [exercise for exercise in exercises if not exercise.verdict.earns]
    just_edited = [exercise for exercise in left if exercise.name == edited]
    tried = [exercise for exercise in left if exercise.verdict not in _NOT_TRIED]
    following = next(iter([*just_edited, *tried, *left]), None)
    if following is None:
        return None
    missing = {exercise.name: exercise for exercise in left if exercise.verdict is Verdict.MISSING}
    symptom = following.symptom
    callee = symptom.values.get("callee") if isinstance(symptom, Message) else None
    called = next((exercise for exercise in left if exercise.name == callee), following)
    return missing.get(_undefined_name(following), called)


def _undefined_name(result: ExerciseResult) -> str:
    """The name whose NameError stopped the exercise; else ""."""
    seen = _seen(result)
    if result.verdict is not Verdict.RTE or seen.values.get("name") != "NameError":
        return ""
    found = _NO_SUCH_NAME.match(seen.values.get("text", ""))
    return found[1] if found else ""


def _raised(seen: Message, name: str) -> Text:
    """What to do at the line that raised an exception."""
    match seen.values.get("name"):
        case "NameError" | "UnboundLocalError":
            return say("step.name_unknown", name=name)
        case "TypeError" if _SIZE_ONE_ARRAY.search(str(seen.values.get("text", ""))):
            return say("step.size_one_array", name=name)
        case "ValueError" | "IndexError" | "TypeError":
            return say("step.raised", name=name)
    return say("step.raised_otherwise", name=name)


def _seen(result: ExerciseResult) -> Message:
    """The symptom without the condition on which cases show it."""
    return core(result.symptom) or Message("")


def next_step(
    result: ExerciseResult,
    *,
    lecture: str = "",
    ask: str = "",
    examples: Mapping[str, str] = MappingProxyType({}),
) -> Text:
    """What to do about an exercise that is not right.

    Parameters
    ----------
    lecture : str
        The section of the lecture that it follows.
    ask : str
        What the student types to get the idea at once, where it is known and not revealed yet.
    examples : mapping
        A subject's own: from ids of symptoms to ids of what to work out by hand (`judging.domain`).
    """
    name = result.name
    seen = _seen(result)
    if _ABOUT_CLASS.fullmatch(seen.id):
        return say("step.class_as_given", name=name)
    match result.verdict:
        case Verdict.NI:
            return say("step.not_written", name=name)
        case Verdict.MISSING if seen.id in ("symptom.function_missing", "symptom.missing_renamed"):
            return say("step.wrong_name", name=name)
        case Verdict.MISSING:
            return say("step.as_said", name=name)
        case Verdict.FORBIDDEN:
            return say("step.module_forbidden", name=name)
        case Verdict.RTE if seen.id == "symptom.not_parsed":
            return say("step.line_unreadable", name=name)
        case Verdict.RTE if seen.id in _SAYS_WHAT_TO_DO:
            return say("step.as_said", name=name)
        case Verdict.RTE if seen.id == "symptom.wrong_parameters":
            return say("step.wrong_parameters", name=name)
        case Verdict.RTE if ask:
            return say("step.hint_waiting", name=name, ask=ask)
        case Verdict.RTE if seen.id in _NO_LINE:
            return say("step.program_ended", name=name)
        case Verdict.RTE:
            return _raised(seen, name)
        case Verdict.TLE:
            return say("step.too_slow", name=name)
        case Verdict.NR:
            return say("step.not_run", name=name)
        case Verdict.MLE | Verdict.OLE:
            return say("step.grows_without_end", name=name)
    if seen.id == "symptom.returned_nothing":
        return say("step.returned_nothing", name=name)
    if ask:
        return say("step.hint_waiting", name=name, ask=ask)
    if _ABOUT_FORM.fullmatch(seen.id):
        return say("step.wrong_type", name=name)
    if _ABOUT_ENTRIES.fullmatch(seen.id):
        return say("step.compare_entries", name=name)
    what = say(examples.get(seen.id, "step.example_small"))
    if lecture:
        return say("step.by_hand_with_lecture", name=name, lecture=lecture, what=what)
    return say("step.by_hand", name=name, what=what)
