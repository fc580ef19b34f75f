"""For a student's notebook: `from autograder import derive, formula, check_derivation`.

A mistake in a call must print one sentence, never a traceback. SymPy is loaded on the first call.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from autograder.cnn.derivations.documents.findings import Findings
    from autograder.cnn.derivations.documents.settings import Kernels
    from autograder.cnn.derivations.options import SizeLike
    from autograder.cnn.derivations.pages.records import Page
    from autograder.cnn.recovery.recover import Recovered


def derive(
    input: "SizeLike | None" = None,
    kernel: "SizeLike" = "2x2",
    *,
    stride: int | None = None,
    padding: int = 0,
    channels: int = 1,
    kernels: int = 1,
    pool: Literal["", "max", "avg"] = "",
    winners: str = "",
    map: str = "",
    dense: "SizeLike | None" = None,
    of: str = "all",
    element: str = "",
    steps: bool | None = None,
) -> "Page | None":
    """The lecture's derivation for a layer of any size; a notebook shows it as formulas.

    Parameters
    ----------
    input, kernel : str, int or (height, width)
        Such as "3x3"; of pooling `kernel` is the window.
    stride, padding, channels, kernels : int
    pool : {"max", "avg"}, optional
        Pooling in place of a convolution; of max pooling `winners` are the largest elements of the windows,
        "1,2 1,3 4,1 3,4", or `map` is what is pooled, "3 1; 2 5"; else an example is drawn.
    dense : str, int or (outputs, inputs), optional
        A fully connected layer in place.
    of : {"z", "delta", "input", "weights", "bias", "all"}
        z, δ of the layer before, ∂J/∂a, ∂J/∂w, ∂J/∂b, or all of them.
    element : str, optional
        One element only, of a layer of any size: "delta[2,3]" (of the layer before), "z[1,1]", "w[1,2]".
    steps : bool, optional
        Whether every step is shown; for small layers unless said otherwise.
    """
    from autograder.cnn.derivations.layer import LayerError
    from autograder.cnn.derivations.options import read_element, read_layer
    from autograder.cnn.derivations.pages import steps as pages

    try:
        only = read_element(element) if element else None
        layer = read_layer(
            input, kernel, stride, padding, channels, kernels, pool, winners, map, dense, only is None
        )
        return pages.derive(layer, pages.part(of), steps, only)
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
    from autograder.cnn.derivations.layer import LayerError
    from autograder.cnn.derivations.options import given_sizes
    from autograder.cnn.recovery.readings import RecoverError, Sizes
    from autograder.cnn.recovery.recover import compare
    from autograder.student.questions import calling, silence

    name = getattr(function, "__name__", type(function).__name__)
    try:
        shapes = given_sizes({"input": input, "kernel": kernel, "dense": dense})
        sizes = Sizes(
            **shapes, stride=stride, padding=padding, channels=channels, kernels=kernels, samples=samples
        )
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
    symbols: str = "",
    index_from: Literal[0, 1] | None = None,
    convolution: "Kernels | None" = None,
    channels: int | None = None,
    kernels: int | None = None,
    batch: int | None = None,
    pool: Literal["", "max", "avg"] = "",
    window: "SizeLike | None" = None,
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
    symbols : str, optional
        The text's letters, such as "O=z,X=a,F=w,L=J"; found from the text unless given, as are the next two.
    index_from : {0, 1}, optional
    convolution : {"correlation", "true"}, optional
        What the layer does with the kernel.
    channels, kernels, batch : int, optional
        How many there are; pool and window say the same of pooling. What is given overrides the text.
    pool : {"max", "avg"}, optional
    window : str, int or (height, width), optional
    lang : {"zh", "en"}, optional
        The language of the report; the system's unless said otherwise.
    """
    from autograder.base.messages import preferred_language, say
    from autograder.cnn.derivations.documents.check import check_text
    from autograder.cnn.derivations.documents.find import DocumentError
    from autograder.cnn.derivations.documents.findings import Findings
    from autograder.cnn.derivations.documents.settings import Options
    from autograder.cnn.derivations.layer import LayerError
    from autograder.cnn.derivations.options import given_sizes, read_symbols

    language = lang or preferred_language()
    if not isinstance(text, str):
        print(say("cnn.derivation.not_text", kind=type(text).__name__).in_language(language))
        return None
    if _ESCAPED.intersection(text):
        print(say("cnn.derivation.backslashes").in_language(language))
        return None
    try:
        given = Options(
            **given_sizes({"input": input, "kernel": kernel, "window": window}),
            channels=channels,
            kernels=kernels,
            batch=batch,
            pool=pool,
            stride=stride,
            padding=padding,
            symbols=read_symbols(symbols),
            base=index_from,
            convolution=convolution or "",
        )
        return Findings(check_text(text, options=given), language)
    except (LayerError, DocumentError) as error:
        print(error.text.in_language(language))
        return None


_ESCAPED = frozenset("\a\b\f\v")
"""What Python makes of \\alpha, \\boxed, \\frac and \\varphi where the r before the quotes is missing."""


def _complain(error: Any) -> None:
    from autograder.base.messages import preferred_language

    print(error.text.in_language(preferred_language()))
