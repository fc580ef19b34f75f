"""What `autograder grade` says below its table: what could not be read, and what has left `grades.csv`."""

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

_Row = tuple[str, str]
"""A student and an assignment, as `grades.csv` has them."""


class Afterwards:
    """Sees every result on its way to the reports, and keeps of it what is worth a sentence.

    Made before the first result, for it reads the `grades.csv` that is going to be replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = _rows(folder / "grades.csv")
        self._empty: set[tuple[str, str]] = set()

    def passing(self, results: Iterable[SubmissionResult]) -> Iterator[SubmissionResult]:
        for result in results:
            self._before.discard((harmless(result.student), result.assignment))
            if result.notes and all(one.verdict is Verdict.MISSING for one in result.exercises):
                self._empty.add((result.student, result.assignment))
            yield result

    def sentences(self, files: "Iterable[SubmittedFile]") -> Iterator[Text]:
        """What is to be said of `files`, the class that was graded."""
        unread = [file for file in files if (file.student, file.assignment) in self._empty and _unread(file)]
        if unread:
            named = [printable_name(f"{file.student}/{file.assignment}") for file in unread[:_NAMED]]
            more = ["…"] if len(unread) > _NAMED else []
            yield say(
                "grade.unread", submissions=words.submissions(len(unread)), names=joined([*named, *more])
            )
        if self._before:
            number = len(self._before)
            rows = say("grade.rows_one") if number == 1 else say("grade.rows_many", n=number)
            yield say("grade.rows_gone", folder=self._folder, rows=rows)


def _rows(path: Path) -> set[_Row]:
    """Whose rows are in a `grades.csv`; none where it is not one."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return {(row["student"], row["assignment"]) for row in csv.DictReader(stream)}
    except (OSError, ValueError, KeyError, csv.Error):
        return set()


def _unread(file: "SubmittedFile") -> bool:
    """Whether the file holds nothing that could be run, rather than none of the functions."""
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
