"""Find the submissions of a class: in a folder, in a zip, or a single file.

Called by the commands that grade or compare a class. Three layouts are supported, on disk and inside a zip::

    <student>/<assignment>/<file>.ipynb|.py      nbgrader's submitted/
    <student>.ipynb|.py                          flat; the assignment is named by the caller
    Moodle's and Canvas's bulk downloads         see `lms`; the assignment is named by the caller

Nothing may be unpacked, nor links followed, so that a submission cannot name other files. Names are shown in
Unicode, whatever their encoding in a zip or on disk, and without control characters. Every file found is
returned, or listed with the reason why not.
"""

import contextlib
import functools
import itertools
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from autograder.base.messages import Text, TextError, joined, printable_name, say
from autograder.submissions import lms
from autograder.submissions.source import MAX_BYTES, Submission, worked_on
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
        The path below the class folder, or inside the zip, as reports show it; "" where a student's folder
        for the assignment holds no notebook and no script.
    notes : tuple of Text
        How it was handed in, for the instructor: late, with other files.
    """

    student: str
    assignment: str
    name: str
    source: Path
    member: str | None = None
    notes: tuple[Text, ...] = ()

    def read(self) -> bytes:
        """The content, of which one byte more than `source.MAX_BYTES` at the most.

        Raises
        ------
        Exception
            The file cannot be read: damaged zip members raise a dozen classes of errors.
        """
        if self.member is None:
            with self.source.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        archive = _archive(self.source, self.source.stat().st_mtime_ns)
        if archive.getinfo(self.member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ClassFolderError(say("note.zip_compression"))
        with archive.open(self.member) as file:
            return file.read(MAX_BYTES + 1)


@functools.lru_cache(maxsize=1)
def _archive(path: Path, changed: int) -> zipfile.ZipFile:
    """The last zip stays open: reading the directory of thousands takes longer than grading one of them."""
    return zipfile.ZipFile(path)


@dataclass(frozen=True)
class _Found:
    """A file or a folder as found, before its student is known.

    Student and assignment are read from `path`; `shown` is the full path in reports, `original` the name on
    disk or in the zip; `changed` is the time of the last change: larger is later.
    """

    path: PurePosixPath
    shown: str
    original: str
    changed: float | tuple[int, ...]
    is_folder: bool = False


_Downloaded = tuple[_Found, lms.Handed]
"""A file of a download from Moodle or Canvas, and its parsed name."""


def find(
    path: Path, assignment: str | None, known: set[str], names: Mapping[str, str] = MappingProxyType({})
) -> list[SubmittedFile]:
    """Every submission under `path`, sorted by student and assignment.

    Parameters
    ----------
    path : Path
        A folder, a zip or a single file.
    assignment : str or None
        Only this one; needed for the flat layout and for a single file whose name does not tell it.
    known : set of str
        The assignments with an answer key.
    names : mapping
        What hand-ins may call an assignment besides its name, in lower case, to that name.

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
        return [_single(path, assignment, known, names)]
    elif path.exists():
        raise ClassFolderError(say("class.wrong_kind", path=path))
    else:
        raise ClassFolderError(say("class.missing", path=path))
    named = [_under_its_name(entry, names) for entry in found]
    downloaded = _downloaded(found, path, known)
    if downloaded and assignment is None:
        system = downloaded[0][1].system
        raise ClassFolderError(say("class.download", path=path, system=system, known=_one_of(known)))
    if downloaded and assignment is not None:
        called = {assignment, *(name for name, its in names.items() if its == assignment)}
        files = _by_student(downloaded, source, assignment, called)
    else:
        files = _by_layout(named, source, assignment, known)
    if not files:
        raise ClassFolderError(say("class.empty", path=path))
    return _told_apart(files)


def _under_its_name(found: _Found, names: Mapping[str, str]) -> _Found:
    """`found` with the assignment's own name in its path; the first part is a student or a folder around."""
    first, *rest = found.path.parts
    parts = [names.get(part.casefold(), part) for part in rest]
    if rest and not found.is_folder:
        stem = found.path.stem
        parts[-1] = names.get(stem.casefold(), stem) + found.path.suffix
    return replace(found, path=PurePosixPath(first, *parts))


