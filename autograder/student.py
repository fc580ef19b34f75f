"""What a student's notebook imports: `from autograder import check, derive, formula`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.symbolic.page import Page
    from autograder.symbolic.recover import Recovered

    SizeLike = str | int | tuple[int, int]

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
    from autograder.symbolic.layer import LayerError
    from autograder.symbolic.options import size_like
    from autograder.symbolic.readings import RecoverError, Sizes
    from autograder.symbolic.recover import calling, recover

    name = getattr(function, "__name__", type(function).__name__)
    try:
        input, kernel, dense = (None if one is None else size_like(one) for one in (input, kernel, dense))
        sizes = Sizes(input, kernel, stride, padding, channels, kernels, samples, dense)
        return recover(calling(function), meant or name, sizes, shown_as=name)
    except (LayerError, RecoverError) as error:
        _complain(error)
        return None


def _complain(error: Any) -> None:
    """A notebook shows one sentence, no traceback."""
    from autograder.messages import preferred_language

    print(error.text.in_language(preferred_language()))
