"""Save the scores and comments of many submissions in nbgrader's database at once.

`gradebook.Books` calls `save`. nbgrader's own methods commit three times per submission and fetch every row
separately; here a batch is one transaction of a few statements on the same tables. It must never change what
a person entered: manual scores, extra credit, comments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader import api
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Entry:
    """What is saved about one submission.

    Attributes
    ----------
    timestamp : datetime or None
        When it was handed in, in UTC; None keeps the stored time.
    scores : mapping
        Points by the id of the graded cell; None is left to manual grading.
    comments : mapping
        The automatic comment by the id of the cell.
    graded : bool
        Whether the scores are to be stored; else an earlier score stays, and a person is asked to look.
    """

    student: str
    timestamp: datetime | None
    scores: Mapping[str, float | None]
    comments: Mapping[str, str | None]
    graded: bool = True


def save(connection: Connection, assignment: str, entries: Sequence[Entry]) -> None:
    """Write the entries of one assignment; the caller commits. An entry replaces what was scored before.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
    """
    students = [entry.student for entry in entries]
    assignment_id = connection.execute(
        select(_ASSIGNMENT.c.id).where(_ASSIGNMENT.c.name == assignment)
    ).scalar_one()
    _add_students(connection, students)
    submissions = _submissions(connection, assignment_id, students)
    new = [student for student in students if student not in submissions]
    submissions |= _add_submissions(connection, assignment_id, new)
    _set_timestamps(connection, submissions, entries)
    notebooks = _own_notebooks(connection, assignment, assignment_id, submissions.values())
    by_notebook = {notebooks[submissions[entry.student]]: entry for entry in entries}
    _save_scores(connection, by_notebook)
    _save_comments(connection, by_notebook)


_ASSIGNMENT: Table = api.Assignment.__table__
_NOTEBOOK: Table = api.Notebook.__table__
_CELL: Table = api.BaseCell.__table__
_STUDENT: Table = api.Student.__table__
_SUBMISSION: Table = api.SubmittedAssignment.__table__
_OWN: Table = api.SubmittedNotebook.__table__
_GRADE: Table = api.Grade.__table__
_COMMENT: Table = api.Comment.__table__


def _add_students(connection: Connection, students: list[str]) -> None:
    known = set(connection.scalars(select(_STUDENT.c.id).where(_STUDENT.c.id.in_(students))))
    _insert(connection, _STUDENT, [{"id": student} for student in students if student not in known])


def _submissions(connection: Connection, assignment_id: str, students: list[str]) -> dict[str, str]:
    """Student → id of their submission, where there is one."""
    found = connection.execute(
        select(_SUBMISSION.c.student_id, _SUBMISSION.c.id).where(
            _SUBMISSION.c.assignment_id == assignment_id, _SUBMISSION.c.student_id.in_(students)
        )
    )
    return {student: id for student, id in found}


def _add_submissions(connection: Connection, assignment_id: str, students: list[str]) -> dict[str, str]:
    """Insert new submissions as nbgrader does: with a row for each notebook and each of its cells."""
    made = {student: api.new_uuid() for student in students}
    _insert(
        connection,
        _SUBMISSION,
        [{"id": id, "assignment_id": assignment_id, "student_id": student} for student, id in made.items()],
    )
    cells = connection.execute(
        select(_NOTEBOOK.c.id, _CELL.c.id, _CELL.c.type)
        .join(_CELL, _CELL.c.notebook_id == _NOTEBOOK.c.id, isouter=True)
        .where(_NOTEBOOK.c.assignment_id == assignment_id)
    ).all()
    own, grades, comments = [], [], []
    for submission in made.values():
        notebooks = {notebook: api.new_uuid() for notebook, _, _ in cells}
        own += [
            {"id": id, "assignment_id": submission, "notebook_id": notebook}
            for notebook, id in notebooks.items()
        ]
        for notebook, cell, kind in cells:
            row = {"notebook_id": notebooks[notebook], "cell_id": cell}
            if kind in ("GradeCell", "TaskCell"):
                grades.append(row)
            if kind in ("SolutionCell", "TaskCell"):
                comments.append(row)
    _insert(connection, _OWN, own)
    _insert(connection, _GRADE, grades)
    _insert(connection, _COMMENT, comments)
    return made


def _set_timestamps(connection: Connection, submissions: dict[str, str], entries: Sequence[Entry]) -> None:
    times: list[dict[str, Any]] = [
        {"own": submissions[entry.student], "time": entry.timestamp}
        for entry in entries
        if entry.timestamp is not None
    ]
    if times:
        connection.execute(
            update(_SUBMISSION)
            .where(_SUBMISSION.c.id == bindparam("own"))
            .values(timestamp=bindparam("time")),
            times,
        )


def _own_notebooks(
    connection: Connection, assignment: str, assignment_id: str, submissions: Iterable[str]
) -> dict[str, str]:
    """Submission → id of its row for the notebook that is named after the assignment."""
    found = connection.execute(
        select(_OWN.c.assignment_id, _OWN.c.id)
        .join(_NOTEBOOK, _NOTEBOOK.c.id == _OWN.c.notebook_id)
        .where(
            _NOTEBOOK.c.assignment_id == assignment_id,
            _NOTEBOOK.c.name == assignment,
            _OWN.c.assignment_id.in_(list(submissions)),
        )
    )
    return {submission: id for submission, id in found}


def _save_scores(connection: Connection, entries: Mapping[str, Entry]) -> None:
    """Save scores; as nbgrader does, mark for manual grading what has a manual score or none."""
    about = (_GRADE.c.id, _GRADE.c.notebook_id, _GRADE.c.cell_id, _GRADE.c.manual_score, _GRADE.c.auto_score)
    rows = []
    for id, notebook, cell, manual, earlier in connection.execute(
        select(*about).where(_GRADE.c.notebook_id.in_(list(entries)))
    ):
        entry = entries[notebook]
        score = entry.scores.get(cell) if entry.graded else earlier
        look = manual is not None or score is None or not entry.graded
        rows.append({"own": id, "score": score, "manual": look})
    if rows:
        connection.execute(
            update(_GRADE)
            .where(_GRADE.c.id == bindparam("own"))
            .values(auto_score=bindparam("score"), needs_manual_grade=bindparam("manual")),
            rows,
        )


def _save_comments(connection: Connection, entries: Mapping[str, Entry]) -> None:
    comments = connection.execute(
        select(_COMMENT.c.id, _COMMENT.c.notebook_id, _COMMENT.c.cell_id).where(
            _COMMENT.c.notebook_id.in_(list(entries))
        )
    )
    rows = [
        {"own": id, "text": entries[notebook].comments.get(cell)} for id, notebook, cell in comments.all()
    ]
    if rows:
        connection.execute(
            update(_COMMENT).where(_COMMENT.c.id == bindparam("own")).values(auto_comment=bindparam("text")),
            rows,
        )


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
