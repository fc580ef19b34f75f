"""Files that are there whole or not at all: written beside their place, then put into it.

Each writer has an unfinished file of its own, so that two commands that write one file at once leave one of
the two behind, and a full disk or Ctrl-C leaves what was there before.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file to write that takes the place of `path` once it is complete; if it never is, it goes.

    Raises
    ------
    OSError
        With `path` in it where the disk is full, which the system itself says of no file.
    """
    with _replacing(path, "x", encoding="utf-8", errors="replace", newline="") as stream:
        yield cast(TextIO, stream)


@contextlib.contextmanager
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """The same for a binary file; it can be read while it is written, as archives want it."""
    with _replacing(path, "x+b") as stream:
        yield cast(BinaryIO, stream)


def write(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`."""
    with replacing_bytes(path) as stream:
        stream.write(content)


@contextlib.contextmanager
def _replacing(path: Path, mode: str, **how: str) -> Iterator[IO[str] | IO[bytes]]:
    place = Path(os.path.realpath(path))  # a link stays one
    unfinished = place.with_name(f"{place.name[:_LONGEST]}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with unfinished.open(mode, **how) as stream:  # type: ignore[call-overload]
            with contextlib.suppress(OSError):
                unfinished.chmod(place.stat().st_mode & 0o777)  # who may read it is for its owner to say
            yield stream
        os.replace(unfinished, place)
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            _name(error, unfinished, path)
        raise


_LONGEST = 40
"""Characters of a name that its unfinished file keeps: a file's name has room for 255 bytes only."""


def _name(error: OSError, unfinished: Path, path: Path) -> None:
    """Nobody knows the unfinished file: the complaint is about the file that was to be written."""
    if error.filename == str(unfinished) or (error.filename is None and error.errno in _NO_ROOM):
        error.filename, error.filename2 = str(path), None
