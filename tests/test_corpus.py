"""Whole submissions, from the file to the points: each lies in the folder of the verdict that it must earn.

What students write for the course's assignments lies in `accepted/`, `wrong_answer/`, `run_time_error/`,
`time_limit_exceeded/` and `memory_limit_exceeded/`: right in many styles, or wrong in ways seen in the wild.
`attack/` holds what has been tried against Python graders: none may earn a point that a right answer would
not earn. `odd/` holds what honest students hand in: all of it earns every point.

The head of a file, up to its first empty line, states what it must earn (in a notebook, `corpus` among its
metadata); an exercise that is not mentioned must earn all of its points:

    # assignment: conv_residual
    # rotate180: WA transposed                              the misconception that must be named
    # conv2d_input_grad: WA integer_buffer; loses integers  and the groups that it costs
    # pad_residual: RTE "IndexError"                        words of the diagnosis; no misconception

`wrong_answer/two_*` make two mistakes in one function, written `first+second`. Mistakes that the diagnosis
cannot name yet stand in `NOT_NAMED_YET`; their verdicts are checked all the same.
"""

import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import instead
from autograder.judging import in_process
from autograder.judging.answer_key import AnswerKey
from autograder.judging.comparison import Exact
from autograder.judging.evaluate import evaluate
from autograder.judging.judge import calls, judge
from autograder.judging.results import ExerciseResult, Verdict
from autograder.sandbox.client import Isolation, Sandbox
from autograder.sandbox.limits import Limits, MiB
from autograder.submissions import source
from tests.course_keys import CourseKey
from tests.draws import draw_hidden
from tests.sandboxes import BUBBLEWRAP

SUBMISSIONS = Path(__file__).with_name("submissions")
FOLDERS = {
    "accepted": set(),
    "wrong_answer": {"WA"},
    "run_time_error": {"RTE", "NI", "MISSING", "FORBIDDEN"},
    "time_limit_exceeded": {"TLE"},
    "memory_limit_exceeded": {"MLE"},
    "attack": {str(verdict) for verdict in Verdict} - {"AC", "JE"},
    "odd": set(),
}
"""Each folder and its verdicts: one of them is earned by every file, for some exercise."""
CORPUS = sorted(path for folder in FOLDERS for path in (SUBMISSIONS / folder).glob("*.*"))

NOT_NAMED_YET = {
    "conv_residual_transposed_on_a_canvas": "where the kernel is not square, keeps the size and fills with 0",
    "kernel_gradients_not_restored_in_memory_order": "another order where x is stored by columns",
    "kernel_gradients_unpadded_input": "in one case, broadcasts where the misconception raises",
    "two_pooling_every_tie_and_overwritten": "a pair that is not looked for",
}
"""Files with a mistake that the diagnosis should name and does not: how it differs from the misconception."""

LIMITS = Limits(cpu_seconds=1.0, submission_seconds=20, memory=256 * MiB)
LESS = {
    "time_limit_exceeded": replace(LIMITS, cpu_seconds=0.1, submission_seconds=30),
    "memory_limit_exceeded": replace(LIMITS, cpu_seconds=5.0, submission_seconds=60, memory=128 * MiB),
}
"""What never ends does not end in less time either; before memory ends, time should not."""


# ------------------------------------------------------------------------------------- what a file must earn


class Demand(NamedTuple):
    """What one exercise must earn: verdict, misconception, words of the diagnosis, groups (None: any)."""

    verdict: str = "AC"
    misconception: str | None = None
    words: str = ""
    lost: frozenset[str] | None = None


@dataclass(frozen=True)
class Head:
    assignment: str
    demands: dict[str, Demand] = field(default_factory=dict)


@cache
def head(path: Path) -> Head:
    """The demands of one file.

    Raises
    ------
    ValueError
        A line of the head is not in the format above, or an exercise has two.
    """
    first, *rest = _head_lines(path)
    assignment = re.fullmatch(r"# assignment: (\w+)", first)
    if assignment is None:
        raise ValueError(f"{path.name} does not begin with its assignment: {first!r}")
    demands: dict[str, Demand] = {}
    for line in rest:
        match = re.fullmatch(
            r'# (\w+): ([A-Z]+)(?: ([\w+]+)| "([^"]+)")?(?:; loses (\w[\w ]*(?:, \w[\w ]*)*))?', line
        )
        if match is None or match[1] in demands:
            raise ValueError(f"{path.name}: {line!r}")
        lost = None if match[5] is None else frozenset(match[5].split(", "))
        demands[match[1]] = Demand(match[2], match[3], match[4] or "", lost)
    return Head(assignment[1], demands)


