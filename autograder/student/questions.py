"""Further calls of a student's function, in this process or in the sandbox, beyond those of the check itself.

A subject's package makes them to find a smaller failing input or the code's formula; `notebook`,
`reports.check_page` and a subject's commands say how the calls are made. They are a convenience: they must
end within a time budget, print nothing, and never break the check.
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
from autograder.judging import answer_key
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call, Isolation, Outcome
from autograder.student.workspace import CheckError, key_beside
from autograder.submissions import records, source

__all__ = [
    "Evaluate",
    "Failed",
    "OutOfTime",
    "QuestionError",
    "calling",
    "in_file",
    "silence",
    "within_budget",
]


@dataclass(frozen=True)
class Failed:
    """A call without a usable result; `why` finishes the sentence "it …"."""

    why: Text


Evaluate = Callable[[list[tuple[Any, ...]]], list[Any]]
"""Calls the function once for each tuple of arguments; returns a value or `Failed` for each."""


class QuestionError(TextError):
    """The function cannot be called at all."""


# ---- In this process ---------------------------------------------------------------------------------------


def calling(function: Callable[..., Any]) -> Evaluate:
    """Call `function` in this process; each call gets copies of its arrays."""

    def evaluate(calls: list[tuple[Any, ...]]) -> list[Any]:
        return [_call(function, arguments) for arguments in calls]

    return evaluate


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    copies = (value.copy() if isinstance(value, np.ndarray) else value for value in arguments)
    try:
        with np.errstate(all="ignore"):
            return function(*copies)
    except Exception as error:  # a student's function may raise anything
        return Failed(say("question.raised", name=type(error).__name__, text=error))


def within_budget(evaluate: Evaluate, seconds: float) -> Evaluate:
    """Wrap `evaluate`: output discarded, and a total of `seconds` that begins with the first call.

    A call that runs longer is interrupted where the system can do so (the main thread, on Unix).

    Raises
    ------
    OutOfTime
        By the wrapped function.
    """
    deadline = 0.0

    def limited(calls: list[tuple[Any, ...]]) -> list[Any]:
        nonlocal deadline
        deadline = deadline or time.monotonic() + seconds
        results: list[Any] = []
        with silence():
            for call in calls:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise OutOfTime
                with interrupted_after(left):
                    results += evaluate([call])
        return results

    return limited


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Discard whatever is printed inside: a hundred calls must not fill a page."""
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
    """Call `function` of the file `path` in the sandbox; each list of calls is one run of the file.

    Parameters
    ----------
    isolation
        A process is enough for students' own code on their own machine, as in `checking.Checker`.

    Raises
    ------
    QuestionError, submission.SubmissionError
        Also raised by the returned function, as is SandboxError.
    """
    try:
        content = source.of_file(path)
    except OSError as error:
        raise QuestionError(say("error.file_unreadable", file=path, error=error.strerror)) from error
    statements = [
        (statement.source, statement.where, statement.line)
        for statement in source.read(path.name, content).statements
    ]

    within = limits or _limits(path)

    def evaluate(argument_lists: list[tuple[Any, ...]]) -> list[Any]:
        calls = [Call(function, arguments, group="question") for arguments in argument_lists]
        with Sandbox(calls, within, isolation) as sandbox:
            done = sandbox.run(statements)
        outcomes = done.outcomes
        statements[:] = [each for each in statements if each[1:] not in done.left_out]
        if any(outcome.status == "missing" for outcome in outcomes):
            raise QuestionError(say("question.function_missing", file=path.name, name=function))
        return [
            outcome.value if outcome.status == "returned" else Failed(_why(outcome, path.name))
            for outcome in outcomes
        ]

    return evaluate


def _limits(path: Path) -> Limits:
    """Those of the visible key beside `path`; the defaults where there is none."""
    try:
        return answer_key.load(key_beside(path)).limits
    except (CheckError, answer_key.KeyFileError):
        return Limits()


def _why(outcome: Outcome, file: str) -> Text:
    match outcome.status:
        case "raised" if outcome.exception == "NotImplementedError":
            return say("question.not_written")
        case "raised":
            return say(
                "question.raised_there",
                name=outcome.exception,
                where=records.place(outcome.where or file),
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
