"""Warnings that `autograder grade` prints last: unreadable submissions, rows gone from `grades.csv`."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.base.messages import Message, Text, joined, printable_name, say
from autograder.judging.results import SubmissionResult
from autograder.reports import words
from autograder.reports.csv_file import harmless
from autograder.submissions.source import UNREADABLE

_NAMED = 5
"""Unreadable submissions that are named."""


class RunWarnings:
    """Watches the results on their way to the reports and collects what needs a warning.

    Make it before the reports are written: it reads the old `grades.csv`, which they replace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lost_rows = _rows(folder / "grades.csv")
        self._unreadable: list[str] = []

    def passing(self, results: Iterable[SubmissionResult]) -> Iterator[SubmissionResult]:
        """Yield every result unchanged."""
        for result in results:
            self._lost_rows.discard((harmless(result.student), result.assignment))
            if any(isinstance(note, Message) and note.id in UNREADABLE for note in result.notes):
                self._unreadable.append(printable_name(f"{result.student}/{result.assignment}"))
            yield result

    def sentences(self) -> Iterator[Text]:
        """The warnings; call it after all results have passed."""
        if number := len(self._unreadable):
            names = [*self._unreadable[:_NAMED], *(["…"] if number > _NAMED else [])]
            yield say("grade.unread", submissions=words.submissions(number), names=joined(names))
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
