"""The pages of a class, and what no student may see in what is given to them."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring import assignment
from autograder.base.messages import COURSE_LANGUAGES, Authored
from autograder.judging.results import (
    SubmissionResult,
    Verdict,
)
from autograder.reports import (
    class_report,
    gradescope,
    html_page,
    words,
)
from autograder.sandbox.values import Formula
from tests import authored, trusted
from tests.class_reports import Page, hostile_class, made, write_html
from tests.draws import draw_hidden


def test_students_text_is_escaped_in_every_page(tmp_path: Path) -> None:
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
        assert sum("warning" in value.split() for value in classes) == warnings


def test_a_large_classes_feedback_stays_out_of_the_page(
    tmp_path: Path, small: list[SubmissionResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {one.student for one in small}
    for limit, inside in ((len(small), len(names)), (len(small) - 1, 0)):
        monkeypatch.setattr(class_report, "IN_PAGE", limit)
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
def test_files_of_an_earlier_class_are_deleted(form: class_report.Format, tmp_path: Path) -> None:
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
def test_gradescope_and_the_pages_show_the_same_sentences(
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


def test_the_page_allows_no_script_but_its_own(tmp_path: Path) -> None:
    stream = io.StringIO()
    html_page.write_student("an", [made()], "en", stream)
    (policy,) = (value for _, value in Page(stream.getvalue()).attributes if "default-src" in value)
    assert "default-src 'none'" in policy and "script-src" not in policy
