"""`autograder start`: the assignments, in a folder of the student's own."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, language


def start(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where your files go; made if it is not there.")
    ],
    lang: LangOption = None,
    course: Annotated[
        Path | None,
        typer.Option("--from", help="The assignments of another course: its folder assignments/."),
    ] = None,
) -> None:
    """Copy the assignments into a folder and say what to do first. Keeps what you have changed."""
    from autograder.judging.answer_key import KeyFileError
    from autograder.student import handout

    chosen = language(lang)
    try:
        copied = handout.copy(course or handout.source(), chosen, folder)
    except handout.HandoutError as error:
        fail(error.text.in_language(chosen))
    except KeyFileError as error:
        fail(str(error))
    from rich.console import Console

    from autograder.reports import first_steps

    first_steps.show(copied, folder, chosen, Console(highlight=False))
