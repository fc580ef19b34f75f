"""One Dask worker against two: how much faster a class is graded whose submissions compute a lot.

Starts a scheduler and workers on this machine, isolation on, and grades the same class with each number of
workers from nothing. Starting the cluster is not counted: it is there before the class is.

    python benchmarks/cluster.py [--submissions 40] [--seconds 0.4]
"""

import argparse
import tempfile
import time
from pathlib import Path

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden
from autograder.grading import executors, grade_class
from autograder.grading.engine import Settings
from autograder.grading.store import Store
from autograder.judging import answer_key
from autograder.sandbox.limits import Limits
from autograder.submissions import class_folder

ROOT = Path(__file__).parent.parent

BUSY = """\
import time
def rotate180(w):
    end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass
    return w[::-1, ::-1].copy()
number = {number}
"""


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--submissions", type=int, default=40)
    options.add_argument("--seconds", type=float, default=0.4, help="processor time of each submission")
    chosen = options.parse_args()
    source = assignment.load(ROOT / "solutions" / "conv_residual")
    (exercise,) = (one for one in source.exercises if one.name == "rotate180")
    key = draw_hidden("conv_residual", (exercise,), domain="cnn")
    calls = len(key.exercises[0].cases)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answer_key.save(key, folder / "keys" / "conv_residual.hidden.npz")
        for number in range(chosen.submissions):
            path = folder / "submitted" / f"s{number:03d}" / "conv_residual" / "conv_residual.py"
            path.parent.mkdir(parents=True)
            path.write_text(BUSY.format(seconds=chosen.seconds / calls, number=number))
        keys = grade_class.load_keys(folder / "keys", ["conv_residual"])
        files = class_folder.find(folder / "submitted", None, {"conv_residual"}).files
        times = []
        for workers in (1, 2):
            with (
                executors.cluster("local", workers, [("cnn", "bubblewrap", Limits())]) as pool,
                Store(folder / f"{workers}.sqlite") as store,
            ):
                grade_class.grade_class(files[:workers], keys, Settings(), store, pool)  # starts sandboxes
                start = time.perf_counter()
                done = grade_class.grade_class(files, keys, Settings(), store, pool)
                times.append(time.perf_counter() - start)
                results = [grade_class.result_of(one, store) for one in done]
            assert all(one.points == one.max_points and not one.has_judge_error for one in results), results
            print(f"{workers} worker{'s' * (workers > 1)}: {times[-1]:.1f} s for {len(files)} submissions")
        print(f"two are {times[0] / times[1]:.2f} times as fast as one")


if __name__ == "__main__":
    main()
