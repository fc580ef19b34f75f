"""Graded submissions made by hand, and the pages that are written of them."""

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from autograder.base.messages import Authored, Text
from autograder.judging.results import (
    CaseResult,
    ExerciseResult,
    GroupResult,
    SubmissionResult,
    Verdict,
)
from autograder.reports import (
    class_report,
)
from autograder.reports.class_report import Format
from tests import synthetic_class

FORMATS: tuple[Format, ...] = get_args(Format)
HOSTILE = "<script>window.hacked=1</script><img src=x onerror='window.hacked=2'>\"';--\x00\x1b\ud800‮=1+1"


@pytest.fixture(scope="session")
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


def not_graded(result: SubmissionResult) -> SubmissionResult:
    """`result` as it is when the grader fails."""
    exercises = tuple(
        replace(
            exercise,
            verdict=Verdict.JE,
            misconception=None,
            symptom=None,
            diagnosis=None,
            groups=tuple(
                replace(group, points=0, cases=tuple(CaseResult(Verdict.JE, 0.0) for _ in group.cases))
                for group in exercise.groups
            ),
        )
        for exercise in result.exercises
    )
    return replace(result, exercises=exercises, notes=(Authored("坏", "broken"),))


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
