"""The documentation's own course, outside of this repository, with the engine installed from its wheel."""

import copy
import csv
import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import documented_course
from tests.sandboxes import needs_bubblewrap

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.slow, needs_bubblewrap]


@dataclass(frozen=True)
class Environment:
    """A virtual environment with wheels of ours, and everything else from the one that runs the tests."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, *wheels: Path) -> "Environment":
        venv.create(folder, symlinks=True)
        made = cls(folder)
        installing = ["--python", made.python, "install", "--no-index", "--no-deps", *wheels]
        succeeds(ROOT, sys.executable, "-m", "pip", "--disable-pip-version-check", *installing)
        # Only afterwards, as pip would find the engine there. Of these folders no .pth file is read, so that
        # nothing leads to a checkout.
        ours = [path for path in sys.path if Path(path).name == "site-packages"]
        (site,) = (folder / "lib").glob("python*/site-packages")
        (site / "others.pth").write_text("\n".join(ours) + "\n")
        return made

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, course: Path, *arguments: str | Path, status: int = 0) -> str:
        """What a command prints: a module, such as `autograder`, with its arguments."""
        return succeeds(course, self.python, "-P", "-m", *arguments, status=status, within=self)


def succeeds(
    folder: Path, *command: str | Path, status: int = 0, within: Environment | None = None, **variables: str
) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    programs = [within.python.parent] if within else []
    programs.append(Path(sys.executable).parent)  # such as `alembic`, which nbgrader calls
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={
            **kept,
            "PATH": os.pathsep.join([*map(str, programs), kept["PATH"]]),
            "LC_ALL": "C.UTF-8",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == status and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course's repository; students' and hidden files are built."""
    folder = tmp_path_factory.mktemp("outside") / "course"
    documented_course.write(folder)
    return folder


@pytest.fixture(scope="module")
def environment(course: Path) -> Environment:
    """The engine and the course's own package, each installed from a wheel."""
    wheels = course.parent / "wheels"
    for source in (ROOT, course):
        succeeds(source, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels)
    made = Environment.create(course.parent / "environment", *wheels.glob("*.whl"))
    imported = "import autograder, eigen; print(autograder.__file__, eigen.__file__)"
    for file in succeeds(course.parent, made.python, "-c", imported).split():
        assert Path(file).is_relative_to(made.folder)
    made.run(course, "autograder", "build", "--lang", "en")
    return made


WRONG: dict[str, Callable[[str], str]] = {
    "dense": lambda text: text.replace("self.dw =", "delta = delta / len(delta)\n        self.dw ="),
    "axis": lambda text: text.replace("[:, -1]", "[:, 0]"),
    "relu": lambda text: text.replace("delta * (z > 0)", "1.0 * (z > 0)"),
}
FULL = {"dense": 10.0, "axis": 5.0, "relu": 10.0}
ID = {"dense": "mean", "axis": "smallest", "relu": "slope_only"}


@pytest.fixture(scope="module")
def school(course: Path, environment: Environment) -> Path:
    """An nbgrader course of the three assignments, released and handed in by three students."""
    environment.run(course, "autograder", "nbgrader", "init", "school", "--lang", "en")
    school = course / "school"
    for name in FULL:
        environment.run(school, "nbgrader", "generate_assignment", name)
        released = nbformat.read(school / "release" / name / f"{name}.ipynb", 4)
        source = nbformat.read(school / "source" / name / f"{name}.ipynb", 4)
        answers = {"right": lambda text: text.replace("(z > 0)", "(0 < z)"), "known": WRONG[name]}
        for student, change in answers.items():
            hand_in(school, student, name, answered(released, source, change))
        hand_in(school, "stub", name, released)
    return school


def answered(released: Any, source: Any, change: Callable[[str], str]) -> Any:
    notebook = copy.deepcopy(released)
    solutions = {about["grade_id"]: cell.source for cell, about in marked(source) if about["solution"]}
    for cell, about in marked(notebook):
        if about["solution"] and cell.cell_type == "code":
            cell.source = change(solutions[about["grade_id"]])
        elif about["solution"]:
            cell.source = "Because its slope needs it."
    return notebook


def marked(notebook: Any) -> list[tuple[Any, Any]]:
    return [(cell, cell.metadata.nbgrader) for cell in notebook.cells if "nbgrader" in cell.metadata]


def hand_in(school: Path, student: str, name: str, notebook: Any) -> None:
    folder = school / "submitted" / student / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_it_is_verified(course: Path, environment: Environment) -> None:
    told = json.loads(environment.run(course, "autograder", "verify", "--jobs", "1", "--json"))
    assert told["sound"] and told["named"] == 1
    assert {exercise["exercise"] for exercise in told["exercises"]} == {"Dense", "main_axis", "relu_backward"}