def _one_of(known: set[str]) -> Text:
    return joined(sorted(known)) if known else say("class.no_keys_found")


def _order(file: SubmittedFile) -> tuple[str, str, str, str]:
    return file.student, file.assignment, str(file.source), file.member or ""


def _told_apart(files: list[SubmittedFile]) -> list[SubmittedFile]:
    """Sorted files; of students whose printable names are equal, the second and later get a number."""
    taken: set[tuple[str, str]] = set()
    result = []
    for file in sorted(files, key=_order):
        names = (f"{file.student} ({n})" if n > 1 else file.student for n in itertools.count(1))
        student = next(name for name in names if (name, file.assignment) not in taken)
        taken.add((student, file.assignment))
        result.append(replace(file, student=student))
    return sorted(result, key=lambda file: (file.student, file.assignment))


def without_strays(
    files: list[SubmittedFile], known: set[str]
) -> tuple[list[SubmittedFile], list[SubmittedFile]]:
    """`files` of known assignments, and the others, such as those in a misspelt folder.

    If no assignment at all is known, all are kept: then the keys are missing, and no folder's name is wrong.
    """
    strays = [file for file in files if file.assignment not in known]
    if len(strays) == len(files):
        return files, []
    return [file for file in files if file.assignment in known], strays


def of_one_student(folder: Path, student: str, assignment: str) -> SubmittedFile:
    """The file that counts in a folder of one student's work, a few folders deep at the most.

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
                    with contextlib.suppress(PermissionError):  # a folder that may not be read costs itself
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
    """A member's path with slashes; zipfile decodes names that are not marked as UTF-8 as cp437."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeEncodeError):
            name = _readable(name.encode("cp437"), name)
    return name.replace("\\", "/")


def _readable(raw: bytes, otherwise: str) -> str:
    """A file's name as text: UTF-8, or the encoding of Chinese Windows."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return otherwise.encode("utf-8", "replace").decode()


def _by_layout(
    found: list[_Found], source: Path, assignment: str | None, known: set[str]
) -> list[SubmittedFile]:
    """Submissions in the flat or the nested layout; a zip may add a folder around them."""
    found = _without_common_folder(found, known) if source.is_file() else found
    flat = [f for f in found if len(f.path.parts) == 1 and _is_readable(f)]
    nested: dict[tuple[str, str], list[_Found]] = {}
    for entry in found:
        if len(entry.path.parts) == (2 if entry.is_folder else 3):
            student, its_assignment = entry.path.parts[:2]
            if assignment in (None, its_assignment) and (_is_readable(entry) or its_assignment in known):
                nested.setdefault((student, its_assignment), []).append(entry)
    if flat and not nested:
        if assignment is None:
            raise ClassFolderError(say("class.flat", path=source, known=_one_of(known)))
        students: dict[str, list[_Found]] = {}
        for file in flat:
            students.setdefault(file.path.stem, []).append(file)
        return [_flat(student, assignment, files, source) for student, files in students.items()]
    return [
        _choose(student, its_assignment, files, source) for (student, its_assignment), files in nested.items()
    ]


def _flat(student: str, assignment: str, files: list[_Found], source: Path) -> SubmittedFile:
    """A student's file in a flat folder; with a note where its name looks like one of Moodle's."""
    submitted = _choose(student, assignment, files, source)
    if not any(lms.moodle(file.path) for file in files):
        return submitted
    return replace(submitted, notes=(say("note.name_taken_as_is"), *submitted.notes))


def _downloaded(found: list[_Found], source: Path, known: set[str]) -> list[_Downloaded]:
    """Every file with its parsed name, if this is a download from Moodle or Canvas; else nothing.

    It is one only where every file that could be graded has such a name: students may choose such names, too.

    Raises
    ------
    ClassFolderError
        Some files have Moodle's names and others do not, so that some would be forgotten.
    """
    if moodle := _downloaded_from_moodle(found, source, known):
        return moodle
    files = [entry for entry in found if not entry.is_folder]
    canvas = [(file, name) for file in files if len(file.path.parts) <= 2 and (name := lms.canvas(file.path))]
    readable = sum(map(_is_readable, files))
    return canvas if readable and readable == sum(_is_readable(file) for file, _ in canvas) else []


def _downloaded_from_moodle(found: list[_Found], source: Path, known: set[str]) -> list[_Downloaded]:
    """The same for Moodle, which names the student at one depth.

    That is the first part of every path or, with a folder around the download, the second; never a folder of
    a student that holds a known assignment's folder, for inside students choose names.
    """
    of_students = {e.path.parts[:depth] for e in found for depth in (1, 2) if _in_assignment(e, depth, known)}
    files = [entry for entry in found if not entry.is_folder]
    names_at = [
        {
            entry.path: name
            for entry in found
            if entry.path.parts[:depth] not in of_students and (name := lms.moodle(entry.path, (depth,)))
        }
        for depth in (0, 1)
    ]
    required = [
        entry
        for entry in found
        if _is_readable(entry) or _in_assignment(entry, 1, known) or _in_assignment(entry, 2, known)
    ] or files
    for names in names_at:
        downloaded = [(file, names[file.path]) for file in files if file.path in names]
        if downloaded and all(entry.path in names for entry in required):
            return downloaded
    names = max(names_at, key=lambda names: sum(file.path in names for file in files))
    named = [file.shown for file in files if file.path in names]
    if not named or _is_flat(found, source, known):
        return []
    unlike = [entry.shown for entry in required if entry.path not in names]
    examples = {"named": _list(named[:1]), "unlike": _list(unlike)}
    raise ClassFolderError(say("class.download_in_part", path=source, **examples))


def _in_assignment(found: _Found, depth: int, known: set[str]) -> bool:
    """Whether this is a known assignment's folder, so many folders deep, or inside of it."""
    parts = found.path.parts
    return len(parts) > depth + (not found.is_folder) and parts[depth] in known


