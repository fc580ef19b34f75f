"""`autograder verify`: test the hidden tests against misconceptions, alternatives and mutants."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail, language_option, leave

if TYPE_CHECKING:
    from autograder.authoring.verification import Report


@click.command()
@click.argument("assignments", nargs=-1, help="Which assignments; all unless said otherwise.")
@click.option("--solutions", type=PATH, default="solutions", help="The folder of the assignments' sources.")
@click.option("--draws", type=click.IntRange(min=1), default=20, help="Fresh hidden keys to try.")
@click.option(
    "--jobs", type=click.IntRange(min=0), default=0, help="Exercises at a time; 0 means one a core."
)
@language_option
@click.option("--json", is_flag=True, help="Print the reports as JSON.")
def verify(
    assignments: tuple[str, ...], solutions: Path, draws: int, jobs: int, lang: str, json: bool
) -> None:
    """Test the tests: is everything wrong rejected and named, everything right accepted? 1 when not."""
    from autograder.authoring import verification

    folders = verification.chosen(solutions, list(assignments))
    reports = _verify_with_progress(folders, draws, jobs or os.cpu_count() or 1)
    if json:
        from json import dumps

        click.echo(dumps(verification.to_data(reports, lang), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        from autograder.reports import verification_table

        verification_table.show(reports, lang, Console(highlight=False))
    found = [mistake for report in reports for mistake in report.mistakes]
    if found:
        fail(*found)
    if not verification.sound(reports):
        leave(EXIT_NOT_PASSED)


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
