"""Whose a file is and for which assignment, by the table of layouts in `layouts.toml`.

`class_folder` asks here; no file of a class may be opened here. A layout is taught by a row of the table.

After the systems' code: `mod/assign/classes/downloader.php` of Moodle, `lib/content_zipper.rb` of Canvas.
Moodle numbers participants of an assignment as in its grading worksheet, and teams with another number;
Canvas numbers users as in its gradebook, and gives every file an increasing number.
"""

import functools
import itertools
import operator
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.base.messages import TextError, say


@dataclass(frozen=True)
class Layout:
    """A row of the table, which tells what its fields mean."""

    name: str
    patterns: Sequence[str]
    system: bool = False
    also: Sequence[str] = ()
    top: bool = False
    assignment_first: bool = False
    bare: bool = False
    several: bool = False
    example: str = ""


@dataclass(frozen=True)
class Handed:
    """What a path tells of a file.

    Attributes
    ----------
    name, number : str
        The student's name and number in the system; either may be "". A team has no number: the one in its
        folder's name is no participant's.
    file : str
        The student's own name of the file.
    order : int
        Larger is newer; 0 where unknown.
    section : str
        The folder of a group of students around the student's own.
    """

    system: str
    name: str
    number: str
    file: str
    late: bool = False
    order: int = 0
    assignment: str | None = None
    team: bool = False
    section: str = ""

    @property
    def student(self) -> str:
        """The student in every report: the name for people to read, the number because it is unique."""
        if self.name and self.number:
            return f"{self.name} ({self.number})"
        return self.name or self.number

    @property
    def is_label(self) -> bool:
        """Whether the name is one with a student's number."""
        number = self.person[1] or (self.name if _ID.fullmatch(self.name) else "")
        return bool(number) and not _DATE.fullmatch(number)

    @property
    def person(self) -> tuple[str, str]:
        """Equal for one person's files, as of `2021001_李娜` and `李娜-2021001`."""
        label = None if self.number else _LABEL.fullmatch(self.name)
        if label is None:
            return self.name, self.number
        return (label["name"] or label["name2"]).strip(_BETWEEN), label["id"] or label["id2"]


_BETWEEN = "-_+ ()[]（）【】"
_LABEL = re.compile(
    r"(?P<id>[A-Za-z]{0,3}\d{4,})(?P<name>[^\d]*[^\W\d_][^\d]*)(?:\(\d\))?"
    r"|(?P<name2>[^\d]*[^\W\d_][^\d]*?)[-_+ (（【[]*(?P<id2>[A-Za-z]{0,3}\d{4,})[])）】]*(?: ?\(\d\))?"
)
_ID = re.compile(r"[A-Za-z]{0,3}\d{5,}")
_COPIED = re.compile(
    r"(?:[-_ ]*(?:\bcopy|\u526f\u672c)(?: ?\(\d\))?)+$|^copy of |[-_ ]+copy of$", re.IGNORECASE
)
"""What Windows and Colab add to a copy's name. A number alone may tell two people of one name apart."""
_DATE = re.compile(r"(?:19|20)\d\d(?:[01]\d[0-3]\d)?")
_SUFFIX = r"(?:(?<![-_ ])[-_ ]++\d{1,3}| ?\(\d+\)|[-_ ]copy\d*|[-_ ]\u526f\u672c)* *"
_LONGEST = 255
"""Longer names are not parsed: no file system holds them, and hostile ones would take long."""


