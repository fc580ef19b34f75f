"""Write what `autograder grade` leaves behind: `grades.csv`, `results.json`, and the table on the terminal.

The files are written atomically, so that an interrupt or a full disk never leaves half a file, and before
anything is shown. All writers share one pass over the results.
"""

import shutil
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from autograder.base.atomic import replacing
from autograder.base.messages import translator
from autograder.judging.results import SubmissionResult
from autograder.reports import csv_file, json_file, terminal


def write(
    results: Iterable[SubmissionResult],
    exercises: Sequence[str],
    folder: Path,
    lang: str,
    *,
    as_json: bool,
    account: Sequence[Any] = (),
) -> tuple[bool, list[RenderableType]]:
    """Write the files; return whether any submission got a judge error, and what `show` prints of the class.

    Parameters
    ----------
    exercises : sequence of str
        The exercise columns of `grades.csv`.
    as_json : bool
        `results.json` is going to be printed instead of the table.
    account : sequence
        What became of every path, as `reports.account` gives it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failed = False

    def noting_failures() -> Iterator[SubmissionResult]:
        nonlocal failed
        for result in results:
            failed |= result.has_judge_error
            yield result

    with replacing(folder / "grades.csv") as table, replacing(folder / "results.json") as document:
        passing = csv_file.through(noting_failures(), exercises, table, lang)
        passing = json_file.through(passing, lang, document, account)
        shown = [] if as_json else terminal.class_shown(passing, lang)
        deque(passing, maxlen=0)  # only for what passes through
    return failed, shown


def show(shown: Iterable[RenderableType], folder: Path, lang: str, *, as_json: bool) -> None:
    """Print the class whose files lie in `folder`."""
    if as_json:
        with (folder / "results.json").open(encoding="utf-8") as document:
            shutil.copyfileobj(document, sys.stdout)
    else:
        written = translator(lang)("report.written", folder=folder)
        Console(emoji=False, highlight=False).print(*shown, written, sep="\n")
