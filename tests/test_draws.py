"""The draw of a key decides nothing: a few draws here; `benchmarks/draws.py`, which is run, makes many.

The seed is printed where a draw decides something: set it again as AUTOGRADER_TEST_SEED.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.exercise import Exercise
from benchmarks import draws
from solutions.catalogue import leaning, real, uncancelled
from tests.draws import SEED

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = sorted(folder.parent.name for folder in (ROOT / "solutions").glob("*/hidden.py"))
DIAGNOSED = "kernel_gradients"
"""Where mutants, too, get the same diagnosis in two draws."""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_draw_rejects_what_is_right_or_tells_a_misconception_otherwise(assignment: str) -> None:
    few = ["--draws", "4", "--wrong", "4", "--seed", f"{SEED}"]
    if assignment == DIAGNOSED:
        few += ["--diagnosed", "2"]
    command = [sys.executable, "benchmarks/draws.py", assignment, *few]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr


def scalar_product(a, b):
    return np.array([a @ b])


def exercise(draw) -> Exercise:
    made = Exercise(scalar_product, points=1, lecture="1")
    made.group("all", points=1)(lambda rng: [draw(rng)])
    made.add_misconceptions(first_missing=lambda right: lambda a, b: right(a[1:], b[1:]))
    return made


def found(draw) -> tuple[int, int, int]:
    """How many right functions are rejected, misconceptions accepted, and those that lose it by chance."""
    columns, _ = draws.values(exercise(draw), [f"{number}" for number in range(40)], 40)
    return columns[1], *columns[4:6]


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda rng: (leaning(rng, 4), leaning(rng, 4) ** 2), (0, 0, 0)),
        (lambda rng: (np.array([1.0, 1e3, -1e3]), 1 + rng.uniform(0, 1e-4, 3)), (1, 0, 0)),
        (lambda rng: (np.array([rng.integers(0, 2), 1, 1]), rng.uniform(1, 2, 3)), (0, 1, 1)),
        (lambda rng: (np.array([0.0, 1, 2]), rng.uniform(1, 2, 3)), (0, 1, 0)),
    ],
    ids=["sound", "cancelling", "by chance", "never"],
)
def test_a_draw_that_decides_something_is_found(draw, expected: tuple[int, int, int]) -> None:
    assert found(draw) == expected


def test_no_value_is_a_small_difference_of_large_sums() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(100):
        a, b = uncancelled(scalar_product, lambda: (real(rng, 3), real(rng, 3)))
        assert abs(a @ b) > 0.1 * (abs(a) @ abs(b))
