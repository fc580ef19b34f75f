"""A student's folder: which assignments lie in it, in the course's order, and which file is worked on.

The visible answer key marks an assignment: `relu.visible.npz` with `relu.ipynb` or `relu.py` beside
it. `checking`, `watch` and the pytest plugin ask here. Nothing here reads what a student wrote.
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
"""What an assignment comes as; where two files are equally old, the first of these counts."""


class CheckError(TextError):
    """A check that cannot be made."""


class Place(NamedTuple):
    """An assignment in a student's folder."""

    folder: Path
    name: str

    @property
    def key(self) -> Path:
        return self.folder / (self.name + ENDING)

    @property
    def files(self) -> list[Path]:
        """The student's files that are there, the newest first."""
        files = [self.folder / (self.name + suffix) for suffix in SUFFIXES]
        return newest_first(file for file in files if file.is_file())


def places(folder: Path) -> list[Place]:
    """The assignments in `folder` itself, else those in its folders, by name."""
    for pattern in ("*", "*/*"):
        found = [
            Place(key.parent, key.name.removesuffix(ENDING)) for key in sorted(folder.glob(pattern + ENDING))
        ]
        if there := [place for place in found if place.files]:
            return there
    return []


def course_order(key: AnswerKey) -> tuple[tuple[float, ...], str]:
    """Sorts assignments by how far into the lecture they lead.

    A chapter named as a whole, as "3" is, comes behind its sections.
    """
    sections = [_section(exercise.lecture) for exercise in key.exercises]
    return max(sections, default=()), key.assignment


def _section(lecture: str) -> tuple[float, ...]:
    """The first section that a text such as "2.2, 3.3" names."""
    found = re.search(r"\d+(?:\.\d+)*", lecture)
    return (*(float(number) for number in found[0].split(".")), math.inf) if found else (math.inf,)


def current_file(folder: Path) -> Path:
    """The file that is worked on in `folder`: the newest one of an assignment.

    Raises
    ------
    CheckError
        There is none, or no telling which.
    """
    here = [place for place in places(folder) if place.folder == folder]
    if here:
        return newest_first(file for place in here for file in place.files)[0]
    if below := places(folder):
        raise CheckError(
            say(
                "error.several_assignments",
                names=", ".join(place.name for place in below),
            )
        )
    keys = list(folder.glob("*" + ENDING))
    others = [path for suffix in SUFFIXES for path in folder.glob("*" + suffix)]
    if len(keys) == 1 and len(others) == 1:  # handed out under one name, kept under another
        return others[0]
    if keys and others:
        raise CheckError(
            say(
                "error.several_files",
                names=", ".join(sorted(path.name for path in others)),
            )
        )
    raise CheckError(
        say(
            "error.no_assignment",
            folder=folder.absolute(),
        )
    )


def key_beside(path: Path) -> Path:
    """The visible key in the folder of `path`: of the file's own name, else the only one there.

    Raises
    ------
    CheckError
    """
    own = path.with_name(path.stem + ENDING)
    keys = [own] if own.exists() else sorted(path.parent.glob("*" + ENDING))
    if len(keys) != 1:
        raise CheckError(
            say(
                "error.key_not_found",
                file=path.name,
                folder=path.parent,
            )
        )
    return keys[0]


def newest_first(files: Iterable[Path]) -> list[Path]:
    """Files by the time of their last change; those of the same age stay in their order."""
    return sorted(files, key=_changed, reverse=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone in this moment: an editor puts a new file in its place
        return -math.inf
