"""A student's folder: which assignments it holds, in the course's order, and which file is worked on.

An assignment is a visible answer key, `NAME.visible.npz`, with files beside or below it: of these the one
counts that would count if all were handed in, whatever it is called (`submissions.choice`).
`checking`, `watch` and the pytest plugin call this.
"""

import math
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from autograder.base.messages import TextError, say
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from autograder.submissions.content import CODE, SYSTEM

ENDING = ".visible.npz"
_DEEPEST = 2
"""How many folders below the key a copy of the work may lie."""


class CheckError(TextError):
    """The check cannot be made."""


class Place(NamedTuple):
    """An assignment in a student's folder; an instructor's hidden key is in the folder `hidden`."""

    folder: Path
    name: str
    hidden: Path | None = None

    @property
    def key(self) -> Path:
        return self.folder / (self.name + ENDING)

    @property
    def files(self) -> list[Path]:
        """The student's files, the one that counts first: as in grading, never an untouched stub.

        A file of another name is one if it defines an exercise, or nothing else can be meant.
        """
        files = list(_code_in(self.folder, self.hidden))
        named = [file for file in files if file.parent == self.folder and file.stem == self.name]
        if files == named and len(files) < 2:
            return files
        from autograder.submissions.choice import Candidate, in_order
        from autograder.submissions.source import of_file

        hidden = self.hidden and self.hidden / (self.name + answer_key.HIDDEN)
        key = self.key if self.key.is_file() or not hidden else hidden
        candidates = [Candidate(file.name, partial(of_file, file), (changed(file),)) for file in files]
        exercises = _exercises(key)
        order = in_order(candidates, exercises)
        found = [files[i] for i, held in order if (exercises and held) or files[i] in named]
        is_only = self.hidden is None and len(files) == len(list(self.folder.glob("*" + ENDING))) == 1
        return found or (files if is_only and exercises else [])


def _code_in(folder: Path, hidden: Path | None = None) -> Iterator[Path]:
    """The notebooks and scripts of a student's own in a folder and, of a learner's, below it."""
    for at, folders, files in os.walk(folder):
        here = Path(at)
        is_deepest = hidden is not None or len(here.relative_to(folder).parts) == _DEEPEST
        folders[:] = [name for name in sorted(folders) if not is_deepest and not SYSTEM.fullmatch(name)]
        if here != folder and any(here.glob("*" + ENDING)):  # another assignment
            folders.clear()
            continue
        code = [here / name for name in sorted(files) if CODE.search(name) and not SYSTEM.fullmatch(name)]
        yield from (file for file in code if hidden is None or not file.is_symlink())


def _exercises(key: Path) -> list[str]:
    """The exercises of an answer key; none where it cannot be read, which is said when it is used."""
    try:
        return [exercise.name for exercise in answer_key.newest(key).exercises]
    except answer_key.KeyFileError:
        return []


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


def current_files(folder: Path) -> list[Path]:
    """The file that is worked on in `folder`, and the others of its assignment, which do not count.

    Raises
    ------
    CheckError
        There is none, or more than one could be meant.
    """
    here = [place for place in places(folder) if place.folder == folder]
    if here:
        return max((place.files for place in here), key=lambda files: changed(files[0]))
    if below := places(folder):
        names = ", ".join(place.name for place in below)
        raise CheckError(say("error.several_assignments", names=names))
    files = list(_code_in(folder))
    if files and any(folder.glob("*" + ENDING)):
        names = ", ".join(str(path.relative_to(folder)) for path in files)
        raise CheckError(say("error.several_files", names=names))
    raise CheckError(say("error.no_assignment", folder=folder.absolute()))


def key_beside(path: Path) -> Path:
    """The visible key in the folder of `path`, or above: of the file's own name, else the only one there,
    else the only one of which it defines an exercise.

    Raises
    ------
    CheckError
    """
    for folder in [path.parent, *path.absolute().parents[1 : _DEEPEST + 1]]:
        own = folder / (path.stem + ENDING)
        keys = {key.name.removesuffix(ENDING): key for key in sorted(folder.glob("*" + ENDING))}
        if own.exists() or len(keys) == 1:
            return own if own.exists() else next(iter(keys.values()))
        if keys:
            of_it = [key for name, key in keys.items() if path in Place(folder, name).files]
            if len(of_it) == 1:
                return of_it[0]
            break
    raise CheckError(say("error.key_not_found", file=path.name, folder=path.parent))


def changed(path: Path) -> float:
    """The time of a file's last change."""
    try:
        return path.stat().st_mtime
    except OSError:  # gone just now: an editor is replacing it
        return -math.inf
