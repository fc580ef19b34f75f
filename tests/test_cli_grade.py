"""`autograder grade` as people call it: its files, table, notes and exit status."""

import csv
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.base.messages import from_data
from autograder.grading.store import Store, StoreKey
from autograder.judging.results import Verdict
from tests import authored
from tests.commands import LINUX, QUICK, call, hand_in
from tests.sandboxes import BUBBLEWRAP, failing_bubblewrap, needs_bubblewrap

NUMBER = (int, float)
SCHEMA: Any = {
    "schema": int,
    "submissions": [
        {
            "student": str,
            "assignment": str,
            "file": str,
            "points": NUMBER,
            "max_points": NUMBER,
            "isolation": str,
            "seconds": float,
            "notes": [dict],
            "output": str,
            "by_hand": (int, float),
            "engine": {
                **dict.fromkeys(("version", "digest", "python", "numpy", "isolation"), str),
                "limits": dict,
            },
            "key": str,
            "changes": list,
            "about": {"position": int, "title": dict, "languages": list},
            "exercises": [
                {
                    "name": str,
                    "points": NUMBER,
                    "max_points": NUMBER,
                    "verdict": str,
                    "misconception": (str, type(None)),
                    "symptom": (dict, type(None)),
                    "diagnosis": (dict, type(None)),
                    "detail": (dict, type(None)),
                    "sibling": (dict, type(None)),
                    "groups": [
                        {
                            "name": str,
                            "points": NUMBER,
                            "max_points": NUMBER,
                            "cases": [{"verdict": str, "seconds": float}],
                        }
                    ],
                }
            ],
        }
    ],
    "account": [
        {"path": str, "student": str, "assignment": str, "decision": str, "why": (dict, type(None))},
    ],
}


def matches(value: Any, schema: Any) -> bool:
    if isinstance(schema, dict):
        return (
            isinstance(value, dict)
            and value.keys() == schema.keys()
            and all(matches(value[name], part) for name, part in schema.items())
        )
    if isinstance(schema, list):
        return isinstance(value, list) and all(matches(item, schema[0]) for item in value)
    return isinstance(value, schema) and not isinstance(value, bool)


@pytest.mark.parametrize("isolation", ["process", BUBBLEWRAP])
def test_grade_writes_its_files_and_shows_a_table(course: Path, isolation: str) -> None:
    result = call(course, "grade", "submitted", "--isolation", isolation, "--jobs", "1")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr
    for shown in ("安", "bo", "10 / 10", "slope_only", "run-time error", "grades.csv"):
        assert shown in result.stdout
    assert {path.name for path in (course / "grades").iterdir()} == {
        "grades.csv",
        "results.json",
        "results.sqlite",
    }
    document = json.loads((course / "grades" / "results.json").read_text(encoding="utf-8"))
    assert matches(document, SCHEMA)
    assert document["schema"] == 3
    for one in document["submissions"]:
        told = [exercise[name] for exercise in one["exercises"] for name in ("symptom", "diagnosis")]
        for text in filter(None, [*one["notes"], *told]):
            assert from_data(text).in_language("en") == text["text"]
    submissions = {one["student"]: one for one in document["submissions"]}
    assert list(submissions) == ["bo", "chi", "安"]
    assert {one["isolation"] for one in submissions.values()} == {isolation}
    (exercise,) = submissions["bo"]["exercises"]
    assert (exercise["verdict"], exercise["misconception"]) == ("WA", "slope_only")
    assert "the residual from above was left out" in exercise["diagnosis"]["text"]
    verdicts = {
        case["verdict"]
        for one in submissions.values()
        for exercise in one["exercises"]
        for group in exercise["groups"]
        for case in group["cases"]
    }
    assert verdicts <= {verdict.value for verdict in Verdict}


def test_grades_csv_has_a_column_for_each_exercise(course: Path) -> None:
    assert call(course, "grade", "submitted", *QUICK, "--out", "out/deep").returncode == 0
    rows = list(csv.reader(io.StringIO((course / "out/deep/grades.csv").read_text(encoding="utf-8-sig"))))
    assert rows == [
        ["student", "assignment", "points", "maximum", "relu_backward", "reasons"],
        ["bo", "relu", "0", "10", "0", rows[1][5]],
        ["chi", "relu", "0", "10", "0", rows[2][5]],
        ["安", "relu", "10", "10", "10", ""],
    ]
    assert all(row[5].startswith("relu_backward: ") and row[5].endswith(".") for row in rows[1:3])


