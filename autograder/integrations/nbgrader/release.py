"""Make the notebooks that students get, with nbgrader's `generate_assignment` in a temporary course folder.

`autograder build` calls it.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.authoring.assignment import Assignment
from autograder.base.messages import Text, say
from autograder.integrations.nbgrader.environment import scripts_on_path
from autograder.integrations.nbgrader.errors import ReleaseError
from autograder.integrations.nbgrader.notebooks import nbformat
from autograder.integrations.nbgrader.source import source_notebook


def complaint(log: str, error: str) -> Text | str:
    """The message of the first exception in nbgrader's log, the cause of the others; else the last line."""
    lines = [line for line in f"{log}\n{error}".splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if "Traceback (most recent call last)" in line:
            inside = _margin(lines[number + 1]) if number + 1 < len(lines) else 0
            for later in lines[number + 2 :]:
                if _margin(later) < inside:
                    return later.strip()
    return lines[-1].strip() if lines else say("nbgrader.no_reason")


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


@contextmanager
def releasing() -> Iterator[Callable[[Assignment, str], str]]:
    """Yield a function (assignment, language) → text of the notebook that students get.

    No gradebook is made, since that takes nbgrader seconds. The function raises `errors.ReleaseError` where
    nbgrader fails.
    """
    with tempfile.TemporaryDirectory() as folder, scripts_on_path():
        root = Path(folder)
        config = Config()
        config.CourseDirectory.root = str(root)
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        api = NbGraderAPI(CourseDirectory(config=config), config=config)

        def released_text(assignment: Assignment, lang: str) -> str:
            name, notebook = f"{assignment.name}_{lang}", f"{assignment.name}.ipynb"
            source = root / "source" / name / notebook
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(nbformat.writes(source_notebook(assignment, lang)), encoding="utf-8")
            outcome = api.generate_assignment(name)
            if not outcome["success"]:
                told = complaint(outcome.get("log") or "", outcome.get("error") or "")
                raise ReleaseError(say("nbgrader.not_released", name=assignment.name, why=told))
            released = nbformat.read(root / "release" / name / notebook, as_version=4)
            text: str = nbformat.writes(released) + "\n"
            return text

        yield released_text
