"""Route B: write the results of `autograder grade` into nbgrader's gradebook and `autograded/`.

`Books.write` takes a graded result and does what `nbgrader autograde` would have done: scores and comments in
the database (`bulk`), an autograded notebook for each submission, the timestamp beside it. The formgrader,
`generate_feedback` and `export` then work as usual, manual grading included. No submission's content may stop
the run; submissions that cannot be written are collected in `Books.failed`.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SQLAlchemyError

from autograder.base import atomic
from autograder.base.messages import Text, Verbatim, printable_name, say
from autograder.integrations.nbgrader import bulk, cells
from autograder.integrations.nbgrader.bulk import Entry
from autograder.integrations.nbgrader.course import Course
from autograder.integrations.nbgrader.environment import scripts_on_path
from autograder.integrations.nbgrader.errors import CourseError, NotebookError
from autograder.integrations.nbgrader.guard import check_name, handed_in
from autograder.integrations.nbgrader.notebooks import nbformat
from autograder.integrations.nbgrader.restore import SourceCell, marked, restored, source_cells
from autograder.judging.results import SubmissionResult
from autograder.submissions import content
from autograder.submissions.class_folder import SubmittedFile


@dataclass(frozen=True)
class NotWritten:
    """A submission that could not be written to the gradebook, and why."""

    student: str
    assignment: str
    why: Text


class Books:
    """A course's gradebook and `autograded/` folder, open for writing. Use it as a context manager.

    Results are saved in batches, the last one when the context ends.

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
        self._waiting: dict[str, list[Entry]] = {}
        with scripts_on_path():
            self._book = Gradebook(self._directory.db_url, self._directory.course_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._save()
        finally:
            self._book.close()

    def write(self, file: SubmittedFile, result: SubmissionResult) -> None:
        """Write one result.

        Raises
        ------
        errors.CourseError
            The assignment is not in the gradebook yet, or the gradebook cannot be written.
        """
        if file.assignment not in self._known:
            self._known[file.assignment] = source_cells(self._book, file.assignment, file.assignment)
        try:
            entry = _written(self._known[file.assignment], self._directory, file, result)
        except NotebookError as error:
            self.failed.append(NotWritten(file.student, file.assignment, error.text))
        except Exception as error:  # one student's file must not stop the class
            why = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            why = printable_name(" ".join(why.split())[:_LONGEST_REASON])
            self.failed.append(NotWritten(file.student, file.assignment, Verbatim(why)))
        else:
            self._waiting.setdefault(file.assignment, []).append(entry)
        if sum(map(len, self._waiting.values())) >= _BATCH:
            self._save()

    def _save(self) -> None:
        """Save the waiting entries, one transaction for each assignment."""
        for assignment in list(self._waiting):
            entries = self._waiting.pop(assignment)
            try:
                bulk.save(self._book.db.connection(), assignment, entries)
                self._book.db.commit()
                self._book.db.expire_all()  # objects read before are out of date
                for entry in entries:
                    _assign_penalty(self._book, self._penalties, assignment, entry)
                self._book.db.commit()
            except SQLAlchemyError as error:
                self._book.db.rollback()
                reason = getattr(error, "orig", None) or error
                told = say("nbgrader.gradebook_unwritable", url=self._directory.db_url, error=reason)
                raise CourseError(told) from error


_BATCH = 100
"""Submissions that are saved at once."""
_LONGEST_REASON = 300
"""Characters of an exception's text that are shown: it may quote the submission."""


def _written(
    known: dict[str, SourceCell], directory: CourseDirectory, file: SubmittedFile, result: SubmissionResult
) -> Entry:
    """Write the autograded notebook, and return what the gradebook has to save about it.

    Raises
    ------
    NotebookError, OSError
        There is no readable notebook, no score, or no valid timestamp.
    Exception
        The notebook's content breaks nbgrader's or nbformat's code; no file has been written then.
    """
    student, assignment = file.student, file.assignment
    check_name(student)
    autograded = Path(directory.format_path(directory.autograded_directory, student, assignment))
    notebook = restored(_submitted_notebook(file), known)
    cells.fill_in(notebook, result, cells.language(notebook))
    # Found by path: a folder's name may differ from the student's.
    stamp = file.source.parent / "timestamp.txt"
    graded = not result.has_judge_error
    entry = Entry(student, handed_in(stamp), *_graded(notebook, known), graded=graded)
    content = (json.dumps(notebook, ensure_ascii=False) + "\n").encode()

    with atomic.replacing_folder(autograded) as folder:
        atomic.write(folder / f"{assignment}.ipynb", content)
        with contextlib.suppress(FileNotFoundError):
            atomic.write(folder / stamp.name, stamp.read_bytes())
    return entry


def _graded(
    notebook: dict[str, Any], known: dict[str, SourceCell]
) -> tuple[dict[str, float | None], dict[str, str | None]]:
    """Scores and automatic comments by cell id, by nbgrader's own rules."""
    by_name = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in marked(notebook)}
    scores: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    for name, source in known.items():
        cell = nbformat.from_dict(by_name[name]) if name in by_name else None
        score = utils.determine_grade(cell)[0] if cell is not None and source.points is not None else None
        untouched = cell is not None and cell.metadata.nbgrader.checksum == utils.compute_checksum(cell)
        for id in source.ids:
            scores[id] = score
            comments[id] = "No response." if untouched else None
    return scores, comments


def _assign_penalty(book: Gradebook, penalties: AssignLatePenalties, assignment: str, entry: Entry) -> None:
    """Apply the course's own rule for late submissions."""
    if entry.timestamp is None or book.find_assignment(assignment).duedate is None:
        return
    submission = book.find_submission(assignment, entry.student)
    (own,) = [notebook for notebook in submission.notebooks if notebook.name == assignment]
    own.late_submission_penalty = None
    if submission.total_seconds_late > 0:
        penalty = penalties.plugin_inst.late_submission_penalty(
            entry.student, own.score, submission.total_seconds_late
        )
        if penalty is not None:
            own.late_submission_penalty = min(max(penalty, 0.0), own.score)


def _submitted_notebook(file: SubmittedFile) -> dict[str, Any]:
    """Read a submitted notebook as plain data, converted to nbformat 4."""
    if not file.name:
        raise NotebookError(file.unread or say("note.no_file_in_folder"))
    try:
        data = file.read()
        if not file.name.lower().endswith(".ipynb") and content.kind_of(data) != "notebook":
            raise NotebookError(say("nbgrader.not_a_notebook", file=file.name))
        data = json.loads((content.decode(data) or ("", ""))[0])
        if data.get("nbformat") != 4:
            data = json.loads(nbformat.writes(nbformat.convert(nbformat.from_dict(data), 4)))
        if not all(isinstance(cell, dict) for cell in data["cells"]):
            raise TypeError
    except NotebookError:
        raise
    except Exception:
        raise NotebookError(say("nbgrader.notebook_damaged", file=file.name)) from None
    return dict(data)