def test_json_is_all_that_is_printed_and_equals_the_file(course: Path) -> None:
    result = call(course, "grade", "submitted", *QUICK, "--json", "--lang", "zh", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert matches(document, SCHEMA)
    assert document == json.loads((course / "grades" / "results.json").read_text(encoding="utf-8"))
    assert "上游的残差" in document["submissions"][0]["exercises"][0]["diagnosis"]["text"]


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        ((), {"LANG": "zh_CN.UTF-8"}, "学生"),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "student"),
        (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, "student"),
    ],
)
def test_the_language_is_that_of_the_option_else_of_the_locale(
    course: Path, arguments: Sequence[str], environment: dict[str, str], word: str
) -> None:
    shutil.rmtree(course / "submitted")
    hand_in(course, "an", "")
    result = call(course, "grade", "submitted", *QUICK, *arguments, **environment)
    assert word in result.stdout
    assert "Traceback" not in result.stderr


def test_what_students_call_themselves_and_their_files_cannot_steer_the_terminal(course: Path) -> None:
    hand_in(course, "a\x1b[31mRED\x1b]0;title\x07", authored.RIGHT)
    (course / "submitted" / "a\u202e\x9b2J\nautograder: nothing" / "relu").mkdir(parents=True)
    result = call(course, "grade", "submitted", *QUICK)
    assert result.returncode == 0 and "\ufffd[31mRED" in result.stdout and "a\ufffd\ufffd2J" in result.stdout
    refused = call(course, "grade", "sub\x1b[31mmitted", *QUICK)
    assert refused.returncode == 2 and "\ufffd[31mmitted" in refused.stderr
    for said in (result.stdout, result.stderr, refused.stderr):
        assert not {*said} & {*"\x1b\x07\x9b\u202e"}, said


@pytest.mark.slow
def test_one_file_a_flat_folder_and_a_zip_can_be_graded(course: Path) -> None:
    (course / "flat").mkdir()
    shutil.copy(course / "submitted/bo/relu/relu.py", course / "flat/bo.py")
    shutil.make_archive(str(course / "class"), "zip", course, "submitted")
    for arguments, students in (
        (("submitted/bo/relu/relu.py",), ["bo"]),
        (("flat", "--assignment", "relu"), ["bo"]),
        (("class.zip",), ["bo", "chi", "安"]),
    ):
        result = call(course, "grade", *arguments, *QUICK, "--json")
        assert [one["student"] for one in json.loads(result.stdout)["submissions"]] == students


def test_a_misspelt_folder_is_named_and_the_rest_of_the_class_is_graded(course: Path) -> None:
    (course / "submitted/bo/rellu").mkdir()
    shutil.move(course / "submitted/bo/relu/relu.py", course / "submitted/bo/rellu/work.py")
    (course / "submitted/bo/relu").rmdir()
    result = call(course, "grade", "submitted", *QUICK, "--json")
    assert [one["student"] for one in json.loads(result.stdout)["submissions"]] == ["chi", "安"]
    assert result.returncode == 3
    assert "not understood: bo/rellu/work.py: rellu is no known assignment, only relu" in result.stderr


@pytest.mark.slow
def test_a_second_run_reuses_the_results_of_the_first(course: Path) -> None:
    first, second = (call(course, "grade", "submitted", *QUICK, "--json").stdout for _ in range(2))
    assert first == second  # down to the seconds, which no second grading would repeat


