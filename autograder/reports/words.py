"""The verdicts in words, for pages and files that people read."""

from autograder.base.messages import Text, say
from autograder.judging.results import ExerciseResult, Verdict


def submissions(number: int) -> Text:
    """How many there are."""
    return say("1 submission") if number == 1 else say("{n} submissions", n=number)


def name_of(verdict: Verdict) -> Text:
    """A verdict in two or three words."""
    match verdict:
        case Verdict.AC:
            return say("right")
        case Verdict.WA:
            return say("wrong answer")
        case Verdict.RTE:
            return say("run-time error")
        case Verdict.TLE:
            return say("too slow")
        case Verdict.MLE:
            return say("too much memory")
        case Verdict.OLE:
            return say("too much output")
        case Verdict.NI:
            return say("not written yet")
        case Verdict.MISSING:
            return say("function missing")
        case Verdict.FORBIDDEN:
            return say("module not allowed")
        case Verdict.JE:
            return say("the grader failed")


def seen(exercise: ExerciseResult) -> Text | None:
    """What can be seen of a mistake: told at once."""
    return exercise.symptom or (None if exercise.misconception else exercise.diagnosis)


def idea(exercise: ExerciseResult) -> Text | None:
    """The idea behind it, where it is known: on Gradescope only after the due date."""
    return exercise.diagnosis if exercise.misconception else None


def grader_failed() -> Text:
    """What a student reads of a judge error."""
    return say("The grader failed here, not you: the points count in full.")


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
