"""One class, graded by several graders on the same hidden cases, in one run.

Makes a course with one assignment, releases it with nbgrader, and hands in as many notebooks as asked for.
Half of them are the reference solution, in the others one of the functions has a slip
(`autograder.authoring.mutants`); a number of its own in each lets no two be alike. Then

- stock `nbgrader autograde` grades a sample of them in its kernel,
- plain pytest grades a sample: one process a submission, a test a case, no isolation,
- otter-grader does (`otter run`), where it is installed,
- this project grades the whole class, isolation on: into nbgrader's gradebook (route B), and by itself.

All must give the same points. Start-up is part of everything. "Beyond computing" leaves out what the
students' own functions take, as measured in the sandbox; where two submissions are graded at a time, half
of it.

    python benchmarks/grading.py [--students 300] [--sample 10] [--assignment pooling]
"""

import argparse
import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from autograder.authoring import assignment as assignments
from autograder.authoring.mutants import mutants

ROOT = Path(__file__).parent.parent

TEST = """\
import importlib.util
from pathlib import Path

import pytest

from autograder.judging import answer_key

key = answer_key.load(Path({key!r}))
spec = importlib.util.spec_from_file_location("submission", {submission!r})
submission = importlib.util.module_from_spec(spec)
spec.loader.exec_module(submission)
CASES = [(one.name, case) for one in key.exercises for case in one.cases]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name, case):
    got = getattr(submission, name)(*case.args)
    assert case.accept.agrees(got, case.expected)
"""

OTTER = """\
OK_FORMAT = True
test = {"name": "hidden", "points": 1, "suites": [{"cases": [{"code": '''>>> from pathlib import Path
>>> from autograder.judging import answer_key
>>> key = answer_key.load(Path(KEY))
>>> def right(exercise, case):
...     try:
...         return case.accept.agrees(globals()[exercise.name](*case.args), case.expected)
...     except Exception:
...         return False
>>> all([right(e, c) for e in key.exercises for c in e.cases])
True''', "hidden": True, "locked": False}], "scored": True, "setup": "", "teardown": "", "type": "doctest"}]}
"""

Points = dict[str, float]
"""Student → points."""


def run(course: Path, module: str, *arguments: str, allowed: tuple[int, ...] = (0,)) -> float:
    """Seconds that a command takes; `allowed` are the exit statuses that tell of grading, not of trouble."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if done.returncode not in allowed:
        sys.exit(done.stdout + done.stderr)
    return seconds


def hand_in(course: Path, assignment: str, students: int) -> None:
    """Fill in the released notebook: every second student has a slip in one of the functions."""
    source = nbformat.read(course / f"source/{assignment}/{assignment}.ipynb", 4)
    release = nbformat.read(course / f"release/{assignment}/{assignment}.ipynb", 4)
    solutions = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    mistakes = slips(assignment)
    chance = random.Random(assignment)
    for number in range(students):
        name, wrong = chance.choice(mistakes) if number % 2 else ("", "")
        for cell in release.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                right = solutions[cell.metadata.nbgrader.grade_id]
                cell.source = wrong if name and re.search(rf"^def {name}\(", right, re.MULTILINE) else right
        folder = course / f"submitted/s{number:05d}/{assignment}"
        folder.mkdir(parents=True)
        notebook = nbformat.writes(release)
        notebook = notebook.replace('"import numpy as np"', f'"import numpy as np\\nnumber = {number}"', 1)
        (folder / f"{assignment}.ipynb").write_text(notebook)


def slips(assignment: str) -> list[tuple[str, str]]:
    """Functions of an assignment, each with one small change: their names and sources."""
    return [
        (exercise.name, mutant.source)
        for exercise in assignments.load(ROOT / "solutions" / assignment).exercises
        for mutant in mutants(exercise.reference)
        if mutant.source.startswith(f"def {exercise.name}(")
    ]


def code_of(notebook: Path) -> str:
    """Imports and definitions of a submission; demos and check cells are left out."""
    cells = [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    return "\n\n".join(cell for cell in cells if re.match(r"(from pathlib|import numpy|def )", cell))


# ---- The graders -------------------------------------------------------------------------------------------


def stock_course(course: Path, folder: Path, sample: int) -> Path:
    """A copy of a course in which nothing is graded yet, with nbgrader's own settings and part of the class.

    nbgrader skips what is graded already; so this is made before anybody grades.
    """
    stock = folder / "stock"
    shutil.copytree(course, stock)
    config = stock / "nbgrader_config.py"
    config.write_text(re.sub(r"c\.Autograde\.\w+ = \[.*?\]\n", "", config.read_text(), flags=re.DOTALL))
    for student in sorted((stock / "submitted").iterdir())[sample:]:
        shutil.rmtree(student)
    return stock


def stock_nbgrader(stock: Path, assignment: str, points: Points) -> float:
    """Seconds a submission of `nbgrader autograde`, its start-up shared by the sample."""
    seconds = run(stock, "nbgrader", "autograde", assignment) / len(points)
    with Gradebook(f"sqlite:///{stock}/gradebook.db") as gradebook:
        given = {
            submission.student.id: sum(
                grade.auto_score or 0.0 for book in submission.notebooks for grade in book.grades
            )
            for submission in gradebook.assignment_submissions(assignment)
        }
    assert given == points, f"nbgrader gives {given}, not {points}"
    return seconds


def plain_pytest(course: Path, folder: Path, assignment: str, points: Points) -> float:
    """Seconds a submission of pytest, one process each."""
    seconds = 0.0
    for student in points:
        place = folder / "pytest" / student
        place.mkdir(parents=True)
        submission = place / f"{assignment}.py"
        submission.write_text(code_of(course / "submitted" / student / assignment / f"{assignment}.ipynb"))
        key = str(course / "keys" / f"{assignment}.hidden.npz")
        (place / "test_hidden.py").write_text(TEST.format(key=key, submission=str(submission)))
        statuses = (0,) if is_right(student, points) else (0, 1)  # it does not look whether arguments changed
        command = ["-q", "--tb=no", "-p", "no:cacheprovider", "--rootdir", ".", "test_hidden.py"]
        seconds += run(place, "pytest", *command, allowed=statuses)
    return seconds / len(points)


def otter_run(course: Path, folder: Path, assignment: str, points: Points) -> float | None:
    """Seconds a submission of `otter run`, or None where otter-grader is not installed."""
    if importlib.util.find_spec("otter") is None:
        return None
    place = folder / "otter"
    (place / "tests").mkdir(parents=True)
    key = course / "keys" / f"{assignment}.hidden.npz"
    (place / "tests" / "hidden.py").write_text(OTTER.replace("KEY", repr(str(key))))
    (place / "otter_config.json").write_text("{}")
    run(place, "zipfile", "-c", "autograder.zip", "tests", "otter_config.json")
    seconds = 0.0
    for student in points:
        code = code_of(course / "submitted" / student / assignment / f"{assignment}.ipynb")
        notebook = place / f"{student}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), notebook)
        seconds += run(place, "otter", "run", str(notebook), "-a", "autograder.zip", "--no-logo")
        tests = json.loads((place / "results.json").read_text())["tests"]
        passed = [test["score"] == test["max_score"] for test in tests if test["name"] == "hidden"]
        assert passed == [True] or (passed == [False] and not is_right(student, points))
    return seconds / len(points)


def is_right(student: str, points: Points) -> bool:
    """Everybody's best: every second student of the class is right in everything."""
    return points[student] == max(points.values())


