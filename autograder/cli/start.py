"""`autograder start`: copy the assignments into a folder of the student's own."""

from pathlib import Path

import click

from autograder.base.command_line import PATH, language_option


@click.command()
@click.argument("folder", metavar="DIR", type=PATH, help="Where your files go; made if it is not there.")
@language_option
@click.option(
    "--from", "course", type=PATH, help="The assignments of another course: its folder assignments/."
)
def start(folder: Path, lang: str, course: Path | None) -> None:
    """Copy the assignments into a folder and say what to do first. Keeps what you have changed."""
    from autograder.student import handout

    copied = handout.copy(course or handout.source(), lang, folder)
    from rich.console import Console

    from autograder.reports import first_steps

    first_steps.show(copied, folder, copied.lang, Console(emoji=False, highlight=False))
