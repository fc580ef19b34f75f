"""Warnings that `autograder grade` prints last: unreadable submissions, rows gone from `grades.csv`."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.base.messages import Text, joined, printable_name, say
from autograder.judging.results import SubmissionResult, Verdict
from autograder.reports import words
from autograder.reports.csv_file import harmless

if TYPE_CHECKING:
    from autograder.submissions.class_folder import SubmittedFile

_NAMED = 5
"""Unreadable submissions that are named."""


class RunWarnings:
    """Watches the results on their way to the reports and collects what needs a warning.

    Make it before the reports are written: it reads the old `grades.csv`, which they replace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lost_rows = _rows(folder / "grades.csv")
        self._without_functions: set[tuple[str, str]] = set()

    def passing(self, results: Iterable[SubmissionResult]) -> Iterator[SubmissionResult]:
        """Yield every result unchanged."""
        for result in results:
            self._lost_rows.discard((harmless(result.student), result.assignment))
            if result.notes and all(exercise.verdict is Verdict.MISSING for exercise in result.exercises):
                self._without_functions.add((result.student, result.assignment))
            yield result

    def sentences(self, files: "Iterable[SubmittedFile]") -> Iterator[Text]:
        """The warnings about `files`, the class that was graded; call it after all results have passed."""
        unreadable = [
            file
            for file in files
            if (file.student, file.assignment) in self._without_functions and _is_unreadable(file)
        ]
        if unreadable:
            names = [printable_name(f"{file.student}/{file.assignment}") for file in unreadable[:_NAMED]]
            names += ["…"] if len(unreadable) > _NAMED else []
            yield say("grade.unread", submissions=words.submissions(len(unreadable)), names=joined(names))
        if number := len(self._lost_rows):
            rows = say("grade.rows_one") if number == 1 else say("grade.rows_many", n=number)
            yield say("grade.rows_gone", folder=self._folder, rows=rows)


def _rows(path: Path) -> set[tuple[str, str]]:
    """Student and assignment of each row of a `grades.csv`; empty where the file is missing or malformed."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return {(row["student"], row["assignment"]) for row in csv.DictReader(stream)}
    except (OSError, ValueError, KeyError, csv.Error):
        return set()


def _is_unreadable(file: "SubmittedFile") -> bool:
    """Tell a file that cannot be parsed from one that merely defines none of the functions."""
    from autograder.grading import grade_class
    from autograder.submissions import source

    content, problem = grade_class.content_of(file)
    if problem is not None:
        return True
    try:
        source.read(file.name, content)
    except source.SubmissionError:
        return True
    return False
