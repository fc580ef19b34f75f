"""Verdicts and feedback as sentences, for the formats that people read."""

from autograder.base.messages import Text, say
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict


def about_written(result: SubmissionResult) -> Text:
    """That written questions are worth points, too; nobody has lost them."""
    return say("report.by_hand", points=f"{result.by_hand:g}")


def submissions(number: int) -> Text:
    """How many submissions, as a phrase."""
    return say("report.submissions_one") if number == 1 else say("report.submissions_many", n=number)


def name_of(verdict: Verdict) -> Text:
    """A verdict in two or three words."""
    id = _NAMES[verdict]
    return say(id)


_NAMES = {
    Verdict.AC: "verdict.right",
    Verdict.WA: "verdict.wrong_answer",
    Verdict.RTE: "verdict.run_time_error",
    Verdict.TLE: "verdict.too_slow",
    Verdict.NR: "verdict.not_run",
    Verdict.MLE: "verdict.too_much_memory",
    Verdict.OLE: "verdict.too_much_output",
    Verdict.NI: "verdict.not_written",
    Verdict.MISSING: "verdict.function_missing",
    Verdict.FORBIDDEN: "verdict.module_forbidden",
    Verdict.JE: "verdict.grader_failed",
}


def seen(exercise: ExerciseResult) -> Text | None:
    """The symptom, which a student may see at once."""
    return exercise.symptom or (None if exercise.misconception else exercise.diagnosis)


def idea(exercise: ExerciseResult) -> Text | None:
    """The idea behind a mistake, where it is known; Gradescope shows it after the due date."""
    return exercise.diagnosis if exercise.misconception else None


def grader_failed() -> Text:
    """What a student reads about a judge error."""
    return say("verdict.grader_failed_not_graded")


def of_sibling(exercise: ExerciseResult) -> Text | None:
    """What came of a case like the hidden one, where it says more than the symptom."""
    if exercise.sibling is None or exercise.sibling.symptom == exercise.symptom:
        return None
    symptom = exercise.sibling.symptom
    return say("sibling.right") if symptom is None else say("sibling.wrong", symptom=symptom)


def told(exercise: ExerciseResult) -> list[Text]:
    """What a student reads about an exercise that is not right: the symptom, the idea, a case like it.

    Never notes, output or `detail`, which are for the instructor alone.
    """
    if exercise.verdict is Verdict.AC:
        return []
    if exercise.verdict is Verdict.JE:
        return [grader_failed()]
    known = seen(exercise), idea(exercise), of_sibling(exercise)
    sentences = [text for text in known if text is not None]
    return list(dict.fromkeys(sentences)) or [name_of(exercise.verdict)]
