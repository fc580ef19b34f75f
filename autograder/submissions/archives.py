"""List all that lies in a folder or an archive, and in the archives inside of it.

`class_folder` asks here what there is, and decides whose it is. An archive is read like a folder. Nothing is
ever written under a name that a student chose: what has to be unpacked becomes a numbered file in a folder of
its own, which goes when nobody holds its entries any more. Links are not followed, sizes, numbers and depths
are bounded, and all that is not read is listed with the reason.
"""

import contextlib
import functools
import importlib.util
import itertools
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.base.messages import Text, TextError, say
from autograder.submissions.content import CODE, SYSTEM
from autograder.submissions.source import MAX_BYTES, of_file

ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz)|7z|rar)$", re.IGNORECASE)
TEXT = re.compile(r"\.(?:txt|json)$|^[^.]+$", re.IGNORECASE)
"""What may be one if no other file is: mail and chat programs take other endings only, or cut them off."""
_UNPACKED = re.compile(rf"{CODE.pattern}|{TEXT.pattern}|\.html?$|^submission_metadata\.yml$", re.IGNORECASE)
_MOST_BYTES = 2**30
"""Bytes that a class's archive may unpack to, and members it may have; a hand-in, with all the archives
inside of it, a quarter of that."""
_MOST_MEMBERS = 200_000
_DEEPEST_ARCHIVE, _DEEPEST_FOLDER = 3, 32
_LONGEST_NAME = 1000
_LARGEST_DIRECTORY = 2**25
"""Bytes of a zip's list of members: they take twenty times as much when they are read."""


class ClassFolderError(TextError):
    """A path that holds no submissions, or an archive that cannot be read."""


@dataclass(frozen=True)
class Entry:
    """A file or a folder as found.

    Attributes
    ----------
    path : PurePosixPath
        Where it lies, archives without their endings: what layouts are compared with.
    shown : str
        The same in full, for people.
    source, member
        The file on disk and, in a zip that is read in place, the member's name.
    changed : float
        The time of the last change.
    why : Text or None
        Why it is not read, if it is not.
    is_system : bool
        It is the system's or an editor's, and nobody's hand-in.
    holder : object
        What keeps an unpacked file from being removed.
    """

    path: PurePosixPath
    shown: str
    source: Path
    member: str | None = None
    changed: float = 0.0
    is_folder: bool = False
    why: Text | None = None
    is_system: bool = False
    holder: Any = field(default=None, compare=False, repr=False)

    @property
    def is_code(self) -> bool:
        return not self.is_folder and self.why is None and CODE.search(self.path.name) is not None

    def read(self) -> bytes:
        return read(self.source, self.member)


def entries(path: Path) -> Iterator[Entry]:
    """Everything below a folder or in an archive.

    Raises
    ------
    ClassFolderError
        The archive itself cannot be read.
    OSError
        The folder itself cannot be listed.
    """
    if path.is_dir():
        yield from _in_folder(path, PurePosixPath(), "")
    else:
        yield from _in_archive(Entry(PurePosixPath(), "", path), _Unpacked(share=1), 0)


def read(source: Path, member: str | None) -> bytes:
    """The content, of which one byte more than `source.MAX_BYTES` at the most.

    Raises
    ------
    Exception
        It cannot be read: damaged zip members raise a dozen classes of errors.
    """
    if member is None:
        return of_file(source)
    archive = _opened(source, source.stat().st_mtime_ns)
    return _from_zip(archive, archive.getinfo(member), MAX_BYTES + 1)


def readable(raw: bytes, otherwise: str) -> str:
    """A file's name as text: UTF-8, or the encoding of Chinese Windows; composed, unlike macOS's names."""
    with contextlib.suppress(UnicodeDecodeError):
        return unicodedata.normalize("NFC", raw.decode("utf-8"))
    for encoding in ("gb18030", "big5") if _TWO_AND_TWO.search(raw) else ():  # accented letters stand alone
        with contextlib.suppress(UnicodeDecodeError):
            if (text := raw.decode(encoding)).isprintable():
                return text
    return otherwise.encode("utf-8", "replace").decode()


_TWO_AND_TWO = re.compile(rb"[\x81-\xfe][\x80-\xfe]")


class _Unpacked:
    """A folder of numbered files; it is removed with the last entry that lies in it.

    One serves all the archives of a hand-in, and has its share of bytes and members.
    """

    def __init__(self, share: int = 4) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._numbers = itertools.count()
        self._size, self._members = _MOST_BYTES // share, _MOST_MEMBERS // share

    def spend(self, file: str, size: int, members: int = 0) -> None:
        self._size, self._members = self._size - size, self._members - members
        if min(self._size, self._members) < 0:
            raise ClassFolderError(say("account.too_large", file=file))

    def keep(self, content: bytes) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hand-ins-", ignore_cleanup_errors=True)
        path = Path(self._folder.name, str(next(self._numbers)))
        path.write_bytes(content)
        return path