def _head_lines(path: Path) -> list[str]:
    if path.suffix == ".ipynb":
        return list(json.loads(path.read_text("utf-8"))["metadata"]["corpus"])
    return path.read_text("utf-8-sig").split("\n\n", 1)[0].splitlines()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_head_is_well_formed(folder):
    paths = [path for path in CORPUS if path.parent.name == folder]
    assert paths
    for path in paths:
        assert path.suffix in (".py", ".ipynb")
        demands = head(path).demands.values()
        earned = {demand.verdict for demand in demands}
        assert bool(earned & FOLDERS[folder]) == bool(FOLDERS[folder])
        assert earned <= FOLDERS[folder] | ({"WA"} if FOLDERS[folder] else set())
        named = [demand for demand in demands if demand.misconception]
        assert all(demand.verdict in ("WA", "RTE") for demand in named)
        assert any("+" in demand.misconception for demand in named) == path.name.startswith("two_")


def test_the_corpus_covers_the_course():
    assert NOT_NAMED_YET.keys() <= {path.stem for path in CORPUS}
    names = {"conv_residual", "convolution", "kernel_gradients", "models", "pooling", "training"}
    for folder in ("accepted", "wrong_answer"):
        assert {head(path).assignment for path in CORPUS if path.parent.name == folder} == names
        assert {path.suffix for path in CORPUS if path.parent.name == folder} == {".py", ".ipynb"}


# ------------------------------------------------------------------------------------------ the assignments


def double(x):
    return 2 * x


def add(a, b):
    return a + b


def pick(x):
    return int(np.argmax(x))


def small() -> tuple[Exercise, ...]:
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

    texts = {"zh": "没有乘以 2", "en": "nothing was doubled"}
    doubling.add_misconception("not_doubled", instead(lambda x: x), **texts)
    return doubling, adding, picking


Started = Callable[[Isolation, str, Limits], Sandbox]


@pytest.fixture(scope="module")
def key(course_key: CourseKey) -> CourseKey:
    """Hidden keys by the assignment's name, of which one is this file's own."""
    own = draw_hidden("small", small(), domain="cnn")
    return lambda name: own if name == "small" else course_key(name)


@pytest.fixture(scope="module")
def sandbox(key: CourseKey) -> Iterator[Started]:
    """One for all submissions of an assignment: what one leaves behind would show in the next."""
    with ExitStack() as stack:

        @cache
        def started(isolation: Isolation, name: str, limits: Limits) -> Sandbox:
            return stack.enter_context(Sandbox(calls(key(name)), limits, isolation))

        yield started


@pytest.fixture(scope="module")
def numbers(key: CourseKey) -> Callable[[str], frozenset[str]]:
    """How the numbers of a key begin: none may show in what a student reads about a hidden test."""

    @cache
    def beginnings(name: str) -> frozenset[str]:
        values = [
            value
            for exercise in key(name).exercises
            for case in exercise.cases
            for value in (*case.args, case.expected)
            if isinstance(value, np.ndarray | float)
        ]
        texts = [repr(n) for value in values for n in np.ravel(value).tolist() if type(n) is float]
        return frozenset(text[:8] for text in texts if len(text) > 8)

    return beginnings


def judged(path: Path, isolation: Isolation, key: CourseKey, sandbox: Started) -> tuple[ExerciseResult, ...]:
    name = head(path).assignment
    limits = LESS.get(path.parent.name, LIMITS)
    return evaluate(path.name, path.read_bytes(), key(name), sandbox(isolation, name, limits).run).exercises


# ------------------------------------------------------------------------------------------------- the tests

STRANGERS = sorted((SUBMISSIONS / "strangers").glob("*.py"))
"""Single functions in strangers' styles, each with one mistake; the rest is not looked at."""


def alone(whole: AnswerKey, name: str) -> AnswerKey:
    """The key of one exercise."""
    return replace(whole, exercises=tuple(each for each in whole.exercises if each.name == name))


@pytest.mark.parametrize("path", STRANGERS, ids=lambda path: path.stem)
def test_the_cause_of_a_strangers_mistake_is_named(path, key):
    """In this very process, against the one exercise: these files are our own."""
    ((name, demand),) = head(path).demands.items()
    one = alone(key(head(path).assignment), name)
    read = source.read(path.name, path.read_bytes())
    statements = [(each.source, each.where, each.line) for each in read.statements]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (result,) = judge(one, in_process.outcomes(one, {}, statements))
    assert (result.verdict.value, result.misconception) == (demand.verdict, demand.misconception), (
        result.diagnosis,
        result.detail,
    )


