"""Grading on the workers of a Dask cluster: the same results as on one machine, whatever happens to a worker.

The scheduler and its workers are real processes on this machine's loopback, as `dask scheduler` and
`dask worker` start them, or as `--cluster local` does.
"""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
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
from autograder.grading.engine import Settings
from autograder.grading.grade_class import Graded
from autograder.grading.store import Store
from autograder.judging.results import SubmissionResult
from autograder.sandbox.limits import Limits, asked_for
from autograder.sandbox.records import Isolation
from autograder.submissions import class_folder
from tests import authored
from tests.commands import LINUX, call, clean_environment, descendants, hand_in, wait_until
from tests.sandboxes import failing_bubblewrap, needs_bubblewrap

distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = [LINUX, pytest.mark.slow]

SETTINGS = Settings("process", asked_for(cpu_seconds=0.5, submission_seconds=20))


def engines(isolation: Isolation = "process") -> executors.Engines:
    return [("", isolation, replace(Limits(), **dict(SETTINGS.limits)))]


BUSY = "import time\ndef relu_backward(delta, z):\n    time.sleep(0.15)\n    return delta * (z > 0)\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    authored.write_course(tmp_path / "solutions")
    authored.draw_keys(tmp_path / "solutions", tmp_path / "keys")
    for number in range(12):
        text = (authored.RIGHT, authored.TYPICAL, authored.PARTLY, authored.BROKEN)[number % 4]
        hand_in(tmp_path, f"s{number:02d}", f"{text}# {number}\n")
    return tmp_path


def graded(
    course: Path, pool: executors.WorkerPool, on_graded: Any = None, settings: Settings = SETTINGS
) -> list[SubmissionResult]:
    """Grade the class in `pool`; its results without what differs between two runs."""
    files = class_folder.find(course / "submitted", None, {"relu"}).files
    keys = grade_class.load_keys(course / "keys", ["relu"])
    with Store(course / f"{time.monotonic_ns()}.sqlite") as store:
        done = grade_class.grade_class(files, keys, settings, store, pool, on_graded or (lambda *_: None))
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