def _is_flat(found: list[_Found], source: Path, known: set[str]) -> bool:
    """Whether all files that can be graded or have Moodle's names are in one folder: none is forgotten."""
    inside = _without_common_folder(found, known) if source.is_file() else found
    files = [entry for entry in inside if not entry.is_folder]
    return all(len(file.path.parts) == 1 for file in files if _is_readable(file) or lms.moodle(file.path))


def _by_student(
    downloaded: list[_Downloaded], source: Path, assignment: str, called: set[str]
) -> list[SubmittedFile]:
    """Each student's newest file named after the assignment, else the newest file; others are noted."""
    students: dict[str, list[_Downloaded]] = {}
    for file, name in downloaded:
        students.setdefault(name.student, []).append((file, name))
    result = []
    for student, pairs in students.items():
        readable = [pair for pair in pairs if _is_readable(pair[0])]
        candidates = [pair for pair in readable if _is_called(pair[1].file, called)] or readable
        worked_on = _worked_on([file for file, _ in candidates], source)
        chosen, its_name = max((p for p in candidates if p[0] in worked_on), key=_age, default=(None, None))
        rest = [name.file for file, name in pairs if file is not chosen]
        notes = []
        if its_name.late if its_name else any(name.late for _, name in pairs):
            notes.append(say("note.late", system=pairs[0][1].system))
        if its_name is None:
            notes.append(say("note.files_handed_in", files=_list(rest)))
        elif rest:
            notes.append(_chosen_note(its_name.file, rest))
        submitted = _submitted(student, assignment, chosen, source)
        result.append(replace(submitted, notes=tuple(notes)))
    return result


def _is_called(file: str, called: set[str]) -> bool:
    own = lms.own_name(file)
    return any(name in own or name in own.casefold() for name in called)


def _age(pair: _Downloaded) -> tuple[int, float | tuple[int, ...], bool, str]:
    file, name = pair
    return name.order, file.changed, file.path.suffix.lower() == ".ipynb", name.file


