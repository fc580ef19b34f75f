"""Files are written atomically, whoever else writes them, and whatever happens meanwhile."""

import errno
import os
import threading
from pathlib import Path

import pytest

from autograder.base import atomic


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
