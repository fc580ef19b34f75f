"""The layouts that hand-ins come in, as one table: whose a file is, and for which assignment.

`class_folder` asks here; no file may be opened here. A layout is a row of `LAYOUTS`; add a row to teach
another one. A pattern is compared with the whole path below the class, folders with a slash at their end,
archives like folders without their ending. Its groups: `student` (an id or a label), `name` and `number` (the
system's own), `team`, `file` (as the student called it), `order` (larger is newer), `late`. ASSIGNMENT stands
for a name that means a known assignment (`Pooling`, `pooling-1`, `作业3`), TITLE for that without a suffix,
CODE for the ending of a notebook or script.

After the systems' code: `mod/assign/classes/downloader.php` of Moodle, `lib/content_zipper.rb` of Canvas.
Moodle numbers participants of an assignment as in its grading worksheet, and teams with another number; Canvas
numbers users as in its gradebook, and gives every file an increasing number.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.base.messages import TextError, say


@dataclass(frozen=True)
class Layout:
    """A row: its name, an example, and the patterns, of which the first that fits counts.

    `system` is a learning platform's download: its names are so telling that they are tried first, and it is
    of one assignment. `also` are patterns that fit too much to recognise the layout by.
    """

    name: str
    example: str
    patterns: tuple[str, ...]
    system: bool = False
    also: tuple[str, ...] = ()


_MOODLE = r"_assignsubmission_[a-z]+(?:_(?P<file>[^/]*))?(?:/(?P<inside>.*))?"
_TEAM = (
    r"(?:team|group|gruppe|groupe|grupo|[ée]quipe|default group|第[^/_]{1,4}[组队]|小组|组)(?![a-z])[^/]*?"
)

LAYOUTS = (
    Layout(
        "Moodle",
        "Li Na_1234567_assignsubmission_file/work.ipynb",
        (
            rf"(?P<team>{_TEAM})(?:_\d+)?{_MOODLE}",
            rf"(?P<name>[^/]*?)(?:_(?P<number>\d+))?{_MOODLE}",
        ),
        system=True,
    ),
    Layout(
        "Canvas",
        "lina_LATE_340934_208490284_pooling-1.ipynb",
        (
            r"(?:(?P<name>\w+?)_)??(?P<late>late_)?(?:(?P<number>\d+)|(?P<student>anon_\w+?))_"
            r"(?:(?P<order>\d+)_(?P<file>.+)|(?P<typed>(?:text|link)\.html))",
        ),
        system=True,
    ),
    Layout(
        "Blackboard",
        "pooling_lina_attempt_2022-11-04-10-41-01_work.ipynb",
        (
            r"(?:TITLE_|[^/]*_)(?P<student>[^/]+?)_attempt_(?P<order>\d{4}(?:-\d\d){5})"
            r"(?:_(?P<file>.+)|\.txt)",
        ),
        system=True,
    ),
    Layout(
        "D2L Brightspace",
        "123-456 - Li Na - Nov 4, 2022 1041 AM/work.ipynb",
        (r"(?P<number>\d+)-\d+ - (?P<name>[^/]+?) - [^/]*\d[^/]*/(?P<file>.*)",),
        system=True,
    ),
    Layout(
        "Sakai",
        "Pooling/Li, Na(lina)/Submission attachment(s)/work.ipynb",
        (
            r"(?:ASSIGNMENT/)?(?P<name>[^/]+)\((?P<student>[^/()]+)\)/"
            r"Submission attachment\(s\)/(?P<file>.*)",
            r"(?:ASSIGNMENT/)?(?P<name>[^/]+, [^/]+)\((?P<student>[^/()]+)\)/(?P<file>.*)",
        ),
        system=True,
    ),
    Layout(
        "Gradescope",
        "submission_123/work.ipynb, with submission_metadata.yml",
        (r"(?P<student>submission_\d+)/(?P<file>.*)",),
        system=True,
    ),
    Layout(
        "ILIAS",
        "Li_Na_lina_4711/20221104104101_work.ipynb",
        (
            r"(?P<team>team[ _]\d+)/(?P<file>.*)",
            r"(?P<name>[^/_]+_[^/_]+)_(?P<student>[^/]+_\d+)/(?:(?P<order>\d{14})_)?(?P<file>.*)",
        ),
        system=True,
    ),
    Layout(
        "GitHub Classroom",
        "pooling-lina/work.ipynb",
        (r"TITLE-(?!submissions/)(?P<student>(?=[^/]*[a-z])[^/]+)/(?P<file>.*)",),
    ),
    Layout(
        "<student>/<assignment>/<file>",
        "lina/pooling/work.ipynb",
        (
            r"(?P<student>[^/]+)/ASSIGNMENT/(?P<file>.*)",
            r"(?P<student>[^/]+)/(?P<file>ASSIGNMENTCODE)",
        ),
        also=(r"(?P<student>[^/]+)/(?P<file>.*/ASSIGNMENT(?:CODE|/.*))",),
    ),
    Layout(
        "<assignment>/<student>/<file>",
        "pooling/lina/work.ipynb",
        (
            r"ASSIGNMENT/(?P<student>[^/]+)/(?P<file>.*)",
            r"ASSIGNMENT/(?P<student>[^/]+)CODE",
        ),
    ),
    Layout(
        "<id>-<name>-<assignment>",
        "李娜-2021001-作业3.ipynb",
        (
            r"(?P<student>(?=[^/]*\d{4})[^/]+?)[-_+ ]+ASSIGNMENT(?:CODE|/(?P<file>.*))",
            r"TITLE[-_+ ]+(?P<student>(?=[^/]*\d{4})[^/]+)(?:CODE|/(?P<file>.*))",
        ),
    ),
    Layout(
        "<student>.ipynb, or a folder or zip for each student",
        "2021001_李娜.ipynb, 2021001_李娜/work.ipynb",
        (r"(?P<student>[^/]+)CODE", r"(?P<student>[^/]+)/(?P<file>.*)"),
    ),
)
NBGRADER, FLAT = LAYOUTS[8], LAYOUTS[-1]
_CODE = r"\.(?:ipynb|py)(?:\.(?:txt|json))?"
_LONGEST = 1000
"""Longer names are not parsed: no system writes them, and hostile ones would take long."""
_LABEL = re.compile(
    r"(?P<id>[A-Za-z]{0,3}\d{4,})[-_+ ]*(?P<name>[^\d]+)"
    r"|(?P<name2>[^\d]+?)[-_+ ]*(?P<id2>[A-Za-z]{0,3}\d{4,})"
)
_COPY = re.compile(r"(?:-\d+| \(\d+\))+$")


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
    """

    system: str
    name: str
    number: str
    file: str
    late: bool = False
    order: int = 0
    assignment: str | None = None
    team: bool = False

    @property
    def student(self) -> str:
        """The student in every report: the name for people to read, the number because it is unique."""
        if self.name and self.number:
            return f"{self.name} ({self.number})"
        return self.name or self.number

    @property
    def person(self) -> object:
        """Equal for one person's files, as of `2021001_李娜` and `李娜-2021001`."""
        if self.number:
            return self.name, self.number
        label = _LABEL.fullmatch(self.name)
        return (
            (label["id"] or label["id2"], (label["name"] or label["name2"]).strip("-_+ "))
            if label
            else self.name
        )


