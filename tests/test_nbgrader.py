"""nbgrader from release to feedback, by its real commands: routes A, B and stock agree on honest work."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring import assignment
from autograder.base.messages import say
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.source import source_notebook
from autograder.submissions.records import place
from autograder.submissions.source import definitions, read
from tests.authored import write_course
from tests.nbgrader_course import (
    HONEST,
    ROOT,
    STUDENTS,
    cell_of,
    command,
    course,
    exported,
    hand_in,
    released_course,
    succeeds,
)
from tests.sandboxes import failing_bubblewrap, needs_bubblewrap

__all__ = ["course", "released_course"]  # fixtures


def feedback_of(course: Path, student: str) -> str:
    html = (course / f"feedback/{student}/relu/relu.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.slow
def test_the_released_notebook_holds_no_solution_and_no_hidden_test(released_course: Path) -> None:
    text = (released_course / "release/relu/relu.ipynb").read_text()
    assert "YOUR CODE HERE" in text and "check(relu_backward" in text
    assert "delta * (z > 0)" not in text and "hidden" not in text.lower()
    assert [path.name for path in (released_course / "release/relu").iterdir() if "hidden" in path.name] == []


ROUTES = {
    "A": ("nbgrader", "autograde", "relu"),
    "B": ("autograder", "grade", "--nbgrader", ".", "--lang", "en"),
}


def test_cells_keep_their_numbers_when_the_tests_are_taken_out() -> None:
    """A syntax error is in the same cell for nbgrader's routes and for `autograder grade`."""
    path = ROOT / "assignments/en/pooling/pooling.ipynb"
    whole = definitions(read(path.name, path.read_bytes()))
    bare = cells.without_tests(nbformat.read(path, 4))
    places = {name: one.where for name, one in definitions(read("a.ipynb", bare)).items()}
    assert places == {name: one.where for name, one in whole.items()} and len(set(places.values())) > 5
    assert place("cell 5") == say("note.cell", number=5)


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES)
def test_route_scores_gives_feedback_and_leaves_written_answers_to_a_person(route: str, course: Path) -> None:
    said = succeeds(course, *ROUTES[route])
    assert "Traceback" not in said
    assert exported(course) == HONEST
    succeeds(course, "nbgrader", "generate_feedback", "relu")
    typical = feedback_of(course, "typical")
    assert "the residual from above was left out" in typical
    assert "all hidden cases pass" in feedback_of(course, "right")
    assert pending(course) == {student: student != "stub" for student in STUDENTS}
    for student in STUDENTS:
        notebook = nbformat.read(course / f"autograded/{student}/relu/relu.ipynb", 4)
        nbformat.validate(notebook)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert not any(output.get("name") == "stderr" for output in outputs)
        assert "array(" not in json.dumps(outputs)
    # Grading again changes nothing, and what a person gave stays.
    give_by_hand(course, "right", 2.5)
    succeeds(course, *ROUTES[route], *(["--force"] if route == "A" else []))
    assert exported(course) == {**HONEST, "right": 12.5}


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("route", ROUTES)
def test_a_judge_error_changes_no_score_and_asks_a_person_to_look(
    route: str, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who were graded before keep their scores, a new student has none; the next run grades them."""
    succeeds(course, *ROUTES[route])
    right = nbformat.read(course / "submitted/right/relu/relu.ipynb", 4)
    for student in ("right", "partly", "new"):
        cell_of(right, "relu_backward").source += f"  # {student}"
        hand_in(course, student, right)
    with monkeypatch.context() as failing:  # B makes a trial of its own first
        failing.setenv("PATH", failing_bubblewrap(tmp_path, works=1 if route == "B" else 0, turns=2))
        done = command(course, *ROUTES[route], *(["--force"] if route == "A" else []))
    assert done.returncode == (3 if route == "B" else 1) and "no room" in done.stdout + done.stderr
    expression = (
        "{s.student.id: [[g.auto_score, g.needs_manual_grade] for n in s.notebooks for g in n.grades "
        "if g.name == 'test_relu_backward'] for s in book.find_assignment('relu').submissions}"
    )
    grades = by_gradebook(course, expression)
    assert grades["new"] == [[None, True]] and grades["right"] == [[10.0, True]]
    assert grades["partly"] == [[8.0, True]]
    succeeds(course, *ROUTES[route], *(["--force"] if route == "A" else []))
    grades = by_gradebook(course, expression)
    assert grades["new"] == grades["right"] == grades["partly"] == [[10.0, False]]


def pending(course: Path) -> dict[str, bool]:
    """Whose written answer waits for a person, in nbgrader's own books."""
    return by_gradebook(
        course,
        "{s.student.id: any(g.needs_manual_grade for n in s.notebooks for g in n.grades)"
        " for s in book.find_assignment('relu').submissions}",
    )


def give_by_hand(course: Path, student: str, points: float) -> None:
    by_gradebook(
        course,
        f"setattr(book.find_grade('why_zero', 'relu', 'relu', {student!r}), 'manual_score', {points})"
        " or book.db.commit()",
    )


def by_gradebook(course: Path, expression: str) -> Any:
    source = (
        "import json\nfrom nbgrader.api import Gradebook\n"
        f"with Gradebook('sqlite:///gradebook.db') as book:\n    print(json.dumps({expression}))"
    )
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_stock_nbgrader_gives_honest_students_the_same_scores(course: Path) -> None:
    config = course / "nbgrader_config.py"
    text = re.sub(r"c\.Autograde\.autograde_preprocessors = \[.*?\]\n", "", config.read_text(), flags=re.S)
    assert 'SandboxExecute"' not in text
    config.write_text(text)
    succeeds(course, "nbgrader", "autograde", "relu")
    assert exported(course) == HONEST
    succeeds(course, "nbgrader", "generate_feedback", "relu")
    assert "the residual from above was left out" in feedback_of(course, "typical")


def spoiled(notebook: Any, how: str) -> Any:
    """A right notebook as real classes hand it in."""
    test = cell_of(notebook, cells.test_id("relu_backward"))
    if how == "test cell deleted":
        notebook.cells.remove(test)
    if how == "test cell edited":
        test.source = "print('full marks, please')"
    if how == "points edited":
        test.metadata.nbgrader["points"] = 1000
    if how == "cell ids twice":
        for cell in notebook.cells:
            cell["id"] = "same"
    if how == "a cell copied":
        notebook.cells.insert(0, json_copy(cell_of(notebook, "relu_backward")))
        notebook.cells[0].source = "def relu_backward(delta, z):\n    return 0"
    if how == "no kernelspec":
        del notebook.metadata["kernelspec"]
    if how == "unknown grade id":
        notebook.cells.append(json_copy(test))
        notebook.cells[-1].metadata.nbgrader["grade_id"] = "test_nothing"
    return notebook


def json_copy(cell: Any) -> Any:
    return nbformat.from_dict(json.loads(json.dumps(cell)))


SPOILED = (
    "test cell deleted",
    "test cell edited",
    "points edited",
    "cell ids twice",
    "a cell copied",
    "no kernelspec",
    "unknown grade id",
)


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES)
def test_damage_of_real_classes_costs_no_points(route: str, course: Path) -> None:
    right = nbformat.read(course / "submitted/right/relu/relu.ipynb", 4)
    shutil.rmtree(course / "submitted")
    for index, how in enumerate(SPOILED):
        hand_in(course, f"student{index}", spoiled(json_copy(right), how))
    hand_in(course, "damaged", right)
    (course / "submitted/damaged/relu/relu.ipynb").write_text('{"cells": [')
    done = command(course, *ROUTES[route])
    assert "damaged" in done.stdout + done.stderr
    scores = exported(course)
    assert {how: scores.get(f"student{index}") for index, how in enumerate(SPOILED)} == dict.fromkeys(
        SPOILED, 10.0
    )
    assert not scores.get("damaged")


