"""Check a student's own code against the visible answer key.

`check_file` runs a whole file in a process of its own, a `Checker` does so repeatedly with a warm sandbox,
`check_function` takes a function of a notebook's own process. Each returns a result with the judged cases,
from which `feedback` shows the mistakes. Only the visible key beside the assignment is read: never a solution
or a hidden case.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from autograder.base.messages import say
from autograder.judging import answer_key, in_process
from autograder.judging.answer_key import AnswerKey, DomainMissing, KeyFileError
from autograder.judging.diagnosis import Judged
from autograder.judging.evaluate import evaluate
from autograder.judging.judge import calls, judged, results
from autograder.judging.results import SubmissionResult, Verdict
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.launch import Warden
from autograder.sandbox.records import Isolation
from autograder.student.workspace import ENDING, CheckError, key_beside
from autograder.submissions.source import of_file

__all__ = ["CheckError", "Checked", "Checker", "check_file", "check_function", "key_for"]


_ISOLATION: Isolation = "process"
"""Enough for students' own code on their own machine; it starts faster than bubblewrap."""


_OF_CHANGES = (DeprecationWarning, FutureWarning)
_MOST_WARNINGS = 3


class Checker:
    """Checks files of one assignment repeatedly: the key is read once and the sandbox stays warm.

    Like its sandbox, a checker belongs to the thread that made it.

    Raises
    ------
    CheckError
        The key cannot be read.
    """

    def __init__(self, key: Path, launched: Warden | None = None) -> None:
        self.key = _load(key)
        self._sandbox = Sandbox(calls(self.key), self.key.limits, _ISOLATION, launched)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def check(self, path: Path) -> "Checked":
        """Check every exercise in the file `path`.

        Raises
        ------
        CheckError, Cancelled
        """
        start = time.perf_counter()
        try:
            content = of_file(path)
        except OSError as error:
            raise CheckError(say("error.file_unreadable", file=path, error=error.strerror)) from error
        done = evaluate(path.name, content, self.key, self._sandbox.run)
        if any(exercise.verdict is Verdict.JE for exercise in done.exercises):
            raise CheckError(say("error.check_again", why=done.notes[0]))
        seconds = round(time.perf_counter() - start, 4)
        about = ("", self.key.assignment, str(path), _ISOLATION, seconds)
        result = SubmissionResult(*about, done.exercises, done.notes, done.output, about=self.key.about)
        return Checked(result, self.key, done.judged)

    def warm(self) -> None:
        """Start the next check's process ahead of it."""
        with contextlib.suppress(SandboxError):  # the next check tries again and reports it
            self._sandbox.renew()

    def cancel(self) -> None:
        """End the check running in another thread, which raises `Cancelled`."""
        self._sandbox.cancel()

    def close(self) -> None:
        """End the sandbox; the next check starts a new one."""
        self._sandbox.close()


@dataclass(frozen=True)
class Checked:
    """A check's result with the visible key and each exercise's judged cases."""

    result: SubmissionResult
    key: AnswerKey
    judged: tuple[tuple[Judged, ...], ...]


def check_file(path: Path, launched: Warden | None = None) -> Checked:
    """Check every exercise of the assignment that `path` belongs to, once.

    Parameters
    ----------
    launched : Warden, optional
        A process started ahead of time (`launch.ahead`).

    Raises
    ------
    CheckError
    """
    if not path.exists():
        raise CheckError(say("error.no_such_file", file=path))
    with Checker(key_beside(path), launched) as checker:
        return checker.check(path)


def check_function(key: AnswerKey, function: Callable[..., Any]) -> Checked:
    """Check one function in this process, against the exercise of its name in `key`.

    Raises
    ------
    KeyboardInterrupt
        The student interrupted the function.
    """
    start = time.perf_counter()
    name = getattr(function, "__name__", repr(function))
    key = replace(key, exercises=tuple(exercise for exercise in key.exercises if exercise.name == name))
    outcomes = []
    bases = function.__mro__ if isinstance(function, type) else ()
    defined = [function, *(part for base in bases for part in vars(base).values())]
    # A cell's own file name means nothing to a student.
    places = {part.__code__.co_filename: name for part in defined if hasattr(part, "__code__")}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("once")
        for outcome in in_process.outcomes(key, {name: function}, places=places):
            if outcome.exception == "KeyboardInterrupt":
                raise KeyboardInterrupt
            outcomes.append(outcome)
    seconds = round(time.perf_counter() - start, 4)
    cases = judged(key, outcomes)
    told = results(key, cases)
    changes = [str(each.message) for each in caught if issubclass(each.category, _OF_CHANGES)]
    said = tuple(say("note.will_change", name=name, warning=text) for text in changes[:_MOST_WARNINGS])
    result = SubmissionResult("", key.assignment, name, "none", seconds, told, said, about=key.about)
    return Checked(result, key, cases)


def _load(path: Path) -> AnswerKey:
    try:
        key = answer_key.newest(path)
    except DomainMissing as error:
        raise CheckError(error.text) from error
    except KeyFileError as error:
        raise CheckError(say("error.key_damaged", file=path)) from error
    if not key.visible:
        raise CheckError(say("error.key_of_wrong_kind", file=path))
    return key


def _keys_in(folder: Path) -> Iterator[AnswerKey]:
    return map(_load, sorted(folder.glob("*" + ENDING)))


def key_for(function: Callable[..., Any], folder: Path) -> AnswerKey:
    """The visible key in `folder`, reduced to the exercise of the function's name.

    Raises
    ------
    CheckError
        It is no function, or no key in the folder has such an exercise.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        example = next((exercise.name for key in _keys_in(folder) for exercise in key.exercises), "f")
        got = type(function).__name__
        raise CheckError(say("error.check_given_a_result", example=example, got=got))
    known: list[str] = []
    for key in _keys_in(folder):
        for exercise in key.exercises:
            if exercise.name == name:
                return replace(key, exercises=(exercise,))
        known += [exercise.name for exercise in key.exercises]
    if not known:
        raise CheckError(say("error.no_key_in_folder", folder=folder, name=name))
    raise CheckError(say("error.no_such_exercise", folder=folder, name=name, known=", ".join(known)))
