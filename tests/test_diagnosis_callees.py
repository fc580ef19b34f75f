"""A failing function that calls another exercise's failing one is told so first."""

from autograder.base.messages import say
from autograder.judging.diagnosis.callees import with_callees
from autograder.judging.results import ExerciseResult, Verdict
from autograder.student.feedback.advice import next_exercise

SOURCES = (
    "def upsample(delta):\n    return delta",
    "def _helper(delta):\n    return upsample(delta)",
    "def residual(delta):\n    return _helper(delta)",
    "def alone(delta):\n    upsample = abs\n    return upsample(delta)",
    "def broken(:",
)


TOO_SLOW = say("symptom.too_slow").in_language("en")


def exercise(name: str, verdict: Verdict, hint: str = "") -> ExerciseResult:
    wrong = verdict is not Verdict.AC
    seen = say("symptom.too_slow") if wrong else None
    text = say("idea.whole", hint=say("step.example_small")) if hint else seen
    return ExerciseResult(name, verdict, hint or None, seen, text, ())


def test_the_function_to_mend_first_is_named_before_what_is_told_of_the_caller() -> None:
    first, caller, alone = with_callees(
        SOURCES,
        [
            exercise("upsample", Verdict.WA),
            exercise("residual", Verdict.RTE, "m"),
            exercise("alone", Verdict.WA),
        ],
    )
    begin = "First mend `upsample`, which this calls and which fails by itself. "
    assert caller.symptom is not None and caller.symptom.in_language("en") == begin + TOO_SLOW
    assert caller.diagnosis is not None
    assert caller.diagnosis.in_language("en").startswith(begin + "It looks as if: ")
    assert caller.hint == say("step.example_small")
    assert (first, alone) == (exercise("upsample", Verdict.WA), exercise("alone", Verdict.WA))
    following = next_exercise([first, caller, alone], edited="residual")
    assert following is not None and following.name == "upsample"


def test_nothing_is_added_where_what_is_called_is_right_missing_or_not_run() -> None:
    for verdict in (Verdict.AC, Verdict.MISSING, Verdict.NR, Verdict.JE):
        results = (exercise("upsample", verdict), exercise("residual", Verdict.WA))
        assert with_callees(SOURCES, results) == results