def test_what_another_engine_changes_is_told_and_written(course: Path) -> None:
    call(course, "grade", "submitted", *QUICK)
    with Store(course / "grades/results.sqlite") as store:  # as if that engine had been more generous
        for key in store._connection.execute("SELECT submission, answer_key, engine FROM class").fetchall():
            result = store.get(StoreKey(*key))
            assert result is not None
            groups = tuple(replace(group, points=group.max_points) for group in result.exercises[0].groups)
            exercise = replace(result.exercises[0], groups=groups)
            store.put(StoreKey(*key), replace(result, exercises=(exercise,)))
    again = call(course, "grade", "submitted", *QUICK, "--cpu-seconds", "0.7", "--lang", "en")
    assert again.returncode == 0
    assert "2 points differ from those of the run before" in again.stderr
    assert "bo, relu, relu_backward: 10 → 0 (the engine or its settings changed)" in again.stderr
    bo, _, an = json.loads((course / "grades/results.json").read_text("utf-8"))["submissions"]
    assert an["changes"] == []
    assert bo["changes"] == [{"exercise": "relu_backward", "before": 10, "after": 0, "why": ["engine"]}]
    assert bo["engine"]["limits"]["cpu_seconds"] == 0.7 and len(bo["key"]) == len(bo["engine"]["digest"])


@LINUX
def test_a_bubblewrap_whose_real_command_fails_is_one_sentence_before_anything_is_graded(
    course: Path, tmp_path: Path
) -> None:
    result = call(course, "grade", "submitted", PATH=failing_bubblewrap(tmp_path, works=0))
    assert (result.returncode, result.stdout, len(result.stderr.strip().splitlines())) == (2, "", 1)
    assert "no room" in result.stderr and "--isolation process" in result.stderr
    assert not (course / "grades" / "grades.csv").exists()


@needs_bubblewrap
def test_a_judge_error_is_no_grade_and_the_next_run_grades_it(course: Path, tmp_path: Path) -> None:
    """The sandbox works in the trial (its setup, and a run) and never again."""
    path = failing_bubblewrap(tmp_path, works=1, turns=2)
    result = call(course, "grade", "submitted", "--jobs", "1", "--lang", "en", PATH=path)
    assert (result.returncode, "Traceback" in result.stderr) == (3, False)
    told = " ".join(result.stdout.split())
    assert "Not graded: 2 submissions" in told and "no room" in told and "run the same command again" in told
    rows = list(csv.DictReader((course / "grades/grades.csv").open(encoding="utf-8-sig")))
    cells = [(row["points"], row["maximum"], row["relu_backward"]) for row in rows]
    assert cells == [("", "10", ""), ("0", "10", "0"), ("", "10", "")]  # the second cannot be run at all
    (first, *_) = json.loads((course / "grades/results.json").read_text("utf-8"))["submissions"]
    exercise = first["exercises"][0]
    assert (first["points"], exercise["points"], exercise["verdict"]) == (None, None, "JE")
    assert {group["points"] for group in exercise["groups"]} == {None}
    again = call(course, "grade", "submitted", *QUICK)
    rows = list(csv.DictReader((course / "grades/grades.csv").open(encoding="utf-8-sig")))
    assert (again.returncode, {row["points"] for row in rows}) == (0, {"0", "10"})


def test_unreadable_submissions_and_rows_gone_from_the_table_are_warned_about(course: Path) -> None:
    (course / "submitted" / "dai" / "relu").mkdir(parents=True)
    (course / "submitted" / "dai" / "relu" / "relu.ipynb").write_text("{")
    (course / "submitted" / "e" / "relu").mkdir(parents=True)
    hand_in(course, "fan", "!pip install numpy\n")
    arguments = ("--isolation", "process", "--jobs", "1")
    unread = "autograder: 2 submissions had nothing that can be graded: dai/relu, e/relu; "
    unread += "results.json has a note on each.\n"
    unread += (
        "autograder: not understood: dai/relu/relu.ipynb: relu.ipynb is not a readable notebook (line 1: "
    )
    unread += "Expecting property name enclosed in double quotes); open it in Jupyter, "
    unread += "save it and hand it in again."
    for _ in range(2):
        ran = call(course, "grade", "submitted", *arguments)
        assert (ran.returncode, ran.stderr.strip("\n")) == (3, unread)
    shutil.copytree(course / "submitted" / "bo", course / "some" / "bo")
    alone = call(course, "grade", "some", *arguments)
    assert alone.returncode == 0
    assert "autograder: the former grades.csv in grades had 5 rows that the new one does not" in alone.stderr
    assert call(course, "grade", "some", *arguments).stderr.strip("\n") == ""
