"""What derivations cost after import, against the project's targets.

Times are processor time, so that a busy machine does not decide; the first run, in which SymPy warms up,
is shown beside the best of several. The lecture's whole example is its page with every step, in text;
28×28 ∗ 5×5 is z, the residual, and the gradients of weights and bias. Reading a formula out of code is
timed in this process, without the sandbox.

    python benchmarks/derivations.py [--runs 5]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import sympy.tensor.tensor  # noqa: F401  SymPy imports it at the first sum; it counts as import here.

from autograder import check_derivation
from autograder.authoring import assignment
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.pages.steps import derive
from autograder.cnn.recovery.recover import recover
from autograder.student.questions import calling

SOLUTIONS = Path(__file__).parent.parent / "solutions"
LARGE = Layer((28, 28), (5, 5))


def lecture() -> None:
    derive(Layer((3, 3), (2, 2))).write("text", lang="zh")


def large() -> None:
    z = expand.forward(LARGE)
    expand.delta_before(LARGE, written=z)
    expand.weight_gradient(LARGE, written=z)
    expand.bias_gradient(LARGE, written=z)


def large_page() -> None:
    derive(LARGE).write("text", lang="zh")


def measured(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Milliseconds of the first run and of the best one."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return times[0], min(times)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    loaded = assignment.load(SOLUTIONS / "conv_residual")
    reference = {one.name: one.reference for one in loaded.exercises}["conv_residual"]
    page = derive(Layer((6, 6), (3, 3))).write("latex", lang="en")
    table: list[tuple[str, Callable[[], object], str]] = [
        ("the lecture's example, every step", lecture, "50"),
        ("28×28 ∗ 5×5, all formulas", large, "2000"),
        ("28×28 ∗ 5×5, its page as text", large_page, ""),
        ("a page of 6×6 ∗ 3×3, checked", lambda: str(check_derivation(page)), ""),
        ("conv_residual's formula from code", lambda: recover(calling(reference), "conv_residual"), ""),
    ]
    print(f"{'milliseconds':<36}{'first':>9}{'best':>9}{'target':>9}")
    for name, work, target in table:
        first, best = measured(work, runs)
        print(f"{name:<36}{first:>9.1f}{best:>9.1f}{target:>9}")


if __name__ == "__main__":
    main()
