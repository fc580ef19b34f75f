"""`autograder explore`: the explorer page."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, language


def explore(
    file: Annotated[Path, typer.Argument(help="Where to write the page; - prints it.")] = Path(
        "explorer.html"
    ),
    open_page: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    lang: LangOption = None,
) -> None:
    """Write a page on which a convolution's maps, equations and steps light up together."""
    from autograder.base.messages import translator
    from autograder.cnn.explorer.page import MARK, page

    chosen = language(lang)
    _ = translator(chosen)
    written = page(chosen)
    if str(file) == "-":
        typer.echo(written, nl=False)
        return
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8", errors="replace"):
            fail(_("cnn.explorer.foreign_file").format(file=file))
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        fail(_("cnn.explorer.not_written").format(file=file, reason=error.strerror))
    typer.echo(_("cnn.explorer.written").format(file=file))
    if open_page:
        import webbrowser

        if not webbrowser.open(file.resolve().as_uri()):
            fail(_("cnn.explorer.no_browser").format(file=file))
