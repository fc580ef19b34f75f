"""`autograder explore`: the explorer page."""

from pathlib import Path

import click

from autograder.base import atomic
from autograder.base.command_line import PATH, fail, language_option
from autograder.base.messages import say


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
    from autograder.cnn.explorer.page import MARK, page

    if str(file) == "-":
        click.echo(page(lang), nl=False)
        return
    write_page(file, page(lang), MARK, lang)
    if open_page:
        import webbrowser

        if not webbrowser.open(file.resolve().as_uri()):
            fail(say("cnn.explorer.no_browser", file=str(file)))


def write_page(file: Path, page: str, mark: str, lang: str) -> None:
    """Write a page over nothing, or over an earlier one, which has its mark; say so, or why not."""
    try:
        if file.exists() and mark not in file.read_text(encoding="utf-8", errors="replace"):
            fail(say("cnn.explorer.foreign_file", file=str(file)))
        atomic.write(file, page.encode())
    except OSError as error:
        fail(say("cnn.explorer.not_written", file=str(file), reason=str(error.strerror)))
    click.echo(say("cnn.explorer.written", file=str(file)).in_language(lang))
