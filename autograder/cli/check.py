"""`autograder check`: check a student's own file against the visible cases."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail, language_option, leave
from autograder.base.messages import joined, printable_name, say

if TYPE_CHECKING:
    from autograder.student.checking import Checked


@click.command()
@click.argument(
    "files",
    type=PATH,
    nargs=-1,
    help="Your notebooks or .py files, of any assignments. Default: the newest in this folder.",
)
@language_option
@click.option(
    "--hint", is_flag=True, help="Tell the idea behind a mistake at once, not only the second time."
)
@click.option("--html", is_flag=True, help="Also write a page with pictures of the mistakes.")
@click.option("--output", "-o", type=PATH, help="The page of --html; else the file's name with .check.html.")
@click.option("--json", is_flag=True, help="Print the result as JSON.")
def check(
    files: tuple[Path, ...], lang: str, hint: bool, html: bool, output: Path | None, json: bool
) -> None:
    """Check your own work against the visible cases: 0 when all pass, 1 when not."""
    if output and output.suffix.lower() not in (".html", ".htm"):  # such as the student's own file
        fail(say("error.page_name_wrong", file=output))
    if output and len(files) > 1:
        fail(say("check.one_page", file=output))
    results = []
    for file in files or (None,):
        (chosen, *others), done = _checked(file, lang)
        results.append(done.result)
        language = done.result.about.language(lang)
        told = frozenset(exercise.name for exercise in done.result.exercises) if hint else frozenset()
        if not json:
            from rich.console import Console

            from autograder.reports import terminal
            from autograder.student import hints

            console = Console(emoji=False, highlight=False)
            if chosen != file or len(files) > 1:
                paths = (str(path).removeprefix(f"{file}/") for path in (chosen, *others))
                here, *rest = map(printable_name, paths)
                console.print(here, style="bold", markup=False)
                if rest:
                    said = say("check.others", files=joined(rest))
                    console.print(said.in_language(language), markup=False)
            told |= hints.record_failures(chosen, done.result)
            terminal.check_list(done, language, console, told, "--hint")
        if html or output:
            _write_page(done, chosen, told, language, output or chosen.with_suffix(".check.html"), json)
    if json:
        from autograder.reports import json_file

        list(json_file.through(results, results[0].about.language(lang), sys.stdout))
    if any(result.points < result.max_points for result in results):
        leave(EXIT_NOT_PASSED)


@contextlib.contextmanager
def _without_collecting_garbage() -> Iterator[None]:
    """Switch the garbage collector off: it takes a tenth of a check's time and finds next to nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _checked(file: Path | None, lang: str) -> "tuple[list[Path], Checked]":
    """Check `file`, else the file that is worked on in that folder or the current one; return it, and those
    that do not count."""
    from autograder.sandbox import launch

    # The sandbox's process imports NumPy in parallel with this one.
    with launch.ahead() as launched, _without_collecting_garbage():
        from autograder.student.checking import check_file
        from autograder.student.workspace import current_files

        files = current_files(file or Path()) if file is None or file.is_dir() else [file]
        return files, check_file(files[0], launched)


def _write_page(
    done: "Checked", file: Path, told: frozenset[str], lang: str, page: Path, aside: bool
) -> None:
    """Write the check as a page, and print where it is: on stderr where `aside`, as stdout holds JSON."""
    from autograder.reports import check_page

    try:
        check_page.write(done, file, told, lang, page)
    except OSError as error:
        fail(say("error.file_not_written", file=page, error=error.strerror))
    click.echo(say("card.page_with_pictures", page=page).in_language(lang), err=aside)
