"""Route B: a whole class graded beside nbgrader, its gradebook and `autograded/` written in one go.

`Books.write` takes a graded result and does what `nbgrader autograde` would have done: scores and comments in
the database, one autograded notebook a submission, the timestamp beside it. The formgrader,
`generate_feedback` and `export` then go on as usual; what is graded by hand still waits for a person.
Nothing that a submission holds stops it; what cannot be written is named in the end.
"""

import contextlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

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
from autograder.nbgrader_plugin.errors import NotebookError
from autograder.nbgrader_plugin.restore import SourceCell, marked, restored, source_cells
from autograder.verdicts import SubmissionResult


@dataclass(frozen=True)
class NotWritten:
    """A submission that did not get into the gradebook, and why."""

    student: str
    assignment: str
    why: Text


class Books:
    """A course's gradebook and `autograded/` folder, open for writing. Use it as a context manager.

    Attributes
    ----------
    failed : list of NotWritten
        What could not be written so far.
    """

    def __init__(self, course: Course) -> None:
        self.failed: list[NotWritten] = []
        self._directory = CourseDirectory(config=course.config)
        self._penalties = AssignLatePenalties(config=course.config)
        self._penalties.init_plugin()
        self._known: dict[str, dict[str, SourceCell]] = {}
        with scripts_on_path():
            self._book = Gradebook(self._directory.db_url, self._directory.course_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._book.close()

    def write(self, file: SubmittedFile, result: SubmissionResult) -> None:
        """Write one result.

        Raises
        ------
        errors.CourseError
            The assignment is not in the gradebook yet.
        """
        if file.assignment not in self._known:
            self._known[file.assignment] = source_cells(self._book, file.assignment, file.assignment)
        try:
            with self._book.db.no_autoflush:
                known = self._known[file.assignment]
                _write_one(self._book, known, self._directory, self._penalties, file, result)
            self._book.db.commit()
            return
        except NotebookError as error:
            why = error.text
        except (RuntimeError, OSError) as error:
            why = Text(str(error), str(error))
        self._book.db.rollback()
        self.failed.append(NotWritten(file.student, file.assignment, why))


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
    by_name = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in marked(notebook)}
    _save_scores(own, {id: by_name.get(cell.name) for cell in known.values() for id in cell.ids})
    _assign_penalty(book, penalties, submission, own, student)

    autograded.mkdir(parents=True, exist_ok=True)
    target = autograded / f"{assignment}.ipynb"
    target.write_text(json.dumps(notebook, ensure_ascii=False) + "\n", encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(submitted / "timestamp.txt", autograded / "timestamp.txt")


def _save_scores(own: Any, by_id: dict[str, dict[str, Any] | None]) -> None:
    """Scores and comments, by nbgrader's own rules."""
    for grade in own.grades:
        cell = by_id.get(grade.cell_id)
        grade.auto_score = None
        if cell is not None:
            grade.auto_score, _ = utils.determine_grade(nbformat.from_dict(cell))
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    for comment in own.comments:
        cell = by_id.get(comment.cell_id)
        untouched = cell is not None and _is_untouched(cell)
        comment.auto_comment = "No response." if untouched else None


def _is_untouched(cell: dict[str, Any]) -> bool:
    same: bool = cell["metadata"]["nbgrader"]["checksum"] == utils.compute_checksum(nbformat.from_dict(cell))
    return same


def _assign_penalty(
    book: Gradebook, penalties: AssignLatePenalties, submission: Any, own: Any, student: str
) -> None:
    own.late_submission_penalty = None
    if submission.total_seconds_late > 0:
        book.db.flush()
        book.db.refresh(own)  # its score is a sum that the database makes
        penalty = penalties.plugin_inst.late_submission_penalty(
            student, own.score, submission.total_seconds_late
        )
        if penalty is not None:
            own.late_submission_penalty = min(max(penalty, 0.0), own.score)


# ------------------------------------------------------------------------------------------ the notebook


def _submitted_notebook(file: SubmittedFile) -> dict[str, Any]:
    """A submitted notebook as plain data, of nbformat 4."""
    if not file.name:
        raise NotebookError(say("There is no notebook and no .py file in this folder."))
    if not file.name.lower().endswith(".ipynb"):
        raise NotebookError(say("{file} is no notebook; nbgrader knows notebooks only.", file=file.name))
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
