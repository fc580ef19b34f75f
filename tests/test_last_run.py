"""A class in which nothing has changed is not read again, and whatever changes is noticed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import autograder.cli.grade as command
from autograder.cli import app
from autograder.grading import last_run
from tests.commands import QUICK, built, course

__all__ = ["built", "course"]


@pytest.fixture
def old(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of which no file counts as just changed."""
    monkeypatch.chdir(course)
    monkeypatch.setattr(last_run, "_TICK_SECONDS", 0.0)
    Path("roster.csv").write_text("id,name\n1,bo\n2,chi\n", encoding="utf-8")
    return course


def seen(*asked: object) -> str | None:
    return last_run.seen(Path("submitted"), Path("keys"), Path("roster.csv"), asked)


FILE = Path("submitted/bo/relu/relu.py")


def in_place() -> None:
    """As large as before, and with the time of the change set back."""
    times = FILE.stat()
    FILE.write_bytes(FILE.read_bytes().replace(b"1.0", b"2.0"))
    os.utime(FILE, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES: list[Callable[[], object]] = [
    in_place,
    FILE.touch,
    lambda: FILE.chmod(0o600),
    lambda: FILE.rename(FILE.with_name("another.py")),
    lambda: shutil.copytree("submitted/bo", "submitted/new"),
    lambda: shutil.rmtree("submitted/new"),
    lambda: Path("submitted/empty").mkdir(),
    lambda: Path("submitted/link").symlink_to("bo"),
    lambda: Path("roster.csv").write_text("id,name\n1,bo\n"),
    lambda: shutil.copy("keys/relu.hidden.npz", "keys/other.hidden.npz"),
    Path("keys/other.hidden.npz").unlink,
]


def test_every_change_is_seen(old: Path) -> None:
    state = seen()
    assert state and state == seen() != seen("--lang", "zh")
    for change in CHANGES:
        change()
        assert state != (state := seen()) == seen(), change


def test_pythons_caches_are_no_change(old: Path) -> None:
    state = seen()
    cache = Path("submitted/bo/__pycache__")
    cache.mkdir()
    (cache / "relu.pyc").touch()
    assert seen() == state


def test_what_has_just_been_changed_is_not_relied_on(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FILE.touch()
    monkeypatch.setattr(last_run, "_TICK_SECONDS", 2.0)
    assert seen() is None


def test_a_second_run_reads_nothing_and_gives_the_same(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read: list[str] = []
    take_in = command._taken_in
    monkeypatch.setattr(command, "_taken_in", lambda *given: read.append("") or take_in(*given))
    Path("submitted/bo/work.zip").write_text("no archive")  # something to complain of

    def run(*options: str) -> tuple[bool, str, str, int]:
        read.clear()
        arguments = ["grade", "submitted", *QUICK, "--lang", "en", "--json", *options]
        status = app(arguments, standalone_mode=False)
        files = [Path("grades", name).stat().st_ino for name in ("grades.csv", "results.json")]
        return bool(read), *capsys.readouterr(), status, files

    has_read, *first = run()
    assert has_read and first[2] == 3 and "bo/work.zip" in first[1]
    assert run() == (False, *first)
    assert run("--lang", "zh")[0]
    assert run()[0], "the files are in Chinese now"
    for damaged in ("grades.csv", "results.json", "results.sqlite"):
        assert not run()[0]
        os.utime(Path("grades", damaged))
        assert run()[0], damaged


def test_regrade_of_nobody_is_a_mistake_in_the_call(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["grade", "submitted", "--lang", "en", "--regrade", "nemo"], standalone_mode=False) == 2
    assert "nemo" in capsys.readouterr().err
