"""What a student's notebook imports: `from autograder import check`."""

from collections.abc import Callable
from typing import Any


def check(function: Callable[..., Any], lang: str | None = None) -> None:
    """Run the visible cases of an exercise and print what is right and what is not.

    Parameters
    ----------
    function : function
        Your solution, such as `conv2d`.
    lang : {"zh", "en"}, optional
        The language of the answer; the system's unless said otherwise.
    """
    from rich.console import Console

    from autograder.checking import CheckError, check_function
    from autograder.messages import preferred_language
    from autograder.reports.terminal import check_list

    console = Console(highlight=False)
    language = lang or preferred_language()
    try:
        check_list(check_function(function), language, console)
    except CheckError as error:
        console.print(error.text.in_language(language))
