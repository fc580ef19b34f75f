"""`autograder verify`: the tests of the tests."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.common import EXIT_NOT_PASSED, LangOption, fail, language

if TYPE_CHECKING:
    from autograder.authoring.verification import Report


def verify(
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Which assignments; all unless said otherwise.")
    ] = None,
    solutions: Annotated[Path, typer.Option(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    draws: Annotated[int, typer.Option(help="Fresh hidden keys to try.", min=1)] = 20,
    jobs: Annotated[int, typer.Option(help="Exercises at a time; 0 means one a core.", min=0)] = 0,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Test the tests: is everything wrong rejected and named, everything right accepted? 1 when not."""
    from autograder.authoring import verification
    from autograder.authoring.exercise import AuthoringError

    try:
        folders = verification.chosen(solutions, assignments or [])
        reports = _verify_with_progress(folders, draws, jobs or os.cpu_count() or 1)
    except AuthoringError as error:
        fail(str(error))
    if json:
        from json import dumps

        typer.echo(dumps(verification.to_data(reports), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        from autograder.reports import verification_table

        verification_table.show(reports, language(lang), Console(highlight=False))
    if not verification.sound(reports):
        raise typer.Exit(EXIT_NOT_PASSED)


def _verify_with_progress(folders: list[Path], draws: int, jobs: int) -> "list[Report]":
    """Verify exercises in worker processes, with a progress bar on stderr; in the order of the course."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from rich.console import Console
    from rich.progress import track

    from autograder.authoring import verification

    tasks = [(folder, name, draws) for folder in folders for name in verification.exercise_names(folder)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as executor:
        futures = [executor.submit(verification.verify_exercise, *task) for task in tasks]
        console = Console(stderr=True)
        try:
            return [
                future.result() for future in track(futures, "verifying", console=console, transient=True)
            ]
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
