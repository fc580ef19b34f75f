"""`autograder verify`: test the hidden tests against misconceptions, alternatives and mutants."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail, language_option, leave
from autograder.base.messages import say

if TYPE_CHECKING:
    from autograder.authoring.verification import Report


@click.command()
@click.argument("assignments", nargs=-1, help="Which assignments. Default: all.")
@click.option("--solutions", type=PATH, default="solutions", help="The folder of the assignments' sources.")
@click.option("--exercise", "only", multiple=True, help="Only this exercise; may be given several times.")
@click.option("--draws", type=click.IntRange(min=1), default=20, help="Fresh hidden keys to try.")
@click.option(
    "--jobs", type=click.IntRange(min=0), default=0, help="Exercises at a time; 0 means one a core."
)
@click.option("--seed", help="Draw the same keys as an earlier run, which has printed its seed.")
@language_option
@click.option("--json", is_flag=True, help="Print the reports as JSON.")
def verify(
    assignments: tuple[str, ...],
    solutions: Path,
    only: tuple[str, ...],
    draws: int,
    jobs: int,
    seed: str | None,
    lang: str,
    json: bool,
) -> None:
    """Test the tests: is everything wrong rejected and named, everything right accepted? 1 when not."""
    from autograder.authoring import verification

    exercises = verification.chosen(solutions, assignments, only)
    seed = seed or secrets.token_hex(4)
    reports = _verify_with_progress(exercises, draws, seed, jobs or os.cpu_count() or 1)
    click.echo(say("verify.seed", seed=seed).in_language(lang), err=True)
    if json:
        from json import dumps

        click.echo(dumps(verification.to_data(reports, lang), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        from autograder.reports import verification_table

        verification_table.show(reports, lang, Console(emoji=False, highlight=False))
    found = [mistake for report in reports for mistake in report.mistakes]
    if found:
        fail(*found)
    if not verification.sound(reports):
        leave(EXIT_NOT_PASSED)


def _verify_with_progress(
    exercises: list[tuple[Path, str]], draws: int, seed: str, jobs: int
) -> "list[Report]":
    """Verify exercises in worker processes, with a progress bar on stderr; in the order of the course."""
    from concurrent.futures import BrokenExecutor

    from rich.console import Console
    from rich.progress import track

    from autograder.authoring import verification
    from autograder.grading import executors

    try:
        with executors.processes(jobs) as pool:
            submit = pool.executor.submit
            futures = [submit(verification.verify_exercise, *each, draws, seed) for each in exercises]
            shown = track(futures, "verifying", console=Console(stderr=True), transient=True)
            return [future.result() for future in shown]
    except BrokenExecutor:
        fail(say("verify.worker_killed"))
