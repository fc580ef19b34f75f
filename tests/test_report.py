"""`autograder report`: what a class comes to, each format, the pages, and what no student may see in them."""

import csv
import gc
import io
import json
import os
import re
import statistics
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden
from autograder.base.messages import COURSE_LANGUAGES, Authored, Text, Verbatim, say
from autograder.cli import app
from autograder.grading.grade_class import class_results
from autograder.grading.store import Member, Store, StoreError, StoreKey
from autograder.judging.results import (
    CaseResult,
    ExerciseResult,
    GroupResult,
    SubmissionResult,
    Verdict,
)
from autograder.reports import (
    canvas_file,
    class_report,
    csv_file,
    files,
    gradescope,
    html_page,
    junit_file,
    output,
    words,
)
from autograder.reports.class_report import Format, file_names
from autograder.reports.class_statistics import BINS, EXAMPLES, Cause, Cell, bin_of, collect
from autograder.sandbox.values import Formula
from tests import authored, synthetic_class, trusted
from tests.browser import chromium

FORMATS: tuple[Format, ...] = get_args(Format)
HOSTILE = "<script>window.hacked=1</script><img src=x onerror='window.hacked=2'>\"';--\x00\x1b\ud800‮=1+1"


@pytest.fixture(scope="module")
def small() -> list[SubmissionResult]:
    return list(synthetic_class.results(12))


def made(
    verdict: Verdict = Verdict.AC,
    misconception: str | None = None,
    *,
    name: str = "relu",
    student: str = "an",
    text: Text | None = None,
    seconds: float = 0.5,
    notes: tuple[Text, ...] = (),
    printed: str = "",
) -> SubmissionResult:
    """A submission of one exercise worth 4."""
    earned = 4 if verdict.earns else 0
    groups = (GroupResult("signs", earned, 4, (CaseResult(verdict, seconds),)),)
    exercise = ExerciseResult(name, verdict, misconception, text, text, groups)
    file = f"{student}/relu.py"
    return SubmissionResult(student, "one", file, "bubblewrap", 1.0, (exercise,), notes, printed)


# ---- What a class comes to ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("students", "seed"), [(3, 1), (60, 2), (60, 3)])
def test_the_statistics_are_those_of_a_plain_recomputation(students: int, seed: int) -> None:
    results = list(synthetic_class.results(students, seed))
    graded = collect(iter(results))
    shares = [one.points / one.max_points for one in results]
    assert graded.submissions == len(results)
    assert graded.mean == pytest.approx(sum(shares) / len(shares))
    assert graded.median == pytest.approx(np.median(shares))
    assert graded.full_marks == sum(one.points == one.max_points for one in results)
    for one in graded.assignments:
        own = [result for result in results if result.assignment == one.name]
        percent = np.array([100 * result.points / result.max_points for result in own])
        assert one.submissions == len(own)
        assert one.mean == pytest.approx(percent.mean() / 100)
        assert one.histogram[-1] == (percent == 100).sum()
        for index in range(BINS - 1):
            inside = (percent >= 10 * index - 1e-6) & (percent < 10 * index + 10 - 1e-6)
            assert one.histogram[index] == inside.sum()
        for exercise in one.exercises:
            mine = [e for result in own for e in result.exercises if e.name == exercise.name]
            ran = [e for e in mine if e.verdict.value not in ("NI", "MISSING", "FORBIDDEN", "JE")]
            times = [sum(case.seconds for group in e.groups for case in group.cases) for e in ran]
            assert exercise.submissions == len(mine)
            assert exercise.passed == sum(e.verdict is Verdict.AC for e in mine)
            assert exercise.mean == pytest.approx(statistics.mean(e.points / e.max_points for e in mine))
            assert dict(exercise.verdicts) == Counter(e.verdict for e in mine)
            assert exercise.median_seconds == (statistics.median(times) if times else None)
    assert [one.name for one in graded.students] == list(dict.fromkeys(one.student for one in results))
    for student in graded.students:
        own = [result for result in results if result.student == student.name]
        assert student.points == pytest.approx(sum(result.points for result in own))
        cells = {
            (result.assignment, e.name): Cell(e.points, e.max_points, e.verdict)
            for result in own
            for e in result.exercises
        }
        columns = [(exercise.assignment, exercise.name) for exercise in graded.exercises]
        assert student.cells == tuple(cells.get(column) for column in columns)


