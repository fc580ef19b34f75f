"""An assignment as nbgrader's source notebook, in one language, with solutions and tests.

`course` writes it into a course folder, and `release` has nbgrader make the students' version from it. Each
exercise is a solution cell and a locked test cell, from which nbgrader removes what is between its markers.
"""

import re
from collections.abc import Iterator
from typing import Any

from autograder.authoring.assignment import Assignment
from autograder.authoring.build import cells_in_language
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.notebooks import nbformat

_DEFINITION = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)

_HIDDEN_TEST = """check({name}, lang="{lang}")
### BEGIN HIDDEN TESTS
from autograder.integrations.nbgrader.kernel import hidden_score
hidden_score({name}, lang="{lang}")
### END HIDDEN TESTS"""


def source_notebook(assignment: Assignment, lang: str) -> Any:
    """The source notebook of an assignment in one language."""
    points = {exercise.name: exercise.points for exercise in assignment.exercises}
    found = list(_cells(assignment, lang, points))
    for index, cell in enumerate(found):
        cell["id"] = f"{assignment.name}-{index}"
    notebook = nbformat.v4.new_notebook(cells=found)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["autograder"] = {"lang": lang}
    nbformat.validate(notebook)
    return notebook


def _cells(assignment: Assignment, lang: str, points: dict[str, float]) -> Iterator[Any]:
    first = True
    for cell in cells_in_language(assignment, lang):
        answer = cell.metadata.get("answer")
        if cell.cell_type == "markdown":
            new = nbformat.v4.new_markdown_cell(cell.source)
            if "attachments" in cell:
                new["attachments"] = cell.attachments
            if answer:
                worth = cell.metadata.get("points")
                new.metadata["nbgrader"] = cells.metadata(answer, solution=True, points=worth)
            yield new
            continue
        new = nbformat.v4.new_code_cell(cell.source)
        defined = [name for name in _DEFINITION.findall(cell.source) if name in points]
        if defined:
            new.metadata["nbgrader"] = cells.metadata(defined[0], solution=True)
        yield new
        if first:
            yield _locked("from autograder import check", "imports")
            first = False
        for name in defined:
            test = nbformat.v4.new_code_cell(_HIDDEN_TEST.format(name=name, lang=lang))
            test.metadata["nbgrader"] = cells.metadata(cells.test_id(name), points=points[name])
            yield test


def _locked(source: str, grade_id: str) -> Any:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["nbgrader"] = cells.metadata(grade_id)
    return cell
