"""The benchmarks run, and measure what they say: where they grade, they look at the grades, too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandboxes import needs_bubblewrap

ROOT = Path(__file__).parent.parent

pytestmark = [pytest.mark.slow, needs_bubblewrap]


def printed(name: str, *arguments: str) -> list[str]:
    command = [sys.executable, f"benchmarks/{name}.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_class_is_graded_alike_by_nbgrader_by_pytest_and_here():
    lines = printed("grading", "--students", "4", "--sample", "2")
    for grader in ("into nbgrader's gradebook", "by itself", "stock nbgrader autograde", "plain pytest"):
        assert any(grader in line for line in lines)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("overhead", ["--runs", "1"]),
        ("scaling", ["--sizes", "2", "--assignment", "pooling"]),
        ("cluster", ["--submissions", "4", "--seconds", "0.1"]),
        ("check", ["--runs", "1"]),
        ("derivations", ["--runs", "1"]),
    ],
)
def test_a_benchmark_runs(name, arguments):
    assert len(printed(name, *arguments)) > 2


def test_almost_every_failure_is_shown_on_a_sibling():
    """Law: at least 95 of 100 groups, and exercises, that fail have a sibling that fails, too."""
    for what, shown in re.findall(r"(groups|functions) \d+/\d+ \((\d+\.\d) %\)", printed("siblings")[-1]):
        assert float(shown) >= 95, what
