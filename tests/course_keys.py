"""The course as its authors wrote it, read once in a process, and its hidden keys, drawn once in a run."""

import fcntl
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.authoring.assignment import Assignment
from autograder.authoring.exercise import Exercise
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from tests.draws import draw_hidden

COURSE = Path(__file__).parent.parent / "solutions"

CourseKey = Callable[[str], AnswerKey]
"""The hidden key of an assignment, by its name."""


@cache
def assignments() -> dict[str, Assignment]:
    """The assignments of the course by their names, in its order."""
    return {loaded.name: loaded for loaded in assignment.load_all(COURSE)}


def exercises(*names: str) -> dict[str, Exercise]:
    """The exercises of these assignments (of all, if none is given), each by its name."""
    chosen = names or tuple(assignments())
    return {exercise.name: exercise for name in chosen for exercise in assignments()[name].exercises}


@pytest.fixture(scope="session")
def course_key(tmp_path_factory: pytest.TempPathFactory) -> CourseKey:
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "course-keys"
    folder.mkdir(exist_ok=True)

    @cache
    def key(name: str) -> AnswerKey:
        path = folder / f"{name}.hidden.npz"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a worker that comes second waits for the first one's draw
            if not path.exists():
                one = assignments()[name]
                answer_key.save(draw_hidden(name, one.exercises, domain=one.domain), path)
        return answer_key.load(path)

    return key
