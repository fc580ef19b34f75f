"""What a student waits for: `autograder check` from a cold start, and a re-check of `watch` after saving.

The first is a new process for each run, from its start to its end. The second is `watch` in a terminal of its
own (a pseudo-terminal): the time from the end of writing the file until the new points stand on the screen.
The work is right for one exercise, so that the student's code really runs. Prints medians in milliseconds,
and the best, which a busy machine disturbs least.

    python benchmarks/check.py [--runs 20] [--assignment pooling]
"""

import argparse
import os
import pty
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "autograder"]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--assignment", default="pooling")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        work = Path(folder) / chosen.assignment
        shutil.copytree(ROOT / "assignments" / "en" / chosen.assignment, work)
        shutil.copy(ROOT / "solutions" / chosen.assignment / "notebook.py", work / f"{chosen.assignment}.py")
        (work / f"{chosen.assignment}.ipynb").unlink()
        print(f"{'milliseconds':<36}{'median':>9}{'best':>9}{'target':>9}")
        show("autograder --help", cold(work, chosen.runs, "--help"), 120)
        show("autograder check, cold", cold(work, chosen.runs, "check"), 700)
        show("watch, after saving", saved(work / f"{chosen.assignment}.py", chosen.runs), 500)


def show(name: str, times: list[float], target: int) -> None:
    print(f"{name:<36}{1000 * statistics.median(times):>9.0f}{1000 * min(times):>9.0f}{target:>9}")


def cold(folder: Path, runs: int, *arguments: str) -> list[float]:
    """Seconds of whole processes; the first, which fills the disk cache, does not count."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return times[1:]


def saved(file: Path, runs: int) -> list[float]:
    """Seconds from a save to the new points, right and wrong in turns."""
    right = file.read_text(encoding="utf-8")
    wrong = right + "\n\ndef max_pool(a, window):\n    return a\n"
    process, screen = pty.fork()
    if process == 0:
        os.chdir(file.parent)
        os.execv(COMMAND[0], [*COMMAND, "watch", "--lang", "en"])
    times = []
    try:
        everything = wait_for(screen, r"All visible cases.* pass", 60)
        assert everything, "watch does not start"
        time.sleep(1)
        for number in range(runs + 1):
            time.sleep(0.3)
            text, expected = (right, "All visible cases") if number % 2 else (wrong, "max_pool ")
            file.write_text(text, encoding="utf-8")
            start = time.perf_counter()
            assert wait_for(screen, rf"{expected}(?s:.)*?\d\d:\d\d:\d\d", 20), "watch does not notice"
            times.append(time.perf_counter() - start)
    finally:
        os.write(screen, b"q")
        wait_for(screen, "$^", 2)
        os.waitpid(process, 0)
    return times[1:]


def wait_for(screen: int, expected: str, seconds: float) -> bool:
    """Read what is drawn until `expected` stands there."""
    shown, end = "", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([screen], [], [], left)[0]:
            try:
                shown += os.read(screen, 65536).decode(errors="replace")
            except OSError:  # it has ended
                return False
            if re.search(expected, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)):
                return True
    return False


if __name__ == "__main__":
    main()
