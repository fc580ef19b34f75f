"""`autograder check`: a student's own check."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import EXIT_NOT_PASSED, LangOption, fail, language


def check(
    file: Annotated[Path, typer.Argument(help="Your notebook or .py file, in the folder you were given.")],
    lang: LangOption = None,
    hint: Annotated[
        bool, typer.Option("--hint", help="Tell the idea behind a mistake at once, not only the second time.")
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Also write a page with pictures of the mistakes.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page of --html; else FILE's name with .check.html."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check your own work against the visible cases: 0 when all pass, 1 when not."""
    from autograder.checking import CheckError, examine_file

    chosen = language(lang)
    page = _page(file, output, chosen) if html or output else None
    try:
        done = examine_file(file)
    except CheckError as error:
        fail(error.text.in_language(chosen))
    result = done.result
    if json:
        from autograder.reports import json_file

        json_file.write([result], chosen, sys.stdout)
        told: frozenset[str] = frozenset()
    else:
        from rich.console import Console

        from autograder import ladder
        from autograder.reports import terminal

        told = ladder.climb(file, result)
        if hint:
            told = frozenset(exercise.name for exercise in result.exercises)
        terminal.check_list(result, chosen, Console(highlight=False), told, "--hint")
    if page is not None:
        from autograder.messages import say
        from autograder.reports import check_page

        try:
            check_page.write(done, file, told, chosen, page)
        except OSError as error:
            fail(
                say("{file} cannot be written: {error}.", file=page, error=error.strerror).in_language(chosen)
            )
        typer.echo(say("The same with pictures: {page}", page=page).in_language(chosen), err=json)
    if result.points < result.max_points:
        raise typer.Exit(EXIT_NOT_PASSED)


def _page(file: Path, output: Path | None, lang: str) -> Path:
    """Where the page goes; never over a file that is no page, such as the student's own."""
    page = output or file.with_suffix(".check.html")
    if page.suffix.lower() not in (".html", ".htm"):
        from autograder.messages import say

        fail(say("{file} is no name for a page; give one that ends in .html.", file=page).in_language(lang))
    return page
