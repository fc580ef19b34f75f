"""`autograder derive`, `formula` and `check-derivation`: derivations as mathematics."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import EXIT_NOT_PASSED, IsolationChoice, LangOption, fail, language


class FormatChoice(StrEnum):
    text = "text"
    latex = "latex"
    markdown = "markdown"
    html = "html"
    json = "json"


class PartChoice(StrEnum):
    z = "z"
    delta = "delta"
    input = "input"
    weights = "weights"
    bias = "bias"
    all = "all"


class PoolChoice(StrEnum):
    max = "max"
    avg = "avg"


FormatOption = Annotated[FormatChoice, typer.Option("--format", help="How formulas are written.")]
LayerNamesOption = Annotated[
    bool, typer.Option("--layer-names", help="Name every quantity's layer, as in δ₁₁⁽ˡ⁾.")
]


def derive(
    input: Annotated[
        str | None, typer.Option("--input", help="Height x width of the layer before; 3x3, or 4x4 to pool.")
    ] = None,
    kernel: Annotated[str, typer.Option("--kernel", help="Of the kernel, or of the pooling window.")] = "2x2",
    stride: Annotated[int | None, typer.Option(help="1, or the window's size for pooling.")] = None,
    padding: Annotated[int, typer.Option(help="Zeros on each side of the input.")] = 0,
    channels: Annotated[int, typer.Option(help="Maps of the layer before.")] = 1,
    kernels: Annotated[int, typer.Option(help="Kernels, and so maps of this layer.")] = 1,
    pool: Annotated[PoolChoice | None, typer.Option(help="Pooling in place of a convolution.")] = None,
    winners: Annotated[
        str,
        typer.Option(
            help='For max pooling, the largest element of each window, row by row: "1,2 1,3 4,1 3,4".'
        ),
    ] = "",
    dense: Annotated[
        str | None, typer.Option(help="A fully connected layer in place: outputs x inputs.")
    ] = None,
    of: Annotated[
        PartChoice,
        typer.Option(help="z, δ of the layer before, the same without σ′ (input), ∂J/∂w, ∂J/∂b, or all."),
    ] = PartChoice.all,
    steps: Annotated[
        bool | None,
        typer.Option("--steps/--no-steps", help="Every step, or results only; steps for small layers."),
    ] = None,
    layer_names: LayerNamesOption = False,
    format: FormatOption = FormatChoice.text,
    lang: LangOption = None,
) -> None:
    """Write out z, residuals and gradients of a layer of any size, as the lecture derives them."""
    from autograder.cnn.derivations import options, render
    from autograder.cnn.derivations.layer import LayerError
    from autograder.cnn.derivations.steps import derive as derivation

    try:
        sizes = options.described(
            input, kernel, stride, padding, channels, kernels, pool.value if pool else "", winners, dense
        )
        page = derivation(sizes, of.value, steps)
    except LayerError as error:
        fail(error.text.in_language(language(lang)))
    typer.echo(render.document(page, format.value, language(lang), layer_names), nl=False)


def formula(
    file: Annotated[Path, typer.Argument(help="A notebook or .py file.")],
    function: Annotated[str, typer.Argument(help="The function whose formula is wanted.")],
    meant: Annotated[
        str, typer.Option("--as", help="The course's function that it is meant to be, if its name differs.")
    ] = "",
    input: Annotated[str | None, typer.Option("--input", help="Height x width of the layer before.")] = None,
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Of the kernel, or of the pooling window.")
    ] = None,
    stride: Annotated[int | None, typer.Option()] = None,
    padding: Annotated[int | None, typer.Option()] = None,
    channels: Annotated[int | None, typer.Option()] = None,
    kernels: Annotated[int | None, typer.Option()] = None,
    samples: Annotated[int | None, typer.Option(help="Inputs of a batch.")] = None,
    dense: Annotated[str | None, typer.Option(help="Of a fully connected layer: outputs x inputs.")] = None,
    isolation: Annotated[
        IsolationChoice, typer.Option(help="process, or bubblewrap for files that are not your own.")
    ] = IsolationChoice.process,
    layer_names: LayerNamesOption = False,
    format: FormatOption = FormatChoice.text,
    lang: LangOption = None,
) -> None:
    """Show the formula that a function computes, beside the lecture's: 0 when equal, 1 when not."""
    from autograder.cnn.derivations import options, render
    from autograder.cnn.derivations.layer import LayerError
    from autograder.cnn.recovery.in_file import recover_file
    from autograder.cnn.recovery.readings import NoFormula, RecoverError, Sizes
    from autograder.sandbox.bubblewrap import BubblewrapMissing
    from autograder.sandbox.client import SandboxError
    from autograder.submissions.source import SubmissionError

    chosen = language(lang)
    try:
        shapes = [options.size(text) if text is not None else None for text in (input, kernel, dense)]
        sizes = Sizes(shapes[0], shapes[1], stride, padding, channels, kernels, samples, shapes[2])
        found = recover_file(file, function, sizes, meant, isolation.value)
    except NoFormula as error:
        typer.echo(error.text.in_language(chosen))
        raise typer.Exit(EXIT_NOT_PASSED) from None
    except (LayerError, RecoverError, SubmissionError) as error:
        fail(error.text.in_language(chosen))
    except (BubblewrapMissing, SandboxError) as error:
        fail(str(error))
    typer.echo(render.document(found.page, format.value, chosen, layer_names), nl=False)
    if not found.agrees:
        raise typer.Exit(EXIT_NOT_PASSED)


def check_derivation(
    file: Annotated[Path, typer.Argument(help="Markdown, LaTeX, a notebook or plain text.")],
    input: Annotated[
        str | None, typer.Option("--input", help="Height x width of the layer before; else from the text.")
    ] = None,
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Height x width of the kernel; else from the text.")
    ] = None,
    stride: Annotated[int, typer.Option()] = 1,
    padding: Annotated[int, typer.Option(help="Zeros on each side of the input.")] = 0,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every equation of a text on convolutions: 0 when nothing is wrong, 1 when something is."""
    from autograder.cnn.derivations import options
    from autograder.cnn.derivations.documents.check import check_file
    from autograder.cnn.derivations.documents.find import DocumentError
    from autograder.cnn.derivations.documents.settings import Options
    from autograder.cnn.derivations.layer import LayerError

    chosen = language(lang)
    try:
        sizes = [options.size(text) if text is not None else None for text in (input, kernel)]
        report = check_file(file, Options(sizes[0], sizes[1], stride, padding))
    except (LayerError, DocumentError) as error:
        fail(error.text.in_language(chosen))
    from autograder.cnn.derivations.documents import findings

    if json:
        findings.write_json(report, chosen, sys.stdout)
    else:
        from rich.console import Console

        findings.show(report, chosen, Console(highlight=False))
    if report.counts["wrong"]:
        raise typer.Exit(EXIT_NOT_PASSED)