def test_students_get_signatures_and_no_answers(course: Path, environment: Environment) -> None:
    for lang in ("zh", "en"):
        for name in ("dense.py", "dense.ipynb"):
            text = (course / "assignments" / lang / "dense" / name).read_text("utf-8")
            assert "def forward(self, x):" in text and text.count("raise NotImplementedError()") == 2
            assert "self.dw" not in text and "MARK SCHEME" not in text


def test_a_students_own_checks(course: Path, environment: Environment) -> None:
    work = course / "assignments" / "en" / "axis" / "axis.py"
    stub = work.read_text()
    solution = stub.replace("raise NotImplementedError()", "return -np.linalg.eigh(a)[1][:, -1]")
    work.write_text(solution)
    assert "✓ main_axis" in environment.run(course, "autograder", "check", work, "--lang", "en")
    work.write_text(WRONG["axis"](solution))
    told = environment.run(course, "autograder", "check", work, "--lang", "en", "--hint", status=1)
    assert "it belongs to the smallest eigenvalue" in told
    work = course / "assignments" / "en" / "dense" / "dense.py"
    text = documented_course.examples()["dense/notebook.py"]
    work.write_text(text.replace("self.x.T", "self.y.T"))
    assert "At backward(delta): AttributeError" in environment.run(
        course, "pytest", "-p", "no:cacheprovider", work, status=1
    )
    cell = f"{text}\nfrom autograder import check\nassert check(Dense, 'en') == 10\n"
    assert "All visible cases pass" in succeeds(work.parent, environment.python, "-c", cell)


def test_a_class_is_graded_and_reported(course: Path, school: Path, environment: Environment) -> None:
    told = environment.run(course, "autograder", "grade", school / "submitted", "--lang", "en")
    assert "dense: 3 points more are to be graded by hand" in told and told.count("by hand") == 1
    graded = json.loads((course / "grades" / "results.json").read_bytes())["submissions"]
    found = {(each["student"], each["assignment"]): each for each in graded}
    for name, points in FULL.items():
        of_students = [found[student, name] for student in ("right", "known", "stub")]
        assert [each["points"] for each in of_students] == [points, 0, 0]
        assert {each["max_points"] for each in of_students} == {points}
        assert {each["by_hand"] for each in of_students} == {3 if name == "dense" else 0}
        assert of_students[1]["exercises"][0]["misconception"] == ID[name]
        assert of_students[2]["exercises"][0]["verdict"] == "NI"
    environment.run(course, "autograder", "report", "--lang", "en")
    page = (course / "grades" / "report" / "students" / "right.html").read_text("utf-8")
    assert "<strong>25 / 25</strong>" in page and "3 points more are to be graded by hand" in page


def test_nbgrader_grades_in_both_ways_and_leaves_the_written_question_to_a_person(
    school: Path, environment: Environment
) -> None:
    ways = [["nbgrader", "autograde", name] for name in FULL] + [["autograder", "grade", "--nbgrader", "."]]
    for way in (ways[:3], ways[3:]):
        for command in way:
            environment.run(school, *command)
        environment.run(school, "nbgrader", "export", "--to=grades.csv")
        with (school / "grades.csv").open() as file:
            rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
        for name, points in FULL.items():
            scores = [float(rows[student, name]["raw_score"]) for student in ("right", "known", "stub")]
            assert scores == [points, 0, 0]
            maximum = points + (3 if name == "dense" else 0)
            assert float(rows["right", name]["max_score"]) == maximum


@pytest.mark.parametrize("name", ["dense", "axis"])
def test_gradescope_grades_it(
    name: str, course: Path, school: Path, environment: Environment, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.zip"
    environment.run(course, "autograder", "gradescope", name, "--out", bundle, "--lang", "en")
    for folder in ("source", "submission", "results"):
        (tmp_path / folder).mkdir()
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "source")
    wheels = sorted((tmp_path / "source").glob("*.whl"))
    assert [wheel.name.partition("-")[0] for wheel in wheels] == ["autograder", "eigen"][
        : 1 + (name == "axis")
    ]
    there = Environment.create(tmp_path / "environment", *wheels)
    work = (school / "submitted" / "known" / name / f"{name}.ipynb").read_bytes()
    (tmp_path / "submission" / f"{name}.ipynb").write_bytes(work)
    variables = {"AUTOGRADER_VENV": str(there.folder), "AUTOGRADER_ROOT": str(tmp_path)}
    succeeds(tmp_path, "sh", "source/run_autograder", within=there, **variables)
    document = json.loads((tmp_path / "results" / "results.json").read_bytes())
    assert document["score"] == 0 and document["extra_data"]["assignment"] == name
    assert [test["tags"] for test in document["tests"] if "tags" in test] == [[ID[name]]]
    assert ("3 points more" in document["output"]) == (name == "dense")
