"""What a student's notebook imports to check a function: `from autograder import check`."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.student.feedback.card import Card

from autograder.judging.results import Score


def check(function: Callable[..., Any], lang: str | None = None, hint: bool = False) -> Score:
    """Run the visible cases of an exercise and show what is right and what is not.

    A mistake is shown: what you got beside what was expected, the smallest input that shows it, and, where
    there is a formula for the function, the terms in which yours differs. The first check shows the symptom;
    if the next one still fails, it also reveals the idea, where the mistake is a known one.

    Parameters
    ----------
    function : function
        Your solution.
    lang : {"zh", "en"}, optional
        The language of the answer; the system's unless said otherwise.
    hint : bool
        Reveal the idea at once.

    Returns
    -------
    Score
        The exercise's points on the visible cases, which `nbgrader validate` reads.
    """
    from pathlib import Path

    from autograder.base.messages import preferred_language, say
    from autograder.student import hints
    from autograder.student.checking import CheckError, check_function, key_for
    from autograder.student.feedback.card import cards
    from autograder.student.questions import calling, within_budget

    language = lang or preferred_language()
    try:
        key = key_for(function, Path.cwd())
    except CheckError as error:
        print(error.text.in_language(language))
        return Score(0)
    language = key.about.language(language)
    try:
        done = check_function(key, function)
    except KeyboardInterrupt:
        print(say("error.function_stopped", name=function.__name__).in_language(language))
        raise
    failed_again = hints.record_failures(Path.cwd(), done.result)
    (exercise,) = key.exercises
    (card,) = cards(
        key,
        done.result,
        done.judged,
        told={exercise.name} if hint else failed_again,
        ask=f"check({exercise.name}, hint=True)",
        asking=lambda name: within_budget(calling(function), _BUDGET),
    )
    _show(card, language)
    notes = [say("note.stale", name=exercise.name)] if _is_stale(function) else []
    for note in (*notes, *done.result.notes):
        print(note.in_language(language))
    return Score(exercise.worth * done.result.points / done.result.max_points)


_BUDGET = 1.5
"""Seconds for finding a smaller input, and again for a formula."""


def _is_stale(function: Callable[..., Any]) -> bool:
    """Whether the newest cell that defines it did not run to its end, so that this is an older one."""
    import inspect
    import re

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cells = shell.user_ns.get("In", []) if shell else []
    defines = re.compile(rf"^\s*(def|class) {re.escape(function.__name__)}\b", re.M)
    newest = next(filter(defines.search, reversed(cells)), None)
    try:
        return newest is not None and inspect.getsource(function).strip() not in newest
    except (OSError, TypeError):  # it was not written in a cell
        return False


def _show(card: "Card", lang: str) -> None:
    """As HTML in a notebook's kernel, as text anywhere else."""
    from autograder.student.feedback import text

    plain = text.card(card, lang)
    ipython = sys.modules.get("IPython")
    if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):  # IPython in a terminal shows no HTML
        print(plain, end="")
        return
    from autograder.student.feedback import html

    ipython.display.display({"text/html": html.fragment(card, lang), "text/plain": plain}, raw=True)
