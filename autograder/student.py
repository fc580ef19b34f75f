"""What a student's notebook imports: `from autograder import check`."""

from collections.abc import Callable
from typing import Any


def check(function: Callable[..., Any], lang: str | None = None, hint: bool = False) -> None:
    """Run the visible cases of an exercise and print what is right and what is not.

    The first time it says what can be seen; checked again, and still wrong, it tells the idea, where the
    mistake is a known one.

    Parameters
    ----------
    function : function
        Your solution, such as `conv2d`.
    lang : {"zh", "en"}, optional
        The language of the answer; the system's unless said otherwise.
    hint : bool
        Tell the idea at once.
    """
    from pathlib import Path

    from rich.console import Console

    from autograder import ladder
    from autograder.checking import CheckError, check_function
    from autograder.messages import preferred_language
    from autograder.reports.terminal import check_list

    console = Console(highlight=False)
    language = lang or preferred_language()
    try:
        result = check_function(function)
    except CheckError as error:
        console.print(error.text.in_language(language), markup=False)
        return
    again = ladder.climb(Path.cwd(), result)
    told = {exercise.name for exercise in result.exercises} if hint else again
    check_list(result, language, console, told, "hint=True")
