"""Hidden keys lie open to nobody: how they are written, and what is said where they lie otherwise."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.base.messages import Message
from autograder.judging.exposure import exposed
from tests import authored
from tests.commands import call, hand_in

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Path]:
    """A course, made where files are open to all by default."""
    before = os.umask(0)
    authored.write_course(tmp_path / "solutions")
    yield tmp_path
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def told(keys: Path) -> list[str]:
    said = list(exposed(sorted(keys.glob("*.hidden.npz"))))
    return [sentence.id for sentence in said if isinstance(sentence, Message)]


def test_build_writes_keys_for_their_owner_alone_and_closes_old_ones(course: Path) -> None:
    for _ in range(2):
        done = call(course, "build", "--lang", "en")
        assert (done.returncode, "other users" in done.stderr) == (0, False), done.stderr
        assert mode(course / "keys") == 0o700 and mode(course / "keys" / "relu.hidden.npz") == 0o600
        assert mode(course / "assignments" / "en" / "relu" / "relu.visible.npz") & 0o044
        (course / "keys" / "relu.hidden.npz").chmod(0o644)


def test_every_other_command_does_too_and_warns_of_open_ones(course: Path) -> None:
    done = call(course, "nbgrader", "init", "course", "--lang", "en")
    keys = course / "course" / "keys"
    assert (done.returncode, mode(keys), mode(keys / "relu.hidden.npz")) == (0, 0o700, 0o600), done.stderr
    done = call(course, "gradescope", "relu", "--keys", str(keys))
    assert (done.returncode, mode(course / "relu.gradescope.zip")) == (0, 0o600), done.stderr
    hand_in(course, "an", authored.RIGHT)
    command = ("grade", "submitted", "--keys", str(keys), "--isolation", "process", "--lang", "en")
    assert "can read" not in call(course, *command).stderr
    keys.chmod(0o755)
    (keys / "relu.hidden.npz").chmod(0o644)
    for warned in (command, ("gradescope", "relu", "--keys", str(keys), "--lang", "en")):
        done = call(course, *warned)
        assert done.returncode == 0 and f"chmod -R go-rwx {keys}" in done.stderr, done.stderr


@needs_git
@pytest.mark.parametrize("ignored", ["", "/keys/\n", "*.npz\n"])
def test_a_work_tree_of_git_that_does_not_ignore_them_is_told(ignored: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    (keys / "relu.hidden.npz").write_bytes(b"")
    assert told(keys) == []
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(ignored)
    assert told(keys) == ([] if ignored else ["key.in_git"])
    if ignored:  # what git follows already is not ignored
        add = ["git", "-C", str(tmp_path), "add", "-f", "keys/relu.hidden.npz"]
        subprocess.run(add, check=True)
        assert told(keys) == ["key.in_git"]


@pytest.mark.parametrize(
    ("folder", "file", "open_"),
    [(0o700, 0o644, False), (0o755, 0o600, False), (0o711, 0o604, True), (0o750, 0o640, True)],
)
def test_a_key_is_open_where_somebody_else_gets_to_it(
    folder: int, file: int, open_: bool, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "relu.hidden.npz").write_bytes(b"")
    (keys / "relu.hidden.npz").chmod(file)
    keys.chmod(folder)
    assert told(keys) == (["key.read_by_others"] if open_ else [])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "ws://127.0.0.1:9", "inproc://x"])
def test_a_scheduler_without_tls_needs_to_be_wanted(address: str, tmp_path: Path) -> None:
    done = call(tmp_path, "grade", "submitted", "--cluster", address, "--lang", "en")
    assert done.returncode == 2 and "--insecure" in done.stderr and "hidden keys" in done.stderr
    assert len(done.stderr.splitlines()) == 1
