"""Restore what grading needs of a submitted notebook: locked cells, nbgrader's metadata, unique ids.

Students delete, edit and copy cells; tools rewrite ids. `restored` repairs this and leaves the code of the
student's own cells alone. `Tidy` calls it inside `nbgrader autograde`, in place of `DeduplicateIds` and
`OverwriteCells.add_missing_cells`; `gradebook` calls it in route B.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors.base import NbGraderPreprocessor

from autograder.base.messages import say
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.clean import clean
from autograder.integrations.nbgrader.errors import CourseError
from autograder.integrations.nbgrader.notebooks import nbformat


@dataclass(frozen=True)
class SourceCell:
    """A released cell as stored in nbgrader's database."""

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    points: float | None
    solution: bool
    ids: frozenset[str]
    """The cell's ids in the tables of scores and comments."""

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the released cell."""
        data = cells.metadata(self.name, solution=self.solution, points=self.points)
        return {**data, "locked": self.locked, "checksum": self.checksum, "cell_type": self.cell_type}


def source_cells(book: Gradebook, assignment: str, name: str) -> dict[str, SourceCell]:
    """The cells of a released notebook with a grade id, by that id, in the notebook's order.

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
    """Restore the released cells of a notebook in place, and return it.

    Of duplicate cells the last counts. Unknown or malformed nbgrader metadata is removed (some of it, such as
    a future schema version, would stop nbgrader for the whole class); other metadata is emptied. Locked cells
    get their source back, missing test cells are inserted after their predecessor, and what could run in a
    browser is taken out (`clean`).
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
    clean(notebook, {name: source.source for name, source in known.items()})
    return notebook


def marked(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cells with a grade id."""
    for cell in notebook["cells"]:
        if cells.mark(cell) is not None:
            yield cell


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _position(notebook: dict[str, Any], cell: dict[str, Any]) -> int:
    return next(index for index, each in enumerate(notebook["cells"]) if each is cell)


def _set_type(cell: dict[str, Any], cell_type: str) -> None:
    cell["cell_type"] = cell_type
    if cell_type == "code":
        cell.setdefault("outputs", [])
        cell.setdefault("execution_count", None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