def nothing_of_a_cell(data: dict[str, Any]) -> None:
    for cell in data["cells"]:
        if "nbgrader" not in cell["metadata"]:
            cell["metadata"] = None


def a_list_of_a_cell(data: dict[str, Any]) -> None:
    data["cells"].insert(0, {"cell_type": "markdown", "id": "a", "metadata": [], "source": ""})


def nothing_of_the_notebook(data: dict[str, Any]) -> None:
    data["metadata"] = None


def a_mark_that_is_none(data: dict[str, Any]) -> None:
    data["cells"][0]["metadata"]["nbgrader"] = {"schema_version": 99}


def a_mark_that_is_a_text(data: dict[str, Any]) -> None:
    data["cells"][0]["metadata"]["nbgrader"] = "marked"


def half_of_a_pair(data: dict[str, Any]) -> None:
    data["cells"].append({"cell_type": "markdown", "id": "a", "metadata": {}, "source": "\ud800"})


def a_number_as_a_cell(data: dict[str, Any]) -> None:
    data["cells"].append(3)


HOSTILE_NOTEBOOKS: dict[Callable[[dict[str, Any]], None], bool] = {
    nothing_of_a_cell: True,
    a_list_of_a_cell: True,
    nothing_of_the_notebook: True,
    a_mark_that_is_none: True,
    a_mark_that_is_a_text: True,
    half_of_a_pair: False,
    a_number_as_a_cell: False,
}
"""What may stand in a notebook, and whether route B puts it right."""
HOSTILE_TIMES = {
    "huge": b"99999999999999999999999",
    "early": b"0001-01-01 00:00:00 +2300",
    "words": b"in time, \x1b[31mI swear",
    "bytes": b"\xff\xfe",
    "long": b"2026-11-24 10:00:00 UTC" + b" " * 10**6,
    "pipe": b"",
}


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES)
def test_one_students_notebook_or_timestamp_never_ends_the_class(route: str, course: Path) -> None:
    submitted = course / "submitted"
    right = nbformat.read(submitted / "right/relu/relu.ipynb", 4)
    for spoil in HOSTILE_NOTEBOOKS:
        data = json.loads(json.dumps(right))
        spoil(data)
        hand_in(course, spoil.__name__, right)
        (submitted / spoil.__name__ / "relu/relu.ipynb").write_text(json.dumps(data))
    for name, time in HOSTILE_TIMES.items():
        if name == "pipe" and route == "A":
            continue  # nbgrader itself reads from it, and waits
        hand_in(course, name, right)
        stamp = submitted / name / "relu/timestamp.txt"
        stamp.write_bytes(time)
        if name == "pipe":
            stamp.unlink()
            os.mkfifo(stamp)
    done = command(course, *ROUTES[route])
    scores = exported(course)
    assert {student: scores.get(student) for student in HONEST} == HONEST, done.stderr[-3000:]
    if route == "A":
        return
    assert done.returncode == 3 and "Traceback" not in done.stderr
    put_right = {spoil.__name__ for spoil, rightly in HOSTILE_NOTEBOOKS.items() if rightly}
    named = {name for name in (*HOSTILE_TIMES, *(one.__name__ for one in HOSTILE_NOTEBOOKS))} - put_right
    said = [line for line in done.stderr.splitlines() if ", relu: " in line]
    assert {line.split(": ")[1].split(",")[0] for line in said} == named, done.stderr
    assert all(len(line) < 400 and line.isprintable() for line in said)
    assert {student: scores[student] for student in put_right} == dict.fromkeys(put_right, 10.0)
    assert not any((course / "autograded" / student).exists() for student in named)
    for student in put_right:
        nbformat.validate(nbformat.read(course / f"autograded/{student}/relu/relu.ipynb", 4))
    succeeds(course, "nbgrader", "generate_feedback", "relu")


