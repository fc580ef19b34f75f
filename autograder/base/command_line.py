"""What all commands share: options, exit statuses, error messages.

Imported by every command, those of `cli` and those of a course's subject. It must never import what a command
works with, so that a mistake in the call is reported at once.
"""

import errno
from pathlib import Path
from typing import NoReturn

import click

from autograder.base.messages import Text, in_language, languages, preferred_language, printable, say

EXIT_NOT_PASSED, EXIT_USAGE, EXIT_JUDGE_ERROR, EXIT_INTERRUPTED = 1, 2, 3, 130

PATH = click.Path(path_type=Path)
ISOLATION = click.Choice(("bubblewrap", "process"))

_LANG = "autograder.lang"
"""The key under which a command's context keeps the language."""

language_option = click.option(
    "--lang",
    type=click.Choice(languages()),
    callback=lambda context, option, lang: context.meta.setdefault(_LANG, lang or preferred_language()),
    help="Language of texts. Default: the locale's.",
)
"""`--lang`: the command gets the language asked for, else the locale's."""


def fail(*messages: Text | str) -> NoReturn:
    """Report mistakes in the call, or in what it works on, and exit with status 2."""
    for message in messages:
        complain(message)
    leave(EXIT_USAGE)


def fail_with(error: OSError, place: object) -> NoReturn:
    """Report what the system refused about a file, else about `place`, and exit with status 2."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        fail(say("error.too_many_files"))
    fail(f"{error.filename or place}: {error.strerror or error}.")


def complain(message: Text | str) -> None:
    """Print a message on stderr, in the command's language."""
    context = click.get_current_context(silent=True)
    lang = context.meta.get(_LANG) if context else None
    shown = in_language(message, lang or preferred_language())
    click.echo(f"autograder: {printable(shown)}", err=True)  # it may name a student's file


def leave(status: int) -> NoReturn:
    """Exit with `status`."""
    raise click.exceptions.Exit(status)
