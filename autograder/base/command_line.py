"""What the commands of the command line share: options, exit statuses, the one way to complain.

Every command imports it, those of the command line and those of the course's subject. It never loads what a
command works with: a mistake in the call is told at once.
"""

from pathlib import Path
from typing import NoReturn

import click

from autograder.base.messages import Text, in_language, languages, preferred_language, printable

EXIT_NOT_PASSED, EXIT_USAGE, EXIT_JUDGE_ERROR, EXIT_INTERRUPTED = 1, 2, 3, 130

PATH = click.Path(path_type=Path)
ISOLATION = click.Choice(("bubblewrap", "process"))

_SPOKEN = "autograder.lang"
"""Where a command's context keeps the language."""

language_option = click.option(
    "--lang",
    type=click.Choice(languages()),
    callback=lambda context, option, lang: context.meta.setdefault(_SPOKEN, lang or preferred_language()),
    help="Language of texts; the locale's unless said otherwise.",
)
"""`--lang`: the command gets the language asked for, else the locale's."""


def fail(message: Text | str) -> NoReturn:
    """A mistake in the call: one sentence, status 2."""
    complain(message)
    leave(EXIT_USAGE)


def complain(message: Text | str) -> None:
    """One sentence on stderr, in the command's language, beside what the command prints."""
    context = click.get_current_context(silent=True)
    lang = context.meta.get(_SPOKEN) if context else None
    told = in_language(message, lang or preferred_language())
    click.echo(f"autograder: {printable(told)}", err=True)  # it may name a student's file


def leave(status: int) -> NoReturn:
    """End the command with `status`."""
    raise click.exceptions.Exit(status)
