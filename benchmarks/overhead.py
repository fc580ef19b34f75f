"""What a submission costs beyond a fork and its own computing, isolation on.

Runs the reference solution of each assignment many times through everything that `autograder grade`
does for one submission (read, sandbox, judge) and compares it, in the same run, with the baseline: a bare
fork of a Python that has NumPy loaded, loads the same source and makes the same calls. The two run
alternately, so that a busy machine slows both. Prints medians in milliseconds.

The last columns are processor time of the grading process per submission: as it is; without remembering the
answers that were read before (`sandbox.client`), which then are compared anew, too; and without remembering
which answers were right (`judging.judge`).

    python benchmarks/overhead.py [--runs 100] [--isolation bubblewrap]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden
from autograder.judging import judge
from autograder.judging.answer_key import KeyCase
from autograder.judging.comparison import Difference
from autograder.judging.evaluate import evaluate
from autograder.judging.judge import calls
from autograder.sandbox import client, runner
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Call
from autograder.submissions import source

SOLUTIONS = Path(__file__).parent.parent / "solutions"


def side_by_side(
    runs: int, *work: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """The median time of each piece of work in milliseconds, done alternately."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(runs):
        for piece, measured in zip(work, times, strict=True):
            start = clock()
            piece()
            measured.append(clock() - start)
    return [1000 * statistics.median(measured) for measured in times]


def fork_and_compute(content: bytes, asked: list[Call]) -> None:
    """The baseline: a bare fork that loads the submission and makes the calls; no isolation, no judging."""
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
    print(
        f"{'assignment':<18}{'calls':>6}{'whole':>9}{'baseline':>10}{'overhead':>10}"
        f"{'CPU':>8}{'read anew':>11}{'compared anew':>15}"
    )
    for one in assignment.load_all(SOLUTIONS):
        measure(one, chosen.runs, chosen.isolation)


def measure(one: assignment.Assignment, runs: int, isolation: str) -> None:
    """One line of the table."""
    key = draw_hidden(one.name, one.exercises, domain=one.domain)
    content = one.notebook.read_bytes()
    asked = calls(key)
    sandbox_of = partial(Sandbox, asked, Limits(), isolation)
    with mock.patch.object(client, "_CACHES", ()):
        forgetful = sandbox_of()
    with sandbox_of() as sandbox, forgetful:
        done = evaluate("reference.py", content, key, sandbox.run)
        assert all(exercise.points == exercise.max_points for exercise in done.exercises)
        graded = partial(evaluate, "reference.py", content, key)
        whole, baseline = side_by_side(
            runs, lambda: graded(sandbox.run), lambda: fork_and_compute(content, asked)
        )

        def compared_anew() -> None:
            with mock.patch.object(judge, "_difference", difference):
                graded(sandbox.run)

        cpu = side_by_side(
            runs,
            lambda: graded(sandbox.run),
            lambda: graded(forgetful.run),
            compared_anew,
            clock=time.process_time,
        )
    print(
        f"{one.name:<18}{len(asked):>6}{whole:>9.1f}{baseline:>10.1f}{whole - baseline:>10.1f}"
        f"{cpu[0]:>8.2f}{cpu[1]:>11.2f}{cpu[2]:>15.2f}"
    )


def difference(case: KeyCase, value: Any) -> Difference:
    """`judge._difference` without what it remembers."""
    return case.accept.difference(value, case.expected)


if __name__ == "__main__":
    main()