@pytest.mark.slow
def test_route_b_takes_a_renamed_notebook_a_resubmission_and_late_penalties(course: Path) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    right = course / "submitted/right/relu"
    (right / "relu.ipynb").rename(right / "my solution.ipynb")
    succeeds(course, *ROUTES["B"])
    assert exported(course) == HONEST
    by_gradebook(
        course,
        "setattr(book.find_assignment('relu'), 'duedate', __import__('datetime').datetime(2026, 11, 24, 12))"
        " or book.db.commit()",
    )
    (right / "timestamp.txt").write_text("2026-11-25 10:00:00 UTC")
    succeeds(course, *ROUTES["B"])
    assert exported(course, "score") == {**HONEST, "right": 0.0}
    assert (course / "autograded/right/relu/timestamp.txt").read_text() == "2026-11-25 10:00:00 UTC"


def test_every_exercise_is_a_solution_cell_and_a_locked_test_cell() -> None:
    for one in assignment.load_all(ROOT / "solutions"):
        for lang in ("zh", "en"):
            notebook = source_notebook(one, lang)
            marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
            points = {mark.grade_id: mark.get("points") for mark in marks if mark.grade and not mark.solution}
            assert points == {cells.test_id(e.name): e.points for e in one.exercises}
            assert [mark.grade_id for mark in marks if mark.solution and not mark.grade] == [
                e.name for e in sorted(one.exercises, key=lambda e: list(points).index(cells.test_id(e.name)))
            ]
            assert len({mark.grade_id for mark in marks}) == len(marks)


