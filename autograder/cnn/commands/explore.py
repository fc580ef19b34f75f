"""`autograder explore`: the explorer page."""

from pathlib import Path

import click

from autograder.base import atomic
from autograder.base.command_line import PATH, fail, language_option


@click.command()
@click.argument(
    "file",
    type=PATH,
    default="explorer.html",
    help="Where to write the page; - prints it.  [default: explorer.html]",
)
@click.option("--open", "open_page", is_flag=True, help="Open it in the browser.")
@language_option
def explore(file: Path, open_page: bool, lang: str) -> None:
    """Write a page on which a convolution's maps, equations and steps light up together."""
    from autograder.base.messages import translator
    from autograder.cnn.explorer.page import MARK, page

    _ = translator(lang)
    written = page(lang)
    if str(file) == "-":
        click.echo(written, nl=False)
        return
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8", errors="replace"):
            fail(_("cnn.explorer.foreign_file", file=file))
        atomic.write(file, written.encode())
    except OSError as error:
        fail(_("cnn.explorer.not_written", file=file, reason=error.strerror))
    click.echo(_("cnn.explorer.written", file=file))
    if open_page:
        import webbrowser

        if not webbrowser.open(file.resolve().as_uri()):
            fail(_("cnn.explorer.no_browser", file=file))
