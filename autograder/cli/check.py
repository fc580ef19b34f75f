"""`autograder check`: a student's own check."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.common import EXIT_NOT_PASSED, LangOption, fail, language

if TYPE_CHECKING:
    from autograder.verdicts import SubmissionResult


def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="Your notebook or .py file; the newest in this folder unless said otherwise."),
    ] = None,
    lang: LangOption = None,
    hint: Annotated[
        bool, typer.Option("--hint", help="Tell the idea behind a mistake at once, not only the second time.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check your own work against the visible cases: 0 when all pass, 1 when not."""
    chosen, result = _checked(file, language(lang))
    if json:
        from autograder.reports import json_file

        json_file.write([result], language(lang), sys.stdout)
    else:
        from rich.console import Console

        from autograder import ladder
        from autograder.reports import terminal

        console = Console(highlight=False)
        if chosen != file:
            console.print(chosen.name, style="bold", markup=False)
        again = ladder.climb(chosen, result)
        told = {exercise.name for exercise in result.exercises} if hint else again
        terminal.check_list(result, language(lang), console, told, "--hint")
    if result.points < result.max_points:
        raise typer.Exit(EXIT_NOT_PASSED)


@contextlib.contextmanager
def _without_collecting_garbage() -> Iterator[None]:
    """Looking for garbage takes a tenth of a check's time, and there is next to none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _checked(file: Path | None, lang: str) -> "tuple[Path, SubmissionResult]":
    """The file, else the one that is worked on in its folder or in this one, and its result."""
    from autograder.sandbox import launch

    # The sandbox loads NumPy while the next lines do.
    with launch.ahead() as launched, _without_collecting_garbage():
        from autograder.answer_key import KeyFileError
        from autograder.checking import CheckError, check_file
        from autograder.workspace import current_file

        try:
            chosen = current_file(file or Path()) if file is None or file.is_dir() else file
            return chosen, check_file(chosen, launched=launched)
        except CheckError as error:
            fail(error.text.in_language(lang))
        except KeyFileError as error:
            fail(str(error))