def test_a_folder_without_a_course_is_one_sentence(tmp_path: Path) -> None:
    done = command(tmp_path, "autograder", "grade", "--nbgrader", ".")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    done = command(tmp_path, "autograder", "grade")
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_init_again_keeps_what_somebody_has_changed(tmp_path: Path) -> None:
    solutions, course = tmp_path / "solutions", tmp_path / "course"
    write_course(solutions)
    write_course(solutions, "again")

    def init(*arguments: str) -> list[str]:
        done = succeeds(tmp_path, "autograder", "nbgrader", "init", "course", "--lang", "en", *arguments)
        return [line for line in done.splitlines() if line.startswith(("wrote", "kept", "hidden key"))]

    init()
    mine, other = (course / f"source/{name}/{name}.ipynb" for name in ("again", "relu"))
    written = mine.read_bytes()
    mine.write_bytes(written.replace(b"The residual", b"My own words: the residual"))
    assert mine.read_bytes() != written
    (course / ".gitignore").write_text("keys/\n")
    kept = "kept: course/source/again/again.ipynb (changed since it was written here; --force writes it anew)"
    assert init() == [kept]
    for name in ("again", "relu"):  # a word changes in the solutions: what nobody has touched is refreshed
        source = solutions / name / "notebook.py"
        source.write_text(source.read_text(encoding="utf-8").replace("(lecture 4)", "(4)"), encoding="utf-8")
    assert init() == [kept, "wrote: course/source/relu/relu.ipynb"]
    assert b"(4)" in other.read_bytes() and b"My own words" in mine.read_bytes()
    assert init("--force") == ["wrote: course/source/again/again.ipynb"]
    assert b"My own words" not in mine.read_bytes() and init() == []
    (course / ".autograder-written.json").write_text("damaged")
    mine.write_bytes(written)
    assert init() == [kept]
    assert (course / ".gitignore").read_text() == "keys/\n"


def test_a_new_course_keeps_its_keys_and_its_students_out_of_git(tmp_path: Path) -> None:
    write_course(tmp_path / "solutions")
    succeeds(tmp_path, "autograder", "nbgrader", "init", "course")
    git = ("git", "-C", str(tmp_path / "course"))
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "course/submitted/an/relu").mkdir(parents=True)
    (tmp_path / "course/submitted/an/relu/relu.ipynb").write_text("{}")
    (tmp_path / "course/gradebook.db").write_text("")
    added = subprocess.run([*git, "add", "-An"], check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"add '(.*)'", added)) == {
        ".autograder-written.json",
        ".gitignore",
        "nbgrader_config.py",
        "source/relu/relu.ipynb",
        "source/relu/relu.visible.npz",
    }
