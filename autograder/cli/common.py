"""What the commands share: options, exit statuses, the one way to complain."""

from enum import StrEnum
from typing import Annotated, NoReturn

import typer

EXIT_NOT_PASSED, EXIT_USAGE, EXIT_JUDGE_ERROR, EXIT_INTERRUPTED = 1, 2, 3, 130


class Lang(StrEnum):
    zh = "zh"
    en = "en"


class IsolationChoice(StrEnum):
    bubblewrap = "bubblewrap"
    process = "process"


LangOption = Annotated[
    Lang | None, typer.Option("--lang", help="Language of texts; the locale's unless said otherwise.")
]


def fail(message: str) -> NoReturn:
    """A mistake in the call: one sentence, status 2."""
    from autograder.messages import printable

    typer.echo(f"autograder: {printable(message)}", err=True)  # it may name a student's file
    raise typer.Exit(EXIT_USAGE)


def language(lang: Lang | None) -> str:
    """The language asked for, else the locale's."""
    from autograder.messages import preferred_language

    return lang.value if lang else preferred_language()
