"""Write files atomically: into a temporary file in the same folder, then `os.replace`.

Used by whatever writes a file that a person or another command may read. A reader never sees half a file: a
full disk or Ctrl-C leaves the old content. Each writer has a temporary file of its own, so of two commands
that write the same file at once, the later wins.
"""

import contextlib
import errno
import os
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
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """The same for a binary file, which can also be read while it is written, as archives need it."""
    with _replacing(path, "x+b") as stream:
        yield cast(BinaryIO, stream)


def write(path: Path, content: bytes) -> None:
    """Replace the file at `path` by one that holds `content`."""
    with replacing_bytes(path) as stream:
        stream.write(content)


@contextlib.contextmanager
def _replacing(path: Path, mode: str, **options: str) -> Iterator[IO[str] | IO[bytes]]:
    target = Path(os.path.realpath(path))  # a symbolic link is kept, and what it points to is replaced
    temporary = target.with_name(f"{target.name[:_MAX_STEM]}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with temporary.open(mode, **options) as stream:  # type: ignore[call-overload]
            with contextlib.suppress(OSError):
                temporary.chmod(target.stat().st_mode & 0o777)  # the owner decided who may read it
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
