"""`autograder report`: each format, and the command."""

import csv
import gc
import io
import json
import os
import re
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.messages import Authored, Text, say
from autograder.base.written import MANIFEST
from autograder.cli import app
from autograder.grading.store import Member, Store, StoreError, StoreKey
from autograder.judging.results import (
    SubmissionResult,
    Verdict,
)
from autograder.reports import (
    canvas_file,
    class_report,
    csv_file,
    gradescope,
    junit_file,
    output,
)
from autograder.reports.class_report import Format, file_names
from autograder.reports.class_statistics import collect
from tests import authored
from tests.class_reports import FORMATS, HOSTILE, made, not_graded

# ---- Every format ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_keeps_the_results_of_more_than_one_student(form: Format, tmp_path: Path) -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Tracked(SubmissionResult):
        __hash__ = object.__hash__

    def results() -> Iterator[SubmissionResult]:
        nonlocal most
        for number in range(36):
            file = f"s_{number // 2}_assignsubmission_file/relu.py"
            one = replace(made(student=f"s ({number // 2})"), file=file)
            tracked = Tracked(*(getattr(one, name) for name in SubmissionResult.__dataclass_fields__))
            alive.add(tracked)
            del one
            yield tracked
            if number % 12 == 11:
                gc.collect()  # a template's own cycles
                most = max(most, len(alive))

    class_report.write(form, results, tmp_path, "en")
    assert 0 < most <= 6


def test_grade_writes_everything_in_one_pass(tmp_path: Path, small: list[SubmissionResult]) -> None:
    names = list(dict.fromkeys(e.name for one in small for e in one.exercises))
    once = iter([*small, made(Verdict.JE, notes=(Authored("坏", "broken"),))])
    assert output.write(once, names, tmp_path, "en", as_json=False)
    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8-sig")))
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert len(rows) == len(document["submissions"]) == len(small) + 1
    assert [row["student"] for row in rows] == [one["student"] for one in document["submissions"]]


def test_junit_holds_a_suite_a_submission_and_says_what_failed() -> None:
    results = [
        made(),
        made(Verdict.WA, text=Authored("全是 0", "all zero")),
        made(Verdict.JE),
        made(Verdict.NI, student=HOSTILE),
    ]
    written = io.StringIO()
    junit_file.write(results, "en", written)
    root = ElementTree.fromstring(written.getvalue().encode())
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    counts = [[suite.get(name) for name in ("tests", "failures", "errors")] for suite in suites]
    assert counts == [["1", "0", "0"], ["1", "1", "0"], ["1", "0", "1"], ["1", "1", "0"]]
    for suite, result in zip(suites, results, strict=True):
        (case,) = suite.findall("testcase")
        assert case.get("name") == "relu" and case.get("time") is suite.get("time") is None
        assert str(suite.get("name")).endswith("/one")
        assert len(case) == (result.exercises[0].verdict is not Verdict.AC)
    (failure,) = suites[1].iter("failure")
    assert (failure.get("type"), failure.get("message")) == ("WA", "all zero")
    (error,) = suites[2].iter("error")
    assert error.get("type") == "JE"


def test_what_was_not_graded_is_blank_in_every_format(tmp_path: Path) -> None:
    """Nobody has points of it, neither all nor none; the total of a student who has one is blank, too."""
    moodle = "李_7_assignsubmission_file/relu.py"
    graded = replace(made(student="李 (7)"), file=moodle)
    failed = replace(not_graded(graded), assignment="two", output="hidden")
    for form in FORMATS:
        class_report.write(form, lambda: [graded, failed], tmp_path, "en")
    table = {
        row["assignment"]: row for row in csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8-sig"))
    }
    assert [(row["points"], row["maximum"], row["relu"]) for row in table.values()] == [
        ("4", "4", "4"),
        ("", "4", ""),
    ]
    _, canvas = csv.DictReader((tmp_path / "canvas.csv").open())
    assert (canvas["one"], canvas["two"]) == ("4", "")
    (sheet,) = csv.DictReader((tmp_path / "moodle" / "two.csv").open())
    assert (sheet["Grade"], "relu: –/4" in sheet["Feedback comments"]) == ("", True)
    _, entry = json.loads((tmp_path / "results.json").read_text("utf-8"))["submissions"]
    (exercise,) = entry["exercises"]
    assert entry["points"] is exercise["points"] is exercise["groups"][0]["points"] is None
    suites = ElementTree.parse(tmp_path / "junit.xml").findall("testsuite")
    assert [[p.get("name") for p in suite.iter("property")] for suite in suites] == [
        ["points", "max_points"],
        ["max_points"],
    ]
    (document,) = (tmp_path / "gradescope" / "two").iterdir()
    answer = json.loads(document.read_text("utf-8"))
    assert "score" not in answer and answer["tests"] == [] and "not your fault" in answer["output"]
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "<p class=failed>" in index and "put the cause right" in index.lower()
    (student,) = (tmp_path / "students").iterdir()
    page = student.read_text("utf-8")
    assert "<strong>– / 8</strong>" in page and "you lose nothing by it" in page
    assert "broken" not in page and "full marks" not in page


