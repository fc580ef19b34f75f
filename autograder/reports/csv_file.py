"""`grades.csv`: a line a submission, for spreadsheets and learning management systems."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from autograder.judging.results import SubmissionResult


def through(
    results: Iterable[SubmissionResult], exercises: Sequence[str], stream: TextIO
) -> Iterator[SubmissionResult]:
    """Write student, assignment, points, maximum and one column an exercise; pass every result on.

    Parameters
    ----------
    exercises : sequence of str
        The columns, in order; empty cells where an assignment has no such exercise.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["student", "assignment", "points", "maximum", *exercises])
    for result in results:
        points = {exercise.name: exercise.points for exercise in result.exercises}
        row = [points.get(name, "") for name in exercises]
        writer.writerow([harmless(result.student), result.assignment, result.points, result.max_points, *row])
        yield result


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a student may be called anything.

    Spreadsheets look past spaces, seen or not, and some read full-width signs as if they were narrow ones.
    """
    first = next((one for one in text if not one.isspace() and unicodedata.category(one) not in _UNSEEN), " ")
    is_formula = unicodedata.normalize("NFKC", first) in ("=", "+", "-", "@")
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


_UNSEEN = ("Cc", "Cf")
"""Unicode's categories of control and format characters, such as a space of no width."""
