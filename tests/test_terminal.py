"""Files and grades do not depend on the terminal: whatever becomes of it, they are there and whole."""

import contextlib
import errno
import fcntl
import io
import multiprocessing.synchronize
import os
import re
import resource
import shutil
import signal
import sqlite3
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import app, terminal
from autograder.integrations.nbgrader import release
from tests import authored
from tests.commands import LINUX, QUICK, hand_in

pytestmark = LINUX

COMMANDS: list[Sequence[str]] = [
    ("grade", "submitted", *QUICK),
    ("grade", "submitted", *QUICK, "--json"),
    ("report",),
    ("report", "--format", "csv"),
    ("report", "--format", "gradescope"),
    ("similar", "submitted", "--least", "0"),
    ("gradescope", "relu"),
    ("build",),
    ("start", "mine", "--from", "assignments"),
    ("check", "flat/relu/relu.py", "--html"),
    ("explore",),
]
STATUS = {"check": 1}
"""Their status where the output is taken; 0 unless said."""


def cut_off() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)


def all_cut_off() -> None:
    cut_off()
    os.dup2(1, 2)


def full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def all_full() -> None:
    full()
    os.dup2(1, 2)


def closed() -> None:
    os.close(1)


def errors_closed() -> None:
    os.close(2)


def all_closed() -> None:
    os.closerange(0, 3)


def hung_up() -> None:
    """The terminal's window is closed: SIGHUP to its processes, EIO to whoever writes."""
    os.setsid()
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    for descriptor in range(3):
        os.dup2(theirs, descriptor)
    os.close(theirs)
    before = signal.signal(signal.SIGHUP, lambda *_: None)  # it comes before the command has begun
    os.close(ours)
    time.sleep(0.05)
    signal.signal(signal.SIGHUP, before)


DISTURBANCES = [
    cut_off,
    all_cut_off,
    full,
    all_full,
    closed,
    errors_closed,
    all_closed,
    hung_up,
]


@pytest.fixture(scope="module")
def whole_course(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a graded class, students' files, and a folder of somebody's own."""
    folder = tmp_path_factory.mktemp("terminal") / "course"
    shutil.copytree(built, folder)
    for student, text in (("an", authored.RIGHT), ("bo", authored.TYPICAL), ("chi", authored.CRASH)):
        hand_in(folder, student, text)
    with contextlib.chdir(folder), building_without_nbgrader():
        for arguments in (("build",), ("grade", "submitted", *QUICK)):
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, result.output
    mine = folder / "flat" / "relu"
    shutil.copytree(folder / "assignments" / "en" / "relu", mine)
    (mine / "relu.py").write_text(authored.TYPICAL, encoding="utf-8")
    return folder


_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@contextlib.contextmanager
def building_without_nbgrader() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "releasing", lambda: contextlib.nullcontext(lambda one, lang: _NOTEBOOK))
        yield


def run(folder: Path, arguments: Sequence[str], disturb: Callable[[], None]) -> tuple[int, str]:
    """The command in a process of its own, with real descriptors; its status and what is on stderr."""
    errors = folder.parent / f"{folder.name}.stderr"
    errors.write_bytes(b"")
    child = os.fork()
    if child == 0:
        status = 99
        try:
            os.chdir(folder)
            os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND), 2)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.environ.update(LC_ALL="C.UTF-8", COLUMNS="200")
            terminal.sys.argv = ["autograder", *arguments]
            disturb()
            with building_without_nbgrader():
                terminal.run(app)
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), errors.read_text().strip()


def written(folder: Path) -> dict[str, str]:
    """Every file by its path, with the end of what can be read, without what differs between two runs."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".sqlite" not in path.name:
            is_text = path.suffix not in (".npz", ".zip")
            end = path.read_bytes()[-60:].decode(errors="replace") if is_text else ""
            found[str(path.relative_to(folder))] = re.sub(r"[0-9.:-]+", "#", end)
            assert is_text or path.read_bytes()[:2] == b"PK"
    return found


@pytest.fixture(scope="module")
def undisturbed(
    whole_course: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[str]], dict[str, str]]:
    """What a command writes when nothing is in its way."""
    known: dict[Sequence[str], dict[str, str]] = {}

    def of(arguments: Sequence[str]) -> dict[str, str]:
        if arguments not in known:
            folder = copied(whole_course, tmp_path_factory.mktemp("undisturbed") / "course")
            assert run(folder, arguments, lambda: None) == (STATUS.get(arguments[0], 0), "")
            known[arguments] = written(folder)
        return known[arguments]

    return of


def copied(course: Path, folder: Path) -> Path:
    """The course with its stored results, as if the command had been run for the first time."""
    shutil.copytree(course, folder)
    for name in ("grades.csv", "results.json"):
        (folder / "grades" / name).unlink()
    shutil.rmtree(folder / "assignments" / "zh")
    return folder


