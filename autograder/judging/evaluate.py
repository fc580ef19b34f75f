"""Evaluate a submission against an answer key: read it, run it, judge it.

Grading a class and a student's own check both call `evaluate`. It raises nothing that a submission can cause.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.base.messages import Message, Text, Verbatim, printable, say
from autograder.judging.answer_key import AnswerKey
from autograder.judging.diagnosis import Judged
from autograder.judging.diagnosis.callees import with_callees
from autograder.judging.judge import judge_error, judged, results
from autograder.judging.results import ExerciseResult, Verdict
from autograder.judging.siblings import with_siblings
from autograder.sandbox.client import SandboxError
from autograder.sandbox.records import LoadNote, Outcome, Run
from autograder.submissions import source

Statements = list[tuple[str, str, int]]
_Note = TypeVar("_Note", source.Note, LoadNote)


@dataclass(frozen=True)
class Evaluation:
    """The results of a submission, notes for people, what it printed, and its judged cases."""

    exercises: tuple[ExerciseResult, ...]
    notes: tuple[Text, ...] = ()
    output: str = ""
    judged: tuple[tuple[Judged, ...], ...] = ()
    """The cases of each exercise; empty if the grader failed."""


def evaluate(
    name: str,
    content: bytes,
    key: AnswerKey,
    run: Callable[[Statements], Run],
    run_siblings: Callable[[Statements, list[int]], Run] | None = None,
) -> Evaluation:
    """Judge the submission `content`; raises nothing that a submission could cause.

    Parameters
    ----------
    name : str
        The file's name; its ending tells a notebook from a script.
    run : function
        Runs statements on the calls of `key`, such as `Sandbox.run`.
    run_siblings : function, optional
        Runs them on some of the calls of `key.siblings`, where no hidden input is (`siblings`).
    """
    try:
        read = source.read(name, content)
        statements = [(s.source, s.where, s.line) for s in read.statements]
        done = run(statements) if statements else _nothing(key)
    except source.SubmissionError as error:
        return unreadable(key, error.text)
    except SandboxError as error:
        return Evaluation(judge_error(key), (say("note.grader_failed", error=error),))
    cases = judged(key, _with_syntax_errors(done.outcomes, read.notes))
    exercises = with_callees((text for text, *_ in statements), results(key, cases))
    if run_siblings is not None:

        def outcomes(wanted: list[int]) -> tuple[Outcome, ...]:
            return _with_syntax_errors(run_siblings(statements, wanted).outcomes, read.notes)

        exercises = with_siblings(key, exercises, outcomes)
    notes = _some(_reader_note, read.notes)
    notes += _some(_load_note, [note for note in done.notes if _concerns(note, exercises)])
    return Evaluation(exercises, notes, done.output, cases)


def safe_notes(name: str, content: bytes) -> tuple[Text, ...]:
    """The notes of reading a submission; as nothing was run, all of them may be shown to its author."""
    try:
        return _some(_reader_note, source.read(name, content).notes)
    except source.SubmissionError as error:
        return (error.text,)


def _concerns(note: LoadNote, exercises: tuple[ExerciseResult, ...]) -> bool:
    """A missing module, such as a plotting library, matters only if an exercise needed it."""
    missing = note.exception == "ModuleNotFoundError"
    return not missing or any(exercise.verdict is Verdict.FORBIDDEN for exercise in exercises)


def unreadable(key: AnswerKey, why: Text) -> Evaluation:
    """The result of a file that holds nothing that could be run."""
    cases = judged(key, _nothing(key).outcomes)
    return Evaluation(results(key, cases), (_cut(why),), judged=cases)


def _nothing(key: AnswerKey) -> Run:
    return Run(tuple(Outcome("missing") for exercise in key.exercises for _ in exercise.cases))


def _with_syntax_errors(outcomes: tuple[Outcome, ...], notes: tuple[source.Note, ...]) -> tuple[Outcome, ...]:
    """A function that is missing from a file with a cell that does not parse counts as a syntax error."""
    broken = next((note for note in notes if note.kind == "syntax error"), None)
    if broken is None:
        return outcomes
    text = broken.text if isinstance(broken.text, str) else ""  # of a syntax error Python's own message
    error = Outcome("raised", exception="SyntaxError", text=text, where=broken.where, line=broken.line)
    return tuple(error if outcome.status == "missing" else outcome for outcome in outcomes)


_MOST_NOTES = 20
"""The most notes of reading a file, and of loading it: a notebook may have 100,000 wrong cells."""
_LONGEST_VALUE = 300
"""The most characters that a note quotes of an exception, a line, a file's name."""


def _some(tell: Callable[[_Note], Text], notes: Sequence[_Note]) -> tuple[Text, ...]:
    """The first notes, shortened, and how many more there are."""
    told = [_cut(tell(note)) for note in notes[:_MOST_NOTES]]
    if len(notes) > _MOST_NOTES:
        told.append(say("note.and_more", count=len(notes) - _MOST_NOTES))
    return tuple(told)


def _cut(value: Any) -> Any:
    """`value` with all strings in it shortened."""
    match value:
        case str() if len(value) > _LONGEST_VALUE:
            return value[:_LONGEST_VALUE] + "…"
        case Message():
            return Message(value.id, {name: _cut(part) for name, part in value.values.items()})
        case Verbatim():
            return Verbatim(_cut(value.text))
    return value


def _reader_note(note: source.Note) -> Text:
    kinds = {
        "syntax error": say("note.kind_syntax_error"),
        "left out": say("note.kind_left_out"),
        "too complex": say("note.kind_too_complex"),
        "not text": say("note.kind_not_text"),
    }
    return say(
        "note.reader_at_line",
        where=source.place(note.where),
        line=note.line,
        kind=kinds[note.kind],
        text=note.text,
    )


def _load_note(note: LoadNote) -> Text:
    return say(
        "note.raised_at_line",
        where=source.place(printable(note.where)),  # said from inside the sandbox
        line=note.line,
        name=note.exception,
        text=note.text,
    )
