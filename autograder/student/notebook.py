"""What a student's notebook imports to check a function: `from autograder import check`."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.student.feedback.card import Card
    from autograder.student.questions import Evaluate

from autograder.judging.results import Score


def check(function: Callable[..., Any], lang: str | None = None, hint: bool = False) -> Score:
    """Run the visible cases of an exercise and show what is right and what is not.

    A mistake is drawn: what you got beside what was expected, the smallest input that shows it, and, where
    there is a formula for the function, the terms in which yours differs. The first time it says what
    can be seen; checked again, and still wrong, it tells the idea, where the mistake is a known one.

    Parameters
    ----------
    function : function
        Your solution.
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

    from autograder.base.messages import preferred_language, say
    from autograder.student import hints
    from autograder.student.checking import CheckError, examine_with, key_for
    from autograder.student.feedback.card import cards

    language = lang or preferred_language()
    try:
        key = key_for(function, Path.cwd())
    except CheckError as error:
        print(error.text.in_language(language))
        return Score(0)
    try:
        done = examine_with(key, function)
    except KeyboardInterrupt:
        stopped = say("error.function_stopped", name=function.__name__)
        print(stopped.in_language(language))
        raise
    again = hints.climb(Path.cwd(), done.result)
    (exercise,) = key.exercises
    (card,) = cards(
        key,
        done.result,
        done.judged,
        told={exercise.name} if hint else again,
        ask=f"check({exercise.name}, hint=True)",
        asking=lambda name: _asking(function),
    )
    _show(card, language)
    return Score(exercise.worth * done.result.points / done.result.max_points)


def _asking(function: Callable[..., Any]) -> "Evaluate":
    """Makes further calls of a notebook's function, in bounded time."""
    from autograder.student.questions import calling, patient

    return patient(calling(function), _PATIENCE)


_PATIENCE = 1.5
"""Seconds that a smaller input, and then a formula, may take."""


def _show(card: "Card", lang: str) -> None:
    """As HTML in a notebook's kernel, as text anywhere else."""
    from autograder.student.feedback import text

    plain = text.card(card, lang)
    ipython = sys.modules.get("IPython")
    if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):  # in a terminal, it shows no HTML
        print(plain, end="")
        return
    from autograder.student.feedback import html

    ipython.display.display({"text/html": html.fragment(card, lang), "text/plain": plain}, raw=True)
