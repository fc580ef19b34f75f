"""What a student's notebook imports: `from autograder import check`."""

from collections.abc import Callable
from typing import Any

from autograder.verdicts import Score


def check(function: Callable[..., Any], lang: str | None = None, hint: bool = False) -> Score:
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

    Returns
    -------
    Score
        The exercise's points, as far as the visible cases can tell: what `nbgrader validate` looks at.
    """
    from pathlib import Path

    from rich.console import Console

    from autograder import ladder
    from autograder.checking import CheckError, check_with, key_for
    from autograder.messages import preferred_language
    from autograder.reports.terminal import check_list

    console = Console(highlight=False)
    language = lang or preferred_language()
    try:
        key = key_for(function, Path.cwd())
    except CheckError as error:
        console.print(error.text.in_language(language), markup=False)
        return Score(0)
    result = check_with(key, function)
    again = ladder.climb(Path.cwd(), result)
    told = {exercise.name for exercise in result.exercises} if hint else again
    check_list(result, language, console, told, "hint=True")
    (exercise,) = key.exercises
    return Score(exercise.worth * result.points / result.max_points)