def _in_folder(folder: Path, above: PurePosixPath, shown_above: str) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        listed = sorted(found, key=lambda entry: entry.name)
    for entry in listed:
        name = readable(os.fsencode(entry.name), entry.name)
        status = entry.stat(follow_symlinks=False)
        is_folder = stat.S_ISDIR(status.st_mode)
        path, shown = above / name, shown_above + name + "/" * is_folder
        about = Entry(path, shown, Path(entry), changed=status.st_mtime, is_folder=is_folder)
        if SYSTEM.fullmatch(name):
            yield replace(about, why=say("account.system"), is_system=True)
        elif is_folder and len(path.parts) < _DEEPEST_FOLDER:
            yield about
            try:
                yield from _in_folder(about.source, path, shown)
            except OSError as error:
                yield replace(about, why=say("note.file_unreadable", error=error.strerror))
        elif is_folder:
            yield replace(about, why=say("account.too_deep"))
        elif not stat.S_ISREG(status.st_mode):
            yield replace(about, why=say("account.no_file"))
        else:
            yield from _file(about, _Unpacked(), 0)


def _file(about: Entry, unpacked: _Unpacked, depth: int) -> Iterator[Entry]:
    """A file; an archive with all that is in it, or with the reason why it cannot be read."""
    ending = ARCHIVE.search(about.path.name)
    if ending is None:
        yield about
        return
    path = about.path.with_name(about.path.name[: ending.start()] or about.path.name)
    outer = replace(about, path=path, shown=f"{about.shown}/", is_folder=True)
    try:
        yield outer  # as a folder of that name: an empty archive is listed, too
        if depth >= _DEEPEST_ARCHIVE:
            raise ClassFolderError(say("account.too_deep"))
        yield from _in_archive(outer, unpacked, depth)
    except ClassFolderError as error:
        yield replace(about, why=error.text)


# ---- Archives ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Member:
    """What an archive says of a member; `read` gives so many of its bytes at the most."""

    name: str
    original: str
    changed: float
    size: int
    is_folder: bool
    why: Text | None
    read: Callable[[int], bytes]