GRADESCOPE_TEST = {"name": str, "number": str, "score": (int, float), "max_score": (int, float)} | {
    "status": str,
    "output": str,
    "tags": list,
    "visibility": str,
}
GRADESCOPE = {"score": (int, float), "output": str, "tests": list} | {
    name: str
    for name in (
        *("output_format", "test_output_format", "test_name_format"),
        *("visibility", "stdout_visibility"),
    )
}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}


def test_gradescope_gets_its_fields_and_the_tests_add_up(small: list[SubmissionResult]) -> None:
    for result in small:
        written = io.StringIO()
        gradescope.write(result, "zh", written)
        document = json.loads(written.getvalue())
        assert document.keys() >= GRADESCOPE.keys()
        assert all(isinstance(document[name], kind) for name, kind in GRADESCOPE.items())
        assert {document["visibility"], document["stdout_visibility"]} <= VISIBILITY
        assert document["stdout_visibility"] == "hidden"
        assert document["score"] == pytest.approx(sum(test.get("score", 0) for test in document["tests"]))
        for test in document["tests"]:
            assert test.keys() <= GRADESCOPE_TEST.keys()
            assert all(isinstance(value, GRADESCOPE_TEST[name]) for name, value in test.items())
            assert test["visibility"] in VISIBILITY - {"hidden"}
            assert bool(test["output"]) == (test["status"] == "failed")
        for exercise in result.exercises:
            own = [test for test in document["tests"] if test["name"].startswith(f"{exercise.name}: ")]
            passed = all(test["status"] == "passed" for test in own)
            assert passed == (exercise.verdict is Verdict.AC)


def test_canvas_gets_its_columns_the_points_possible_and_no_zero_for_what_is_missing() -> None:
    two = replace(made(student="bo"), assignment="two")
    written = io.StringIO()
    canvas_file.write(collect([made(), made(Verdict.WA, student="bo"), two]), "en", written)
    header, possible, *students = csv.reader(io.StringIO(written.getvalue()))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "one", "two"]
    assert possible == ["Points Possible", "", "", "", "", "4", "4"]
    assert students == [["an", "", "", "an", "", "4", ""], ["bo", "", "", "bo", "", "0", "4"]]


def test_canvas_knows_a_student_of_its_own_download_by_the_number() -> None:
    downloaded = [
        replace(made(student="lina (340934)"), file="lina_340934_208490284_relu.py"),
        replace(made(student="=bo (7)"), file=""),  # has handed in a picture
        replace(made(student="anon_x7Ba2"), file="anon_x7Ba2_208490285_relu.py"),
        replace(made(student="an (5)"), file="an (5)/relu/relu.py"),  # a folder that somebody called so
    ]
    written = io.StringIO()
    canvas_file.write(collect(downloaded), "en", written)
    _, _, *students = csv.reader(io.StringIO(written.getvalue()))
    assert students == [
        ["lina", "340934", "", "", "", "4"],
        ["'=bo", "7", "", "", "", "4"],
        ["anon_x7Ba2", "", "", "anon_x7Ba2", "", "4"],
        ["an (5)", "", "", "", "", "4"],
    ]


@pytest.mark.parametrize(
    ("student", "file", "name", "number", "login"),
    [
        ("2021001 李娜", "", "李娜", "2021001", ""),  # of a roster
        ("S77 Li, Na", "", "Li, Na", "S77", ""),
        ("2021001_李娜", "", "李娜", "2021001", ""),
        ("李娜（2021001）", "", "李娜", "2021001", ""),
        ("Li (12)", "Li_12_assignsubmission_file/x.py", "Li", "", ""),  # Moodle's number
        ("lina@x.edu", "", "lina@x.edu", "", "lina@x.edu"),
        ("Li Na", "", "Li Na", "", ""),
        ("李娜", "", "李娜", "", ""),
    ],
)
def test_canvas_gets_a_number_a_login_or_the_name_alone(
    student: str, file: str, name: str, number: str, login: str
) -> None:
    written = io.StringIO()
    canvas_file.write(collect([replace(made(student=student), file=file)]), "en", written)
    assert list(csv.reader(io.StringIO(written.getvalue())))[2] == [name, "", number, login, "", "4"]