@functools.cache
def table() -> dict[str, Any]:
    """The data of `layouts.toml`."""
    return tomllib.loads(Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8"))


@functools.cache
def layouts(of_one: bool = False) -> tuple[Layout, ...]:
    """The layouts, of one assignment that is named or of several; the last fits where no other does."""
    rows = [Layout(**row) for row in table()["layout"]]
    return tuple(row for row in rows if not (of_one and row.several))


def own(pattern: str) -> Layout:
    """The layout of `--pattern`.

    Raises
    ------
    TextError
        It is no regular expression, or names no student.
    """
    try:
        groups = re.compile(pattern).groupindex.keys() & {"student", "name", "team"}
    except re.error as error:
        raise TextError(say("class.pattern_wrong", error=error)) from None
    if not groups:
        raise TextError(say("class.pattern_names_nobody"))
    return Layout(pattern, (pattern,))


def is_section(name: str) -> bool:
    """Whether a folder is called like a section of a class, or what is late."""
    return re.fullmatch(table()["section"], name, re.IGNORECASE) is not None


class Reader:
    """A layout whose patterns know the assignments: `names`, what these may be called, to their names; and
    whose name a person's is."""

    def __init__(
        self,
        layout: Layout,
        names: Mapping[str, str],
        is_person: Callable[[Handed], bool] = operator.attrgetter("is_label"),
    ) -> None:
        self.layout, self._is_person = layout, is_person
        self._names = {_folded(name): its for name, its in names.items()}
        longest_first = sorted(names, key=len, reverse=True)
        words = [re.findall(r"[^\W\d_]+|\d+", name) or [name] for name in longest_first]
        words = [["0*" + word if word[0] in "123456789" else re.escape(word) for word in of] for of in words]
        spelt = "|".join(map(r"[\W_]*".join, words))
        spelt = re.sub("[1-9]", lambda digit: f"[{digit[0]}{table()['numerals'][int(digit[0])]}]", spelt)
        title = f"(?P<assignment>{spelt or '[^/]+?'})"
        own = f"(?!(?:{spelt})(?:{_SUFFIX}/|[-_+ ]))" if spelt else ""
        parts = {"ASSIGNMENT": title + _SUFFIX, "TITLE": title, "OTHER": own or "(?!)", "OWN": own}
        parts = table()["parts"] | parts
        capitals = re.compile("|".join(parts))
        self._patterns = [
            re.compile(capitals.sub(lambda part: parts[part[0]], pattern), re.IGNORECASE | re.DOTALL)
            for pattern in (*layout.patterns, *layout.also)
        ]

    def __call__(self, parts: Sequence[str], is_folder: bool = False) -> Handed | None:
        """What a path, given by its parts, says; None where it does not fit."""
        if not parts or any(len(part) > _LONGEST for part in parts):
            return None
        path = "/".join(parts) + "/" * is_folder
        for pattern in self._patterns:
            if match := pattern.fullmatch(path):
                got = defaultdict(str, {name: value for name, value in match.groupdict().items() if value})
                handed = self._handed(got, parts[-1])
                if got["student"] and self._is_nobody(handed.name):
                    return None
                around = replace(handed, name=got["section"])
                if not got["person"] or (self._is_person(handed) and not self._is_person(around)):
                    return handed
        return None

    def _is_nobody(self, name: str) -> bool:
        """Whether what stands in a student's place is an assignment's name, or a word for work or a copy."""
        bare = re.sub(table()["copied"], "", name, flags=re.IGNORECASE).strip()
        folded = _folded(bare) if re.search(r"\w", bare) else ""
        is_work = re.fullmatch(table()["nobody"], bare, re.IGNORECASE) is not None
        return not self.layout.system and (not folded or folded in self._names or is_work)

    def _handed(self, got: Mapping[str, str], last: str) -> Handed:
        student, assignment = got["student"] or got["person"], got["assignment"]
        name = got["team"] or got["name"]
        return Handed(
            self.layout.name,
            name.strip(" ") or (not self.layout.system and _COPIED.sub("", student)) or student,
            "" if got["team"] else got["number"] or (student if name else ""),
            got["inside"] or got["file"] or got["typed"] or last,
            bool(got["late"]),
            int(re.sub(r"\D", "", got["order"])[:30] or 0),
            self._names.get(_folded(assignment), assignment) if assignment else None,
            bool(got["team"]),
            got["section"],
        )


def _folded(name: str) -> str:
    digits = name.translate(str.maketrans(table()["numerals"], "0123456789"))
    return re.sub(r"[\W_]+|(?<!\d)0+(?=\d)", "", digits).casefold() or name


def recognised(
    paths: Sequence[tuple[Sequence[str], bool]],
    names: Mapping[str, str],
    known: Sequence[Layout],
    is_person: Callable[[Handed], bool],
) -> tuple[Reader, int]:
    """The layout of a class, and how many folders lie around it; `paths` are parts, and whether a folder.

    More than half of the paths have to fit, so that neither a stray file nor a few forged names change
    anything; then the layout counts that says most of them, most assignments, and most students, with the
    fewest folders around.
    """
    readers = [Reader(replace(layout, also=()), names, is_person) for layout in known[:-1]]
    sample = paths[:: len(paths) // 100 + 1]  # of a large class: what fits none of these fits not half of all
    for of_systems in (True, False):
        most, best = (0, 0, 0), None
        for depth, reader in itertools.product(range(3), readers):
            if reader.layout.system is of_systems and not (depth and reader.layout.top):
                if not any(reader(parts[depth:], folder) for parts, folder in sample):
                    continue
                told = [(parts, reader(parts[depth:], folder)) for parts, folder in paths]
                found = [handed for _, handed in told if handed is not None]
                of_one = sum(handed.assignment is not None for handed in found)
                worth = len(found), of_one, len({handed.person for handed in found})
                if worth > most and 2 * len(found) > len(paths) and _holds_students(told, depth, of_systems):
                    most, best = worth, (readers.index(reader), depth)
        if best is not None:
            return Reader(known[best[0]], names, is_person), best[1]
    is_work = Reader(Layout("", (r"[^/]+/ASSIGNMENTCODE",)), names)
    depth = _folders_around([parts for parts, _ in paths], is_work) if readers else 0
    return Reader(known[-1], names, is_person), depth


def _holds_students(told: Sequence[tuple[Sequence[str], Handed | None]], depth: int, is_system: bool) -> bool:
    """Whether the folders around what a layout takes for students' are not students' own, and what these
    have made in them, as one for others' work: most folders have to be such, and hold several people."""
    around: dict[tuple[str, ...], set[object]] = defaultdict(set)
    for parts, handed in told:
        if handed is not None:
            level = depth + (handed.section.count("/") + 1 if handed.section else 0)
            around[tuple(parts[:level])].add(handed.person[1] or handed.person)
    in_sections = level > depth
    others = {tuple(parts[:level]) for parts, _ in told if in_sections or len(parts) > level} - around.keys()
    holding = sum(len(people) > 1 for people in around.values())
    if len(around) > 1 and not is_system and 2 * holding < len(around):
        return False
    if in_sections:
        is_around_all = len(around) == level == 1 and not others  # a download's folder, not a section
        return len(around) > len(others) and holding > 0 and not is_around_all
    return len(set().union(*around.values())) >= len(around) >= len(others)


def _folders_around(paths: list[Sequence[str]], is_work: Reader) -> int:
    """How many folders everything lies in, unless it is the folder of the only student."""
    for depth in range(2):
        inside = [parts[depth:] for parts in paths if len(parts) > depth]
        tops, below = {parts[0] for parts in inside}, {parts[1] for parts in inside if len(parts) > 1}
        if len(tops) != 1 or len(below) < 2 or any(map(is_work, inside)):
            return depth
    return 2


@functools.cache
def of_system(name: str) -> Reader:
    """What reads the layout of a platform."""
    return Reader(next(layout for layout in layouts() if layout.name == name), {})


def of_file(path: str) -> Handed | None:
    """What a file's path in a result says of Moodle's or Canvas's numbers, for the exports to them."""
    parts = PurePosixPath(path).parts
    found = (of_system(name)(parts[depth:]) for name in ("Moodle", "Canvas") for depth in range(3))
    return next(filter(None, found), None)


def meaning(name: str, names: Mapping[str, str]) -> str | None:
    """The assignment that a file's or a folder's name means."""
    handed = Reader(Layout("", ("ASSIGNMENT",)), names)([name]) if names else None
    return handed.assignment if handed else None
