"""A student's own check: their code against the visible answer key.

`check_file` runs a whole file in a process of its own, a `Checker` does so again and again, `check_with`
takes a function that is already there, in a notebook; those called `examine…` also give what the calls
returned, from which `feedback` draws pictures. All need the visible key that lies beside the assignment and
nothing else: no solution, no hidden case.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from autograder.base.messages import say
from autograder.judging import answer_key, in_process
from autograder.judging.answer_key import AnswerKey, DomainMissing, KeyFileError
from autograder.judging.diagnosis import Judged
from autograder.judging.evaluate import attempt
from autograder.judging.judge import calls, judged, results
from autograder.judging.results import SubmissionResult, Verdict
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.launch import Warden
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation
from autograder.student.workspace import ENDING, CheckError, key_beside

__all__ = ["CheckError", "Checker", "check_file", "check_with", "key_for"]


class Checker:
    """Checks files of one assignment, again and again: its key is read once and its sandbox stays warm.

    Students run their own code on their own machine, so a process with limits is isolation enough; it
    starts faster than bubblewrap. As a sandbox does, it belongs to the thread that made it.

    Raises
    ------
    CheckError
        The key cannot be read.
    """

    def __init__(
        self,
        key: Path,
        isolation: Isolation = "process",
        limits: Limits | None = None,
        launched: Warden | None = None,
    ) -> None:
        self.key = _load(key)
        self.isolation = isolation
        self._limits = limits or Limits()
        self._launched = launched
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def check(self, path: Path) -> SubmissionResult:
        """`examine`'s result."""
        return self.examine(path).result

    def examine(self, path: Path) -> "Examined":
        """Check every exercise in the file `path`.

        Raises
        ------
        CheckError, Cancelled
        """
        start = time.perf_counter()
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CheckError(say("error.file_unreadable", file=path, error=error.strerror)) from error
        done = attempt(path.name, content, self.key, lambda statements: self._ready().run(statements))
        if any(exercise.verdict is Verdict.JE for exercise in done.exercises):
            raise CheckError(say("error.check_again", why=done.notes[0]))
        seconds = round(time.perf_counter() - start, 4)
        result = SubmissionResult(
            "",
            self.key.assignment,
            str(path),
            self.isolation,
            seconds,
            done.exercises,
            done.notes,
            done.output,
        )
        return Examined(result, self.key, done.judged)

    def warm(self) -> None:
        """Get ready for the next check, so that it need not wait for a process to start."""
        with contextlib.suppress(SandboxError):  # the next check tries again, and tells
            self._ready().renew()

    def cancel(self) -> None:
        """End the check that goes on in another thread: it raises `Cancelled`."""
        sandbox = self._sandbox
        if sandbox is not None:
            sandbox.cancel()

    def close(self) -> None:
        """End the sandbox; the next check starts another."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()

    def _ready(self) -> Sandbox:
        if self._sandbox is None:
            launched, self._launched = self._launched, None
            self._sandbox = Sandbox(calls(self.key), self._limits, self.isolation, launched)
        return self._sandbox


@dataclass(frozen=True)
class Examined:
    """A check with what it was made from: the visible key, and each exercise's judged cases."""

    result: SubmissionResult
    key: AnswerKey
    judged: tuple[tuple[Judged, ...], ...]


def check_file(
    path: Path,
    isolation: Isolation = "process",
    limits: Limits | None = None,
    launched: Warden | None = None,
) -> SubmissionResult:
    """`examine_file`'s result."""
    return examine_file(path, isolation, limits, launched).result


def examine_file(
    path: Path,
    isolation: Isolation = "process",
    limits: Limits | None = None,
    launched: Warden | None = None,
) -> Examined:
    """Check every exercise of the assignment that `path` belongs to, once.

    Parameters
    ----------
    launched : Warden, optional
        A process that has been started ahead (`launch.ahead`), to be quick.

    Raises
    ------
    CheckError
    """
    if not path.exists():
        raise CheckError(say("error.no_such_file", file=path))
    with Checker(key_beside(path), isolation, limits, launched) as checker:
        return checker.examine(path)


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
    cases = judged(key, outcomes)
    result = SubmissionResult("", key.assignment, name, "none", seconds, results(key, cases))
    return Examined(result, key, cases)


def _load(path: Path) -> AnswerKey:
    try:
        key = answer_key.load(path)
    except DomainMissing as error:
        raise CheckError(error.text) from error
    except KeyFileError as error:
        raise CheckError(
            say(
                "error.key_damaged",
                file=path,
            )
        ) from error
    if not key.visible:
        raise CheckError(say("error.key_of_wrong_kind", file=path))
    return key


def _keys_in(folder: Path) -> Iterator[AnswerKey]:
    return map(_load, sorted(folder.glob("*" + ENDING)))


def key_for(function: Callable[..., Any], folder: Path) -> AnswerKey:
    """The visible key in `folder`, with the exercise of the function's name alone.

    Raises
    ------
    CheckError
        It is no function, or no key in the folder knows such an exercise.
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
        raise CheckError(
            say(
                "error.no_key_in_folder",
                folder=folder,
                name=name,
            )
        )
    raise CheckError(
        say(
            "error.no_such_exercise",
            folder=folder,
            name=name,
            known=", ".join(known),
        )
    )
