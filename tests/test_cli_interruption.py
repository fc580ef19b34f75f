"""Interrupted and killed runs leave no process, and the next one goes on."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.cli import app
from autograder.grading import executors
from tests import authored
from tests.commands import (
    LINUX,
    QUICK,
    call,
    clean_environment,
    command,
    descendants,
    hand_in,
    is_alive,
    wait_until,
)
from tests.sandboxes import BUBBLEWRAP


def number_of_results(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
    except sqlite3.Error:  # not made yet
        return 0
    finally:
        connection.close()


class SlowRun:
    """A run in the middle of a class: one result is there, the next ones take their time."""

    def __init__(self, course: Path, isolation: str) -> None:
        shutil.rmtree(course / "submitted")
        hand_in(course, "an", authored.RIGHT)
        for student in ("bo", "chi", "dai"):
            hand_in(course, student, authored.ENDLESS)
        self.course = course
        self.options = ("grade", "submitted", "--isolation", isolation, "--cpu-seconds", "0.4", "--jobs", "2")
        self.database = course / "grades" / "results.sqlite"
        self.process = subprocess.Popen(
            command(*self.options),
            cwd=course,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert wait_until(lambda: number_of_results(self.database) > 0)
        self.started = set(descendants(self.process.pid))
        assert self.started

    def kill_a_worker(self) -> None:
        """One of the processes that grade; of a pool that has just begun, if need be."""
        killed: list[int] = []
        assert wait_until(lambda: bool(workers := self._workers()) and not killed.extend(workers))
        os.kill(killed[0], signal.SIGKILL)
        for worker in killed[1:]:
            with contextlib.suppress(ProcessLookupError):  # without the first, its pool may end by itself
                os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: not set(killed) & set(self._workers()))

    def _workers(self) -> list[int]:
        found = []
        for process in descendants(self.process.pid):
            with contextlib.suppress(OSError):
                if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes() and is_alive(process):
                    found.append(process)
        return found

    def ends_with(self, statuses: set[int], sentence: str) -> None:
        """It says so, without a traceback, and leaves no process behind."""
        output, errors = self.process.communicate(timeout=30)
        assert self.process.returncode in statuses and output == ""
        assert sentence in errors.splitlines()[-1] and "Traceback" not in errors
        assert wait_until(lambda: not any(map(is_alive, self.started)), 10)

    def is_continued_by_the_next(self) -> None:
        assert 0 < number_of_results(self.database) < 4
        connection = sqlite3.connect(self.database)
        before = [json.loads(text) for (text,) in connection.execute("SELECT result FROM results")]
        connection.close()
        rest = call(self.course, *self.options, "--json")
        assert rest.returncode == 0
        after = {one["student"]: one for one in json.loads(rest.stdout)["submissions"]}
        assert {name: one["points"] for name, one in after.items()} == {"an": 10, "bo": 0, "chi": 0, "dai": 0}
        for one in before:
            assert after[one["student"]]["seconds"] == one["seconds"]  # not graded again


@LINUX
@pytest.mark.parametrize("isolation", [pytest.param("process", marks=pytest.mark.slow), BUBBLEWRAP])
def test_ctrl_c_keeps_what_is_done_leaves_no_process_and_the_next_run_goes_on(
    course: Path, isolation: str
) -> None:
    run = SlowRun(course, isolation)
    os.killpg(run.process.pid, signal.SIGINT)  # what a terminal does: the workers get it, too
    run.ends_with({130}, "autograder: interrupted")
    run.is_continued_by_the_next()


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize(
    "numbers",
    [(signal.SIGINT, signal.SIGINT, signal.SIGINT), (signal.SIGTERM,), (signal.SIGTERM, signal.SIGINT)],
)
def test_ctrl_c_pressed_again_and_sigterm_are_one_sentence_too(
    course: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    run = SlowRun(course, "process")
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.process.pid, number)
    run.ends_with({128 + number for number in numbers}, "autograder: interrupted")  # together, in any order
    run.is_continued_by_the_next()


@LINUX
@pytest.mark.slow
def test_a_terminal_that_is_closed_changes_nothing(course: Path) -> None:
    run = SlowRun(course, "process")
    os.killpg(run.process.pid, signal.SIGHUP)
    _, errors = run.process.communicate(timeout=60)
    assert (run.process.returncode, errors.strip()) == (0, "")
    assert len((course / "grades" / "grades.csv").read_text().splitlines()) == 5


@LINUX
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(course: Path) -> None:
    run = SlowRun(course, "process")
    run.kill_a_worker()
    output, errors = run.process.communicate(timeout=60)
    assert (run.process.returncode, number_of_results(run.database)) == (0, 2)  # three hand in one text
    assert "Traceback" not in errors and "4 submissions" in output


@LINUX
@pytest.mark.slow
def test_a_command_that_is_killed_leaves_no_process_and_the_next_run_goes_on(course: Path) -> None:
    run = SlowRun(course, "process")
    os.kill(run.process.pid, signal.SIGKILL)  # the command alone: its workers must notice by themselves
    run.process.communicate(timeout=30)
    assert wait_until(lambda: not any(map(is_alive, run.started)), 20)
    run.is_continued_by_the_next()


def test_workers_that_are_killed_again_and_again_are_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[int] = []

    class Broken(Executor):
        def submit(self, *arguments: Any, **more: Any) -> Any:
            raise BrokenExecutor

    @contextlib.contextmanager
    def processes(count: int) -> Iterator[executors.WorkerPool]:
        pools.append(count)
        yield executors.WorkerPool(Broken(), lambda: count, Path.resolve)

    monkeypatch.chdir(course)
    monkeypatch.setattr(executors, "processes", processes)
    result = CliRunner().invoke(app, ["grade", "submitted", *QUICK])
    assert (result.exit_code, len(pools)) == (3, 3)
    assert "Workers keep dying" in result.output


def test_ctrl_c_is_status_130_without_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.cnn.models.table.write", interrupted)
    result = CliRunner().invoke(app, ["models"])
    assert (result.exit_code, result.output) == (130, "")
