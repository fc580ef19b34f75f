"""A submitted notebook as it was released, whatever has become of it: the locked cells, the marks, the ids.

Students delete, edit and copy cells; tools rewrite ids. `restored` puts right what the grading needs and
leaves the student's own cells alone. `Tidy` does so inside `nbgrader autograde`, where it stands in for
`DeduplicateIds` and for `OverwriteCells.add_missing_cells`; `gradebook` does so beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors.base import NbGraderPreprocessor

from autograder.base.messages import say
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.errors import CourseError
from autograder.integrations.nbgrader.notebooks import nbformat


@dataclass(frozen=True)
class SourceCell:
    """A cell as nbgrader's database keeps it."""

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    points: float | None
    solution: bool
    ids: frozenset[str]
    """What scores and comments of this cell call it in the database."""

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the released cell."""
        data = cells.metadata(self.name, solution=self.solution, points=self.points)
        return {**data, "locked": self.locked, "checksum": self.checksum, "cell_type": self.cell_type}


def source_cells(book: Gradebook, assignment: str, name: str) -> dict[str, SourceCell]:
    """The marked cells of a released notebook by their grade ids, in its order.

    Raises
    ------
    CourseError
        The notebook is not in the gradebook yet.
    """
    try:
        notebook = book.find_notebook(name, assignment)
    except MissingEntry:
        raise CourseError(say("nbgrader.not_in_gradebook", assignment=assignment)) from None
    points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    ids: dict[str, set[str]] = {}
    for cell in (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells):
        ids.setdefault(cell.name, set()).add(cell.id)
    return {
        cell.name: SourceCell(
            cell.name,
            cell.cell_type,
            cell.source,
            cell.checksum,
            cell.locked,
            points.get(cell.name),
            cell.name in solutions,
            frozenset(ids.get(cell.name, ())),
        )
        for cell in notebook.source_cells
    }


class Tidy(NbGraderPreprocessor):  # type: ignore[misc]
    """`restored` as one of nbgrader's sanitize preprocessors."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Restore a submitted notebook before nbgrader compares it with the released one."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            known = source_cells(book, about["assignment"], about["notebook"])
        return nbformat.from_dict(restored(nb, known)), resources


def restored(notebook: Any, known: dict[str, SourceCell]) -> Any:
    """The notebook with its marked cells as they were released, changed in place.

    Of a cell that is there twice the last counts; unknown marks go, and those that are none, over which
    nbgrader would give up the whole class (a version of its own to come); metadata that is none counts as
    empty; locked cells get their source back; missing test cells come back behind the cell before them.
    """
    found: dict[str, dict[str, Any]] = {}
    for part in (notebook, *notebook["cells"]):
        if not isinstance(part.get("metadata"), dict):
            part["metadata"] = {}
    for cell in notebook["cells"]:
        cell["source"] = _joined(cell.get("source", ""))
        if cells.mark(cell) is None:
            cell["metadata"].pop("nbgrader", None)
    for cell in reversed(list(marked(notebook))):
        name = cell["metadata"]["nbgrader"]["grade_id"]
        if name in found or name not in known:
            del cell["metadata"]["nbgrader"]
            continue
        found[name] = cell
        source = known[name]
        cell["metadata"]["nbgrader"] = source.metadata()
        _set_type(cell, source.cell_type)
        if source.locked:
            cell["source"] = source.source
    previous = -1
    for name, source in known.items():
        if name in found:
            previous = _position(notebook, found[name])
        elif source.points is not None:
            cell = {"metadata": {"nbgrader": source.metadata()}, "source": source.source}
            _set_type(cell, source.cell_type)
            previous += 1
            notebook["cells"].insert(previous, cell)
    _with_unique_ids(notebook)
    return notebook


def marked(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cells with a grade id."""
    for cell in notebook["cells"]:
        if cells.mark(cell) is not None:
            yield cell


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
