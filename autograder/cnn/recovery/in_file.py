"""The formula of a function in a student's file. The command line calls this.

The file must never run outside the sandbox; `recover` receives plain values.
"""

from pathlib import Path

from autograder.cnn.recovery.readings import RecoverError, Sizes, reading_of
from autograder.cnn.recovery.recover import Recovered, compare
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation
from autograder.student import questions


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
        See `questions.in_file`.

    Raises
    ------
    RecoverError, NoFormula, LayerError, SubmissionError, SandboxError, BubblewrapMissing
    """
    reading_of(meant or function)  # refuses an unknown name before the file is run
    try:
        evaluate = questions.in_file(path, function, isolation, limits)
        return compare(evaluate, meant or function, sizes, shown_as=function)
    except questions.QuestionError as error:
        raise RecoverError(error.text) from error