def place(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


CONFINED = {"attack", "time_limit_exceeded", "memory_limit_exceeded"}
"""What the isolation decides about, and so is tried in each; the rest is judged alike in all."""
BY_HAND = [pytest.param("user")] if os.environ.get("AUTOGRADER_TEST_USER_ISOLATION") else []
"""Only root can try it, in a Python that everybody can read. A run can write no file in it."""
SEARCHING = re.compile("0[3789]_|12_|31_")
"""Attacks that look for files, modules and processes: what a course allows besides NumPy adds to these."""


@pytest.mark.parametrize(
    ("isolation", "path"),
    [
        pytest.param(name, path, marks=marks, id=f"{name}-{place(path)}")
        for (name,), marks, _ in (BUBBLEWRAP, pytest.param("process"), *BY_HAND)
        for path in CORPUS
        if name == "process" or path.parent.name in CONFINED
    ],
)
def test_a_submission_earns_what_its_head_demands(isolation, path, key, sandbox, numbers):
    if sys.platform != "linux" and path.parent.name == "attack":
        pytest.skip("Linux's mechanisms")
    results = judged(path, isolation, key, sandbox)
    demands = head(path).demands
    if isolation == "user":  # where an attack has to write a file first, it raises
        demands = {
            result.name: demand._replace(verdict="RTE")
            if result.verdict is Verdict.RTE
            and (demand := demands.get(result.name, Demand())).verdict == "WA"
            else demands.get(result.name, Demand())
            for result in results
        }
    assert demands.keys() <= {result.name for result in results}
    assert {result.name: result.verdict.value for result in results} == {
        result.name: demands.get(result.name, Demand()).verdict for result in results
    }
    for result in results:
        if path.stem not in NOT_NAMED_YET:
            check_diagnosis(result, demands.get(result.name, Demand()), path)
        right = all(case.verdict.value == "AC" for group in result.groups for case in group.cases)
        assert (result.verdict.value == "AC") == right == (result.points == result.max_points)
        assert not any(number in str(result.diagnosis) for number in numbers(head(path).assignment))
        assert not any(number in str(result.symptom) for number in numbers(head(path).assignment))


def check_diagnosis(result: ExerciseResult, demand: Demand, path: Path) -> None:
    texts = (text.in_language("en") for text in (result.diagnosis, result.detail) if text)  # detail: whole
    told = (result.misconception, " ".join(texts))
    if path.parent.name not in ("attack", "odd"):
        assert ids(result.misconception) == ids(demand.misconception), (result.name, told)
    assert demand.words in told[1], (result.name, told)
    if demand.lost is not None:
        lost = {group.name for group in result.groups if group.points < group.max_points}
        assert lost == demand.lost, result.name


def ids(misconception: str | None) -> set[str]:
    """One id, or the two of a pair in any order."""
    return set((misconception or "").split("+"))


def test_after_all_of_them_a_right_answer_is_right(isolation, key, sandbox):
    first = {head(path).assignment: path for path in CORPUS if path.parent.name in ("accepted", "odd")}
    for path in first.values():
        assert {result.verdict.value for result in judged(path, isolation, key, sandbox)} == {"AC"}


def test_attacks_are_held_where_the_course_allows_modules(isolation, key, sandbox):
    """`jinja2` brings along a compiled module; none of its files, nor what loads them, opens a way out."""
    if sys.platform != "linux":
        pytest.skip("Linux's mechanisms")
    limits = replace(LIMITS, modules=("jinja2", "sqlite3"))
    for path in CORPUS:
        if path.parent.name == "attack" and SEARCHING.match(path.name):
            run = sandbox(isolation, head(path).assignment, limits).run
            results = evaluate(path.name, path.read_bytes(), key(head(path).assignment), run).exercises
            assert {result.name: result.verdict.value for result in results} == {
                result.name: head(path).demands.get(result.name, Demand()).verdict for result in results
            }, path


def test_files_beside_a_submission_change_nothing(key, isolation, tmp_path, monkeypatch):
    """What is shipped with a submission, such as a `numpy/` of its own, is not found by anyone."""
    hostile = "import os; os._exit(0)"
    for module in ("conftest", "sitecustomize", "usercustomize", "json", "struct", "autograder"):
        (tmp_path / f"{module}.py").write_text(hostile)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only")
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text(hostile)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Sandbox(calls(key("small")), LIMITS, isolation) as sandbox:
        for path in (SUBMISSIONS / "odd" / "18_imports.py", SUBMISSIONS / "attack" / "02_always_equal.py"):
            copy = tmp_path / path.name
            copy.write_bytes(path.read_bytes())
            results = evaluate(copy.name, copy.read_bytes(), key("small"), sandbox.run).exercises
            assert {result.name: result.verdict.value for result in results} == {
                result.name: head(path).demands.get(result.name, Demand()).verdict for result in results
            }
