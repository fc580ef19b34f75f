"""What students get, made by nbgrader's own `generate_assignment` in a folder of its own."""

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.assignment import Assignment
from autograder.nbgrader_plugin.environment import scripts_on_path
from autograder.nbgrader_plugin.errors import ReleaseError
from autograder.nbgrader_plugin.source import source_notebook


def released_text(assignment: Assignment, lang: str) -> str:
    """The notebook of an assignment in one language as students get it."""
    text: str = nbformat.writes(released(assignment.name, source_notebook(assignment, lang)))
    return text + "\n"


def released(name: str, notebook: Any) -> Any:
    """The released notebook of the source notebook of the assignment `name`.

    Raises
    ------
    ReleaseError
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = root / "source" / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_text(nbformat.writes(notebook), encoding="utf-8")
        config = Config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
        course = CourseDirectory(config=config)
        with scripts_on_path():
            outcome = NbGraderAPI(course, config=config).generate_assignment(name)
        if not outcome["success"]:
            raise ReleaseError(
                f"nbgrader cannot release {name}: {outcome.get('log') or outcome.get('error')}"
            )
        text = (root / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    return nbformat.reads(text, as_version=4)