def _in_archive(outer: Entry, unpacked: _Unpacked, depth: int) -> Iterator[Entry]:
    """The members of an archive; only those of an outermost zip are left where they are."""
    in_place = depth == 0 and outer.shown == ""
    path, said_of = outer.source, outer.shown or outer.source.name
    try:
        for member in _members(path):
            # A compressed tar is unpacked as it is passed, whether it is wanted or not.
            unpacked.spend(said_of, 0 if member.original else abs(member.size) // 16, 1)
            inside = PurePosixPath(member.name[: _LONGEST_NAME + 1].strip("/"))
            if not inside.parts:
                continue
            if len(member.name) > _LONGEST_NAME or len(inside.parts) > _DEEPEST_FOLDER:
                shown, name = f"{outer.shown}{member.name[:100]}…{member.name[-100:]}", member.name[-100:]
                yield Entry(outer.path / Path(name).name, shown, path, why=say("account.too_deep"))
                continue
            is_outside = ".." in inside.parts
            is_system = not is_outside and any(map(SYSTEM.fullmatch, inside.parts))
            shown = f"{outer.shown}{inside}" + "/" * member.is_folder
            where = outer.path / inside
            about = Entry(where, shown, path, changed=member.changed, is_folder=member.is_folder)
            why = say("account.no_file") if is_outside else member.why
            if is_system or why:
                yield replace(about, why=say("account.system") if is_system else why, is_system=is_system)
                continue
            is_archive = not member.is_folder and ARCHIVE.search(inside.name) is not None
            if in_place and not is_archive and member.original:
                yield replace(about, member=member.original)
            elif member.is_folder or not (is_archive or _UNPACKED.search(inside.name)):
                yield about
            else:
                wanted = _MOST_BYTES >> 2 * depth + 2 if is_archive else MAX_BYTES
                try:
                    content = member.read(wanted + 1)
                    if is_archive and len(content) > wanted:
                        raise ClassFolderError(say("account.too_large", file=shown))
                except Exception as error:
                    yield replace(about, why=say("note.file_unreadable", error=error))
                    continue
                its = _Unpacked() if in_place and is_archive else unpacked
                its.spend(said_of, len(content))
                yield from _file(replace(about, source=its.keep(content), holder=its), its, depth + 1)
    except ClassFolderError:
        raise
    except Exception as error:  # archives are damaged in a hundred ways
        told = getattr(error, "text", str(error)) or type(error).__name__
        said = {"path": outer.shown.rstrip("/") or path, "error": told}
        raise ClassFolderError(say("class.archive_unreadable", **said)) from error


def _members(path: Path) -> Iterator[_Member]:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith((b"Rar!", b"7z\xbc\xaf\x27\x1c")):
        yield from _of_7z(path) if start.startswith(b"7z") else _of_bsdtar(path)
    elif zipfile.is_zipfile(path) or not _is_tar(path):  # zipfile says best what is wrong
        yield from _of_zip(path)
    else:
        with tarfile.open(path, "r:*", tarinfo=_Header) as archive:
            yield from _of_tar(archive)


class _Header(tarfile.TarInfo):
    """A header of bounded size: tarfile reads a name of gigabytes to its end."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size > 2**20 and self.type in b"xgXLK":
            raise ClassFolderError(say("account.too_large", file=Path(str(archive.name)).name))
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def _is_tar(path: Path) -> bool:
    try:
        tarfile.open(path, "r:*", tarinfo=_Header).close()
    except tarfile.TarError:
        return False
    return True


def _of_zip(path: Path) -> Iterator[_Member]:
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > _LARGEST_DIRECTORY:  # type: ignore[attr-defined]
        raise ClassFolderError(say("account.too_large", file=path.name))
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = _member_name(info)
            try:
                changed = datetime(*info.date_time).timestamp()
            except (ValueError, OverflowError):
                changed = 0.0
            encrypted = say("account.encrypted") if info.flag_bits & 1 else None
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            why = say("account.no_file") if is_link else encrypted
            reading = functools.partial(_from_zip, archive, info)
            folder = name.endswith("/")
            yield _Member(name, info.filename, changed, info.file_size, folder, why, reading)


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ClassFolderError(say("note.zip_compression"))
    with archive.open(info) as file:
        return file.read(most)


@functools.lru_cache(maxsize=1)
def _opened(path: Path, changed: int) -> zipfile.ZipFile:
    """The last zip stays open: reading the directory of thousands takes longer than grading one of them."""
    return zipfile.ZipFile(path)


def _member_name(info: zipfile.ZipInfo) -> str:
    """A member's path with slashes; zipfile decodes names that are not marked as UTF-8 as cp437."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeEncodeError):
            name = readable(name.encode("cp437"), name)
    return unicodedata.normalize("NFC", name).replace("\\", "/")


def _of_tar(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:

        def content(most: int, info: tarfile.TarInfo = info) -> bytes:
            file = archive.extractfile(info)
            return file.read(most) if file else b""

        name = readable(os.fsencode(info.name), info.name) if info.name.isprintable() else info.name
        why = None if info.isreg() or info.isdir() else say("account.no_file")
        yield _Member(name, "", info.mtime, info.size, info.isdir(), why, content)


_TAR_OF_7Z = """
import io, sys, tarfile
import py7zr
try:
    with py7zr.SevenZipFile(sys.argv[1]) as archive:
        listed, factory = archive.list(), py7zr.io.BytesIOFactory(int(sys.argv[2]))
        if sum(member.uncompressed for member in listed) > int(sys.argv[2]):
            sys.exit("too large")
        if wanted := [member.filename for member in listed if not member.is_directory]:
            archive.extract(targets=wanted, factory=factory)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for member in listed:
            info = tarfile.TarInfo(member.filename)
            info.mtime = member.creationtime.timestamp() if member.creationtime else 0
            info.type = tarfile.DIRTYPE if member.is_directory else tarfile.REGTYPE
            if getattr(member, "is_symlink", False):
                info.type = tarfile.SYMTYPE
            product = factory.products.get(member.filename)
            content = product.read() if product is not None and info.isreg() else b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
except Exception as error:
    sys.exit(f": {error or type(error).__name__}")
"""
_BOUNDED = ["/bin/sh", "-c", 'ulimit -v 2097152; ulimit -t 60; exec "$@"', "sh"]
"""Starts a program that has 2 GiB and a minute: a header of a hundred bytes may promise millions."""


def _of_7z(path: Path) -> Iterator[_Member]:
    if importlib.util.find_spec("py7zr") is None:
        return _of_bsdtar(path)
    given = (str(path.resolve()), str(_MOST_BYTES >> 1))
    return _converted([sys.executable, "-I", "-c", _TAR_OF_7Z, *given], path)


def _of_bsdtar(path: Path) -> Iterator[_Member]:
    """What libarchive's tar can read."""
    program = shutil.which("bsdtar")
    if program is None:
        raise ClassFolderError(say("account.no_program"))
    return _converted([program, "-c", "-f", "-", "--format", "pax", f"@{path.resolve()}"], path)


def _converted(command: list[str], path: Path) -> Iterator[_Member]:
    """The members of the tar that a process of bounded size writes to its output: it writes no file."""
    command = [*(_BOUNDED if os.path.exists(_BOUNDED[0]) else ()), *command]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, stdin=nothing) as run:
        assert run.stdout is not None and run.stderr is not None
        try:
            with tarfile.open(fileobj=run.stdout, mode="r|", tarinfo=_Header) as archive:
                yield from _of_tar(archive)
                is_empty = not archive.getmembers()
            run.stdout.read()
            if run.wait() or is_empty:  # what is damaged ends early, as a whole archive does
                raise tarfile.ReadError
        except tarfile.ReadError:
            said = run.stderr.read(300).decode(errors="replace").strip()
            if re.search("encrypt|passphrase|password", said, re.IGNORECASE):
                raise ClassFolderError(say("account.encrypted")) from None
            if "too large" in said:
                raise ClassFolderError(say("account.too_large", file=path.name)) from None
            why = said.partition("\n")[0].rpartition(": ")[2]  # without our own path
            raise TextError(say("account.damaged") if why in ("", "(null)") else why) from None
        finally:
            run.kill()
