"""A class in nbgrader: stock `nbgrader autograde` beside `autograder grade --nbgrader`, in one run.

Makes a course with one assignment, releases it with nbgrader, and hands in as many notebooks as asked for:
the reference solution, with a number of its own in each so that no two are alike. Then stock nbgrader
grades a sample of them in its kernel, and this project the whole class, isolation on. Start-up is part of
both.
"Beyond computing" leaves out what the students' own functions take, as measured in the sandbox.

    python benchmarks/nbgrader_class.py [--students 300] [--sample 10] [--assignment pooling]
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent


def run(course: Path, module: str, *arguments: str) -> float:
    """Seconds that a command takes."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
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
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return seconds


def hand_in(course: Path, assignment: str, students: int) -> None:
    """Fill in the released notebook with the reference solutions."""
    source = nbformat.read(course / f"source/{assignment}/{assignment}.ipynb", 4)
    release = nbformat.read(course / f"release/{assignment}/{assignment}.ipynb", 4)
    solutions = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in release.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = solutions[cell.metadata.nbgrader.grade_id]
    text = nbformat.writes(release)
    for number in range(students):
        folder = course / f"submitted/s{number:05d}/{assignment}"
        folder.mkdir(parents=True)
        notebook = text.replace('"import numpy as np"', f'"import numpy as np\\nnumber = {number}"', 1)
        (folder / f"{assignment}.ipynb").write_text(notebook)


def stock_config(course: Path) -> None:
    path = course / "nbgrader_config.py"
    path.write_text(re.sub(r"c\.Autograde\.\w+ = \[.*?\]\n", "", path.read_text(), flags=re.DOTALL))


def computing(course: Path) -> float:
    """Mean seconds that a submission's own functions took in the sandbox."""
    results = json.loads((course / "grades/results.json").read_text())["submissions"]
    cases = [c for s in results for e in s["exercises"] for g in e["groups"] for c in g["cases"]]
    return sum(case["seconds"] for case in cases) / len(results)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--students", type=int, default=300)
    options.add_argument("--sample", type=int, default=10)
    options.add_argument("--assignment", default="pooling")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        run(ROOT, "autograder", "nbgrader", "init", str(course), chosen.assignment, "--lang", "en")
        run(course, "nbgrader", "generate_assignment", chosen.assignment)
        hand_in(course, chosen.assignment, chosen.students)
        stock = Path(folder) / "stock"
        shutil.copytree(course, stock)
        stock_config(stock)
        first, *others = sorted((stock / "submitted").iterdir())
        for student in others[chosen.sample :]:
            shutil.rmtree(student)
        start_up = run(stock, "nbgrader", "autograde", chosen.assignment, "--student", first.name)
        sample = run(stock, "nbgrader", "autograde", chosen.assignment)
        ours = run(course, "autograder", "grade", "--nbgrader", ".")
        own = computing(course)
    stock_each = sample / chosen.sample
    ours_each = ours / chosen.students
    print(
        f"stock nbgrader: {1000 * stock_each:8.1f} ms a submission "
        f"({chosen.sample} of them in {sample:.1f} s; one alone {start_up:.1f} s)"
    )
    print(
        f"this project:   {1000 * ours_each:8.1f} ms a submission ({chosen.students} of them in {ours:.1f} s)"
    )
    print(f"own computing:  {1000 * own:8.1f} ms a submission")
    print(f"whole:            {stock_each / ours_each:6.0f} ×")
    print(f"beyond computing: {(stock_each - own) / (ours_each - own):6.0f} ×")


if __name__ == "__main__":
    main()
