"""`autograder derive`, `formula` and `check-derivation`.

The command line imports this on each of them, so SymPy must be loaded only when a command runs.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from autograder.base.command_line import EXIT_NOT_PASSED, ISOLATION, PATH, language_option, leave
from autograder.cnn.derivations.pages.shown import FORMATS, Format

if TYPE_CHECKING:
    from autograder.cnn.derivations.documents.settings import Kernels
    from autograder.cnn.derivations.pages.steps import Part
    from autograder.sandbox.records import Isolation

EXIT_NOTHING_CHECKED = 3
"""No equation of a text was understood."""

_format_option = click.option(
    "--format", type=click.Choice(FORMATS), default="text", help="How formulas are written."
)
_layer_names_option = click.option(
    "--layer-names", is_flag=True, help="Name every quantity's layer, as in δ₁₁⁽ˡ⁾."
)


@click.command()
@click.option("--input", help="Height x width of the layer before; 3x3, or 4x4 to pool.")
@click.option("--kernel", default="2x2", help="Of the kernel, or of the pooling window.")
@click.option("--stride", type=int, help="1, or the window's size for pooling.")
@click.option("--padding", default=0, help="Zeros on each side of the input.")
@click.option("--channels", default=1, help="Maps of the layer before.")
@click.option("--kernels", default=1, help="Kernels, and so maps of this layer.")
@click.option("--pool", type=click.Choice(("max", "avg")), help="Pooling in place of a convolution.")
@click.option(
    "--winners",
    default="",
    show_default=False,
    help='For max pooling, the largest element of each window, row by row: "1,2 1,3 4,1 3,4".',
)
@click.option(
    "--map",
    default="",
    show_default=False,
    help='Or the map that is pooled: "3 1; 2 5"; an example unless given.',
)
@click.option("--dense", help="A fully connected layer in place: outputs x inputs.")
@click.option(
    "--of",
    type=click.Choice(("z", "delta", "input", "weights", "bias", "all")),
    default="all",
    help="z, δ of the layer before, the same without σ′ (input), ∂J/∂w, ∂J/∂b, or all.",
)
@click.option(
    "--element",
    help="One element of a layer of any size: delta[2,3] (of the layer before), z[1,1], w[1,2], a[2,3], b.",
)
@click.option("--steps/--no-steps", default=None, help="Every step, or results only; steps for small layers.")
@_layer_names_option
@_format_option
@language_option
def derive(
    of: "Part",
    element: str | None,
    steps: bool | None,
    layer_names: bool,
    format: Format,
    lang: str,
    **sizes: Any,
) -> None:
    """Write out z, residuals and gradients of a layer of any size, as the lecture derives them."""
    from autograder.cnn.derivations import options
    from autograder.cnn.derivations.pages import render
    from autograder.cnn.derivations.pages.steps import derive as derivation

    only = None if element is None else options.read_element(element)
    page = derivation(options.read_layer(**sizes, whole=only is None), of, steps, only)
    click.echo(render.document(page, format, lang, layer_names), nl=False)


@click.command()
@click.argument("file", type=PATH, help="A notebook or .py file.")
@click.argument("function", help="The function whose formula is wanted.")
@click.option(
    "--as",
    "--meant",
    "meant",
    default="",
    show_default=False,
    help="The course's function that it is meant to be, if its name differs.",
)
@click.option("--input", help="Height x width of the layer before.")
@click.option("--kernel", help="Of the kernel, or of the pooling window.")
@click.option("--stride", type=int)
@click.option("--padding", type=int)
@click.option("--channels", type=int)
@click.option("--kernels", type=int)
@click.option("--samples", type=int, help="Inputs of a batch.")
@click.option("--dense", help="Of a fully connected layer: outputs x inputs.")
@click.option(
    "--isolation",
    type=ISOLATION,
    default="process",
    help="process, or bubblewrap for files that are not your own.",
)
@_layer_names_option
@_format_option
@language_option
def formula(
    file: Path,
    function: str,
    meant: str,
    isolation: "Isolation",
    layer_names: bool,
    format: Format,
    lang: str,
    **sizes: Any,
) -> None:
    """Show the formula that a function computes, beside the lecture's: 0 when equal, 1 when not."""
    from autograder.cnn.derivations.options import given_sizes
    from autograder.cnn.derivations.pages import render
    from autograder.cnn.recovery.readings import NoFormula, Sizes
    from autograder.cnn.recovery.recover import recover_file

    try:
        found = recover_file(file, function, Sizes(**given_sizes(sizes)), meant, isolation)
    except NoFormula as error:
        click.echo(error.text.in_language(lang))
        leave(EXIT_NOT_PASSED)
    click.echo(render.document(found.page, format, lang, layer_names), nl=False)
    if not found.agrees:
        leave(EXIT_NOT_PASSED)


@click.command()
@click.argument("file", type=PATH, help="Markdown, LaTeX, a notebook, reStructuredText, HTML or plain text.")
@click.option("--input", help="Height x width of the layer before; else from the text.")
@click.option("--kernel", help="Height x width of the kernel; else from the text.")
@click.option("--channels", type=int, help="Maps of the layer before; else from the text.")
@click.option("--kernels", type=int, help="Maps of this layer; else from the text.")
@click.option("--batch", type=int, help="Inputs of a batch; else from the text.")
@click.option("--pool", type=click.Choice(("max", "avg")), help="What pooling is; else from the text.")
@click.option("--window", help="Height x width of the pooling window; else from the text.")
@click.option("--stride", default=1)
@click.option("--padding", default=0, help="Zeros on each side of the input.")
@click.option("--symbols", default="", show_default=False, help='The text\'s letters: "O=z,X=a,F=w,L=J".')
@click.option("--index-from", type=click.Choice(("0", "1")), help="Where indices begin; else from the text.")
@click.option(
    "--convolution",
    type=click.Choice(("correlation", "true")),
    help="What the layer does with the kernel; else from the text.",
)
@language_option
@click.option("--json", is_flag=True, help="Print the report as JSON.")
@click.option("--html", type=PATH, help="Write a page with the text, its equations marked and rendered.")
def check_derivation(
    file: Path,
    symbols: str,
    index_from: str | None,
    convolution: "Kernels | None",
    pool: "Literal['max', 'avg'] | None",
    lang: str,
    json: bool,
    html: Path | None,
    **sizes: Any,
) -> None:
    """Check every equation of a text: 0 nothing is wrong, 1 something is, 3 nothing was understood."""
    from autograder.cnn.derivations import options
    from autograder.cnn.derivations.documents import findings
    from autograder.cnn.derivations.documents.check import check_file
    from autograder.cnn.derivations.documents.settings import Options

    given = Options(
        **options.given_sizes(sizes),
        symbols=options.read_symbols(symbols),
        base=None if index_from is None else int(index_from),  # type: ignore[arg-type]
        convolution=convolution or "",
        pool=pool or "",
    )
    report = check_file(file, given)
    if html is not None:
        from autograder.cnn.commands.explore import write_page
        from autograder.cnn.derivations.documents.page import MARK, page

        write_page(html, page(file, report, lang), MARK, lang)
    elif json:
        findings.write_json(report, lang, sys.stdout)
    else:
        from rich.console import Console

        findings.show(report, lang, Console(emoji=False, highlight=False))
    if report.counts["wrong"]:
        leave(EXIT_NOT_PASSED)
    if not report.checked:
        leave(EXIT_NOTHING_CHECKED)
