"""Route B: a whole class graded beside nbgrader, its gradebook and `autograded/` written in one go.

`write` takes graded results and does what `nbgrader autograde` would have done: scores and comments in
the database, one autograded notebook a submission, the timestamp beside it. The formgrader,
`generate_feedback` and `export` then go on as usual; what is graded by hand still waits for a person.
Nothing that a submission holds stops it; what cannot be written is named in the end.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties

from autograder.class_folder import SubmittedFile
from autograder.messages import Text, say
from autograder.nbgrader_plugin import cells
from autograder.nbgrader_plugin.course import Course, CourseError
from autograder.nbgrader_plugin.environment import scripts_on_path
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
    CourseError
        An assignment is not in the gradebook yet.
    """
    directory = CourseDirectory(config=course.config)
    failed: list[NotWritten] = []
    with scripts_on_path(), Gradebook(directory.db_url, directory.course_id) as book:
        known = _Known(book)
        penalties = AssignLatePenalties(config=course.config)
        penalties.init_plugin()
        for file, result in graded:
            try:
                with book.db.no_autoflush:
                    _write_one(book, known, directory, penalties, file, result)
                book.db.commit()
            except NotebookError as error:
                book.db.rollback()
                failed.append(NotWritten(file.student, file.assignment, error.text))
            except (RuntimeError, OSError) as error:
                book.db.rollback()
                failed.append(NotWritten(file.student, file.assignment, Text(str(error), str(error))))
            on_written()
    return failed


class _Known:
    """Source cells of the course's notebooks, read from the database once."""

    def __init__(self, book: Gradebook) -> None:
        self.book = book
        self.cells: dict[str, dict[str, Any]] = {}

    def notebook_cells(self, assignment: str) -> dict[str, Any]:
        """grade id → source cell (with its maximum where it is graded), in the notebook's order."""
        if assignment not in self.cells:
            try:
                notebook = self.book.find_notebook(assignment, assignment)
            except MissingEntry:
                raise CourseError(
                    f"{assignment} is not in the gradebook; run: nbgrader generate_assignment {assignment}"
                ) from None
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            self.cells[assignment] = {
                cell.name: _SourceCell(
                    cell.name,
                    cell.cell_type,
                    cell.source,
                    cell.checksum,
                    cell.locked,
                    points.get(cell.name),
                    cell.name in solutions,
                )
                for cell in notebook.source_cells
            }
        return self.cells[assignment]


@dataclass(frozen=True)
class _SourceCell:
    """A cell as nbgrader's database keeps it."""

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    points: float | None
    solution: bool

    def metadata(self) -> dict[str, Any]:
        data = cells.metadata(self.name, solution=self.solution, points=self.points)
        return {**data, "locked": self.locked, "checksum": self.checksum, "cell_type": self.cell_type}


def _write_one(
    book: Gradebook,
    known: _Known,
    directory: CourseDirectory,
    penalties: AssignLatePenalties,
    file: SubmittedFile,
    result: SubmissionResult,
) -> None:
    student, assignment = file.student, file.assignment
    source_cells = known.notebook_cells(assignment)
    submitted = Path(directory.format_path(directory.submitted_directory, student, assignment))
    autograded = Path(directory.format_path(directory.autograded_directory, student, assignment))
    notebook = _restored(_submitted_notebook(file), source_cells)
    cells.fill_in(notebook, result, cells.language(notebook))

    book.update_or_create_student(student)
    timestamp = directory.get_existing_timestamp(str(submitted))
    submission = book.update_or_create_submission(
        assignment, student, **({"timestamp": timestamp} if timestamp else {})
    )
    (own,) = [one for one in submission.notebooks if one.name == assignment]
    by_id = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in _marked(notebook)}
    _save_scores(own, by_id)
    book.db.flush()
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


def _marked(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cells with a grade id."""
    for cell in notebook["cells"]:
        mark = cell.get("metadata", {}).get("nbgrader")
        if isinstance(mark, dict) and isinstance(mark.get("grade_id"), str):
            yield cell


def _restored(notebook: dict[str, Any], source_cells: dict[str, _SourceCell]) -> dict[str, Any]:
    """The notebook with nbgrader's cells as they were released, whatever has become of them.

    Of a cell that is there twice the last counts; unknown marks go; locked cells get their source back;
    missing test cells come back behind the cell before them.
    """
    found: dict[str, dict[str, Any]] = {}
    for cell in notebook["cells"]:
        cell.setdefault("metadata", {})
        cell["source"] = _joined(cell.get("source", ""))
    for cell in reversed(list(_marked(notebook))):
        name = cell["metadata"]["nbgrader"]["grade_id"]
        if name in found or name not in source_cells:
            del cell["metadata"]["nbgrader"]
            continue
        found[name] = cell
        source = source_cells[name]
        cell["metadata"]["nbgrader"] = source.metadata()
        _set_type(cell, source.cell_type)
        if source.locked:
            cell["source"] = source.source
    previous = -1
    for name, source in source_cells.items():
        if name in found:
            previous = _position(notebook, found[name])
        elif source.points is not None:
            cell = {"metadata": {"nbgrader": source.metadata()}, "source": source.source}
            _set_type(cell, source.cell_type)
            previous += 1
            notebook["cells"].insert(previous, cell)
    _with_unique_ids(notebook)
    return notebook


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _position(notebook: dict[str, Any], cell: dict[str, Any]) -> int:
    return next(index for index, one in enumerate(notebook["cells"]) if one is cell)


def _set_type(cell: dict[str, Any], cell_type: str) -> None:
    cell["cell_type"] = cell_type
    if cell_type == "code":
        cell.setdefault("outputs", [])
        cell.setdefault("execution_count", None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _with_unique_ids(notebook: dict[str, Any]) -> None:
    """nbformat 4.5 wants an id for each cell, and no two alike."""
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    seen: set[str] = set()
    for index, cell in enumerate(notebook["cells"]):
        own = cell.get("id")
        if not isinstance(own, str) or not own or own in seen:
            own = f"cell-{index}"
        cell["id"] = own
        seen.add(own)
