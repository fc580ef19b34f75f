"""Grading on the workers of a Dask cluster: the same results as on one machine, whatever happens to a worker.

The scheduler and its workers are real processes on this machine's loopback, as `dask scheduler` and
`dask worker` start them, or as `--cluster local` does.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from autograder.grading import executors, grade_class
from autograder.grading.grade_class import Graded, Settings
from autograder.grading.store import Store
from autograder.judging.results import SubmissionResult
from autograder.sandbox.limits import asked_for
from autograder.submissions import class_folder
from tests import authored
from tests.commands import LINUX, call, clean_environment, descendants, hand_in, wait_until

distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = [LINUX, pytest.mark.slow]

SETTINGS = Settings("process", asked_for(cpu_seconds=0.5, submission_seconds=20))
BUSY = "import time\ndef relu_backward(delta, z):\n    time.sleep(0.15)\n    return delta * (z > 0)\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    authored.write_course(tmp_path / "solutions")
    authored.draw_keys(tmp_path / "solutions", tmp_path / "keys")
    for number in range(12):
        text = (authored.RIGHT, authored.TYPICAL, authored.PARTLY, authored.BROKEN)[number % 4]
        hand_in(tmp_path, f"s{number:02d}", f"{text}# {number}\n")
    return tmp_path


def graded(course: Path, pool: executors.WorkerPool, on_graded: Any = None) -> list[SubmissionResult]:
    """Grade the class in `pool`; its results without what differs between two runs."""
    files = class_folder.find(course / "submitted", None, {"relu"})
    keys = grade_class.load_keys(course / "keys", ["relu"])
    with Store(course / f"{time.monotonic_ns()}.sqlite") as store:
        done = grade_class.grade_class(files, keys, SETTINGS, store, pool, on_graded or (lambda *_: None))
        return [without_seconds(grade_class.result_of(line, store)) for line in done]


def without_seconds(result: SubmissionResult) -> SubmissionResult:
    exercises = tuple(
        replace(
            exercise,
            groups=tuple(
                replace(group, cases=tuple(replace(case, seconds=0.0) for case in group.cases))
                for group in exercise.groups
            ),
        )
        for exercise in result.exercises
    )
    return replace(result, seconds=0.0, exercises=exercises)


@contextmanager
def scheduler(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and workers as the `dask` command starts them; its address, and the workers' processes."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {
        "env": {**clean_environment(), "PYTHONPATH": str(Path(__file__).parents[1])},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
    }
    port = address.rpartition(":")[2]
    main = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet
    )
    options = ["--nthreads", "1", "--no-dashboard", "--nanny"]
    processes = [subprocess.Popen([*dask, "worker", address, *options], **quiet) for _ in range(workers)]
    try:
        with distributed.Client(address, timeout="60s") as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, processes
    finally:
        for process in (*processes, main):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_cluster_grades_as_this_machine_does(course: Path) -> None:
    with executors.processes(2) as pool:
        expected = graded(course, pool)
    assert {result.points for result in expected} == {0, 8, 10}
    with scheduler(2) as (address, _), executors.cluster(address, 2) as pool:
        assert pool.size() == 2
        for _ in range(2):  # a key that is delivered again must not get lost with the first one
            assert graded(course, pool) == expected


def test_a_worker_that_is_killed_on_the_way_loses_nothing(course: Path) -> None:
    for number in range(12):
        hand_in(course, f"t{number:02d}", f"{BUSY}# {number}\n")
    with scheduler(2) as (address, workers), executors.cluster(address, 2) as pool:
        killed: list[int] = []

        def kill_a_worker(line: Graded, result: SubmissionResult | None) -> None:
            if not killed:
                killed.append(workers[0].pid)
                os.killpg(workers[0].pid, signal.SIGKILL)

        results = graded(course, pool, kill_a_worker)
    assert killed
    assert [result.points for result in results] == [10, 0, 8, 0] * 3 + [10] * 12


def test_the_command_starts_a_cluster_of_its_own_for_trying_out(course: Path) -> None:
    done = call(course, "grade", "submitted", "--cluster", "local", "--isolation", "process", "--json")
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout.count('"student"') == 12


def test_an_address_where_nobody_answers_is_one_sentence(course: Path) -> None:
    done = call(course, "grade", "submitted", "--cluster", "tcp://127.0.0.1:9", "--isolation", "process")
    assert (done.returncode, done.stdout) == (2, "")
    line = done.stderr.splitlines()[-1]
    assert (
        "Traceback" not in done.stderr
        and "no Dask scheduler answers at tcp://127.0.0.1:9" in line
        and "local" in line
    )


def test_nothing_is_left_running(course: Path) -> None:
    before = set(descendants(os.getpid()))
    with executors.cluster("local", 2) as pool:
        graded(course, pool)
    assert wait_until(lambda: set(descendants(os.getpid())) <= before, 20)
