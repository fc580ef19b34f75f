"""What a submission costs beyond a fork and its own computing, isolation on.

Runs the reference solution of each assignment many times through everything that `autograder grade` does for one
submission (read, sandbox, judge) and compares it, in the same run and the same process, with a bare fork of a Python
that has NumPy and the submission's functions loaded and makes the same calls. Prints a table in milliseconds: medians.

    python benchmarks/overhead.py [--runs 50] [--isolation bubblewrap]
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import numpy  # noqa: E402, F401  (loaded before the fork, as in the sandbox)

from autograder import answer_key, assignment, submission  # noqa: E402
from autograder.attempt import attempt  # noqa: E402
from autograder.judge import calls  # noqa: E402
from autograder.sandbox import runner  # noqa: E402
from autograder.sandbox.client import Call, Sandbox  # noqa: E402
from autograder.sandbox.limits import Limits  # noqa: E402


def milliseconds(run: Callable[[], object], times: int) -> float:
    """The median time of `run`."""
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        measured.append(time.perf_counter() - start)
    return 1000 * statistics.median(measured)


def fork_and_compute(content: bytes, asked: list[Call]) -> None:
    """The floor: a bare fork that loads the submission and makes the calls, with no isolation and no judging."""
    child = os.fork()
    if child == 0:
        read = submission.read("reference.py", content)
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
    options.add_argument("--runs", type=int, default=50)
    options.add_argument("--isolation", choices=["bubblewrap", "process"], default="bubblewrap")
    chosen = options.parse_args()
    print(
        f"{'assignment':<18}{'calls':>6}{'whole':>9}{'fork+own':>10}{'overhead':>10}  (ms, isolation {chosen.isolation})"
    )
    for one in assignment.load_all(ROOT / "solutions"):
        key = answer_key.draw_hidden(one.name, one.exercises)
        content = one.notebook.read_bytes()
        asked = calls(key)
        with Sandbox(asked, Limits(), chosen.isolation) as sandbox:
            assert all(e.points == e.max_points for e in attempt("a.py", content, key, sandbox.run).exercises)
            whole = milliseconds(lambda: attempt("a.py", content, key, sandbox.run), chosen.runs)  # noqa: B023
        floor = milliseconds(lambda: fork_and_compute(content, asked), chosen.runs)  # noqa: B023
        print(f"{one.name:<18}{len(asked):>6}{whole:>9.1f}{floor:>10.1f}{whole - floor:>10.1f}")


if __name__ == "__main__":
    main()