def _chosen_note(file: str, rest: list[str]) -> Text:
    return say("note.file_that_counts", file=_list([file]), files=_list(rest))


def _list(names: list[str]) -> str:
    """A few file names, shortened: students choose them."""
    shown = [name if len(name) <= 60 else f"{name[:28]}…{name[-28:]}" for name in sorted(names)[:8]]
    return printable_name(", ".join([*shown, *(["…"] if len(names) > 8 else [])]))


def _is_readable(found: _Found) -> bool:
    return not found.is_folder and found.path.suffix.lower() in _ENDINGS


def _without_common_folder(found: list[_Found], known: set[str]) -> list[_Found]:
    """`found` below the folder that a zip was made from, if there is one."""
    files = [entry.path.parts for entry in found if not entry.is_folder]
    tops = {parts[0] for parts in files}
    depths = {len(parts) for parts in files}
    one_student = any(parts[1] in known for parts in files if len(parts) > 2)
    if len(tops) == 1 and (depths <= {2} or (max(depths) >= 4 and not one_student)):
        inside = [entry for entry in found if len(entry.path.parts) > 1]
        return [replace(entry, path=PurePosixPath(*entry.path.parts[1:])) for entry in inside]
    return found


def _choose(student: str, assignment: str, files: list[_Found], source: Path) -> SubmittedFile:
    """The file that counts: named after the assignment if there is one, and the newest of several.

    Of equally old files, as in a fresh clone, it is the notebook; other files are noted.
    """
    readable = [file for file in files if _is_readable(file)]
    candidates = _worked_on([file for file in readable if file.path.stem == assignment] or readable, source)
    chosen = max(
        candidates, key=lambda f: (f.changed, f.path.suffix.lower() == ".ipynb", f.path.name), default=None
    )
    submitted = _submitted(student, assignment, chosen, source)
    rest = [PurePosixPath(file.shown).name for file in readable if file is not chosen]
    notes = (_chosen_note(PurePosixPath(chosen.shown).name, rest),) if chosen and rest else ()
    return replace(submitted, notes=notes)


def _worked_on(files: list[_Found], source: Path) -> list[_Found]:
    """`files` without those that only hold stubs of functions that another file implements."""
    if len(files) < 2:
        return files
    return list(itertools.compress(files, worked_on([_read(file, source) for file in files])))


def _read(found: _Found, source: Path) -> Submission | None:
    """The content of a file; None where it cannot be read, which is reported when it is graded."""
    try:
        return read_source(found.path.name, _submitted("", "", found, source).read())
    except Exception:  # damaged zip members raise a dozen classes of errors
        return None


def _submitted(student: str, assignment: str, found: _Found | None, source: Path) -> SubmittedFile:
    """Names become printable only here, so that folders stay distinct whose printable names are equal."""
    student, assignment = printable_name(student), printable_name(assignment)
    if found is None:
        return SubmittedFile(student, assignment, "", source)
    if source.is_dir():
        return SubmittedFile(student, assignment, printable_name(found.shown), source / found.original)
    return SubmittedFile(student, assignment, printable_name(found.shown), source, found.original)


def _single(path: Path, assignment: str | None, known: set[str], names: Mapping[str, str]) -> SubmittedFile:
    """A single file; its assignment is `assignment`, or its own name, or that of its folder."""
    shown = PurePosixPath(_readable(os.fsencode(path), str(path)))
    folder = PurePosixPath(_readable(os.fsencode(path.resolve().parent), str(path.resolve().parent)))
    stem, around = (names.get(name.casefold(), name) for name in (shown.stem, folder.name))
    its_assignment = assignment or next((name for name in (stem, around) if name in known), None)
    if its_assignment is None:
        file = printable_name(str(shown))
        raise ClassFolderError(say("class.assignment_unknown", file=file, known=_one_of(known)))
    student = folder.parent.name if around == its_assignment else shown.stem
    return SubmittedFile(
        printable_name(student), printable_name(its_assignment), printable_name(shown.name), path
    )
