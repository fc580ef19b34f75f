"""The page of a class in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.judging.results import (
    SubmissionResult,
)
from autograder.reports.class_statistics import collect
from tests import synthetic_class
from tests.browser import chromium
from tests.class_reports import hostile_class, write_html


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
