"""`autograder watch`: check the student's assignments whenever one is saved."""

from pathlib import Path

import click

from autograder.base.command_line import PATH, language_option, leave


@click.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    type=PATH,
    default=".",
    help="The folder of your assignments, or of one of them.  [default: .]",
)
@language_option
def watch(folder: Path, lang: str) -> None:
    """Check again on every save; keys: h hint, f formula, l list, q quit."""
    from rich.console import Console

    from autograder.student.watch import session

    try:
        session.run(folder, lang, Console(emoji=False, highlight=False))
    except KeyboardInterrupt:
        leave(0)  # the student's way out, beside q