@pytest.mark.parametrize("disturb", DISTURBANCES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_all_files_are_whole_whatever_becomes_of_the_output(
    whole_course: Path,
    undisturbed: Callable[[Sequence[str]], dict[str, str]],
    tmp_path: Path,
    arguments: Sequence[str],
    disturb: Callable[[], None],
) -> None:
    folder = copied(whole_course, tmp_path / "course")
    status, errors = run(folder, arguments, disturb)
    assert written(folder) == undisturbed(arguments)
    own = STATUS.get(arguments[0], 0)
    assert status == (own or 2 if disturb in (full, all_full) else own)
    told = ["autograder: standard output is incomplete: No space left on device"] if disturb is full else []
    assert [line.partition(";")[0] for line in errors.splitlines()] == told


def test_a_class_is_graded_from_the_start_with_no_terminal_at_all(whole_course: Path, tmp_path: Path) -> None:
    folder = copied(whole_course, tmp_path / "course")
    shutil.rmtree(folder / "grades")
    assert run(folder, COMMANDS[0], hung_up)[0] == 0
    assert (folder / "grades" / "grades.csv").read_bytes() == (
        whole_course / "grades/grades.csv"
    ).read_bytes()


def test_output_that_is_taken_slowly_is_whole() -> None:
    """Into a pipe that another program has made non-blocking."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "".join(f"line {number}\n" for number in range(30_000))
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(writing, 1)
        stream = terminal._text(1)
        stream.write(text)
        stream.flush()
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as stream:
        assert stream.read() == text
    os.waitpid(child, 0)


def test_files_are_written_before_anything_is_shown(
    whole_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the output raises, as in another program that calls the commands."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    folder = copied(whole_course, tmp_path / "course")
    monkeypatch.chdir(folder)
    with contextlib.redirect_stdout(Broken()), contextlib.suppress(SystemExit):
        app(list(COMMANDS[0]), standalone_mode=False)
    assert written(folder)["grades/grades.csv"] and written(folder)["grades/results.json"]


# What the system refuses


def no_semaphores() -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    multiprocessing.synchronize.SemLock.__init__ = refuse  # type: ignore[method-assign]


def another_run() -> None:
    fcntl.flock(os.open("grades", os.O_RDONLY), fcntl.LOCK_EX)


def locked_database() -> None:
    connection = sqlite3.connect("grades/results.sqlite", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    globals()["_kept_open"] = connection


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))


GRADE = COMMANDS[0]
REFUSED: list[tuple[Sequence[str], Callable[[], None], str]] = [
    (GRADE, no_semaphores, "/dev/shm"),
    (GRADE, another_run, "another `autograder grade`"),
    (GRADE, locked_database, "database is locked"),
    (GRADE, no_room, "cannot be"),
    ((*GRADE, "--out", "/proc/grades"), lambda: None, "/proc/grades"),
    (("verify", "relu", "--draws", "1"), no_semaphores, "/dev/shm"),
    (("report", "--out", "/proc/report"), lambda: None, "/proc/report"),
    (("explore",), no_room, "explorer.html"),
    (COMMANDS[6], no_room, "File too large"),
    (("start", "/proc/mine", "--from", "assignments"), lambda: None, "/proc/mine"),
]


@pytest.mark.parametrize(
    ("arguments", "disturb", "part"),
    REFUSED,
    ids=[f"{arguments[0]}-{disturb.__name__}-{part}" for arguments, disturb, part in REFUSED],
)
def test_what_the_system_refuses_is_one_true_sentence(
    whole_course: Path, tmp_path: Path, arguments: Sequence[str], disturb: Callable[[], None], part: str
) -> None:
    folder = copied(whole_course, tmp_path / "course")
    stored = number_of_results(folder)
    status, errors = run(folder, arguments, disturb)
    (line,) = errors.splitlines()
    assert status == 2 and line.startswith("autograder: ") and part in line, errors
    assert not list(folder.rglob("*.part")) and number_of_results(folder) == stored


def number_of_results(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "grades" / "results.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])


@pytest.mark.parametrize("limit", range(6, 40, 3))
def test_however_few_files_may_be_open_the_class_is_graded_or_a_sentence_says_why(
    whole_course: Path, tmp_path: Path, limit: int
) -> None:
    folder = copied(whole_course, tmp_path / "course")

    def few_files() -> None:
        os.closerange(3, 300)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    status, errors = run(folder, GRADE, few_files)
    assert "Traceback" not in errors and status in (0, 2, 3)
    assert (folder / "grades" / "grades.csv").exists() == (status in (0, 3))
    assert bool(errors) == (status != 0) and errors.count("autograder: ") <= 1, errors


# Signals


@pytest.mark.parametrize("numbers", [(signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_a_signal_is_obeyed_once_and_sets_the_status(
    numbers: Sequence[signal.Signals], tmp_path: Path
) -> None:
    """Pressed again while the first is obeyed, it must not disturb what is put in order then."""

    def interrupted() -> None:
        try:
            signal.raise_signal(numbers[0])
        finally:
            for number in numbers[1:]:
                signal.raise_signal(number)
            (tmp_path / "in order").touch()

    child = os.fork()
    if child == 0:
        try:
            terminal.run(interrupted)
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + numbers[0]
    assert (tmp_path / "in order").exists()