def graded(course: Path) -> tuple[Points, float]:
    """Points in this project's results, and the mean seconds that a submission's own functions took."""
    results: list[Any] = json.loads((course / "grades/results.json").read_text())["submissions"]
    cases = [c for s in results for e in s["exercises"] for g in e["groups"] for c in g["cases"]]
    points = {one["student"]: one["points"] for one in results}
    return points, sum(case["seconds"] for case in cases) / len(results)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--students", type=int, default=300)
    options.add_argument("--sample", type=int, default=10)
    options.add_argument("--assignment", default="pooling")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = folder / "course"
        run(ROOT, "autograder", "nbgrader", "init", str(course), chosen.assignment, "--lang", "en")
        run(course, "nbgrader", "generate_assignment", chosen.assignment)
        hand_in(course, chosen.assignment, chosen.students)
        stock = stock_course(course, folder, chosen.sample)
        jobs = ["--jobs", str(chosen.jobs)]
        ours = {
            "this project, into nbgrader's gradebook": run(
                course, "autograder", "grade", "--nbgrader", ".", *jobs
            )
            / chosen.students
        }
        points, own = graded(course)
        assert len(points) == chosen.students
        shutil.rmtree(course / "grades")
        ours["this project, by itself"] = (
            run(course, "autograder", "grade", "submitted", *jobs) / chosen.students
        )
        assert graded(course)[0] == points
        sample = {student: points[student] for student in sorted(points)[: chosen.sample]}
        others = {
            "stock nbgrader autograde": stock_nbgrader(stock, chosen.assignment, sample),
            "plain pytest": plain_pytest(course, folder, chosen.assignment, sample),
            "otter run": otter_run(course, folder, chosen.assignment, sample),
        }
    print(
        f"{chosen.assignment}: {chosen.students} notebooks, {chosen.jobs} at a time; others: {chosen.sample}"
    )
    print(f"{'':<42}{'ms each':>9}   whole   beyond computing ({1000 * own:.1f} ms each)")
    for name, seconds in ours.items():
        print(f"{name:<42}{1000 * seconds:>9.1f}")
    for name, seconds in others.items():
        if seconds is None:
            print(f"{name:<42}{'not installed':>9}")
            continue
        ratios = [
            f"{seconds / each:6.0f} × {(seconds - own) / (each - own / chosen.jobs):6.0f} ×"
            for each in ours.values()
        ]
        print(f"{name:<42}{1000 * seconds:>9.1f}{ratios[0]}   by itself: {ratios[1]}")


if __name__ == "__main__":
    main()