@pytest.mark.parametrize("seed", [4, 5])
def test_misconceptions_are_counted_by_exercise_and_over_all_exercises(seed: int) -> None:
    results = list(synthetic_class.results(80, seed))
    found = [
        (e.misconception, result.assignment, e.name, result.student)
        for result in results
        for e in result.exercises
        if e.misconception
    ]
    graded = collect(results).misconceptions
    assert {one.id: one.count for one in graded} == Counter(id for id, *_ in found)
    ranks = [(-one.students, -one.count, one.id) for one in graded]
    assert ranks == sorted(ranks)
    for one in graded:
        places = Counter(
            place for id, *place, _ in map(list, found) if id == one.id for place in [tuple(place)]
        )
        assert {(o.assignment, o.exercise): o.count for o in one.occurrences} == places
        who = list(dict.fromkeys(student for id, _, _, student in found if id == one.id))
        assert (one.students, one.examples) == (len(who), tuple(who[:EXAMPLES]))
    assert any(len(one.occurrences) > 1 for one in graded)  # the same mistake in several exercises


def test_a_pair_counts_for_both_of_its_misconceptions_in_the_words_of_each_alone() -> None:
    alone, other = Authored("甲", "a"), Authored("乙", "b")
    together = say("idea.partly", hint=say("idea.both", one=alone, other=other))
    graded = collect(
        [
            made(Verdict.WA, "first+second", text=together, student="an"),
            made(Verdict.WA, "first", text=alone, student="bo"),
        ]
    )
    first, second = graded.misconceptions
    assert (first.id, first.count, first.text, first.examples) == ("first", 2, alone, ("an", "bo"))
    assert (second.id, second.count, second.text) == ("second", 1, other)


def test_a_diagnosis_is_counted_without_the_words_around_it() -> None:
    hint = Authored("没有翻转卷积核：180°", "the kernel was not rotated: by 180°")
    framed = [made(Verdict.WA, "m", text=say(id, hint=hint)) for id in ("idea.whole", "idea.partly")]
    (exercise,) = collect(framed).exercises
    assert exercise.typical is not None
    assert (exercise.typical.text, exercise.typical.count) == (hint, 2)


def test_a_symptom_is_counted_by_its_id_whatever_its_values_and_where_it_is_seen() -> None:
    long, short = (say("symptom.list_wrong_length", got=got, n=3) for got in (9, 2))
    limited = say("symptom.only_where", said=short, feature=say("symptom.where_integers"))
    other = say("symptom.all_zero", part=Verbatim(""))
    (exercise,) = collect(
        made(Verdict.WA, text=text) for text in (other, long, short, short, limited, other)
    ).exercises
    assert exercise.typical == Cause(Verdict.WA, "symptom.list_wrong_length", short, 4)


@pytest.mark.parametrize(
    ("results", "typical"),
    [
        ([made()], None),
        ([made(Verdict.WA, "m", text=Authored("甲", "a"))] * 2 + [made(Verdict.RTE)], ("m", 2)),
        ([made(Verdict.WA, "m", text=Authored("甲", "a")), made(Verdict.RTE)], ("m", 1)),
        ([made(Verdict.NI)] * 3 + [made(Verdict.TLE)], (Verdict.TLE, 1)),
        ([made(Verdict.NI)] * 3, (Verdict.NI, 3)),
        ([made(Verdict.JE)], None),
    ],
)
def test_the_typical_mistake_is_the_most_frequent_one_that_tells_something(
    results: list[SubmissionResult], typical: Any
) -> None:
    (exercise,) = collect(results).exercises
    cause = exercise.typical
    assert (cause and (cause.id or cause.verdict, cause.count)) == typical


@pytest.mark.parametrize(("share", "place"), [(0, 0), (0.0999, 0), (0.1, 1), (0.7, 7), (0.999, 9), (1, 10)])
def test_a_bin_is_ten_per_cent_wide_and_full_marks_have_their_own(share: float, place: int) -> None:
    assert bin_of(share) == place