def test_moodle_gets_a_grading_worksheet_an_assignment(tmp_path: Path) -> None:
    shown = Authored("b < a", "the signs & more are reversed: b < a")
    results = [
        replace(
            made(student="Li Na 李娜 (1234567)"), file="Li Na 李娜_1234567_assignsubmission_file/relu.py"
        ),
        replace(made(Verdict.WA, student="Bo (8)", text=shown, printed="secret"), file=""),
        made(student="an"),
    ]
    told: list[Text] = []
    assert class_report.write("moodle", lambda: results, tmp_path, "en", told.append) == tmp_path / "moodle"
    with (tmp_path / "moodle" / "one.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Identifier"], row["Full name"], row["Grade"], row["Maximum Grade"]) for row in rows] == [
        ("Participant 1234567", "Li Na 李娜", "4", "4"),
        ("Participant 8", "Bo", "0", "4"),
    ]
    assert {row["Last modified (grade)"] for row in rows} == {""}
    assert [row["Feedback comments"] for row in rows] == [
        "relu: 4/4",
        "relu: 0/4<br>the signs &amp; more are reversed: b &lt; a",
    ]
    assert told == [say("report.left_out", names="an")]
    with pytest.raises(class_report.ReportError):
        class_report.write("moodle", lambda: [made()], tmp_path, "en")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\u200b+1", "　\ufeff@x", "＝1", "＋1", " －1", "＠x"]
)
def test_no_name_is_a_formula_to_a_spreadsheet(name: str) -> None:
    grades, canvas = io.StringIO(), io.StringIO()
    assert len([*csv_file.through([made(student=name)], ["relu"], grades, "en")]) == 1
    canvas_file.write(collect([made(student=name)]), "en", canvas)
    for text in (grades.getvalue(), canvas.getvalue()):
        assert any(f"'{name}" in row for row in csv.reader(io.StringIO(text)))
        assert all(cell != name for row in csv.reader(io.StringIO(text)) for cell in row)


@pytest.mark.parametrize("name", ["an", "O'Neil-Ray, Ann", "李　娜", "", " ", "1+1", "\u200ban"])
def test_other_names_are_left_alone(name: str) -> None:
    assert csv_file.harmless(name) == name


@given(st.lists(st.text(max_size=80), unique=True))
@settings(max_examples=40)
def test_file_names_are_safe_and_no_two_are_the_same(names: list[str]) -> None:
    files = file_names(names)
    assert list(files) == names
    assert len({file.casefold() for file in files.values()}) == len(names)
    for name, file in files.items():
        assert re.fullmatch(r"[\w-]+", file) and len(f"{file}.html".encode()) <= 255
        assert file_names([name])[name] == file or file.startswith(file_names([name])[name])


# ---- The command -------------------------------------------------------------------------------------------


def call(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, arguments)))


PRINTING = authored.TYPICAL.replace("return", "print('for the teacher')\n    return")


