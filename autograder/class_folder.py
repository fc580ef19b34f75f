"""Finds the submissions of a class: in a folder, in a zip, or a single file.

Two layouts are understood, on disk and inside a zip::

    <student>/<assignment>/<file>.ipynb|.py      nbgrader's submitted/
    <student>.ipynb|.py                          flat; the assignment is named by the caller

Nothing is unpacked and links are not followed: what a student hands in names no other file.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.submission import MAX_BYTES

_ENDINGS = (".ipynb", ".py")


class ClassFolderError(Exception):
    """A path that holds no submissions, told in one sentence."""


@dataclass(frozen=True)
class SubmittedFile:
    """One student's file for one assignment.

    Attributes
    ----------
    name : str
        The path below the class folder, or inside the zip, as reports show it; "" where a student's
        folder for the assignment holds no notebook and no script.
    """

    student: str
    assignment: str
    name: str
    source: Path
    member: str | None = None

    def read(self) -> bytes:
        """The content; one byte more than `submission.MAX_BYTES` at the most.

        Raises
        ------
        OSError, zipfile.BadZipFile
            The file cannot be read.
        """
        if self.member is None:
            with self.source.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        with zipfile.ZipFile(self.source) as archive, archive.open(self.member) as file:
            return file.read(MAX_BYTES + 1)


@dataclass(frozen=True)
class _Found:
    """A file as it was found, before it is known whose it is.

    `path` is read for student and assignment, `original` is where it lies; `changed` tells when, as far
    as the folder or the zip knows: larger is later.
    """

    path: PurePosixPath
    original: PurePosixPath
    changed: float | tuple[int, ...]


def find(path: Path, assignment: str | None, known: set[str]) -> list[SubmittedFile]:
    """Every submission under `path`, sorted by student and assignment.

    Parameters
    ----------
    path : Path
        A folder, a zip or a single file.
    assignment : str or None
        Only this one; needed for the flat layout and for a single file whose name does not tell.
    known : set of str
        The assignments that there is an answer key for.

    Raises
    ------
    ClassFolderError
    """
    if path.is_dir():
        found, source = list(_in_folder(path)), path
    elif path.suffix.lower() == ".zip" and path.is_file():
        found, source = list(_in_zip(path)), path
    elif path.suffix.lower() in _ENDINGS and path.is_file():
        return [_single(path, assignment, known)]
    elif path.exists():
        raise ClassFolderError(f"{path} is no folder, zip, .ipynb or .py; name one of these.")
    else:
        raise ClassFolderError(f"There is no {path}; name a folder of submissions, a zip of one, or a file.")
    files = _by_layout(found, source, assignment, known)
    if not files:
        raise ClassFolderError(
            f"{path} holds no submissions; expected <student>/<assignment>/<file>.ipynb or .py, "
            "or <student>.ipynb or .py with --assignment."
        )
    return sorted(files, key=lambda file: (file.student, file.assignment))


def _in_folder(folder: Path) -> Iterator[_Found]:
    for level in ("*", "*/*", "*/*/*"):
        for path in folder.glob(level):
            if path.is_symlink() or not path.is_file() or any(p.is_symlink() for p in path.parents):
                continue
            relative = PurePosixPath(path.relative_to(folder).as_posix())
            if not any(part.startswith(".") for part in relative.parts):
                yield _Found(relative, relative, path.stat().st_mtime)


def _in_zip(path: Path) -> Iterator[_Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise ClassFolderError(f"{path} cannot be read as a zip ({error}); make it again.") from error
    for info in members:
        member = PurePosixPath(info.filename)
        if not any(part.startswith((".", "__MACOSX")) for part in member.parts):
            yield _Found(member, member, info.date_time)


def _by_layout(
    found: list[_Found], source: Path, assignment: str | None, known: set[str]
) -> list[SubmittedFile]:
    """Take flat files and <student>/<assignment>/<file>; a zip may hold either one folder down."""
    found = _without_common_folder(found) if source.is_file() else found
    flat = [f for f in found if len(f.path.parts) == 1 and f.path.suffix.lower() in _ENDINGS]
    nested: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        if len(one.path.parts) == 3:
            student, its_assignment, _ = one.path.parts
            if assignment in (None, its_assignment):
                nested.setdefault((student, its_assignment), []).append(one)
    if flat and not nested:
        if assignment is None:
            raise ClassFolderError(
                f"{source} is a flat folder of files; name their assignment with --assignment "
                f"({', '.join(sorted(known)) or 'no answer keys found'})."
            )
        return [_submitted(f.path.stem, assignment, f, source) for f in _newest_a_student(flat)]
    return [
        _submitted(student, its_assignment, _choose(files, its_assignment), source)
        for (student, its_assignment), files in nested.items()
    ]


def _without_common_folder(found: list[_Found]) -> list[_Found]:
    """A zip made from a folder holds that folder: step into it."""
    tops = {one.path.parts[0] for one in found}
    depths = {len(one.path.parts) for one in found}
    if len(tops) == 1 and (depths <= {2} or max(depths, default=0) >= 4):
        return [
            _Found(PurePosixPath(*one.path.parts[1:]), one.original, one.changed)
            for one in found
            if len(one.path.parts) > 1
        ]
    return found


def _newest_a_student(flat: list[_Found]) -> list[_Found]:
    newest: dict[str, _Found] = {}
    for one in sorted(flat, key=lambda f: (f.changed, f.path.suffix)):
        newest[one.path.stem] = one
    return list(newest.values())


def _choose(files: list[_Found], assignment: str) -> _Found | None:
    """The file that counts: named after the assignment if there is one, the newest of several."""
    readable = [one for one in files if one.path.suffix.lower() in _ENDINGS]
    named = [one for one in readable if one.path.stem == assignment]
    return max(named or readable, key=lambda one: (one.changed, one.path.name), default=None)


def _submitted(student: str, assignment: str, found: _Found | None, source: Path) -> SubmittedFile:
    if found is None:
        return SubmittedFile(student, assignment, "", source)
    name = str(found.original)
    if source.is_dir():
        return SubmittedFile(student, assignment, name, source / name)
    return SubmittedFile(student, assignment, name, source, name)


def _single(path: Path, assignment: str | None, known: set[str]) -> SubmittedFile:
    """One file: its assignment is named, or is its own name, or that of the folder that it lies in."""
    its_assignment = assignment or next(
        (name for name in (path.stem, path.resolve().parent.name) if name in known), None
    )
    if its_assignment is None:
        raise ClassFolderError(
            f"It cannot be told which assignment {path} is; name it with --assignment "
            f"({', '.join(sorted(known)) or 'no answer keys found'})."
        )
    folder = path.resolve().parent
    student = folder.parent.name if folder.name == its_assignment else path.stem
    return SubmittedFile(student, its_assignment, path.name, path)