def test_a_class_without_anything_has_no_mean_and_can_be_shown(tmp_path: Path) -> None:
    graded = collect([])
    assert (graded.mean, graded.median, graded.students, graded.exercises) == (None, None, (), ())
    for form in FORMATS:
        class_report.write(form, list, tmp_path, "en")


# ---- Every format ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_keeps_the_results_of_more_than_one_student(form: Format, tmp_path: Path) -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Tracked(SubmissionResult):
        __hash__ = object.__hash__

    def results() -> Iterator[SubmissionResult]:
        nonlocal most
        for number in range(60):
            file = f"s_{number // 2}_assignsubmission_file/relu.py"
            one = replace(made(student=f"s ({number // 2})"), file=file)
            tracked = Tracked(*(getattr(one, name) for name in SubmissionResult.__dataclass_fields__))
            alive.add(tracked)
            del one
            yield tracked
            if number % 20 == 19:
                gc.collect()  # a template's own cycles
                most = max(most, len(alive))

    class_report.write(form, results, tmp_path, "en")
    assert 0 < most <= 6


def test_grade_writes_everything_in_one_pass(tmp_path: Path, small: list[SubmissionResult]) -> None:
    names = list(dict.fromkeys(e.name for one in small for e in one.exercises))
    once = iter([*small, made(Verdict.JE, notes=(Authored("坏", "broken"),))])
    assert output.write(once, names, tmp_path, "en", as_json=False)
    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8")))
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
        assert case.get("name") == "relu" and float(case.get("time", "")) == 0.5
        assert str(suite.get("name")).endswith("/one")
        assert len(case) == (result.exercises[0].verdict is not Verdict.AC)
    (failure,) = suites[1].iter("failure")
    assert (failure.get("type"), failure.get("message")) == ("WA", "all zero")
    (error,) = suites[2].iter("error")
    assert error.get("type") == "JE"