class Dask:
    """A scheduler, and workers as the `dask` command starts them."""

    def __init__(self) -> None:
        with closing(socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.main = self._start({}, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self._start(
            environment, "worker", self.address, "--nthreads", "1", "--no-dashboard", "--nanny"
        )

    def _start(self, environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
        engine = {"PYTHONPATH": str(Path(__file__).parents[1])}
        started = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            env={**clean_environment(), **engine, **environment},
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(started)
        return started

    def wait(self, workers: int) -> None:
        with distributed.Client(self.address, timeout="60s") as client:
            if workers:
                client.wait_for_workers(workers, timeout=60)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def scheduler(workers: int) -> Iterator[Dask]:
    dask = Dask()
    for _ in range(workers):
        dask.worker()
    try:
        dask.wait(workers)
        yield dask
    finally:
        for process in dask.processes:
            dask.end(process)


def another_engine(folder: Path) -> dict[str, str]:
    """The environment of a worker whose judge gives everybody all points."""
    shutil.copytree(Path(grade_class.__file__).parents[1], folder / "autograder")
    judge = folder / "autograder" / "judging" / "judge.py"
    text = judge.read_text(encoding="utf-8")
    judge.write_text(text.replace("right else Verdict.WA", "right else Verdict.AC"), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def test_a_cluster_grades_as_this_machine_does(course: Path) -> None:
    with executors.processes(2) as pool:
        expected = graded(course, pool)
    assert {result.points for result in expected} == {0, 8, 10}
    with scheduler(2) as dask, executors.cluster(dask.address, 2, engines()) as pool:
        assert pool.size() == 2
        for _ in range(2):  # a key that is delivered again must not get lost with the first one
            assert graded(course, pool) == expected


def test_a_worker_that_is_killed_on_the_way_loses_nothing(course: Path) -> None:
    for number in range(12):
        hand_in(course, f"t{number:02d}", f"{BUSY}# {number}\n")
    with scheduler(2) as dask, executors.cluster(dask.address, 2, engines()) as pool:
        killed: list[int] = []

        def kill_a_worker(line: Graded, result: SubmissionResult | None) -> None:
            if not killed:
                killed.append(dask.processes[1].pid)
                dask.end(dask.processes[1])

        results = graded(course, pool, kill_a_worker)
    assert killed
    assert [result.points for result in results] == [10, 0, 8, 0] * 3 + [10] * 12


def test_the_command_starts_a_cluster_of_its_own_for_trying_out(course: Path) -> None:
    done = call(course, "grade", "submitted", "--cluster", "local", "--isolation", "process", "--json")
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert len(json.loads(done.stdout)["submissions"]) == 12


def test_an_address_where_nobody_answers_is_one_sentence(course: Path) -> None:
    done = call(
        course, "grade", "submitted", "--cluster", "tcp://127.0.0.1:9", "--insecure", "--isolation", "process"
    )
    assert (done.returncode, done.stdout) == (2, "")
    line = done.stderr.splitlines()[-1]
    assert (
        "Traceback" not in done.stderr
        and "no Dask scheduler answers at tcp://127.0.0.1:9" in line
        and "local" in line
    )


@pytest.mark.parametrize("joins", ["before", "later"])
def test_a_worker_with_another_engine_gets_no_work_and_is_named(
    course: Path, tmp_path: Path, joins: str
) -> None:
    other = another_engine(tmp_path / "other")
    told: list[str] = []
    with executors.processes(2) as pool:
        expected = graded(course, pool)
    with scheduler(1) as dask:
        if joins == "before":
            dask.worker(**other)
            dask.wait(2)
        tell = lambda text: told.append(text.in_language("en"))  # noqa: E731
        with executors.cluster(dask.address, 2, engines(), tell=tell) as pool:
            if joins == "later":
                dask.worker(**other)
                dask.wait(2)
                assert wait_until(lambda: pool.size() == 1 and bool(told), 30)
            assert graded(course, pool) == expected
            assert pool.size() == 1
    assert len(told) == 1 and "no work for tcp://127.0.0.1" in told[0] and "digest" in told[0], told


@needs_bubblewrap
def test_a_worker_that_cannot_isolate_gets_no_work(course: Path, tmp_path: Path) -> None:
    """By itself it is one sentence before anything is graded; beside another, that one grades the class."""
    settings = replace(SETTINGS, isolation="bubblewrap")
    told: list[str] = []
    tell = lambda text: told.append(text.in_language("en"))  # noqa: E731
    with scheduler(0) as dask:
        dask.worker(PATH=failing_bubblewrap(tmp_path, works=0))
        dask.wait(1)
        done = call(course, "grade", "submitted", "--cluster", dask.address, "--insecure")
        assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
        assert "no room" in done.stderr and "no worker of the Dask scheduler" in done.stderr
        dask.worker()
        dask.wait(2)
        with executors.cluster(dask.address, 2, engines("bubblewrap"), tell=tell) as pool:
            results = graded(course, pool, settings=settings)
    assert [result.earned for result in results] == [10, 0, 8, 0] * 3
    assert len(told) == 1 and "no room" in told[0]


@needs_bubblewrap
def test_a_worker_that_fails_later_is_asked_again_and_the_others_grade(course: Path, tmp_path: Path) -> None:
    """Its bubblewrap works when it is asked, and never again: its judge errors are graded by the other."""
    settings = replace(SETTINGS, isolation="bubblewrap")
    told: list[str] = []
    tell = lambda text: told.append(text.in_language("en"))  # noqa: E731
    with scheduler(1) as dask:
        dask.worker(PATH=failing_bubblewrap(tmp_path, works=1))
        dask.wait(2)
        with executors.cluster(dask.address, 2, engines("bubblewrap"), tell=tell) as pool:
            assert pool.size() == 2
            results = graded(course, pool, settings=settings)
    assert [result.earned for result in results] == [10, 0, 8, 0] * 3
    assert len(told) == 1 and "no room" in told[0]


def test_a_scheduler_without_workers_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_PATIENCE_SECONDS", 2.0)
    with scheduler(0) as dask:
        opened = executors.cluster(dask.address, 2, engines())
        with pytest.raises(executors.ClusterError, match="has had no worker for 2 s"), opened:
            pass


def test_a_scheduler_that_dies_is_one_sentence_and_what_is_stored_is_kept(course: Path) -> None:
    for number in range(30):
        hand_in(course, f"t{number:02d}", f"{BUSY}# {number}\n")
    options = ("--isolation", "process", "--json")
    with scheduler(1) as dask:
        running = start(course, "grade", "submitted", "--cluster", dask.address, "--insecure", *options)
        store = course / "grades" / "results.sqlite"
        assert wait_until(lambda: stored_in(store) > 12, 60)
        dask.end(dask.main)
        stdout, stderr = running.communicate(timeout=100)
    assert (running.returncode, stdout) == (3, "")
    last = stderr.splitlines()[-1]
    assert "Traceback" not in stderr and dask.address in last and "What is graded is kept" in last
    kept = stored_in(store)
    assert 12 < kept < 42
    done = call(course, "grade", "submitted", *options)
    assert (done.returncode, stored_in(store)) == (0, 42)


def test_workers_that_all_die_are_replaced_by_others_in_the_same_run(course: Path) -> None:
    for number in range(12):
        hand_in(course, f"t{number:02d}", f"{BUSY}# {number}\n")
    with scheduler(1) as dask:
        options = ("--cluster", dask.address, "--insecure", "--isolation", "process", "--json")
        running = start(course, "grade", "submitted", *options)
        assert wait_until(lambda: stored_in(course / "grades" / "results.sqlite") > 12, 60)
        dask.end(dask.processes[1])
        dask.worker()
        stdout, stderr = running.communicate(timeout=100)
    assert (running.returncode, "Traceback" in stderr) == (0, False)
    points = [submission["points"] for submission in json.loads(stdout)["submissions"]]
    assert points == [10, 0, 8, 0] * 3 + [10] * 12


def test_a_client_that_is_closed_is_one_sentence(course: Path) -> None:
    def close(line: Graded, result: SubmissionResult | None) -> None:
        assert isinstance(pool.executor, executors._Workers)
        pool.executor._client.close()

    lost = pytest.raises(executors.ClusterLost, match="does not answer any more")
    with executors.cluster("local", 1, engines()) as pool, lost:
        graded(course, pool, close)


def start(course: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", *arguments, "--lang", "en"],
        cwd=course,
        env={**clean_environment(), "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored_in(path: Path) -> int:
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as connection, contextlib.suppress(sqlite3.Error):
        return int(connection.execute("SELECT count(*) FROM results WHERE final").fetchone()[0])
    return 0


def test_nothing_is_left_running(course: Path) -> None:
    before = set(descendants(os.getpid()))
    with executors.cluster("local", 2, engines()) as pool:
        graded(course, pool)
    assert wait_until(lambda: set(descendants(os.getpid())) <= before, 20)
