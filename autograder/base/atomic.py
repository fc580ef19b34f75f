"""Write files atomically: into a temporary file in the same folder, then `os.replace`.

Used by whatever writes a file that a person or another command may read. A reader never sees half a file: a
full disk or Ctrl-C leaves the old content. Each writer has a temporary file of its own, so of two commands
that write the same file at once, the later wins.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAX_STEM = 40
"""Characters of its name that the temporary file keeps: a file's name has room for 255 bytes only."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a text file that replaces `path` when the block ends, and is removed when the block raises.

    Raises
    ------
    OSError
        With `path` as its filename, also where the disk is full and the system names no file.
    """
    with _replacing(path, "x", encoding="utf-8", errors="replace", newline="") as stream:
        yield cast(TextIO, stream)


@contextlib.contextmanager
def replacing_bytes(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """The same for a binary file, which can also be read while it is written, as archives need it."""
    with _replacing(path, "x+b", private) as stream:
        yield cast(BinaryIO, stream)


def write(path: Path, content: bytes, *, private: bool = False) -> None:
    """Replace the file at `path` by one that holds `content`; a `private` one only its owner may read."""
    with replacing_bytes(path, private=private) as stream:
        stream.write(content)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A folder in which to replace files, and which replaces the folder `path` when the block ends.

    It begins with all that `path` holds, as hard links: write into it with this module only. A kill leaves
    the old folder or the new one, and perhaps a hidden one beside it, which the next call removes.
    """
    beside = path.with_name(f".{path.name[:_MAX_STEM]}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        if path.is_dir():
            shutil.copytree(path, beside, symlinks=True, copy_function=_link)
        else:
            beside.mkdir(parents=True)
        yield beside
        _exchange(beside, path) if path.is_dir() else beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _exchange(new: Path, old: Path) -> None:
    """Let two folders change places, at once where the system can (Linux, and most of its file systems)."""
    import ctypes

    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None or rename(_HERE, os.fsencode(new), _HERE, os.fsencode(old), _RENAME_EXCHANGE):
        aside = new.with_suffix(".old")
        old.rename(aside)
        new.rename(old)
        aside.rename(new)


_HERE, _RENAME_EXCHANGE = -100, 2
"""AT_FDCWD and a flag of renameat2, which Python does not offer."""


@contextlib.contextmanager
def _replacing(path: Path, mode: str, private: bool = False, **options: str) -> Iterator[IO[str] | IO[bytes]]:
    target = Path(os.path.realpath(path))  # a symbolic link is kept, and what it points to is replaced
    temporary = target.with_name(f"{target.name[:_MAX_STEM]}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with temporary.open(mode, **options) as stream:  # type: ignore[call-overload]
            with contextlib.suppress(OSError):
                # The owner has decided who may read the old one.
                temporary.chmod(0o600 if private else target.stat().st_mode & 0o777)
            yield stream
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and (
            error.filename == str(temporary) or (error.filename is None and error.errno in _NO_ROOM)
        ):
            error.filename, error.filename2 = str(path), None  # the user does not know the temporary file
        raise
