"""`grades.csv`: a line a submission, for spreadsheets and learning management systems."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from autograder.verdicts import SubmissionResult


def write(results: Iterable[SubmissionResult], exercises: Sequence[str], stream: TextIO) -> None:
    """Write student, assignment, points, maximum and one column an exercise.

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
        writer.writerow([result.student, result.assignment, result.points, result.max_points, *row])
