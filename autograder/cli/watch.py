"""`autograder watch`: the student's assignments, checked whenever one is saved."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, language


def watch(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder of your assignments, or of one of them.")
    ] = Path(),
    lang: LangOption = None,
) -> None:
    """Check again on every save; keys: h hint, f formula, l list, q quit."""
    from rich.console import Console

    from autograder.student.watch import session
    from autograder.student.workspace import CheckError

    try:
        session.run(folder, language(lang), Console(highlight=False))
    except CheckError as error:
        fail(error.text.in_language(language(lang)))
    except KeyboardInterrupt:
        raise typer.Exit from None  # the student's way out, beside q
