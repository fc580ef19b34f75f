"""The verdicts in words, for pages and files that people read."""

from autograder.base.messages import Text, say
from autograder.judging.results import ExerciseResult, Verdict


def submissions(number: int) -> Text:
    """How many there are."""
    return say("report.submissions_one") if number == 1 else say("report.submissions_many", n=number)


def name_of(verdict: Verdict) -> Text:
    """A verdict in two or three words."""
    match verdict:
        case Verdict.AC:
            return say("verdict.right")
        case Verdict.WA:
            return say("verdict.wrong_answer")
        case Verdict.RTE:
            return say("verdict.run_time_error")
        case Verdict.TLE:
            return say("verdict.too_slow")
        case Verdict.MLE:
            return say("verdict.too_much_memory")
        case Verdict.OLE:
            return say("verdict.too_much_output")
        case Verdict.NI:
            return say("verdict.not_written")
        case Verdict.MISSING:
            return say("verdict.function_missing")
        case Verdict.FORBIDDEN:
            return say("verdict.module_forbidden")
        case Verdict.JE:
            return say("verdict.grader_failed")


def seen(exercise: ExerciseResult) -> Text | None:
    """What can be seen of a mistake: told at once."""
    return exercise.symptom or (None if exercise.misconception else exercise.diagnosis)


def idea(exercise: ExerciseResult) -> Text | None:
    """The idea behind it, where it is known: on Gradescope only after the due date."""
    return exercise.diagnosis if exercise.misconception else None


def grader_failed() -> Text:
    """What a student reads of a judge error."""
    return say("verdict.grader_failed_full_points")


def told(exercise: ExerciseResult) -> list[Text]:
    """What a student is told about an exercise that is not right: what can be seen, then the idea behind it.

    Never anything else of a result: notes and output are for the instructor alone.
    """
    if exercise.verdict is Verdict.AC:
        return []
    if exercise.verdict is Verdict.JE:
        return [grader_failed()]
    sentences = [text for text in (seen(exercise), idea(exercise)) if text is not None]
    return list(dict.fromkeys(sentences)) or [name_of(exercise.verdict)]
