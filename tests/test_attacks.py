"""Whole submissions, hostile and odd, from the file to the points.

`submissions/attack/` holds what has been tried against Python graders: none may earn a point that a right
answer would not earn. `submissions/odd/` holds what honest students hand in: all of it earns every point. The
first line of each file says which verdict it must get, for all functions or for each.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder import answer_key
from autograder.answer_key import AnswerKey
from autograder.attempt import Attempt, attempt
from autograder.comparison import Exact
from autograder.exercise import Case, Exercise
from autograder.judge import calls
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits, MiB
from tests.test_sandbox import ISOLATIONS

SUBMISSIONS = Path(__file__).with_name("submissions")
ATTACKS = sorted((SUBMISSIONS / "attack").iterdir())
ODD = sorted((SUBMISSIONS / "odd").iterdir())
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20, memory=256 * MiB)


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))


def exercises() -> tuple[Exercise, ...]:
    """An assignment of three functions, with the kinds of cases that real ones have."""
    doubling = Exercise(double, points=3, lecture="0")
    adding = Exercise(add, points=2, lecture="0")
    picking = Exercise(pick, points=1, lecture="0", accept=Exact())

    @doubling.group("small", points=1, zh="小", en="small")
    def small(rng):
        yield (rng.normal(size=3),)
        yield (1e-9 * rng.normal(size=4),)

    @doubling.group("images", points=2, zh="图像", en="images")
    def images(rng):
        yield (rng.normal(size=(3, 4)),)

    @adding.group("layouts", points=2, zh="内存布局", en="layouts")
    def layouts(rng):
        for layout in ("C", "fortran", "strided", "readonly"):
            yield Case((rng.normal(size=(3, 4)), rng.normal(size=(3, 4))), layout=layout, fresh=True)

    @picking.group("any", points=1, zh="任意", en="any")
    def any_position(rng):
        for position in (5, 1):
            x = rng.normal(size=7)
            x[position] += 10
            yield (x,)

    @doubling.misconception(zh="没有乘以 2", en="nothing was doubled")
    def not_doubled(x):
        return x

    return doubling, adding, picking


@pytest.fixture(scope="module")
def key() -> AnswerKey:
    return answer_key.draw_hidden("attacks", exercises())


@pytest.fixture(scope="module", params=ISOLATIONS)
def sandbox(request: pytest.FixtureRequest, key: AnswerKey) -> Iterator[Sandbox]:
    """One for all submissions: what one leaves behind would show in the next."""
    with Sandbox(calls(key), LIMITS, request.param) as one:
        yield one


def judged(path: Path, key: AnswerKey, sandbox: Sandbox) -> Attempt:
    return attempt(path.name, path.read_bytes(), key, sandbox.run)


def required(path: Path, key: AnswerKey) -> dict[str, str]:
    """The verdicts that the first line of `path` asks for."""
    if path.suffix == ".ipynb":
        line = json.loads(path.read_text("utf-8"))["metadata"]["verdict"]
    else:
        line = path.read_text("utf-8-sig").splitlines()[0]
    whole = re.fullmatch(r"# verdict: (\w+)", line)
    if whole:
        return {exercise.name: whole[1] for exercise in key.exercises}
    return dict(re.findall(r"(\w+): (\w+)", line))


@pytest.mark.parametrize("path", [*ATTACKS, *ODD], ids=lambda path: path.stem)
def test_a_submission_gets_the_verdict_that_it_asks_for(path, key, sandbox):
    if sys.platform != "linux" and path in ATTACKS:
        pytest.skip("Linux's mechanisms")
    done = judged(path, key, sandbox)
    assert {result.name: result.verdict.value for result in done.exercises} == required(path, key)
    for result in done.exercises:
        right = all(case.verdict.value == "AC" for group in result.groups for case in group.cases)
        assert (result.verdict.value == "AC") == right == (result.points == result.max_points)
        assert not any(number in str(result.diagnosis) for number in numbers(key))


def numbers(key: AnswerKey) -> set[str]:
    """How the key's numbers begin: none of them may show in what a student reads about a hidden test."""
    values = [
        value
        for exercise in key.exercises
        for case in exercise.cases
        for value in (*case.args, case.expected)
    ]
    return {
        repr(number)[:8] for value in values for number in np.ravel(value).tolist() if type(number) is float
    }


def test_after_all_of_them_a_right_answer_is_right(key, sandbox):
    for path in ODD[:2]:
        assert {result.verdict.value for result in judged(path, key, sandbox).exercises} == {"AC"}
