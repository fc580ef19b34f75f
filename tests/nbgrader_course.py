"""A small nbgrader course with a class, released by nbgrader's own commands."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.authored import HIDDEN, NOTEBOOK, TYPICAL

QUESTION = """
# %% [markdown] lang="en" answer="why_zero" points=3
# Why is the residual zero where z is negative?

# %% [markdown] lang="zh" answer="why_zero" points=3
# 为什么 z 为负时残差是零？
"""

ROOT = Path(__file__).parent.parent

STUDENTS = {
    "right": "def relu_backward(delta, z):\n    return delta * (z > 0)",
    "typical": TYPICAL,
    "partly": "def relu_backward(delta, z):\n    return delta * (z > 0) if z.ndim == 2 else delta",
    "crash": "def relu_backward(delta, z):\n    return delta[99]",
    "noisy": "import sys\ndef relu_backward(delta, z):\n    print(delta)\n    return delta * (z > 0)",
    "stub": "def relu_backward(delta, z):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
}
HONEST = {"right": 10.0, "typical": 0.0, "partly": 8.0, "crash": 0.0, "noisy": 10.0, "stub": 0.0}


def command(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader or autograder in the course folder."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'without_iri'}",
        "LC_ALL": "C.UTF-8",
    }
    program = {"nbgrader": ["nbgrader"], "autograder": ["autograder"]}[arguments[0]]
    return subprocess.run(
        [sys.executable, "-m", *program, *arguments[1:]],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def succeeds(course: Path, *arguments: str) -> str:
    done = command(course, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def exported(course: Path, column: str = "raw_score") -> dict[str, float]:
    """The score of every student, as nbgrader exports it."""
    succeeds(course, "nbgrader", "export", "--to=grades.csv")
    with (course / "grades.csv").open() as file:
        return {row["student_id"]: float(row[column]) for row in csv.DictReader(file)}


def hand_in(course: Path, student: str, notebook: Any, name: str = "relu.ipynb") -> None:
    folder = course / "submitted" / student / "relu"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)
    (folder / "timestamp.txt").write_text("2026-11-24 10:00:00 UTC")


def cell_of(notebook: Any, grade_id: str) -> Any:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one assignment, released, with the submissions of a small class."""
    root = tmp_path_factory.mktemp("nbgrader")
    sources = root / "solutions" / "relu"
    sources.mkdir(parents=True)
    (sources / "notebook.py").write_text(NOTEBOOK + QUESTION, encoding="utf-8")
    (sources / "hidden.py").write_text(HIDDEN, encoding="utf-8")
    course = root / "course"
    succeeds(root, "autograder", "nbgrader", "init", str(course), "--lang", "en")
    succeeds(course, "nbgrader", "generate_assignment", "relu")
    release = nbformat.read(course / "release/relu/relu.ipynb", 4)
    for student, answer in STUDENTS.items():
        notebook = nbformat.from_dict(json.loads(json.dumps(release)))
        cell_of(notebook, "relu_backward").source = answer
        if student != "stub":
            cell_of(notebook, "why_zero").source = "Because the slope is zero there."
        hand_in(course, student, notebook)
    return course


@pytest.fixture
def course(released_course: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "course"
    shutil.copytree(released_course, copy)
    yield copy