class Reader:
    """A layout whose patterns know the assignments' names.

    Parameters
    ----------
    names : mapping
        What the assignments may be called, to what they are called.
    """

    def __init__(self, layout: Layout, names: Mapping[str, str]) -> None:
        self.layout = layout
        self._names = {_folded(name): its for name, its in names.items()}
        titles = sorted(names, key=len, reverse=True)
        spelt = [
            r"[\W_]*".join(map(re.escape, re.findall(r"[^\W_]+", title))) or re.escape(title)
            for title in titles
        ]
        title = f"(?P<assignment>{'|'.join(spelt) if spelt else '[^/]+?'})"
        whole = rf"{title}(?:[-_ ]+\d{{1,3}}| ?\(\d+\)|[-_ ]copy\d*|[-_ ]副本)* *"
        self._patterns = [
            re.compile(
                pattern.replace("ASSIGNMENT", whole).replace("TITLE", title).replace("CODE", _CODE),
                re.IGNORECASE | re.DOTALL,
            )
            for pattern in (*layout.patterns, *layout.also)
        ]

    def recognises(self, parts: Sequence[str], is_folder: bool = False) -> bool:
        return self(parts, is_folder, len(self.layout.patterns)) is not None

    def __call__(
        self, parts: Sequence[str], is_folder: bool = False, patterns: int | None = None
    ) -> Handed | None:
        """What a path, given by its parts, says to the first `patterns`; None where it does not fit."""
        if not parts or any(len(part) > _LONGEST for part in parts):
            return None
        path = "/".join(parts) + "/" * is_folder
        matches = (pattern.fullmatch(path) for pattern in self._patterns[:patterns])
        match = next(filter(None, matches), None)
        if match is None:
            return None
        got = {name: value or "" for name, value in match.groupdict().items()}
        name = got.get("team") or got.get("name") or ""
        number = got.get("number") or (got.get("student", "") if name and not got.get("team") else "")
        assignment = got.get("assignment") or None
        order = re.sub(r"\D", "", got.get("order", ""))[:30]
        return Handed(
            self.layout.name,
            name.strip(" ") or got.get("student", ""),
            number,
            got.get("inside") or got.get("file") or got.get("typed") or parts[-1],
            bool(got.get("late")),
            int(order or 0),
            self._names.get(_folded(assignment), assignment) if assignment else None,
            bool(got.get("team")),
        )


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold() or name


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
    return Layout(pattern, "", (pattern,))


