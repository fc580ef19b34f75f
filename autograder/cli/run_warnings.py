"""What `autograder grade` warns of last: unreadable files, rows gone from `grades.csv`, changed points."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.base.messages import Message, Text, joined, printable_name, say
from autograder.judging.results import Change, SubmissionResult
from autograder.reports import words
from autograder.reports.csv_file import harmless
from autograder.submissions.source import UNREADABLE

_NAMED = 5
"""Unreadable submissions that are named."""
_CHANGES = 20
"""Changed points that are listed."""


class RunWarnings:
    """Watches the results on their way to the reports and collects what needs a warning.

    Make it before the reports are written: it reads the old `grades.csv`, which they replace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lost_rows = _rows(folder / "grades.csv")
        self._unreadable: list[str] = []
        self._changed: list[Text] = []
        self._changes = 0

    def passing(self, results: Iterable[SubmissionResult]) -> Iterator[SubmissionResult]:
        """Yield every result unchanged."""
        for result in results:
            self._lost_rows.discard((harmless(result.student), result.assignment))
            if any(isinstance(note, Message) and note.id in UNREADABLE for note in result.notes):
                self._unreadable.append(printable_name(f"{result.student}/{result.assignment}"))
            for change in result.changes:
                if change.why != ("file",):  # what was handed in anew may well have other points
                    self._changes += 1
                    if len(self._changed) < _CHANGES:
                        self._changed.append(_changed(result, change))
            yield result

    @property
    def would_last(self) -> bool:
        """Whether the next run would warn of the same, if nothing changes."""
        return not (self._lost_rows or self._changes)

    def sentences(self) -> Iterator[Text]:
        """The warnings; call it after all results have passed."""
        if number := len(self._unreadable):
            names = [*self._unreadable[:_NAMED], *(["…"] if number > _NAMED else [])]
            yield say("grade.unread", submissions=words.submissions(number), names=joined(names))
        if number := len(self._lost_rows):
            rows = say("grade.rows_one") if number == 1 else say("grade.rows_many", n=number)
            yield say("grade.rows_gone", folder=self._folder, rows=rows)
        if self._changes:
            yield say("grade.changed", n=self._changes, folder=self._folder)
            yield from self._changed
            if more := self._changes - len(self._changed):
                yield say("grade.changed_more", n=more)


def _changed(result: SubmissionResult, change: Change) -> Text:
    reasons = {
        "file": say("grade.file_changed"),
        "key": say("grade.key_changed"),
        "engine": say("grade.engine_changed"),
    }
    before, after = ("–" if points is None else f"{points:g}" for points in (change.before, change.after))
    return say(
        "grade.changed_points",
        student=printable_name(result.student),
        assignment=result.assignment,
        exercise=change.exercise,
        before=before,
        after=after,
        why=joined([reasons[reason] for reason in change.why]),
    )


def _rows(path: Path) -> set[tuple[str, str]]:
    """Student and assignment of each row of a `grades.csv`; empty where the file is missing or malformed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return {(row["student"], row["assignment"]) for row in csv.DictReader(stream)}
    except (OSError, ValueError, KeyError, csv.Error):
        return set()
