"""Call a student's function more often than the check itself does, here or in the sandbox, without getting
stuck on it.

What is asked for the sake of a picture is a convenience: it must end in time, print nothing, and never break
the check. `notebook`, `reports.check_page` and a subject's commands ask; a subject's package puts the
questions.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.base.messages import Text, TextError, say
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call, Isolation, Outcome
from autograder.submissions import source

__all__ = ["Evaluate", "Failed", "OutOfTime", "QuestionError", "calling", "in_file", "patient", "silence"]


@dataclass(frozen=True)
class Failed:
    """A call that returned nothing that could be used; `why` finishes the sentence "it …"."""

    why: Text


Evaluate = Callable[[list[tuple[Any, ...]]], list[Any]]
"""Makes calls of the function with the given arguments; gives a value or `Failed` for each."""


class QuestionError(TextError):
    """A function that cannot be asked."""


# ---- In this process ---------------------------------------------------------------------------------------


def calling(function: Callable[..., Any]) -> Evaluate:
    """Call a function that is there, in this process; each call gets arrays of its own."""

    def evaluate(calls: list[tuple[Any, ...]]) -> list[Any]:
        return [_call(function, arguments) for arguments in calls]

    return evaluate


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    own = (value.copy() if isinstance(value, np.ndarray) else value for value in arguments)
    try:
        with np.errstate(all="ignore"):
            return function(*own)
    except Exception as error:  # a student's function may raise anything; the sentence says what
        return Failed(say("question.raised", name=type(error).__name__, text=error))


def patient(evaluate: Evaluate, seconds: float) -> Evaluate:
    """`evaluate`, silent, one call after the other, for so many seconds from its first call on.

    A call that does not end is cut off where the system can (the main thread, on Unix).

    Raises
    ------
    OutOfTime
        By the function that is returned.
    """
    deadline = 0.0

    def ask(calls: list[tuple[Any, ...]]) -> list[Any]:
        nonlocal deadline
        deadline = deadline or time.monotonic() + seconds
        answers: list[Any] = []
        with silence():
            for call in calls:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise OutOfTime
                with interrupted_after(left):
                    answers += evaluate([call])
        return answers

    return ask


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Whatever is printed inside goes nowhere: a hundred questions must not fill a page."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


# ---- In the sandbox ----------------------------------------------------------------------------------------


def in_file(
    path: Path, function: str, isolation: Isolation = "process", limits: Limits | None = None
) -> Evaluate:
    """What calls `function` of the file `path` in the sandbox; each question is one run of the file.

    Parameters
    ----------
    isolation
        Students run their own code on their own machine, as in `checking.check_file`.

    Raises
    ------
    QuestionError, submission.SubmissionError
        Also by the function that is returned, as well as SandboxError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise QuestionError(say("error.file_unreadable", file=path, error=error.strerror)) from error
    statements = [(one.source, one.where, one.line) for one in source.read(path.name, content).statements]

    def evaluate(arguments: list[tuple[Any, ...]]) -> list[Any]:
        calls = [Call(function, one, group="question") for one in arguments]
        with Sandbox(calls, limits or Limits(), isolation) as sandbox:
            outcomes = sandbox.run(statements).outcomes
        if any(outcome.status == "missing" for outcome in outcomes):
            raise QuestionError(say("question.function_missing", file=path.name, name=function))
        return [_answer(outcome, path.name) for outcome in outcomes]

    return evaluate


def _answer(outcome: Outcome, file: str) -> Any:
    return outcome.value if outcome.status == "returned" else Failed(_why(outcome, file))


def _why(outcome: Outcome, file: str) -> Text:
    """Finishes the sentence "it …"."""
    match outcome.status:
        case "raised" if outcome.exception == "NotImplementedError":
            return say("question.not_written")
        case "raised":
            return say(
                "question.raised_there",
                name=outcome.exception,
                where=source.place(outcome.where or file),
                line=outcome.line,
                text=outcome.text,
            )
        case "forbidden":
            return say("question.module_forbidden", text=outcome.text)
        case "time":
            return say("question.too_slow")
        case "unsendable":
            return say("question.not_numbers")
        case _:
            return say("question.stopped")
