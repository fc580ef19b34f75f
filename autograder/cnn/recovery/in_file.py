"""The formula of a function in a student's file: the file runs in the sandbox, `symbolic.recover` asks it.

The command line calls `recover_file`, `reports.check_page` calls `asking`. The function is run on unit
arrays, in the sandbox only; what comes back are plain values.
"""

from pathlib import Path
from typing import Any

from autograder.base.messages import Text, say
from autograder.cnn.recovery.readings import RecoverError, Sizes, reading
from autograder.cnn.recovery.recover import Evaluate, Failed, Recovered, compare
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call, Isolation, Outcome
from autograder.submissions import source


def recover_file(
    path: Path,
    function: str,
    sizes: Sizes,
    meant: str = "",
    isolation: Isolation = "process",
    limits: Limits | None = None,
) -> Recovered:
    """The formula that `function` in the file `path` computes.

    Parameters
    ----------
    meant : str, optional
        The course's function that it is meant to be, where it has another name.
    isolation
        Students run their own code on their own machine, as in `checking.check_file`.

    Raises
    ------
    RecoverError, NoFormula, layer.LayerError, submission.SubmissionError, SandboxError, BubblewrapMissing
    """
    reading(meant or function)  # a name that nobody knows is told before the file is run
    evaluate = asking(path, function, isolation, limits)
    return compare(evaluate, meant or function, sizes, shown_as=function)


def asking(
    path: Path, function: str, isolation: Isolation = "process", limits: Limits | None = None
) -> Evaluate:
    """What calls `function` of the file `path`, in the sandbox: each question is one run of the file.

    Raises
    ------
    RecoverError, submission.SubmissionError
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecoverError(say("error.file_unreadable", file=path, error=error.strerror)) from error
    read = source.read(path.name, content)
    statements = [(one.source, one.where, one.line) for one in read.statements]
    return _in_sandbox(statements, function, path.name, isolation, limits or Limits())


def _in_sandbox(
    statements: list[tuple[str, str, int]], function: str, file: str, isolation: Isolation, limits: Limits
) -> Evaluate:
    """Makes the calls of one question in one run of the file."""

    def evaluate(arguments: list[tuple[Any, ...]]) -> list[Any]:
        calls = [Call(function, one, group="formula") for one in arguments]
        with Sandbox(calls, limits, isolation) as sandbox:
            outcomes = sandbox.run(statements).outcomes
        if any(outcome.status == "missing" for outcome in outcomes):
            raise RecoverError(say("cnn.formula.function_missing", file=file, name=function))
        return [_answer(outcome, file) for outcome in outcomes]

    return evaluate


def _answer(outcome: Outcome, file: str) -> Any:
    return outcome.value if outcome.status == "returned" else Failed(_why(outcome, file))


def _why(outcome: Outcome, file: str) -> Text:
    """Finishes the sentence "it …"."""
    match outcome.status:
        case "raised" if outcome.exception == "NotImplementedError":
            return say("cnn.formula.why_not_written")
        case "raised":
            return say(
                "cnn.formula.why_raised_there",
                name=outcome.exception,
                where=source.place(outcome.where or file),
                line=outcome.line,
                text=outcome.text,
            )
        case "forbidden":
            return say("cnn.formula.why_module_forbidden", text=outcome.text)
        case "time":
            return say("cnn.formula.why_too_slow")
        case "unsendable":
            return say("cnn.formula.why_not_numbers")
        case _:
            return say("cnn.formula.why_stopped")
