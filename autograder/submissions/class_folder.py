"""Finds the submissions of a class: in a folder, in a zip, or a single file.

Three layouts are understood, on disk and inside a zip::

    <student>/<assignment>/<file>.ipynb|.py      nbgrader's submitted/
    <student>.ipynb|.py                          flat; the assignment is named by the caller
    Moodle's and Canvas's bulk downloads         see `lms`; the assignment is named by the caller

Nothing is unpacked and links are not followed: what a student hands in names no other file. Names are
shown in Unicode, whatever encoding a zip or a disk has them in, and without what steers a terminal.
"""

import contextlib
import functools
import itertools
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.base.messages import Text, TextError, joined, printable_name, say
from autograder.submissions import lms
from autograder.submissions.source import MAX_BYTES, Submission, adds_nothing_to
from autograder.submissions.source import read as read_source

_ENDINGS = (".ipynb", ".py")


class ClassFolderError(TextError):
    """A path that holds no submissions."""


@dataclass(frozen=True)
class SubmittedFile:
    """One student's file for one assignment.

    Attributes
    ----------
    name : str
        The path below the class folder, or inside the zip, as reports show it; "" where a student's
        folder for the assignment holds no notebook and no script.
    notes : tuple of Text
        What the instructor should know about how it was handed in: late, with other files.
    """

    student: str
    assignment: str
    name: str
    source: Path
    member: str | None = None
    notes: tuple[Text, ...] = ()

    def read(self) -> bytes:
        """The content; one byte more than `submission.MAX_BYTES` at the most.

        Raises
        ------
        Exception
            The file cannot be read; a damaged zip member has a dozen ways to say so.
        """
        if self.member is None:
            with self.source.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        archive = _archive(self.source, self.source.stat().st_mtime_ns)
        if archive.getinfo(self.member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile("a compression that may grow without bounds; use a common zip program")
        with archive.open(self.member) as file:
            return file.read(MAX_BYTES + 1)


@functools.lru_cache(maxsize=1)
def _archive(path: Path, changed: int) -> zipfile.ZipFile:
    """Stays open: to read the directory of a zip of thousands takes longer than to grade one of them."""
    return zipfile.ZipFile(path)


@dataclass(frozen=True)
class _Found:
    """A file or a folder as it was found, before it is known whose it is.

    `path` is read for student and assignment, `shown` is its full path in reports, `original` is what the
    disk or the zip calls it; `changed` tells when, as far as these know: larger is later.
    """

    path: PurePosixPath
    shown: str
    original: str
    changed: float | tuple[int, ...]
    is_folder: bool = False


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
    OSError
        A folder cannot be listed.
    """
    if path.is_dir():
        found, source = list(_in_folder(path)), path
    elif path.suffix.lower() == ".zip" and path.is_file():
        found, source = list(_in_zip(path)), path
    elif path.suffix.lower() in _ENDINGS and path.is_file():
        return [_single(path, assignment, known)]
    elif path.exists():
        raise ClassFolderError(say("class.wrong_kind", path=path))
    else:
        raise ClassFolderError(say("class.missing", path=path))
    downloaded = _downloaded(found, path, known)
    if downloaded and assignment is None:
        system = downloaded[0][1].system
        raise ClassFolderError(say("class.download", path=path, system=system, known=_one_of(known)))
    if downloaded and assignment is not None:
        files = _by_student(downloaded, source, assignment)
    else:
        files = _by_layout(found, source, assignment, known)
    if not files:
        raise ClassFolderError(say("class.empty", path=path))
    return _told_apart(files)


def _one_of(known: set[str]) -> Text:
    return joined(sorted(known)) if known else say("class.no_keys_found")


def _order(file: SubmittedFile) -> tuple[str, str, str, str]:
    return file.student, file.assignment, str(file.source), file.member or ""


def _told_apart(files: list[SubmittedFile]) -> list[SubmittedFile]:
    """Sorted; where the names of two differ in what is not printable only, the second is numbered."""
    taken: set[tuple[str, str]] = set()
    apart = []
    for file in sorted(files, key=_order):
        names = (f"{file.student} ({n})" if n > 1 else file.student for n in itertools.count(1))
        student = next(name for name in names if (name, file.assignment) not in taken)
        taken.add((student, file.assignment))
        apart.append(replace(file, student=student))
    return sorted(apart, key=lambda file: (file.student, file.assignment))


def without_strays(
    files: list[SubmittedFile], known: set[str]
) -> tuple[list[SubmittedFile], list[SubmittedFile]]:
    """`files`, and apart from them those of assignments that nobody knows, such as a misspelt folder's.

    All are kept where no assignment at all is known: then the keys are missing, not one folder's name wrong.
    """
    strays = [file for file in files if file.assignment not in known]
    if len(strays) == len(files):
        return files, []
    return [file for file in files if file.assignment in known], strays


def of_one_student(folder: Path, student: str, assignment: str) -> SubmittedFile:
    """The file that counts in a folder that holds one student's work, a few folders deep at the most.

    Raises
    ------
    OSError
        The folder cannot be listed.
    """
    return _choose(student, assignment, list(_in_folder(folder)), folder)


def _in_folder(folder: Path, above: str = "") -> Iterator[_Found]:
    """Files and folders down to <student>/<assignment>/<file>."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            name = above + entry.name
            path = PurePosixPath(_readable(os.fsencode(name), name))
            if entry.is_file():
                yield _Found(path, str(path), name, entry.stat().st_mtime)
            elif entry.is_dir():
                yield _Found(path, str(path), name, 0.0, is_folder=True)
                if len(path.parts) < 3:
                    yield from _in_folder(Path(entry), f"{name}/")


def _in_zip(path: Path) -> Iterator[_Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ClassFolderError(say("class.zip_unreadable", path=path, error=error)) from error
    for info in members:
        name = _member_name(info)
        member = PurePosixPath(name.strip("/"))
        if member.parts and not any(part.startswith((".", "__MACOSX")) for part in member.parts):
            yield _Found(member, str(member), info.filename, info.date_time, is_folder=name.endswith("/"))


def _member_name(info: zipfile.ZipInfo) -> str:
    """A member's path with slashes; zipfile reads names that are not marked as UTF-8 as those of old DOS."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeEncodeError):
            name = _readable(name.encode("cp437"), name)
    return name.replace("\\", "/")


def _readable(raw: bytes, otherwise: str) -> str:
    """A file's name as text: UTF-8, or what Chinese Windows writes."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return otherwise.encode("utf-8", "replace").decode()


def _by_layout(
    found: list[_Found], source: Path, assignment: str | None, known: set[str]
) -> list[SubmittedFile]:
    """Take flat files and <student>/<assignment>/<file>; a zip may hold either one folder down."""
    found = _without_common_folder(found, known) if source.is_file() else found
    flat = [f for f in found if len(f.path.parts) == 1 and _is_readable(f)]
    nested: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        if len(one.path.parts) == (2 if one.is_folder else 3):
            student, its_assignment = one.path.parts[:2]
            if assignment in (None, its_assignment) and (_is_readable(one) or its_assignment in known):
                nested.setdefault((student, its_assignment), []).append(one)
    if flat and not nested:
        if assignment is None:
            raise ClassFolderError(say("class.flat", path=source, known=_one_of(known)))
        students: dict[str, list[_Found]] = {}
        for one in flat:
            students.setdefault(one.path.stem, []).append(one)
        return [_flat(student, assignment, files, source) for student, files in students.items()]
    return [
        _choose(student, its_assignment, files, source) for (student, its_assignment), files in nested.items()
    ]


def _flat(student: str, assignment: str, files: list[_Found], source: Path) -> SubmittedFile:
    """One of a flat folder's students; told where their file's name says that they are somebody else."""
    submitted = _choose(student, assignment, files, source)
    if not any(lms.moodle(one.path) for one in files):
        return submitted
    note = say("note.name_taken_as_is")
    return replace(submitted, notes=(note, *submitted.notes))


def _downloaded(found: list[_Found], source: Path, known: set[str]) -> list[tuple[_Found, lms.Handed]]:
    """Every file with what its name says, if this is what Moodle or Canvas give out; else nothing.

    It is theirs only where every file that could be graded has such a name: students name files, too.

    Raises
    ------
    ClassFolderError
        Some have Moodle's names and others have not, so that one side would be forgotten.
    """
    if moodle := _moodles(found, source, known):
        return moodle
    files = [one for one in found if not one.is_folder]
    canvas = [(one, handed) for one in files if len(one.path.parts) <= 2 and (handed := lms.canvas(one.path))]
    readable = sum(map(_is_readable, files))
    return canvas if readable and readable == sum(_is_readable(one) for one, _ in canvas) else []


def _moodles(found: list[_Found], source: Path, known: set[str]) -> list[tuple[_Found, lms.Handed]]:
    """The same for Moodle, which writes whose a file is at one depth.

    That is in the first part of every path or, within a folder around them all, in the second; never in what
    lies beside or in a known assignment's folder, for there students choose names.
    """
    of_students = {one.path.parts[:depth] for one in found for depth in (1, 2) if _is_of(one, depth, known)}
    files = [one for one in found if not one.is_folder]
    at = [
        {
            one.path: handed
            for one in found
            if one.path.parts[:place] not in of_students and (handed := lms.moodle(one.path, (place,)))
        }
        for place in (0, 1)
    ]
    must = [one for one in found if _is_readable(one) or _is_of(one, 1, known) or _is_of(one, 2, known)]
    for handed_by in at:
        theirs = [(one, handed_by[one.path]) for one in files if one.path in handed_by]
        if theirs and all(one.path in handed_by for one in must or files):
            return theirs
    most = max(at, key=lambda handed_by: sum(one.path in handed_by for one in files))
    named = [one for one in files if one.path in most]
    if not named or _is_flat(found, source, known):
        return []
    others = [one.shown for one in must or files if one.path not in most]
    told = {"named": _list([named[0].shown]), "others": _list(others)}
    raise ClassFolderError(say("class.download_in_part", path=source, **told))


def _is_of(found: _Found, depth: int, known: set[str]) -> bool:
    """Whether this is a known assignment's folder, so many folders deep, or lies in it."""
    parts = found.path.parts
    return len(parts) > depth + (not found.is_folder) and parts[depth] in known


def _is_flat(found: list[_Found], source: Path, known: set[str]) -> bool:
    """Whether all files that can be graded or have Moodle's names lie side by side: no one is forgotten."""
    laid_out = _without_common_folder(found, known) if source.is_file() else found
    files = [one for one in laid_out if not one.is_folder]
    return all(len(one.path.parts) == 1 for one in files if _is_readable(one) or lms.moodle(one.path))


def _by_student(
    downloaded: list[tuple[_Found, lms.Handed]], source: Path, assignment: str
) -> list[SubmittedFile]:
    """One a student: the newest of those named after the assignment, else the newest; others are noted."""
    students: dict[str, list[tuple[_Found, lms.Handed]]] = {}
    for one, handed in downloaded:
        students.setdefault(handed.student, []).append((one, handed))
    files = []
    for student, theirs in students.items():
        readable = [pair for pair in theirs if _is_readable(pair[0])]
        named = [pair for pair in readable if assignment in lms.own_name(pair[1].file)]
        worked = _worked([one for one, _ in named or readable], source)
        counts = max((pair for pair in named or readable if pair[0] in worked), key=_age, default=None)
        others = [handed.file for one, handed in theirs if counts is None or one is not counts[0]]
        notes = []
        if any(handed.late for one, handed in theirs if counts is None or one is counts[0]):
            notes.append(say("note.late", system=theirs[0][1].system))
        if counts is None:
            notes.append(say("note.files_handed_in", files=_list(others)))
        elif others:
            notes.append(_counts(counts[1].file, others))
        submitted = _submitted(student, assignment, counts and counts[0], source)
        files.append(replace(submitted, notes=tuple(notes)))
    return files


def _age(pair: tuple[_Found, lms.Handed]) -> tuple[int, float | tuple[int, ...], bool, str]:
    found, handed = pair
    return handed.order, found.changed, found.path.suffix.lower() == ".ipynb", handed.file


def _counts(file: str, others: list[str]) -> Text:
    return say("note.file_that_counts", file=_list([file]), files=_list(others))


def _list(names: list[str]) -> str:
    """A few file names, each cut: students choose them."""
    shown = [name if len(name) <= 60 else f"{name[:28]}…{name[-28:]}" for name in sorted(names)[:8]]
    return printable_name(", ".join([*shown, *(["…"] if len(names) > 8 else [])]))


def _is_readable(found: _Found) -> bool:
    return not found.is_folder and found.path.suffix.lower() in _ENDINGS


def _without_common_folder(found: list[_Found], known: set[str]) -> list[_Found]:
    """A zip made from a folder holds that folder: step into it."""
    files = [one.path.parts for one in found if not one.is_folder]
    tops = {parts[0] for parts in files}
    depths = {len(parts) for parts in files}
    one_student = any(parts[1] in known for parts in files if len(parts) > 2)
    if len(tops) == 1 and (depths <= {2} or (max(depths) >= 4 and not one_student)):
        return [
            replace(one, path=PurePosixPath(*one.path.parts[1:])) for one in found if len(one.path.parts) > 1
        ]
    return found


def _choose(student: str, assignment: str, files: list[_Found], source: Path) -> SubmittedFile:
    """The file that counts: named after the assignment if there is one, the newest of several.

    Of equally old ones, as in a fresh clone, the notebook; other files are noted.
    """
    readable = [one for one in files if _is_readable(one)]
    named = _worked([one for one in readable if one.path.stem == assignment] or readable, source)
    counts = max(
        named, key=lambda f: (f.changed, f.path.suffix.lower() == ".ipynb", f.path.name), default=None
    )
    submitted = _submitted(student, assignment, counts, source)
    others = [one.path.name for one in readable if one is not counts]
    return replace(submitted, notes=(_counts(counts.path.name, others),)) if counts and others else submitted


def _worked(files: list[_Found], source: Path) -> list[_Found]:
    """`files` without the ones that hold nothing but stubs that another one has written."""
    if len(files) < 2:
        return files
    read = {id(one): _read(one, source) for one in files}

    def is_idle(one: _Found) -> bool:
        mine = read[id(one)]
        others = [read[id(other)] for other in files if other is not one]
        return mine is not None and any(other and adds_nothing_to(mine, other) for other in others)

    return [one for one in files if not is_idle(one)]


def _read(found: _Found, source: Path) -> Submission | None:
    """What stands in a file; None where that cannot be told."""
    try:
        return read_source(found.path.name, _submitted("", "", found, source).read())
    except Exception:  # a damaged zip member has a dozen ways to say so, and is told of when it is graded
        return None


def _submitted(student: str, assignment: str, found: _Found | None, source: Path) -> SubmittedFile:
    """Here names become printable, no earlier: two folders stay two whose names then look the same."""
    student, assignment = printable_name(student), printable_name(assignment)
    if found is None:
        return SubmittedFile(student, assignment, "", source)
    if source.is_dir():
        return SubmittedFile(student, assignment, printable_name(found.shown), source / found.original)
    return SubmittedFile(student, assignment, printable_name(found.shown), source, found.original)


def _single(path: Path, assignment: str | None, known: set[str]) -> SubmittedFile:
    """One file: its assignment is named, or is its own name, or that of the folder that it lies in."""
    shown = PurePosixPath(_readable(os.fsencode(path), str(path)))
    folder = PurePosixPath(_readable(os.fsencode(path.resolve().parent), str(path.resolve().parent)))
    its_assignment = assignment or next((name for name in (shown.stem, folder.name) if name in known), None)
    if its_assignment is None:
        file = printable_name(str(shown))
        raise ClassFolderError(say("class.assignment_unknown", file=file, known=_one_of(known)))
    student = folder.parent.name if folder.name == its_assignment else shown.stem
    return SubmittedFile(
        printable_name(student), printable_name(its_assignment), printable_name(shown.name), path
    )
