"""Writes what a graded class leaves behind: `grades.csv`, `results.json`, and what the terminal shows.

Each file is written beside its old version and then put in its place, so that an interrupted or full disk
never leaves half a file.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console

from autograder.messages import translator
from autograder.reports import csv_file, json_file, terminal
from autograder.verdicts import SubmissionResult

_TABLE_ROWS = 400


def write(
    results: Callable[[], Iterable[SubmissionResult]],
    exercises: Sequence[str],
    folder: Path,
    lang: str,
    *,
    as_json: bool,
) -> bool:
    """Write the files and show the class; whether a submission got a judge error.

    Parameters
    ----------
    results : function
        Gives the results anew each time it is called, one by one.
    exercises : sequence of str
        The exercise columns of `grades.csv`.
    as_json : bool
        Print `results.json` in place of the table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "grades.csv") as stream:
        csv_file.write(results(), exercises, stream)
    with replacing(folder / "results.json") as stream:
        json_file.write(results(), lang, stream)
    if as_json:
        json_file.write(results(), lang, sys.stdout)
    else:
        console = Console(highlight=False)
        if sum(1 for _ in results()) <= _TABLE_ROWS:
            terminal.class_table(results(), lang, console)
        terminal.summary(results(), lang, console)
        _ = translator(lang)
        console.print(_("Written to {folder}: grades.csv, results.json").format(folder=folder))
    return any(result.has_judge_error for result in results())


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A stream whose content takes the place of the file at `path` when all of it is written."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as stream:
        yield stream
    os.replace(unfinished, path)
