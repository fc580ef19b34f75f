"""What the commands share: options, exit statuses, the one way to complain."""

import contextlib
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from autograder.authoring.build import Built

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
    from autograder.base.messages import printable

    typer.echo(f"autograder: {printable(message)}", err=True)  # it may name a student's file
    raise typer.Exit(EXIT_USAGE)


INSTALL = "in a clone of this repository, with: pip install '.[instructor]'"
"""Never by the project's name alone: on PyPI, that is somebody else's package."""


@contextlib.contextmanager
def for_instructors() -> Iterator[None]:
    """A command that needs what a student does not install; also a decorator."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _FOR_INSTRUCTORS:
            raise
        fail(f"This needs {error.name}, which instructors install {INSTALL}.")


_FOR_INSTRUCTORS = {"copydetect", "jupytext", "nbformat", "nbgrader", "traitlets"}


def told(file: "Built") -> str:
    """A file that a build has written or kept, in a line; of a key drawn anew, what follows from it."""
    if file.kept:
        return f"kept: {file.path} (changed since it was written here; --force writes it anew)"
    wrote = f"wrote: {file.path}"
    if not file.because:
        return wrote
    name = file.path.name.partition(".")[0]
    return (
        f"{wrote}\nhidden key of {name} drawn anew: {file.because}; everything handed in for it will be "
        "graded again"
    )


def language(lang: Lang | None) -> str:
    """The language asked for, else the locale's."""
    from autograder.base.messages import preferred_language

    return lang.value if lang else preferred_language()
