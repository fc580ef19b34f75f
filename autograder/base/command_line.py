"""What the commands of the command line share: options, exit statuses, the one way to complain.

Every command imports it, those of the command line and those of the course's subject. It never loads what a
command works with: a mistake in the call is told at once.
"""

from pathlib import Path
from typing import NoReturn

import click

from autograder.base.messages import LANGUAGES, preferred_language, printable

EXIT_NOT_PASSED, EXIT_USAGE, EXIT_JUDGE_ERROR, EXIT_INTERRUPTED = 1, 2, 3, 130

PATH = click.Path(path_type=Path)
ISOLATION = click.Choice(("bubblewrap", "process"))

language_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=lambda context, option, lang: lang or preferred_language(),
    help="Language of texts; the locale's unless said otherwise.",
)
"""`--lang`: the command gets the language asked for, else the locale's."""


def fail(message: str) -> NoReturn:
    """A mistake in the call: one sentence, status 2."""
    complain(message)
    leave(EXIT_USAGE)


def complain(message: str) -> None:
    """One sentence on stderr, beside what the command prints."""
    click.echo(f"autograder: {printable(message)}", err=True)  # it may name a student's file


def leave(status: int) -> NoReturn:
    """End the command with `status`."""
    raise click.exceptions.Exit(status)
