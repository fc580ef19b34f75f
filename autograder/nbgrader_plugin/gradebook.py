"""Route B: a whole class graded beside nbgrader, its gradebook and `autograded/` written in one go.

`write` takes graded results and does what `nbgrader autograde` would have done: scores and comments in
the database, one autograded notebook a submission, the timestamp beside it. The formgrader,
`generate_feedback` and `export` then go on as usual; what is graded by hand still waits for a person.
Nothing that a submission holds stops it; what cannot be written is named in the end.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties

from autograder.class_folder import SubmittedFile
from autograder.messages import Text, say
from autograder.nbgrader_plugin import cells
from autograder.nbgrader_plugin.course import Course
from autograder.nbgrader_plugin.environment import scripts_on_path
from autograder.nbgrader_plugin.restore import SourceCell, marked, restored, source_cells
from autograder.verdicts import SubmissionResult


@dataclass(frozen=True)
class NotWritten:
    """A submission that did not get into the gradebook, and why."""

    student: str
    assignment: str
    why: Text


class NotebookError(Exception):
    """A submitted notebook that cannot be shown again, told in both languages (`text`)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def write(
    course: Course,
    graded: Iterable[tuple[SubmittedFile, SubmissionResult]],
    on_written: Callable[[], None] = lambda: None,
) -> list[NotWritten]:
    """Write results to the course's gradebook and `autograded/` folder.

    Raises
    ------
    course.CourseError
        An assignment is not in the gradebook yet.
    """
    directory = CourseDirectory(config=course.config)
    failed: list[NotWritten] = []
    with scripts_on_path(), Gradebook(directory.db_url, directory.course_id) as book:
        known: dict[str, dict[str, SourceCell]] = {}
        penalties = AssignLatePenalties(config=course.config)
        penalties.init_plugin()
        for file, result in graded:
            try:
                if file.assignment not in known:
                    known[file.assignment] = source_cells(book, file.assignment, file.assignment)
                with book.db.no_autoflush:
                    _write_one(book, known[file.assignment], directory, penalties, file, result)
                book.db.commit()
            except NotebookError as error:
                book.db.rollback()
                failed.append(NotWritten(file.student, file.assignment, error.text))
            except (RuntimeError, OSError) as error:
                book.db.rollback()
                failed.append(NotWritten(file.student, file.assignment, Text(str(error), str(error))))
            on_written()
    return failed


def _write_one(
    book: Gradebook,
    known: dict[str, SourceCell],
    directory: CourseDirectory,
    penalties: AssignLatePenalties,
    file: SubmittedFile,
    result: SubmissionResult,
) -> None:
    student, assignment = file.student, file.assignment
    submitted = Path(directory.format_path(directory.submitted_directory, student, assignment))
    autograded = Path(directory.format_path(directory.autograded_directory, student, assignment))
    notebook = restored(_submitted_notebook(file), known)
    cells.fill_in(notebook, result, cells.language(notebook))

    book.update_or_create_student(student)
    timestamp = directory.get_existing_timestamp(str(submitted))
    submission = book.update_or_create_submission(
        assignment, student, **({"timestamp": timestamp} if timestamp else {})
    )
    (own,) = [one for one in submission.notebooks if one.name == assignment]
    by_id = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in marked(notebook)}
    _save_scores(own, by_id)
    book.db.flush()
    book.db.refresh(own)  # its score is a sum that the database makes
    _assign_penalty(penalties, submission, own, student)

    autograded.mkdir(parents=True, exist_ok=True)
    target = autograded / f"{assignment}.ipynb"
    target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(submitted / "timestamp.txt", autograded / "timestamp.txt")


def _save_scores(own: Any, by_id: dict[str, Any]) -> None:
    """Scores and comments, by nbgrader's own rules."""
    for grade in own.grades:
        cell = by_id.get(grade.name)
        grade.auto_score = None
        if cell is not None:
            grade.auto_score, _ = utils.determine_grade(nbformat.from_dict(cell))
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    for comment in own.comments:
        cell = by_id.get(comment.name)
        untouched = cell is not None and _is_untouched(cell)
        comment.auto_comment = "No response." if untouched else None


def _is_untouched(cell: dict[str, Any]) -> bool:
    same: bool = cell["metadata"]["nbgrader"]["checksum"] == utils.compute_checksum(nbformat.from_dict(cell))
    return same


def _assign_penalty(penalties: AssignLatePenalties, submission: Any, own: Any, student: str) -> None:
    own.late_submission_penalty = None
    if submission.total_seconds_late > 0:
        penalty = penalties.plugin_inst.late_submission_penalty(
            student, own.score, submission.total_seconds_late
        )
        if penalty is not None:
            own.late_submission_penalty = penalties._check_late_penalty(own, penalty)


# ------------------------------------------------------------------------------------------ the notebook


def _submitted_notebook(file: SubmittedFile) -> dict[str, Any]:
    """A submitted notebook as plain data, of nbformat 4."""
    if not file.name.lower().endswith(".ipynb"):
        raise NotebookError(
            say("{file} is no notebook; nbgrader knows notebooks only.", file=file.name or "-")
        )
    try:
        data = json.loads(file.read().decode("utf-8-sig"))
        if data.get("nbformat") != 4:
            data = json.loads(nbformat.writes(nbformat.convert(nbformat.from_dict(data), 4)))
        if not all(isinstance(cell, dict) for cell in data["cells"]):
            raise TypeError
    except Exception:
        raise NotebookError(
            say("{file} is damaged and cannot be read as a notebook.", file=file.name)
        ) from None
    return dict(data)
