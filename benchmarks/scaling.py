"""From ten submissions to ten thousand: time, and the memory of the grader, isolation on.

Hands in the reference solution of one assignment as scripts that all differ in a number, every second one
with a slip in one of its functions, and grades each class from nothing, start-up and reports included. The
memory is the peak of the grading process itself; its workers hold one submission each, whatever the class.
The last columns are the processor seconds of the same command once more, when nothing has changed, and how
many times those of `python -c "import numpy"` they are. `--kinds 40` hands in forty different files only, so
that a large class is graded soon.

    python benchmarks/scaling.py [--sizes 10 100 1000 10000] [--assignment conv_residual] [--kinds 40]
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent


def prepared(name: str, keys: Path) -> list[tuple[str, str]]:
    """Draw the assignment's hidden key; return its slips (see `grading.slips`).

    Runs elsewhere: a process inherits its parent's peak of memory.
    """
    import grading

    from autograder.authoring import assignment
    from autograder.authoring.draw import draw_hidden
    from autograder.judging import answer_key

    loaded = assignment.load(ROOT / "solutions" / name)
    key = loaded.with_settings(draw_hidden(name, loaded.exercises, domain=loaded.domain))
    keys.mkdir()
    answer_key.save(key, keys / f"{name}{answer_key.HIDDEN}")
    return grading.slips(name)


def hand_in(
    folder: Path, assignment: str, students: int, mistakes: list[tuple[str, str]], kinds: int
) -> None:
    """A class of students half of whom found the reference solution."""
    text = (ROOT / "solutions" / assignment / "notebook.py").read_text(encoding="utf-8")
    chance = random.Random(assignment)
    texts = []
    for number in range(min(kinds, students)):
        wrong = chance.choice(mistakes)[1] if number % 2 else ""
        texts.append(f"{text}\nnumber = {number}\n{wrong}\n")
    for number in range(students):
        path = folder / f"s{number:05d}" / assignment / f"{assignment}.py"
        path.parent.mkdir(parents=True)
        path.write_text(texts[number % len(texts)], encoding="utf-8")
    time.sleep(2)  # what has just been written might be written again in the same tick of the clock


def grade(keys: Path, submitted: Path, out: Path, jobs: int) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory in MiB of the grading process, its workers not counted."""
    command = ["grade", str(submitted), "--keys", str(keys), "--out", str(out), "--jobs", str(jobs)]
    return measured("-m", "autograder", *command)


def measured(*arguments: str) -> tuple[float, float, float]:
    """The same of a Python."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{arguments} failed with status {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    options.add_argument("--assignment", default="conv_residual")
    options.add_argument("--kinds", type=int, default=10**9)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
            mistakes = elsewhere.submit(prepared, chosen.assignment, folder / "keys").result()
        print(f"{chosen.assignment}, {chosen.jobs} at a time")
        print(f"{'submissions':>11}{'seconds':>10}{'ms each':>10}{'MiB':>8}{'again':>10}{'× numpy':>10}")
        for size in chosen.sizes:
            submitted, out = folder / str(size), folder / f"grades{size}"
            hand_in(submitted, chosen.assignment, size, mistakes, chosen.kinds)
            seconds, _, memory = grade(folder / "keys", submitted, out, chosen.jobs)
            submissions = json.loads((out / "results.json").read_text(encoding="utf-8"))["submissions"]
            assert all(one["points"] == one["max_points"] for one in submissions[::2])
            again = [grade(folder / "keys", submitted, out, chosen.jobs)[1] for _ in range(3)]
            numpy = [measured("-c", "import numpy")[1] for _ in range(3)]
            line = f"{size:>11,}{seconds:>10.1f}{1000 * seconds / size:>10.1f}{memory:>8.0f}"
            print(f"{line}{min(again):>10.2f}{min(again) / min(numpy):>10.1f}", flush=True)


if __name__ == "__main__":
    main()
