"""A student's own check: their code against the visible answer key.

`check_file` runs a whole file in a process of its own, `check_with` a function that is already there, in a
notebook; `examine_file` and `examine_with` also give what the calls returned, from which `feedback` draws
pictures. All of them need the visible key that lies beside the assignment and nothing else: no solution, no
hidden case.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import answer_key, in_process
from autograder.answer_key import AnswerKey, KeyFileError
from autograder.attempt import Statements, attempt
from autograder.judge import calls, judge
from autograder.messages import Text, say
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation, Outcome, Run
from autograder.verdicts import SubmissionResult, Verdict

_ENDING = ".visible.npz"


class CheckError(Exception):
    """A check that cannot be made, told in one sentence, in both languages (`text`)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True)
class Examined:
    """A check with what it was made from: the visible key, and what came of each of its calls."""

    result: SubmissionResult
    key: AnswerKey
    outcomes: tuple[Outcome, ...]


def check_file(
    path: Path, isolation: Isolation = "process", limits: Limits | None = None
) -> SubmissionResult:
    """`examine_file`'s result."""
    return examine_file(path, isolation, limits).result


def examine_file(path: Path, isolation: Isolation = "process", limits: Limits | None = None) -> Examined:
    """Check every exercise of the assignment that `path` belongs to.

    Students run their own code on their own machine, so a process with limits is isolation enough; it
    starts faster than a sandbox.

    Raises
    ------
    CheckError
    """
    start = time.perf_counter()
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise CheckError(
            say("There is no file {file}; give the path of your notebook or .py file.", file=path)
        ) from error
    except OSError as error:
        raise CheckError(say("{file} cannot be read: {error}.", file=path, error=error.strerror)) from error
    key = _load(_key_beside(path))

    def run(statements: Statements) -> Run:
        with Sandbox(calls(key), limits or Limits(), isolation) as sandbox:
            return sandbox.run(statements)

    done = attempt(path.name, content, key, run)
    if any(exercise.verdict is Verdict.JE for exercise in done.exercises):
        raise CheckError(
            say("{why} Check again; if it fails again, show this to your teacher.", why=done.notes[0])
        )
    seconds = round(time.perf_counter() - start, 4)
    result = SubmissionResult(
        "", key.assignment, str(path), isolation, seconds, done.exercises, done.notes, done.output
    )
    return Examined(result, key, done.outcomes)


def check_with(key: AnswerKey, function: Callable[..., Any]) -> SubmissionResult:
    """`examine_with`'s result."""
    return examine_with(key, function).result


def examine_with(key: AnswerKey, function: Callable[..., Any]) -> Examined:
    """Check one function in this process, against the exercise of its name in `key`.

    Raises
    ------
    KeyboardInterrupt
        The student interrupted a loop that does not end.
    """
    start = time.perf_counter()
    name = getattr(function, "__name__", repr(function))
    key = replace(key, exercises=tuple(one for one in key.exercises if one.name == name))
    outcomes = []
    code = getattr(function, "__code__", None)
    places = {} if code is None else {code.co_filename: name}  # a cell's own file name says nothing to anyone
    for outcome in in_process.outcomes(key, {name: function}, places=places):
        if outcome.exception == "KeyboardInterrupt":
            raise KeyboardInterrupt
        outcomes.append(outcome)
    seconds = round(time.perf_counter() - start, 4)
    result = SubmissionResult("", key.assignment, name, "none", seconds, judge(key, outcomes))
    return Examined(result, key, tuple(outcomes))


def _load(path: Path) -> AnswerKey:
    try:
        key = answer_key.load(path)
    except KeyFileError as error:
        raise CheckError(
            say(
                "The visible answer key {file} cannot be read or is damaged; copy it again from the "
                "assignment that you were given.",
                file=path,
            )
        ) from error
    if not key.visible:
        raise CheckError(
            say("{file} is not a visible answer key; copy it again from the assignment.", file=path)
        )
    return key


def _key_beside(path: Path) -> Path:
    """The visible key in the folder of `path`: of the file's own name, else the only one there."""
    own = path.with_name(path.stem + _ENDING)
    keys = [own] if own.exists() else sorted(path.parent.glob("*" + _ENDING))
    if len(keys) != 1:
        raise CheckError(
            say(
                "The visible answer key (*.visible.npz) of {file} is not to be found in {folder}; "
                "keep the file in the folder of its assignment.",
                file=path.name,
                folder=path.parent,
            )
        )
    return keys[0]


def key_for(function: Callable[..., Any], folder: Path) -> AnswerKey:
    """The visible key in `folder`, with the exercise of the function's name alone.

    Raises
    ------
    CheckError
        It is no function, or no key in the folder knows such an exercise.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        raise CheckError(
            say(
                "check takes the function itself, not what it returns: write check(conv2d), without the "
                "function's own brackets. It was given {got}.",
                got=type(function).__name__,
            )
        )
    known: list[str] = []
    for path in sorted(folder.glob("*" + _ENDING)):
        key = _load(path)
        for exercise in key.exercises:
            if exercise.name == name:
                return replace(key, exercises=(exercise,))
        known += [exercise.name for exercise in key.exercises]
    if not known:
        raise CheckError(
            say(
                "There is no visible answer key (*.visible.npz) in {folder}, so {name} cannot be checked; "
                "run the notebook in the folder of its assignment.",
                folder=folder,
                name=name,
            )
        )
    raise CheckError(
        say(
            "The assignment in {folder} has no exercise {name}; keep the function's name. Its exercises are "
            "{known}.",
            folder=folder,
            name=name,
            known=", ".join(known),
        )
    )