def recognised(
    paths: Iterable[tuple[Sequence[str], bool]], names: Mapping[str, str], layouts: Sequence[Layout] = LAYOUTS
) -> tuple[Reader, int]:
    """The layout, and how many folders lie around the class.

    A platform's download is recognised by more than half of the paths, so that a stray file changes nothing
    and a few forged names do not either; else the layout counts that says most of them, with the fewest
    folders around.
    """
    paths = list(paths)
    readers = [Reader(layout, names) for layout in layouts]
    for of_systems in (True, False):
        best: tuple[int, Reader | None, int] = (0, None, 0)
        for depth in range(3):
            for reader in readers:
                if reader.layout.system is of_systems and reader.layout is not FLAT:
                    fitting = sum(reader.recognises(parts[depth:], is_folder) for parts, is_folder in paths)
                    if fitting > max(best[0], len(paths) / 2 if of_systems else 0):
                        best = (fitting, reader, depth)
        if best[1] is not None:
            return best[1], best[2]
    return Reader(FLAT, names), _folders_around(paths, Reader(NBGRADER, names).recognises)


def _folders_around(paths: list[tuple[Sequence[str], bool]], named: Callable[..., bool]) -> int:
    """How many folders everything lies in, unless it is the folder of the only student."""
    for depth in range(2):
        inside = [parts[depth:] for parts, _ in paths if len(parts) > depth + 1]
        tops = {parts[depth] for parts, _ in paths if len(parts) > depth}
        if len(tops) != 1 or len({parts[1] for parts in inside}) < 2 or any(named(parts) for parts in inside):
            return depth
    return 2


def of_file(path: str) -> Handed | None:
    """What a file's name in a result says of Moodle's or Canvas's numbers, for the exports to them."""
    parts = PurePosixPath(path).parts
    for layout in LAYOUTS[:2]:
        reader = Reader(layout, {})
        for depth in range(3):
            if (handed := reader(parts[depth:])) is not None:
                return handed
    return None


def is_like_a_systems(parts: Sequence[str]) -> bool:
    """Whether a name is like one of Moodle's, although the class is not from there."""
    return Reader(LAYOUTS[0], {})(parts) is not None


def is_called(file: str, names: Iterable[str]) -> bool:
    """Whether a file's own name tells the assignment that is called one of `names`."""
    own = _COPY.sub("", PurePosixPath(file).stem)
    return any(name in own or name.casefold() in own.casefold() for name in names)


def meaning(name: str, names: Mapping[str, str]) -> str | None:
    """The assignment that a file's or a folder's name means."""
    handed = Reader(_NAMED, names)([f"x{_SEPARATOR}{name}"])
    return handed.assignment if handed and names else None


_SEPARATOR = "\0"
_NAMED = Layout("", "", (rf"(?P<student>x){_SEPARATOR}ASSIGNMENT",))
