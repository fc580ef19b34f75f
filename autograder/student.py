"""What a student's notebook imports: `from autograder import check, derive, formula, check_derivation`."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.feedback.card import Card
    from autograder.reports.derivation import Findings
    from autograder.symbolic.page import Page
    from autograder.symbolic.recover import Evaluate, Recovered

    SizeLike = str | int | tuple[int, int]

from autograder.verdicts import Score


def check(function: Callable[..., Any], lang: str | None = None, hint: bool = False) -> Score:
    """Run the visible cases of an exercise and show what is right and what is not.

    A mistake is drawn: what you got beside what was expected, the smallest input that shows it, and, where
    the lecture has a formula for the function, the terms in which yours differs. The first time it says what
    can be seen; checked again, and still wrong, it tells the idea, where the mistake is a known one.

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

    from autograder import ladder
    from autograder.checking import CheckError, examine_with, key_for
    from autograder.feedback.card import cards
    from autograder.messages import preferred_language, say

    language = lang or preferred_language()
    try:
        key = key_for(function, Path.cwd())
    except CheckError as error:
        print(error.text.in_language(language))
        return Score(0)
    try:
        done = examine_with(key, function)
    except KeyboardInterrupt:
        stopped = say(
            "{name} was stopped before it was done; is there a loop that never ends?", name=function.__name__
        )
        print(stopped.in_language(language))
        raise
    again = ladder.climb(Path.cwd(), done.result)
    (exercise,) = key.exercises
    (card,) = cards(
        key,
        done.result,
        done.outcomes,
        told={exercise.name} if hint else again,
        ask=f"check({exercise.name}, hint=True)",
        asking=lambda name: _asking(function),
    )
    _show(card, language)
    return Score(exercise.worth * done.result.points / done.result.max_points)


def _asking(function: Callable[..., Any]) -> "Evaluate":
    """Makes further calls of a notebook's function, in bounded time."""
    from autograder.feedback.patience import patient
    from autograder.symbolic.recover import calling

    return patient(calling(function), _PATIENCE)


_PATIENCE = 1.5
"""Seconds that a smaller input, and then a formula, may take."""


def _show(card: "Card", lang: str) -> None:
    """As HTML in a notebook's kernel, as text anywhere else."""
    from autograder.feedback import text

    plain = text.card(card, lang)
    ipython = sys.modules.get("IPython")
    if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):  # in a terminal, it shows no HTML
        print(plain, end="")
        return
    from autograder.feedback import html

    ipython.display.display({"text/html": html.fragment(card, lang), "text/plain": plain}, raw=True)


def derive(
    input: "SizeLike" = "3x3",
    kernel: "SizeLike" = "2x2",
    *,
    stride: int = 1,
    padding: int = 0,
    channels: int = 1,
    kernels: int = 1,
    of: str = "all",
    steps: bool | None = None,
) -> "Page | None":
    """The lecture's derivation for a convolution of any size; a notebook shows it as formulas.

    Parameters
    ----------
    input, kernel : str, int or (height, width)
        Such as "3x3".
    stride, padding, channels, kernels : int
    of : {"z", "delta", "input", "weights", "bias", "all"}
        z, δ of the layer before, ∂J/∂a, ∂J/∂w, ∂J/∂b, or all of them.
    steps : bool, optional
        Whether every step is shown; for small layers unless said otherwise.
    """
    from autograder.symbolic import steps as pages
    from autograder.symbolic.layer import Layer, LayerError
    from autograder.symbolic.options import size_like

    try:
        layer = Layer(size_like(input), size_like(kernel), stride, padding, channels, kernels)
        return pages.derive(layer, pages.part(of), steps)
    except LayerError as error:
        _complain(error)
        return None


def formula(
    function: Callable[..., Any],
    *,
    input: "SizeLike | None" = None,
    kernel: "SizeLike | None" = None,
    stride: int | None = None,
    padding: int | None = None,
    channels: int | None = None,
    kernels: int | None = None,
    samples: int | None = None,
    dense: "SizeLike | None" = None,
    meant: str = "",
) -> "Recovered | None":
    """The formula that a function computes, element by element, beside the lecture's.

    Parameters
    ----------
    function : function
        Your solution, such as `conv_residual`.
    input, kernel, dense : str, int or (height, width), optional
        Such as "3x3"; for pooling `kernel` is the window, for a dense layer `dense` is outputs x inputs.
    stride, padding, channels, kernels, samples : int, optional
    meant : str, optional
        The course's function that it is meant to be, where it has another name.
    """
    from autograder.feedback.patience import silence
    from autograder.symbolic.layer import LayerError
    from autograder.symbolic.options import size_like
    from autograder.symbolic.readings import RecoverError, Sizes
    from autograder.symbolic.recover import calling, compare

    name = getattr(function, "__name__", type(function).__name__)
    try:
        input, kernel, dense = (None if one is None else size_like(one) for one in (input, kernel, dense))
        sizes = Sizes(input, kernel, stride, padding, channels, kernels, samples, dense)
        with silence():
            return compare(calling(function), meant or name, sizes, shown_as=name)
    except (LayerError, RecoverError) as error:
        _complain(error)
        return None


def check_derivation(
    text: str,
    *,
    input: "SizeLike | None" = None,
    kernel: "SizeLike | None" = None,
    stride: int = 1,
    padding: int = 0,
    lang: str | None = None,
) -> "Findings | None":
    """Check every equation of a derivation, term by term; a notebook shows what is right and what is not.

    Parameters
    ----------
    text : str
        LaTeX, Markdown or plain text, such as ``r"z_{11} = a_{11} w_{11} + …"``; the r before the
        quotes keeps backslashes as they are.
    input, kernel : str, int or (height, width), optional
        Such as "3x3"; read off the text unless given.
    stride, padding : int
    lang : {"zh", "en"}, optional
        The language of the answer; the system's unless said otherwise.
    """
    from autograder.messages import preferred_language, say
    from autograder.reports.derivation import Findings
    from autograder.symbolic.documents import DocumentError, Options, check_text
    from autograder.symbolic.layer import LayerError
    from autograder.symbolic.options import size_like

    language = lang or preferred_language()
    if not isinstance(text, str) or _SWALLOWED.intersection(text):
        if isinstance(text, str):
            problem = say(
                "Python has turned backslashes of this text into other characters; put an r before its "
                'quotes: check_derivation(r"…").'
            )
        else:
            problem = say("check_derivation takes a text, not {kind}.", kind=type(text).__name__)
        print(problem.in_language(language))
        return None
    try:
        sizes = [None if one is None else size_like(one) for one in (input, kernel)]
        return Findings(check_text(text, options=Options(sizes[0], sizes[1], stride, padding)), language)
    except (LayerError, DocumentError) as error:
        print(error.text.in_language(language))
        return None


_SWALLOWED = frozenset("\a\b\f\v")
"""What \\alpha, \\boxed, \\frac and \\varphi begin with where the r before the quotes is missing."""


def _complain(error: Any) -> None:
    """A notebook shows one sentence, no traceback."""
    from autograder.messages import preferred_language

    print(error.text.in_language(preferred_language()))
