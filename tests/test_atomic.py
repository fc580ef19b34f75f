"""Files are written atomically, whoever else writes them, and whatever happens meanwhile."""

import contextlib
import ctypes
import errno
import itertools
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from autograder.base import atomic
from tests.commands import LINUX


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "grades.csv"
    place.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic.replacing(place) as stream:
        stream.write("half")
        raise KeyboardInterrupt
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_two_writers_at_once_leave_one_of_the_two(tmp_path: Path) -> None:
    place = tmp_path / "results.json"
    texts = {str(number) * 100_000 for number in range(4)}
    with atomic.replacing(place) as first, atomic.replacing(place) as second:
        first.write("a" * 100_000)
        second.write("b")
    assert place.read_text() == "a" * 100_000

    def write(text: str) -> None:
        for _ in range(10):
            atomic.write(place, text.encode())

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.read_text() in texts
    assert list(tmp_path.iterdir()) == [place]


def test_a_full_disk_is_told_of_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    place = tmp_path / "pooling.hidden.npz"
    place.write_bytes(b"old")
    with pytest.raises(OSError) as caught, atomic.replacing_bytes(place):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(place)
    assert place.read_bytes() == b"old"
    with pytest.raises(OSError) as caught:
        atomic.write(tmp_path / "nowhere" / "file", b"")
    assert caught.value.filename == str(tmp_path / "nowhere" / "file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as caught:
        atomic.write(tmp_path / "folder", b"")
    assert caught.value.filename == str(tmp_path / "folder")


def test_a_files_permissions_and_a_link_stay(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"old")
    key.chmod(0o600)
    (tmp_path / "link").symlink_to(key)
    atomic.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (b"new", 0o600)


def test_the_longest_of_names_has_room(tmp_path: Path) -> None:
    place = tmp_path / ("李" * 85)
    atomic.write(place, b"x")
    assert os.listdir(tmp_path) == [place.name]


@LINUX
@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_is_the_old_or_the_new_wherever_a_kill_comes(tmp_path: Path, exists: bool) -> None:
    """Killed at every call that touches the file system, one after the other, until it runs to its end."""
    folder = tmp_path / "an" / "relu"
    old = {"relu.ipynb": "old", "timestamp.txt": "old", "data/mine.txt": "kept"} if exists else {}
    new = old | {"relu.ipynb": "new", "timestamp.txt": "new"}
    found = []
    for calls in itertools.count():
        shutil.rmtree(folder, ignore_errors=True)  # what a former kill left beside it stays
        for name, text in old.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        if (child := os.fork()) == 0:
            _replace_a_folder(folder, calls)
        _, status = os.waitpid(child, 0)
        content = {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.*")}
        assert content in (old, new), f"killed at call {calls}"
        found.append(content)
        if status == 0:
            break
    assert old in found and found[-1] == new and len(found) > 8
    assert [path.name for path in folder.parent.iterdir()] == ["relu"]


def _replace_a_folder(folder: Path, calls: int) -> NoReturn:
    """Exit with 1 at the call of that number, else with 0."""
    left = iter(range(calls))

    def kill(event: str, arguments: object) -> None:
        if event.startswith(("os.", "shutil.", "open")) and next(left, None) is None:
            os._exit(1)

    with contextlib.suppress(BaseException):
        sys.addaudithook(kill)
        with atomic.replacing_folder(folder) as beside:
            atomic.write(beside / "relu.ipynb", b"new")
            atomic.write(beside / "timestamp.txt", b"new")
        os._exit(0)
    os._exit(2)


def test_a_folder_stays_as_it_was_where_its_writer_fails_and_on_any_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "relu"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic.replacing_folder(folder) as beside:
        atomic.write(beside / "a.txt", b"half")
        raise KeyboardInterrupt
    assert (folder / "a.txt").read_text() == "old" and list(tmp_path.iterdir()) == [folder]

    def refuse(*arguments: object, **more: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())  # no renameat2
    with atomic.replacing_folder(folder) as beside:
        atomic.write(beside / "b.txt", b"new")
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.txt"]
    assert list(tmp_path.iterdir()) == [folder]
