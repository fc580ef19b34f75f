"""Evaluate a submission against an answer key: read it, run it, judge it.

Grading a class and a student's own check both call `evaluate`. It raises nothing that a submission can cause.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeVar

from autograder.base.messages import Message, Text, Verbatim, printable, say
from autograder.judging.answer_key import AnswerKey, KeyCase, KeyExercise
from autograder.judging.diagnosis import Judged
from autograder.judging.diagnosis.callees import with_callees
from autograder.judging.judge import judge_error, judged, results
from autograder.judging.results import ExerciseResult, Verdict
from autograder.judging.siblings import with_siblings
from autograder.sandbox.client import SandboxError
from autograder.sandbox.records import LoadNote, Outcome, Run
from autograder.submissions import missing, records, source
from autograder.submissions.records import Lost

Statements = list[tuple[str, str, int]]
_Note = TypeVar("_Note", records.Note, LoadNote)


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
    except records.SubmissionError as error:
        return unreadable(key, error.text)
    except SandboxError as error:
        return Evaluation(judge_error(key), (say("note.grader_failed", error=error),))
    statements = [each for each in statements if each[1:] not in done.left_out]
    explained = _Explained(key, read, done.left_out)
    cases = judged(key, explained.outcomes(done.outcomes))
    exercises = with_callees((text for text, *_ in statements), results(key, cases))
    if run_siblings is not None:

        def outcomes(wanted: list[int]) -> tuple[Outcome, ...]:
            return explained.outcomes(run_siblings(statements, wanted).outcomes, wanted)

        exercises = with_siblings(key, exercises, outcomes)
    notes = _some(_reader_note, read.notes)
    notes += _some(_load_note, [note for note in done.notes if _concerns(note, done.notes, exercises)])
    return Evaluation(exercises, notes, done.output, cases)


def safe_notes(name: str, content: bytes) -> tuple[Text, ...]:
    """The notes of reading a submission; as nothing was run, all of them may be shown to its author."""
    try:
        return _some(_reader_note, source.read(name, content).notes)
    except records.SubmissionError as error:
        return (error.text,)


def _concerns(note: LoadNote, notes: Sequence[LoadNote], exercises: tuple[ExerciseResult, ...]) -> bool:
    """A missing module, such as a plotting library, matters only if an exercise needed it."""
    gone = {("NameError", other.text) for other in notes if other.exception == "ModuleNotFoundError"}
    missing = note.exception == "ModuleNotFoundError" or (note.exception, note.text) in gone
    return not missing or any(exercise.verdict is Verdict.FORBIDDEN for exercise in exercises)


def unreadable(key: AnswerKey, why: Text) -> Evaluation:
    """The result of a file that holds nothing that could be run."""
    cases = judged(key, _nothing(key, _cut(why)).outcomes)
    return Evaluation(results(key, cases), (_cut(why),), judged=cases)


def _nothing(key: AnswerKey, why: Text | None = None) -> Run:
    return Run(tuple(Outcome("missing", reason=why) for exercise in key.exercises for _ in exercise.cases))


_OF_NAMES = ("AttributeError", "NameError", "ImportError")


class _Explained:
    """Finds the reasons of outcomes in the text of the submission `read` (`submissions.missing`)."""

    def __init__(self, key: AnswerKey, read: records.Submission, stopped: Sequence[tuple[str, int]]) -> None:
        self.key, self.read, self.stopped = key, read, stopped
        self._missing = cache(self._find_missing)
        self._not_written = cache(partial(missing.why_not_implemented, read))
        self._removed = cache(partial(missing.removed_names, read))
        self._unknown = cache(partial(missing.unknown_names, read))

    def outcomes(self, found: Sequence[Outcome], asked: Sequence[int] | None = None) -> tuple[Outcome, ...]:
        """`found` with reasons: of all of the key's calls, or of the calls `asked` of its siblings."""
        key = self.key if asked is None else self.key.siblings
        cases = [(exercise, case) for exercise in key.exercises for case in exercise.cases]
        of_them = cases if asked is None else [cases[index] for index in asked]
        return tuple(self._explain(outcome, *case) for outcome, case in zip(found, of_them, strict=True))

    def _explain(self, outcome: Outcome, exercise: KeyExercise, case: KeyCase) -> Outcome:
        try:
            if outcome.status == "missing":
                return self._missing(exercise.name)
            if outcome.status == "raised" and outcome.exception == "NotImplementedError":
                method = case.script[outcome.step].name if outcome.step < len(case.script) else ""
                return replace(outcome, reason=_cut(self._not_written(exercise.name, method)))
            reason = None
            if outcome.status == "raised" and outcome.exception in _OF_NAMES:
                reason = self._removed(exercise.name, outcome.text)
            if not self.key.visible and (outcome.exception == "NameError" or outcome.status == "forbidden"):
                reason = reason or self._unknown(exercise.name, self._can_import)
            return replace(outcome, reason=_cut(reason)) if reason else outcome
        except (RecursionError, MemoryError):  # it parsed from fewer frames
            pass
        return outcome

    def _find_missing(self, name: str) -> Outcome:
        exercises = {exercise.name for exercise in self.key.exercises}
        why = missing.why_missing(self.read, name, exercises, self._can_import, self.stopped)
        if not isinstance(why, Lost):
            return Outcome("missing", reason=_cut(why))
        text = why.text if isinstance(why.text, str) else ""
        about = {"name": name, "where": records.place(why.where), "line": why.line, "text": why.text}
        error = Outcome("raised", exception="SyntaxError", text=text, where=why.where, line=why.line)
        return replace(error, reason=_cut(say("symptom.not_parsed", **about)))

    def _can_import(self, module: str) -> bool:
        allowed = {name.partition(".")[0] for name in self.key.limits.modules}
        return module in sys.stdlib_module_names or module in allowed | {"numpy"}


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


def _reader_note(note: records.Note) -> Text:
    if note.kind == "read" and isinstance(note.text, Text):
        return note.text
    about = {"where": records.place(note.where), "line": note.line, "text": note.text}
    kind = Message(f"note.kind_{note.kind.replace(' ', '_')}", {})
    return say("note.reader_at_line", kind=kind, **about)


def _load_note(note: LoadNote) -> Text:
    if not note.exception:
        why = note.text if note.text in ("time", "output", "died") else "others"
        at = {"where": records.place(note.where), "line": note.line}
        return say("note.stopped", **at, why=Message(f"note.stopped_{why}", {}))
    about = {"line": note.line, "name": note.exception, "text": note.text}
    where = records.place(printable(note.where))  # said from inside the sandbox
    return say("note.raised_at_line", where=where, **about)
