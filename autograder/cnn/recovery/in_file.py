"""The formula of a function in a student's file: the file runs in the sandbox, `recover` asks it.

The command line calls this. The function is run on unit arrays, in the sandbox only; what comes back are
plain values.
"""

from pathlib import Path

from autograder.cnn.recovery.readings import RecoverError, Sizes, reading
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
    RecoverError, NoFormula, layer.LayerError, submission.SubmissionError, SandboxError, BubblewrapMissing
    """
    reading(meant or function)  # a name that nobody knows is told before the file is run
    try:
        evaluate = questions.in_file(path, function, isolation, limits)
        return compare(evaluate, meant or function, sizes, shown_as=function)
    except questions.QuestionError as error:
        raise RecoverError(error.text) from error
