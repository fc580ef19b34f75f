"""Keep `nbgrader autograde` from what it should not read: links, pipes, devices, too much of anything.

A course's config calls `guard` (route A; route B reads regular files only, by `class_folder`). nbgrader
follows what it finds, reads `timestamp.txt` to its end and copies everything, and its configuration names no
place for a check before that; so the check is put in front of the method with which it begins a submission.
What the check raises is told by nbgrader, which goes on with the next student.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.base.messages import printable_name, say
from autograder.integrations.nbgrader.errors import NotebookError
from autograder.submissions.source import MAX_BYTES

_LONGEST_TIME = 100
"""Bytes that a timestamp file may have."""
_MOST_FILES = 1000
_MOST_BYTES = 100 * 2**20
_UNFIT = re.compile(r"[<>\"&/\\]|^\.")


def guard() -> None:
    """Put `check` before what nbgrader does with a submission, in this process."""
    from nbgrader.converters import Autograde

    begin = Autograde.init_destination
    if hasattr(begin, "guarded"):
        return

    def init_destination(self: Any, assignment_id: str, student_id: str) -> bool:
        folder = Path(self._format_source(assignment_id, student_id))
        submitted = self.coursedir.format_path(self.coursedir.submitted_directory, ".", ".")
        check(folder, Path(submitted), student_id)
        return bool(begin(self, assignment_id, student_id))

    init_destination.guarded = True  # type: ignore[attr-defined]
    Autograde.init_destination = init_destination


def check(folder: Path, submitted: Path, student: str) -> None:
    """Refuse a submission's folder, somewhere in `submitted`, that cannot be read and copied as it is.

    Raises
    ------
    NotebookError, OSError
    """
    check_name(student)
    top = Path(os.path.abspath(submitted))
    for part in (place := Path(os.path.abspath(folder)), *place.parents):
        if part == top:
            break
        if part.is_symlink():
            raise NotebookError(say("nbgrader.not_a_file", file=printable_name(part.name)))
    handed_in(folder / "timestamp.txt")
    size = 0
    for number, (path, about) in enumerate(_inside(folder)):
        if stat.S_ISDIR(about.st_mode):
            continue
        if not stat.S_ISREG(about.st_mode):
            raise NotebookError(say("nbgrader.not_a_file", file=printable_name(path.name)))
        size += about.st_size
        most = MAX_BYTES if path.suffix == ".ipynb" else _MOST_BYTES
        if number >= _MOST_FILES or size > _MOST_BYTES or about.st_size > most:
            raise NotebookError(say("nbgrader.too_much", file=printable_name(path.name)))


def check_name(student: str) -> None:
    """Refuse a name that nbgrader's pages would show as HTML, or that is no folder's.

    Raises
    ------
    NotebookError
    """
    if _UNFIT.search(student):
        raise NotebookError(say("nbgrader.name_unfit"))


def handed_in(path: Path) -> datetime | None:
    """The time in a timestamp file, in UTC; None where there is no file.

    nbgrader's own `get_existing_timestamp` exits on a malformed file, which a student who hands in a folder
    may have written.

    Raises
    ------
    NotebookError
        The file holds no time. To ignore it would count a late submission as in time.
    OSError
    """
    from nbgrader.utils import parse_utc

    if path.is_symlink():
        raise NotebookError(say("nbgrader.not_a_file", file=path.name))
    if not path.exists():
        return None
    if path.is_file():  # reading a pipe would block
        with path.open("rb") as file:
            raw = file.read(_LONGEST_TIME + 1)
        with contextlib.suppress(Exception):  # dateutil raises many kinds of exception
            text = raw.decode().strip()
            if len(raw) <= _LONGEST_TIME:
                return parse_utc(text) if text else None
    raise NotebookError(say("nbgrader.time_unreadable", file=path.name))


def _inside(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything in a folder, links not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            yield Path(entry), entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _inside(Path(entry))
