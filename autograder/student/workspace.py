"""A student's folder: which assignments it holds, in the course's order, and which file is worked on.

An assignment is a visible answer key, `NAME.visible.npz`, with `NAME.ipynb` or `NAME.py` beside it.
`checking`, `watch` and the pytest plugin call this.
"""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from autograder.base.messages import TextError, say
from autograder.judging.answer_key import AnswerKey

ENDING = ".visible.npz"
SUFFIXES = (".ipynb", ".py")
"""The files of an assignment; of two equally old ones the first in this order counts."""


class CheckError(TextError):
    """The check cannot be made."""


class Place(NamedTuple):
    """An assignment in a student's folder."""

    folder: Path
    name: str

    @property
    def key(self) -> Path:
        return self.folder / (self.name + ENDING)

    @property
    def files(self) -> list[Path]:
        """The student's existing files, the one that counts first: as in grading, never an untouched stub."""
        files = [self.folder / (self.name + suffix) for suffix in SUFFIXES]
        files = [file for file in files if file.is_file()]
        if len(files) < 2:
            return files
        from autograder.submissions.choice import Candidate, in_order

        candidates = [Candidate(file.name, file.read_bytes, (_changed(file),)) for file in files]
        return [files[index] for index, _ in in_order(candidates, ())]


def places(folder: Path) -> list[Place]:
    """The assignments in `folder` itself, else those in its subfolders, by name."""
    for pattern in ("*", "*/*"):
        found = [
            Place(key.parent, key.name.removesuffix(ENDING)) for key in sorted(folder.glob(pattern + ENDING))
        ]
        if with_files := [place for place in found if place.files]:
            return with_files
    return []


def course_order(key: AnswerKey) -> tuple[int, tuple[float, ...], str]:
    """Sort key: the place that the course gives an assignment, else how far into the lecture it leads.

    A whole chapter, "3", follows its sections.
    """
    sections = [_section(exercise.lecture) for exercise in key.exercises]
    return key.settings.position, max(sections, default=()), key.assignment


def _section(lecture: str) -> tuple[float, ...]:
    """The first section in a text such as "2.2, 3.3"; a text without one sorts last."""
    found = re.search(r"\d+(?:\.\d+)*", lecture)
    return (*(float(number) for number in found[0].split(".")), math.inf) if found else (math.inf,)


def current_file(folder: Path) -> Path:
    """The file that is worked on in `folder`: the newest one of an assignment.

    Raises
    ------
    CheckError
        There is none, or more than one could be meant.
    """
    here = [place for place in places(folder) if place.folder == folder]
    if here:
        return newest_first(file for place in here for file in place.files)[0]
    if below := places(folder):
        names = ", ".join(place.name for place in below)
        raise CheckError(say("error.several_assignments", names=names))
    keys = list(folder.glob("*" + ENDING))
    files = [path for suffix in SUFFIXES for path in folder.glob("*" + suffix)]
    if len(keys) == 1 and len(files) == 1:  # the student has renamed the file
        return files[0]
    if keys and files:
        names = ", ".join(sorted(path.name for path in files))
        raise CheckError(say("error.several_files", names=names))
    raise CheckError(say("error.no_assignment", folder=folder.absolute()))


def key_beside(path: Path) -> Path:
    """The visible key in the folder of `path`: of the file's own name, else the only one there.

    Raises
    ------
    CheckError
    """
    own = path.with_name(path.stem + ENDING)
    keys = [own] if own.exists() else sorted(path.parent.glob("*" + ENDING))
    if len(keys) != 1:
        raise CheckError(say("error.key_not_found", file=path.name, folder=path.parent))
    return keys[0]


def newest_first(files: Iterable[Path]) -> list[Path]:
    """Files by the time of their last change; equally old ones keep their order."""
    return sorted(files, key=_changed, reverse=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone just now: an editor is replacing it
        return -math.inf
