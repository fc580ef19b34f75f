"""The notebooks as people run them: in Jupyter, from top to bottom, in both languages."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring import assignment
from autograder.authoring.draw import draw_visible
from autograder.base.messages import COURSE_LANGUAGES
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.source import source_notebook
from autograder.judging import answer_key
from tests.course_keys import CourseKey

COURSE = Path(__file__).parent.parent
ASSIGNMENTS = sorted(path.parent.name for path in (COURSE / "solutions").glob("*/hidden.py"))
each = pytest.mark.parametrize("name", ASSIGNMENTS)
in_each_language = pytest.mark.parametrize("lang", COURSE_LANGUAGES)


def in_turn(first: int) -> Any:
    """Each notebook in one language, the next in the next: what is solved in one is released in the other.

    The code is the same in all languages.
    """
    count = len(COURSE_LANGUAGES)
    pairs = [(name, COURSE_LANGUAGES[(first + at) % count]) for at, name in enumerate(ASSIGNMENTS)]
    return pytest.mark.parametrize(("name", "lang"), pairs)


def executed(notebook: Any, folder: Path) -> Any:
    """The notebook after Jupyter has run it in `folder`; errors stay in its outputs."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=120, allow_errors=True, resources=resources).execute()


def shown(cell: Any) -> str:
    """What a reader sees below a cell as text."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
        parts += output.get("traceback", [])
    return re.sub(r"\x1b\[[0-9;]*m", "", "".join(parts))


@pytest.mark.slow
@in_turn(0)
def test_solution_notebook_runs_and_every_check_passes(
    course_key: CourseKey, name: str, lang: str, tmp_path: Path
) -> None:
    one = assignment.load(COURSE / "solutions" / name)
    answer_key.save(draw_visible(name, one.exercises, domain=one.domain), tmp_path / f"{name}.visible.npz")
    answer_key.save(course_key(name), tmp_path / "keys" / f"{name}.hidden.npz")
    notebook = executed(source_notebook(one, lang), tmp_path)
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        assert not any(output.output_type == "error" for output in outputs), shown(cell)
        assert not any(output.get("name") == "stderr" for output in outputs), shown(cell)
        exercise = cells.exercise_of(cell)
        if exercise is not None:
            assert f"✓ {exercise}" in shown(cell)
            result = [output for output in outputs if output.output_type == "execute_result"]
            assert [float(one.data["text/plain"]) for one in result] == [cell.metadata.nbgrader.points]


@pytest.mark.slow
@in_turn(1)
def test_released_notebook_runs_and_every_check_says_what_to_do(name: str, lang: str) -> None:
    folder = COURSE / "assignments" / lang / name
    notebook = executed(nbformat.read(folder / f"{name}.ipynb", 4), folder)
    sentence = {"zh": "还没有开始", "en": "is not started yet"}[lang]
    for cell in notebook.cells:
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        assert not errors, shown(cell)
        if cells.exercise_of(cell) is not None:
            assert sentence in shown(cell), shown(cell)


@each
@in_each_language
def test_pictures_are_inside_the_notebook(name: str, lang: str) -> None:
    notebook = nbformat.read(COURSE / "assignments" / lang / name / f"{name}.ipynb", 4)
    wanted = [
        (picture, cell.get("attachments", {}))
        for cell in notebook.cells
        for picture in re.findall(r"\(attachment:([\w.]+)\)", cell.source)
    ]
    assert wanted
    for picture, attached in wanted:
        assert attached[picture]["image/png"].startswith("iVBOR")
