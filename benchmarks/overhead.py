"""What a submission costs beyond a fork and its own computing, isolation on.

Runs the reference solution of each assignment many times through everything that `autograder grade`
does for one submission (read, sandbox, judge) and compares it, in the same run, with the floor: a bare
fork of a Python that has NumPy loaded, loads the same source and makes the same calls. The two take
turns, so that a busy machine slows both. Prints medians in milliseconds.

    python benchmarks/overhead.py [--runs 100] [--isolation bubblewrap]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden
from autograder.judging.evaluate import attempt
from autograder.judging.judge import calls
from autograder.sandbox import runner
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call
from autograder.submissions import source

SOLUTIONS = Path(__file__).parent.parent / "solutions"


def side_by_side(runs: int, *work: Callable[[], object]) -> list[float]:
    """The median time of each piece of work in milliseconds, taken in turns."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(runs):
        for piece, measured in zip(work, times, strict=True):
            start = time.perf_counter()
            piece()
            measured.append(time.perf_counter() - start)
    return [1000 * statistics.median(measured) for measured in times]


def fork_and_compute(content: bytes, asked: list[Call]) -> None:
    """The floor: a bare fork that loads the submission and makes the calls; no isolation, no judging."""
    child = os.fork()
    if child == 0:
        read = source.read("reference.py", content)
        loaded = runner.Loaded(
            [(s.source, s.where, s.line) for s in read.statements], lambda kind, data: None
        )
        for call in asked:
            getattr(loaded.module, call.function)(*call.args)
        os._exit(0)
    os.waitpid(child, 0)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--isolation", choices=["bubblewrap", "process"], default="bubblewrap")
    chosen = options.parse_args()
    print(f"milliseconds, isolation: {chosen.isolation}")
    print(f"{'assignment':<18}{'calls':>6}{'whole':>9}{'floor':>9}{'overhead':>10}")
    for one in assignment.load_all(SOLUTIONS):
        measure(one, chosen.runs, chosen.isolation)


def measure(one: assignment.Assignment, runs: int, isolation: str) -> None:
    """One line of the table."""
    key = draw_hidden(one.name, one.exercises, domain=one.domain)
    content = one.notebook.read_bytes()
    asked = calls(key)
    with Sandbox(asked, Limits(), isolation) as sandbox:
        done = attempt("reference.py", content, key, sandbox.run)
        assert all(exercise.points == exercise.max_points for exercise in done.exercises)
        whole, floor = side_by_side(
            runs,
            lambda: attempt("reference.py", content, key, sandbox.run),
            lambda: fork_and_compute(content, asked),
        )
    print(f"{one.name:<18}{len(asked):>6}{whole:>9.1f}{floor:>9.1f}{whole - floor:>10.1f}")


if __name__ == "__main__":
    main()
