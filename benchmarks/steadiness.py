"""Grades on a busy and on a paused machine: how many verdicts differ from those of a quiet one.

Grades the example class, and a class of slow but honest submissions (a quarter of a second a call; a second
and a half in one call; an endless helper of one function among right ones), first undisturbed, then beside
eight busy loops in sessions of their own, then with all of the grader's processes stopped for a while, at a
random moment after grading has begun.

    python benchmarks/steadiness.py [--runs 5] [--jobs 1 2 4] [--loops 8] [--pause 60] [--only example slow]

With `--loops 0` or `--pause 0` only the other trouble is made.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ASSIGNMENT = "conv_residual"

BURN = """
import functools, time
def burning(function, seconds, once=False):
    left = [1 if once else 10**9]
    @functools.wraps(function)
    def slow(*arguments):
        left[0] -= 1
        end = time.process_time() + (seconds if left[0] >= 0 else 0)
        while time.process_time() < end:
            pass
        return function(*arguments)
    return slow
"""
SLOW = {
    "a quarter of a second a call": "conv2d_input_grad = burning(conv2d_input_grad, 0.25)",
    "a second and a half in one call": "conv2d_input_grad = burning(conv2d_input_grad, 1.5, once=True)",
    "an endless helper": "conv2d_input_grad = burning(conv2d_input_grad, 10**9)",
}

Verdicts = dict[tuple[str, str, str], list[str]]


def hand_in(folder: Path) -> None:
    """A class of slow submissions, two of each kind; of the endless kind, which takes a minute, one."""
    text = (ROOT / "solutions" / ASSIGNMENT / "notebook.py").read_text(encoding="utf-8")
    for kind, line in SLOW.items():
        for number in range(1 if "endless" in kind else 2):
            path = folder / f"{kind} {number}" / ASSIGNMENT / f"{ASSIGNMENT}.py"
            path.parent.mkdir(parents=True)
            path.write_text(f"{text}\n{BURN}\n{line}\nnumber = {number}\n", encoding="utf-8")


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    work = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(work, start_new_session=True) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def family(root: int) -> list[int]:
    """The process `root` and all below it."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def grade(submitted: Path, keys: Path, jobs: int, pause: float = 0.0) -> Verdicts:
    """Grade from nothing; with `pause`, all processes are stopped for so many seconds in the middle."""
    with tempfile.TemporaryDirectory() as out:
        command = ["grade", str(submitted), "--keys", str(keys), "--out", out, "--jobs", str(jobs)]
        process = subprocess.Popen(
            [sys.executable, "-m", "autograder", *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if pause:
            while not (Path(out) / "results.sqlite").exists():
                time.sleep(0.1)
            time.sleep(random.uniform(1, 10))
            stopped = family(process.pid)
            for number in (signal.SIGSTOP, signal.SIGCONT):
                for one in stopped:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one, number)
                time.sleep(pause if number == signal.SIGSTOP else 0)
        process.wait()
        results = json.loads((Path(out) / "results.json").read_text(encoding="utf-8"))["submissions"]
    return {
        (result["student"], result["assignment"], exercise["name"]): [
            case["verdict"] for group in exercise["groups"] for case in group["cases"]
        ]
        for result in results
        for exercise in result["exercises"]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("--pause", type=float, default=60.0)
    parser.add_argument("--only", nargs="+", choices=["example", "slow"], default=["example", "slow"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        keys, slow = Path(scratch) / "keys", Path(scratch) / "slow"
        hand_in(slow)
        build = [sys.executable, "-m", "autograder", "build", "--keys", str(keys)]
        subprocess.run([*build, "--assignments", scratch], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        classes = {"example": ROOT / "examples" / "submitted", "slow": slow}
        for name, submitted in ((name, classes[name]) for name in options.only):
            quiet = grade(submitted, keys, 1)
            cases = sum(map(len, quiet.values()))
            for jobs in options.jobs:
                troubles = {
                    f"{options.loops} busy loops": options.loops,
                    f"a pause of {options.pause:g} s": options.pause,
                }
                for trouble in filter(troubles.get, troubles):
                    changed = 0
                    for _ in range(options.runs):
                        with busy(options.loops if "busy" in trouble else 0):
                            now = grade(submitted, keys, jobs, 0.0 if "busy" in trouble else options.pause)
                        for key in quiet:
                            if now[key] != quiet[key]:
                                changed += 1
                                print(key, *quiet[key], "became", *now[key], flush=True)
                    told = f"{changed} exercises differ in {options.runs} runs of {cases} cases"
                    print(f"{name:7}  --jobs {jobs}  {trouble:15}  {told}", flush=True)


if __name__ == "__main__":
    main()