GRADESCOPE_TEST = {"name": str, "number": str, "score": (int, float), "max_score": (int, float)} | {
    "status": str,
    "output": str,
    "tags": list,
    "visibility": str,
}
GRADESCOPE = {"score": (int, float), "execution_time": (int, float), "output": str, "tests": list} | {
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
    canvas_file.write(collect([made(), made(Verdict.WA, student="bo"), two]), written)
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
    canvas_file.write(collect(downloaded), written)
    _, _, *students = csv.reader(io.StringIO(written.getvalue()))
    assert students == [
        ["lina", "340934", "", "", "", "4"],
        ["'=bo", "7", "", "", "", "4"],
        ["anon_x7Ba2", "", "", "anon_x7Ba2", "", "4"],
        ["an (5)", "", "", "an (5)", "", "4"],
    ]


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
    files.exhaust(csv_file.through([made(student=name)], ["relu"], grades))
    canvas_file.write(collect([made(student=name)]), canvas)
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


# ---- Pages -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would make of a page, as far as these tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attributes]
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside not in ("style", "script"):
            self.text += data


def write_html(results: list[SubmissionResult], folder: Path, lang: str = "en") -> tuple[Path, list[Path]]:
    index = class_report.write("html", lambda: results, folder, lang)
    return index, sorted((folder / "students").iterdir())


def hostile_class() -> list[SubmissionResult]:
    texts = Authored(f"甲{HOSTILE}", f"a{HOSTILE}")
    return [
        replace(
            made(
                Verdict.WA,
                HOSTILE,
                name=HOSTILE,
                student=f"{number}{HOSTILE}",
                text=texts,
                notes=(texts,),
                printed=HOSTILE,
            ),
            assignment=f"a{HOSTILE}",
            isolation=HOSTILE,
        )
        for number in range(2)
    ]


def test_whatever_students_write_is_text_in_every_page(tmp_path: Path) -> None:
    index, students = write_html(hostile_class(), tmp_path)
    assert len(students) == 2
    for path in (index, *students):
        page = Page(path.read_text(encoding="utf-8"))
        assert page.tags["script"] == (path == index) and page.tags["img"] == 0
        assert "window.hacked=1" in page.text
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert not [value for _, value in page.attributes if value.startswith(("javascript:", "http"))]


def test_a_page_needs_no_network(tmp_path: Path, small: list[SubmissionResult]) -> None:
    index, students = write_html(small, tmp_path)
    for path in (index, students[0]):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""https?://|@import|url\(""", text)


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
def test_a_student_is_told_points_and_reasons_in_both_languages(lang: str, tmp_path: Path) -> None:
    result = made(Verdict.WA, "m", text=Authored("全是 0", "all zero"))
    _, (path,) = write_html([result], tmp_path, lang)
    text = path.read_text(encoding="utf-8")
    assert "全是 0" in text and "all zero" in text and "0 / 4" in text
    checked = re.findall(r'id="(lang-\w+)" checked', text)
    assert checked == [f"lang-{lang}"]


def test_the_page_warns_of_judge_errors_and_of_weak_isolation(tmp_path: Path) -> None:
    sound, failed, weak = made(), made(Verdict.JE), replace(made(), isolation="process")
    for results, warnings in (([sound], 0), ([sound, failed], 1), ([sound, weak], 1), ([failed, weak], 2)):
        index, _ = write_html(results, tmp_path)
        classes = [value for name, value in Page(index.read_text("utf-8")).attributes if name == "class"]
        assert classes.count("warning") == warnings


def test_a_large_classes_feedback_stays_out_of_the_page(
    tmp_path: Path, small: list[SubmissionResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {one.student for one in small}
    for limit, inside in ((len(small), len(names)), (len(small) - 1, 0)):
        monkeypatch.setattr(class_report, "_IN_PAGE", limit)
        index, students = write_html(small, tmp_path)
        assert Page(index.read_text("utf-8")).tags["template"] == inside
        assert len(students) == len(names)


SECRETIVE = """
def relu_backward(delta, z):
    print("secret", delta.tolist(), z.tolist())
    if delta.ndim == 3:
        raise ValueError(f"{delta.tolist()} {z.tolist()}")
    return delta * 2 * (z > 0)
"""


def hidden_numbers(value: Any) -> Iterator[float]:
    """Every number of a hidden key that is not whole, for whole numbers stand everywhere."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from hidden_numbers(part)
    elif not isinstance(value, str | Formula | type(None)):
        yield from (float(number) for number in np.ravel(value) if number != round(float(number)))


def test_what_a_student_gets_holds_no_hidden_number_no_note_and_no_output(tmp_path: Path) -> None:
    (course,) = assignment.load_all(authored.write_course(tmp_path / "course").parent)
    key = draw_hidden(course.name, course.exercises, domain=course.domain)
    secrets = sorted(
        {n for e in key.exercises for case in e.cases for n in hidden_numbers((case.args, case.expected))}
    )
    shown = " ".join(map(repr, secrets))
    note = Authored(f"备注 {shown}", f"note {shown}")
    for function in (SECRETIVE, authored.TYPICAL, authored.PARTLY, authored.CRASH, authored.BROKEN):
        exercises = trusted.graded_source(key, function)
        result = SubmissionResult(
            "an", "relu", "relu.py", "process", 0.0, exercises, (note,), f"printed {shown}"
        )
        index, (own,) = write_html([result], tmp_path / "report")
        (gradescope,) = class_report.write(
            "gradescope", lambda result=result: [result], tmp_path, "en"
        ).rglob("*.json")
        junit = class_report.write("junit", lambda result=result: [result], tmp_path, "en")
        assert found_in(secrets, index) and "printed" in Page(index.read_text()).text  # the instructor's
        for path in (own, gradescope, junit):
            assert found_in(secrets, path) == []
            text = path.read_text(encoding="utf-8")
            assert "note" not in text.replace("noted", "") and "备注" not in text and "printed" not in text


def found_in(secrets: list[float], path: Path) -> list[str]:
    """The numbers of a file that tell a secret, as far as its digits go."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = Page(text).text
    numbers = re.findall(r"-?\d+\.\d{3,}(?:e-?\d+)?", text)
    return [one for one in numbers if np.isclose(secrets, float(one), rtol=1e-2).any()]


@pytest.mark.parametrize("form", ["html", "gradescope"])
def test_nothing_of_an_earlier_class_is_left_to_be_sent(form: class_report.Format, tmp_path: Path) -> None:
    def students(*names: str) -> set[str]:
        results = [made(student=name) for name in names]
        class_report.write(form, lambda: results, tmp_path, "en")
        folder = tmp_path / ("students" if form == "html" else f"gradescope/{results[0].assignment}")
        return {path.stem for path in folder.iterdir()}

    both = students("Li", "li")
    assert len({name.casefold() for name in both}) == 2  # on a disk that knows no upper case, too
    assert students("Li") == {"Li"}


@pytest.mark.parametrize(
    ("symptom", "misconception", "told"),
    [("seen", None, "seen"), ("seen", "m", "seen"), (None, None, "why"), (None, "m", "wrong answer")],
)
def test_gradescope_and_the_pages_tell_the_same(
    symptom: str | None, misconception: str | None, told: str
) -> None:
    """What can be seen at once, with the idea on the page and later on Gradescope."""
    result = made(Verdict.WA, misconception)
    seen = None if symptom is None else Authored(symptom, symptom)
    exercise = replace(result.exercises[0], symptom=seen, diagnosis=Authored("why", "why"))
    written = io.StringIO()
    gradescope.write(replace(result, exercises=(exercise,)), "en", written)
    tests = json.loads(written.getvalue())["tests"]
    now = [test["output"] for test in tests if test["visibility"] == "visible"]
    later = [test["output"] for test in tests if test["visibility"] == "after_due_date"]
    assert (now, later) == ([told], ["why"] if misconception else [])
    on_the_page = [text.in_language("en") for text in words.told(exercise)]
    assert on_the_page == [text for text in [*now, *later] if symptom or text == "why"]


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
    assert call("grade", tmp_path / "submitted", *place).exit_code == 0
    done = call("report", grades, "--format", "moodle")
    assert done.exit_code == 2 and "was not graded from one" in done.output
    for form in set(FORMATS) - {"moodle"}:
        done = call("report", grades, "--format", form, "--lang", "zh")
        assert (done.exit_code, done.stdout[:6]) == (0, "wrote:"), done.output
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


def test_the_store_gives_the_class_back_in_order_with_each_students_name(tmp_path: Path) -> None:
    same, other = StoreKey("a", "k", "e"), StoreKey("b", "k", "e")
    with Store(tmp_path / "results.sqlite") as store:
        store.put(same, made())
        store.put(other, made(Verdict.WA))
        for names in ("zoe bo an", "chi"):
            keys = {"bo": other}
            store.keep_class(
                Member(name, "one", f"{name}.py", keys.get(name, same), ()) for name in names.split()
            )
            found = [(one.student, one.file, one.points) for one in class_results(store)]
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


# ---- In a browser ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A tab; whatever it complains about, or asks of the network, fails the test."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SubmissionResult]]:
    results = list(synthetic_class.results(300))
    return write_html(results, tmp_path_factory.mktemp("report"))[0], results


def column(tab: Any, table: str, index: int) -> list[str]:
    """What can be seen in one column of a table."""
    script = """([id, index]) => [...document.getElementById(id).tBodies[0].rows]
        .filter((row) => row.getClientRects().length).map((row) => row.cells[index - 1].innerText.trim())"""
    texts: list[str] = tab.evaluate(script, [table, index])
    return texts


@pytest.mark.slow
def test_tables_sort_and_search(tab: Any, large: tuple[Path, list[SubmissionResult]]) -> None:
    index, results = large
    tab.goto(index.as_uri())
    points = [one.points for one in collect(results).students]
    for order in (sorted(points, reverse=True), sorted(points)):
        tab.locator("#student-table thead button").nth(1).click()
        assert [float(text) for text in column(tab, "student-table", 2)] == order
    tab.locator("#exercise-table thead button").nth(1).click()
    names = column(tab, "exercise-table", 2)
    assert len(names) == len(collect(results).exercises)
    assert names == sorted(names, key=lambda name: name.replace("_", " "))  # as people sort, not by code
    tab.fill("input[data-for=exercise-table]", "pool2d back")
    assert column(tab, "exercise-table", 2) == ["avg_pool2d_backward", "max_pool2d_backward"]
    tab.fill("input[data-for=exercise-table]", "")
    assert len(column(tab, "exercise-table", 2)) == len(names)
    someone = results[70].student
    tab.fill("input[data-for=student-table]", someone.lower())
    assert column(tab, "student-table", 1) == [someone]


@pytest.mark.slow
def test_a_long_table_unfolds_when_asked_or_searched(
    tab: Any, large: tuple[Path, list[SubmissionResult]]
) -> None:
    index, results = large
    misconceptions = collect(results).misconceptions
    tab.goto(index.as_uri())
    assert len(column(tab, "misconception-table", 1)) == 25 < len(misconceptions)
    tab.click(".unfold")
    assert column(tab, "misconception-table", 1) == [str(one.students) for one in misconceptions]
    tab.reload()
    last = misconceptions[-1]
    tab.fill("input[data-for=misconception-table]", last.id)
    assert any(last.text.in_language("en") in text for text in column(tab, "misconception-table", 3))


@pytest.mark.slow
def test_language_and_light_are_switched_in_the_page(
    tab: Any, small: list[SubmissionResult], tmp_path: Path
) -> None:
    tab.goto(write_html(small, tmp_path)[0].as_uri())
    typical = collect(small).misconceptions[0].text
    for lang, title, other in (("zh", "班级报告", "Class report"), ("en", "Class report", "班级报告")):
        tab.locator(f"label:has(#lang-{lang})").click()
        shown = tab.locator("body").inner_text()
        assert title in shown and other not in shown
        assert typical.in_language(lang) in shown
        assert tab.evaluate("document.documentElement.lang")[:2] == lang
    colours = set()
    for theme in ("light", "dark"):
        tab.locator(f"label:has(#theme-{theme})").click()
        colours.add(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


@pytest.mark.slow
def test_a_students_feedback_opens_in_the_page_and_as_a_page_of_its_own(
    tab: Any, small: list[SubmissionResult], tmp_path: Path
) -> None:
    index, _ = write_html(small, tmp_path)
    tab.goto(index.as_uri())
    first, second = list(dict.fromkeys(one.student for one in small))[:2]
    tab.locator("#student-table a").first.click()
    assert tab.inner_text("#view-name") == first
    tab.click("#view-after")
    assert tab.inner_text("#view-name") == second
    view = tab.inner_text("#view-body")
    for result in small:
        if result.student == second:
            assert f"{result.points:g} / {result.max_points:g}" in view
    tab.keyboard.press("Escape")
    assert not tab.locator("#view").is_visible()
    tab.goto(index.as_uri() + "#student-1")
    tab.reload()
    assert tab.inner_text("#view-name") == second
    tab.click("#view-own")
    assert tab.inner_text("h1") == second
    assert re.sub(r"\s+", "", tab.inner_text("main")) == re.sub(r"\s+", "", view)


@pytest.mark.slow
def test_nothing_that_students_write_runs_in_the_browser(tab: Any, tmp_path: Path) -> None:
    index, students = write_html(hostile_class(), tmp_path)
    tab.goto(index.as_uri())
    tab.locator("#student-table td.cell").first.hover()
    assert "0 / 4 · wrong answer" in tab.inner_text("#tip")
    tab.locator("#student-table a").first.click()
    tab.locator("#view summary").click()
    assert "window.hacked=1" in tab.inner_text("#view-body")
    assert tab.evaluate("window.hacked") is None
    for path in students:
        tab.goto(path.as_uri())
        assert tab.evaluate("window.hacked") is None


def test_the_page_allows_no_script_but_its_own(tmp_path: Path) -> None:
    stream = io.StringIO()
    html_page.write_student("an", [made()], "en", stream)
    (policy,) = (value for _, value in Page(stream.getvalue()).attributes if "default-src" in value)
    assert "default-src 'none'" in policy and "script-src" not in policy
