"""`autograder check`: a student's own check."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail, language_option, leave

if TYPE_CHECKING:
    from autograder.student.checking import Examined


@click.command()
@click.argument(
    "file",
    type=PATH,
    required=False,
    help="Your notebook or .py file; the newest in this folder unless said otherwise.",
)
@language_option
@click.option(
    "--hint", is_flag=True, help="Tell the idea behind a mistake at once, not only the second time."
)
@click.option("--html", is_flag=True, help="Also write a page with pictures of the mistakes.")
@click.option("--output", "-o", type=PATH, help="The page of --html; else the file's name with .check.html.")
@click.option("--json", is_flag=True, help="Print the result as JSON.")
def check(file: Path | None, lang: str, hint: bool, html: bool, output: Path | None, json: bool) -> None:
    """Check your own work against the visible cases: 0 when all pass, 1 when not."""
    if output is not None:
        _refuse_no_page(output, lang)
    chosen, done = _examined(file, lang)
    result = done.result
    told = frozenset(exercise.name for exercise in result.exercises) if hint else frozenset()
    if json:
        from autograder.reports import files, json_file

        files.exhaust(json_file.through([result], lang, sys.stdout))
    else:
        from rich.console import Console

        from autograder.reports import terminal
        from autograder.student import hints

        console = Console(highlight=False)
        if chosen != file:
            console.print(chosen.name, style="bold", markup=False)
        told |= hints.climb(chosen, result)
        terminal.check_list(done, lang, console, told, "--hint")
    if html or output:
        _write_page(done, chosen, told, lang, output or chosen.with_suffix(".check.html"), json)
    if result.points < result.max_points:
        leave(EXIT_NOT_PASSED)


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


def _examined(file: Path | None, lang: str) -> "tuple[Path, Examined]":
    """The file, else the one that is worked on in its folder or in this one, and what came of its check."""
    from autograder.sandbox import launch

    # The sandbox loads NumPy while the next lines do.
    with launch.ahead() as launched, _without_collecting_garbage():
        from autograder.student.checking import examine_file
        from autograder.student.workspace import current_file

        chosen = current_file(file or Path()) if file is None or file.is_dir() else file
        return chosen, examine_file(chosen, launched=launched)


def _refuse_no_page(page: Path, lang: str) -> None:
    """Never write over a file that is no page, such as the student's own."""
    if page.suffix.lower() not in (".html", ".htm"):
        from autograder.base.messages import say

        fail(say("error.page_name_wrong", file=page))


def _write_page(
    done: "Examined", file: Path, told: frozenset[str], lang: str, page: Path, aside: bool
) -> None:
    """The same as a page; where it is, is told on stderr if something else is printed."""
    from autograder.base.messages import say
    from autograder.reports import check_page

    try:
        check_page.write(done, file, told, lang, page)
    except OSError as error:
        fail(say("error.file_not_written", file=page, error=error.strerror))
    click.echo(say("card.page_with_pictures", page=page).in_language(lang), err=aside)
