"""`autograder report`: what a graded class comes to, as a page or a file for other programs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import LangOption, fail, for_instructors, language


class FormatChoice(StrEnum):
    html = "html"
    csv = "csv"
    junit = "junit"
    json = "json"
    gradescope = "gradescope"
    canvas = "canvas"
    moodle = "moodle"


@for_instructors()
def report(
    folder: Annotated[
        Path, typer.Argument(help="Where `autograder grade` left its results, or the results.sqlite in it.")
    ] = Path("grades"),
    form: Annotated[
        FormatChoice,
        typer.Option(
            "--format",
            help="html: a page of the class and one for each student; junit for CI; gradescope: a "
            "results.json a submission; canvas: a CSV that its gradebook imports; moodle: a grading "
            "worksheet an assignment.",
        ),
    ] = FormatChoice.html,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to: report, in the folder of the results.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Write a report of the class that was graded last."""
    from autograder.grading import grade_class
    from autograder.grading.store import Store, StoreError
    from autograder.reports import class_report

    path = folder if folder.is_file() else folder / "results.sqlite"
    if not path.is_file():
        fail(f"There is no {path}; `autograder grade` writes it, and --out there says where.")
    out = out or path.parent / "report"
    try:
        with Store(path, read_only=True) as store:
            if next(grade_class.class_results(store), None) is None:
                fail(f"{path} holds no graded class; run `autograder grade` once more, which takes no time.")
            written = class_report.write(
                form.value,
                lambda: grade_class.class_results(store),
                out,
                language(lang),
                lambda sentence: typer.echo(f"autograder: {sentence}", err=True),
            )
    except (StoreError, class_report.ReportError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}.")
    typer.echo(f"wrote: {written}")
