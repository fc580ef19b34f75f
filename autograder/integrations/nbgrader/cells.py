"""nbgrader's cells: their metadata, and the outputs of a test cell.

nbgrader takes a test cell's first numeric result as its score, and zero if there is anything on stderr; so a
test cell always prints its message to stdout and returns a number.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograder.base.messages import Text, languages, preferred_language, say
from autograder.integrations.nbgrader.errors import NotebookError
from autograder.judging.pictures.text import picture
from autograder.judging.results import ExerciseResult, Score, SubmissionResult, Verdict
from autograder.reports.words import of_sibling

SCHEMA_VERSION = 3
_TEST = "test_"


def test_id(exercise: str) -> str:
    """The grade id of the test cell of an exercise."""
    return _TEST + exercise


def exercise_of(cell: Any) -> str | None:
    """The exercise that a notebook's cell tests, or None where it is no test cell of this project."""
    data = mark(cell)
    if data is None or not data.get("grade") or data.get("solution") or cell.get("cell_type") != "code":
        return None
    name: str = data["grade_id"]
    return name.removeprefix(_TEST) if name.startswith(_TEST) else None


def mark(cell: Any) -> dict[str, Any] | None:
    """nbgrader's metadata of a cell with a grade id, else None; the metadata may be malformed."""
    about = cell.get("metadata")
    data = about.get("nbgrader") if isinstance(about, dict) else None
    return data if isinstance(data, dict) and isinstance(data.get("grade_id"), str) else None


def metadata(grade_id: str, *, solution: bool = False, points: float | None = None) -> dict[str, Any]:
    """nbgrader's metadata of a solution cell, a test cell (with points), an answer graded by hand (both), or
    a locked cell (neither)."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if points is not None:
        data["points"] = points
    return data


@dataclass(frozen=True)
class Feedback:
    """The points of a test cell, None where it was not graded, and the sentences for the student."""

    points: float | None
    sentences: tuple[str, ...]

    def outputs(self) -> list[dict[str, Any]]:
        """As a notebook's outputs."""
        text = "\n".join(self.sentences) + "\n"
        told: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": text}
        if self.points is None:
            return [told]
        points = {"text/plain": repr(Score(self.points))}
        score = {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": points}
        return [told, score]


def feedback(result: ExerciseResult, max_points: float, lang: str) -> Feedback:
    """The feedback of an exercise in a cell worth `max_points`; it never quotes a hidden case."""
    if result.earned is None:
        return Feedback(None, (say("verdict.grader_failed_not_graded").in_language(lang),))
    share = result.earned / result.max_points if result.max_points else 1.0
    lines = [text.in_language(lang) for text in _sentences(result)]
    if result.sibling is not None and result.sibling.picture is not None:
        lines += picture(result.sibling.picture, lang)
    return Feedback(max_points * share, tuple(lines))


def _sentences(result: ExerciseResult) -> Iterator[Text]:
    if result.verdict is Verdict.AC:
        yield say("nbgrader.all_groups_pass", name=result.name)
        return
    passed = sum(group.points == group.max_points for group in result.groups)
    yield say("nbgrader.some_groups_pass", name=result.name, passed=passed, n=len(result.groups))
    if result.diagnosis is not None:
        yield result.diagnosis
    if (sibling := of_sibling(result)) is not None:
        yield sibling


def language(notebook: Any) -> str:
    """The language of a released notebook; the user's where it names none."""
    about = notebook.get("metadata")
    own = about.get("autograder") if isinstance(about, dict) else None
    lang = own.get("lang") if isinstance(own, dict) else None
    return lang if lang in languages() else preferred_language()


def without_tests(notebook: Any) -> bytes:
    """A notebook's bytes without its test cells' code, for the student's process.

    The cells themselves stay, since messages refer to cells by number.
    """
    without = [
        cell if exercise_of(cell) is None else {**cell, "source": "# a test cell", "outputs": []}
        for cell in notebook["cells"]
    ]
    return json.dumps({**notebook, "cells": without}).encode()


def fill_in(notebook: Any, result: SubmissionResult, lang: str) -> None:
    """Write points and messages into the test cells of a notebook; remove all other outputs.

    A judge error gives no number: nbgrader must not read a score from such a notebook.

    Raises
    ------
    NotebookError
        A test cell belongs to no exercise of the result.
    """
    exercises, lang = {each.name: each for each in result.exercises}, result.about.language(lang)
    for cell in notebook["cells"]:
        if cell.get("cell_type") != "code":
            continue
        name = exercise_of(cell)
        cell["outputs"] = []
        if name is not None:
            if name not in exercises:
                raise NotebookError(say("nbgrader.exercise_unknown", name=name))
            points = float(cell["metadata"]["nbgrader"]["points"])
            cell["outputs"] = feedback(exercises[name], points, lang).outputs()
