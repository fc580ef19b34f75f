"""`grades.csv`: a row for each submission, for spreadsheets and learning management systems."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from autograder.judging.results import SubmissionResult
from autograder.reports.words import told

BOM = "\ufeff"
"""Without this mark Excel reads UTF-8 in its locale's encoding, and Chinese names become noise."""


def through(
    results: Iterable[SubmissionResult], exercises: Sequence[str], stream: TextIO, lang: str
) -> Iterator[SubmissionResult]:
    """Write student, assignment, points, maximum, a column for each exercise, and why there are no points.

    Yields every result again.

    Parameters
    ----------
    exercises : sequence of str
        The columns, in order; empty cells where an assignment has no such exercise, or was not graded.
    """
    stream.write(BOM)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["student", "assignment", "points", "maximum", *exercises, "reasons"])
    for result in results:
        points = {exercise.name: exercise.earned for exercise in result.exercises}
        row = [result.earned, result.max_points, *map(points.get, exercises)]  # None is an empty cell
        writer.writerow([harmless(result.student), result.assignment, *row, harmless(_reasons(result, lang))])
        yield result


def _reasons(result: SubmissionResult, lang: str) -> str:
    """What a student without points in an exercise reads of it; once, where nothing could be read."""
    lang = result.about.language(lang)
    if result.unread:
        return result.unread.in_language(lang)
    without = [exercise for exercise in result.exercises if not exercise.earned and exercise.max_points]
    return "; ".join(
        f"{exercise.name}: {told(exercise)[0].in_language(lang)}" for exercise in without if told(exercise)
    )


def harmless(text: str) -> str:
    """Escape a text that a spreadsheet would evaluate as a formula: a student may have any name.

    Spreadsheets skip spaces and invisible characters, and some read full-width signs as narrow ones.
    """
    shown = (sign for sign in text if not sign.isspace() and unicodedata.category(sign) not in _INVISIBLE)
    first = next(shown, " ")
    is_formula = unicodedata.normalize("NFKC", first) in ("=", "+", "-", "@")
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text


_INVISIBLE = ("Cc", "Cf")
"""Unicode's categories of control and format characters, such as the zero-width space."""