def test_grade_then_report_in_every_format(tmp_path: Path) -> None:
    authored.write_course(tmp_path / "solutions")
    authored.draw_keys(tmp_path / "solutions", tmp_path / "keys")
    for student, text in (("安", authored.RIGHT), ("bo", PRINTING)):
        path = tmp_path / "submitted" / student / "relu" / "relu.py"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    grades = tmp_path / "grades"
    place = ("--keys", tmp_path / "keys", "--out", grades, "--isolation", "process", "--jobs", "1")
    assert call("grade", tmp_path / "submitted", *place, "--lang", "zh").exit_code == 0
    done = call("report", grades, "--format", "moodle")
    assert done.exit_code == 2 and "was not graded from one" in done.output
    for form in set(FORMATS) - {"moodle"}:
        done = call("report", grades, "--format", form, "--lang", "zh")
        assert (done.exit_code, done.stdout[:3]) == (0, "已写入"), done.output
    report = grades / "report"
    assert (report / "results.json").read_text("utf-8").count("it looks") == 0
    assert (report / "grades.csv").read_bytes() == (grades / "grades.csv").read_bytes()
    assert {path.name for path in (report / "students").iterdir()} == {"安.html", "bo.html"}
    page = (report / "index.html").read_text("utf-8")
    assert "没有乘以上游的残差" in page and "the residual from above was left out" in page
    assert "for the teacher" in page
    assert "for the teacher" not in (report / "students" / "bo.html").read_text("utf-8")
    (score,) = (report / "gradescope" / "relu").glob("bo.json")
    assert json.loads(score.read_text("utf-8"))["score"] == 0
    # Graded once more, one student alone: that is now the class, and the folder's other results stay stored.
    assert call("grade", tmp_path / "submitted" / "bo" / "relu" / "relu.py", *place).exit_code == 0
    assert call("report", grades, "--format", "csv").exit_code == 0
    assert len((report / "grades.csv").read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize("form, ending", [("html", "html"), ("gradescope", "json")])
def test_a_report_removes_only_what_the_last_one_wrote_and_nobody_has_edited(
    form: Format, ending: str, tmp_path: Path
) -> None:
    told: list[Text] = []

    def report(*students: str) -> None:
        class_report.write(
            form, lambda: [made(student=name) for name in students], tmp_path, "en", told.append
        )

    folder = tmp_path / ("students" if form == "html" else "gradescope/one")
    folder.mkdir(parents=True)
    (folder / f"stranger.{ending}").write_text("mine")
    (folder / "photos").mkdir()
    report("an", "bo", "chi")
    (folder / f"bo.{ending}").write_text("edited")
    report("an")
    assert {path.name for path in folder.iterdir()} == {
        *(f"an.{ending}", f"bo.{ending}", f"stranger.{ending}", "photos")
    }
    (kept,) = told
    assert f"bo.{ending}" in kept.in_language("en") and "are kept" in kept.in_language("en")
    assert (folder / f"bo.{ending}").read_text() == "edited"
    # Where nothing says who wrote them, as in the folder of an earlier version, all files stay.
    (tmp_path / MANIFEST).unlink()
    report("dai")
    assert {f"an.{ending}", f"bo.{ending}", f"dai.{ending}"} <= {path.name for path in folder.iterdir()}
    # Nor does a file of that name reach out of the folder.
    (tmp_path / MANIFEST).write_text(
        json.dumps({f"{folder.relative_to(tmp_path)}/..": "x", "x": 1, "y": None})
    )
    report("dai")
    assert (folder / f"an.{ending}").exists()


def test_the_store_gives_the_class_back_in_order_with_each_students_name(tmp_path: Path) -> None:
    same, other = StoreKey("a", "k", "e"), StoreKey("b", "k", "e")
    with Store(tmp_path / "results.sqlite") as store:
        store.put(same, made())
        store.put(other, made(Verdict.WA))
        for names in ("zoe bo an", "chi"):
            keys = {"bo": other}
            members = (Member(name, "one", f"{name}.py", keys.get(name, same), ()) for name in names.split())
            store.keep_class(members, {})
            found = [(one.student, one.file, one.points) for one in store.graded_class()]
            assert found == [(name, f"{name}.py", 0 if name == "bo" else 4) for name in names.split()]


def test_a_folder_where_nobody_may_write_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made in it, for a moment either; but what another process has just written is seen."""
    path = tmp_path / "results.sqlite"
    key = StoreKey("a", "k", "e")
    with Store(path) as store:
        store.put(key, made())
        with Store(path, read_only=True) as reader:
            assert reader.get(key)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Store(path, read_only=True) as reader:
        assert reader.get(key)
        assert list(tmp_path.iterdir()) == [path]
        with pytest.raises(StoreError):
            reader.put(key, made())
    with Store(path) as store:
        store.put(key, made(Verdict.WA))
        with Store(path, read_only=True) as reader:
            assert reader.get(key) == made(Verdict.WA)


def test_mistakes_in_the_call_are_one_sentence(tmp_path: Path) -> None:
    with Store(tmp_path / "empty" / "results.sqlite"):
        pass
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "results.sqlite").write_text("no database")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "results.sqlite").touch()
    for folder, part in (
        ("nowhere", "autograder grade"),
        ("empty", "once more"),
        ("other", "cannot be used"),
        ("nothing", "`autograder grade` has written nothing into it"),
    ):
        done = call("report", tmp_path / folder)
        assert done.exit_code == 2
        (line,) = done.output.splitlines()
        assert line.startswith("autograder: ") and part in line
