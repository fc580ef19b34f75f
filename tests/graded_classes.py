"""A small class to be graded by real sandboxes: its course, its files, and one run over it."""

import dataclasses
import multiprocessing
import shutil
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import grade_class
from autograder.grading.engine import Settings
from autograder.grading.executors import WorkerPool
from autograder.grading.grade_class import Graded
from autograder.grading.store import Store
from autograder.judging.results import SubmissionResult, Verdict
from autograder.sandbox.limits import asked_for
from autograder.submissions import class_folder
from tests import authored

QUICK = Settings("process", asked_for(cpu_seconds=0.3))

CLASS = {
    "an": (authored.RIGHT, 10, Verdict.AC),
    "bo": (authored.PARTLY, 8, Verdict.WA),
    "chi": (authored.TYPICAL, 0, Verdict.WA),
    "dai": (authored.UNTOUCHED, 0, Verdict.NI),
    "e": (authored.CRASH, 0, Verdict.RTE),
    "fan": (authored.BROKEN, 0, Verdict.RTE),
    "gu": (authored.ENDLESS, 0, Verdict.TLE),
    "he": ("x = 1\n", 0, Verdict.MISSING),
}


class Course:
    """A folder with two assignments, their keys, and a class that has handed in something."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys, self.submitted = folder, folder / "keys", folder / "submitted"
        for name in ("relu", "relu_again"):
            authored.write_course(folder / "solutions", name)
        authored.draw_keys(folder / "solutions", self.keys)

    def hand_in(self, student: str, text: str, assignment: str = "relu", file: str = "") -> Path:
        path = self.submitted / student / assignment / (file or f"{assignment}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def hand_in_class(self) -> None:
        for student, (text, _, _) in CLASS.items():
            self.hand_in(student, text)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Course(tmp_path_factory.mktemp("course")).folder


@pytest.fixture
def graded_course(drawn: Path, tmp_path: Path) -> Course:
    """A course of its own for each test; the keys are drawn once."""
    shutil.copytree(drawn, tmp_path / "course")
    own = Course.__new__(Course)
    own.folder = tmp_path / "course"
    own.keys, own.submitted = own.folder / "keys", own.folder / "submitted"
    return own


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


class InThisProcess(Executor):
    """Does the work at once, where a test can reach it."""

    def submit(self, run: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(run(*args, **more))
        return future


@dataclasses.dataclass(frozen=True)
class Done:
    results: list[SubmissionResult]
    anew: list[str]
    """The students whose submissions were graded in this run, not taken from the store."""


def grade(
    course: Course,
    executor: Executor,
    settings: Settings = QUICK,
    workers: int = 2,
    path: Path | None = None,
    store: str = "results.sqlite",
    on_graded: Callable[[int], None] = lambda number: None,
    again: Collection[str] = (),
) -> Done:
    known = grade_class.known_assignments(course.keys)
    files = class_folder.find(path or course.submitted, None, *known).files
    keys = grade_class.load_keys(course.keys, {file.assignment for file in files})
    anew: list[str] = []
    seen: list[Graded] = []

    def count(graded: Graded, result: SubmissionResult | None) -> None:
        seen.append(graded)
        if result is not None:
            anew.append(graded.file.student)
        on_graded(len(seen))

    with Store(course.folder / "grades" / store) as opened:
        pool = WorkerPool(executor, lambda: workers, Path.resolve)
        anyway = {file for file in files if file.student in again}
        graded = grade_class.grade_class(files, keys, settings, opened, pool, count, anyway)
        assert [line.file for line in graded] == files
        assert len(seen) == len(files)
        return Done([grade_class.result_of(line, opened) for line in graded], sorted(anew))


def without_seconds(results: list[SubmissionResult]) -> list[SubmissionResult]:
    """Results without the times, which no two runs have in common."""
    return [
        dataclasses.replace(
            result,
            seconds=0.0,
            exercises=tuple(
                dataclasses.replace(
                    exercise,
                    groups=tuple(
                        dataclasses.replace(
                            group, cases=tuple(dataclasses.replace(case, seconds=0.0) for case in group.cases)
                        )
                        for group in exercise.groups
                    ),
                )
                for exercise in result.exercises
            ),
        )
        for result in results
    ]
