"""Grades and feedback as the grading worksheet of a Moodle assignment, which Moodle imports.

Moodle (`mod/assign/feedback/offline/importgradeslib.php`) requires the columns Identifier, Grade and Last
modified (grade), and reads Feedback comments where the assignment has them. It finds a student by the number
that is part of every name in its download of the submissions. Comments are HTML.
"""

import csv
import html
from typing import TextIO

from autograder.judging.results import SubmissionResult
from autograder.reports import words
from autograder.reports.csv_file import harmless
from autograder.submissions.layouts import Handed

_COLUMNS = ["Identifier", "Full name", "Status", "Grade", "Maximum Grade", "Grade can be changed"]
_COLUMNS += ["Last modified (grade)", "Feedback comments"]


class Worksheet:
    """One assignment's worksheet; `add` writes a row."""

    def __init__(self, stream: TextIO, lang: str) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._lang = lang
        self._writer.writerow(_COLUMNS)

    def add(self, handed: Handed, result: SubmissionResult) -> None:
        points, told = (result.earned, result.max_points), comment(result, self._lang)
        name = harmless(handed.name)
        self._writer.writerow([f"Participant {handed.number}", name, "", *points, "Yes", "", told])


def comment(result: SubmissionResult, lang: str) -> str:
    """The feedback for the student, exercise by exercise, without the instructor's notes.

    Escaped here, not by `base.html`: nothing in it is a tag, and a run that writes no page loads no Jinja.
    """
    lang = result.about.language(lang)
    lines = [result.unread.in_language(lang)] if result.unread else []
    for exercise in result.exercises:
        points = "–" if exercise.earned is None else f"{exercise.earned:g}"
        lines.append(f"{exercise.name}: {points}/{exercise.max_points:g}")
        if not result.unread:
            lines += [text.in_language(lang) for text in words.told(exercise)]
    if result.by_hand:
        lines.append(words.about_written(result).in_language(lang))
    return html.escape("\n".join(lines), quote=False).replace("\n", "<br>")
