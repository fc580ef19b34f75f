"""`autograder report`: write a graded class as a page, or as a file for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import PATH, complain, fail, language_option
from autograder.base.messages import say
from autograder.cli.common import for_instructors

if TYPE_CHECKING:
    from autograder.reports.class_report import Format


@click.command()
@click.argument(
    "folder",
    type=PATH,
    default="grades",
    help="Where `autograder grade` left its results, or the results.sqlite in it.  [default: grades]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("html", "csv", "junit", "json", "gradescope", "canvas", "moodle")),
    default="html",
    help="html: a page of the class and one for each student; junit for CI; gradescope: a results.json a "
    "submission; canvas: a CSV that its gradebook imports; moodle: a grading worksheet an assignment.",
)
@click.option("--out", type=PATH, help="The folder to write to: report, in the folder of the results.")
@language_option
@for_instructors()
def report(folder: Path, form: "Format", out: Path | None, lang: str) -> None:
    """Write a report of the class that was graded last."""
    from autograder.grading.store import Store
    from autograder.reports import class_report

    path = folder if folder.is_file() else folder / "results.sqlite"
    if not path.is_file():
        fail(say("report.no_store", file=path))
    out = out or path.parent / "report"
    with Store(path, read_only=True) as store:
        if next(store.graded_class(), None) is None:
            fail(say("report.no_class", file=path))
        written = class_report.write(form, lambda: store.graded_class(), out, lang, complain)
    click.echo(say("file.wrote", file=written).in_language(lang))
