"""Take in a class: find the file that counts of each student, and account for everything else.

The commands that grade or compare a class call this, Gradescope and nbgrader's route A for one student.
`archives` lists what there is, `layouts` says whose it is, `choice` which file counts, `roster` who is in the
class. No link is followed, so that a submission cannot name other files. Names are shown in Unicode, whatever
their encoding in a zip or on disk, and without control characters. Nothing vanishes: every path below the
given one is in the account, or in a folder of the system's that is.
"""

import itertools
import operator
import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Literal

from autograder.base.messages import Text, joined, printable_name, say
from autograder.submissions import archives, choice, layouts
from autograder.submissions.archives import ClassFolderError as ClassFolderError
from autograder.submissions.archives import Entry
from autograder.submissions.choice import Candidate, Exercises
from autograder.submissions.content import CODE
from autograder.submissions.layouts import Handed, Layout
from autograder.submissions.roster import Roster
from autograder.submissions.source import WRITTEN


@dataclass(frozen=True)
class SubmittedFile:
    """One student's file for one assignment.

    Attributes
    ----------
    name : str
        The path below the class folder, or inside the zip, as reports show it; "" where a student has handed
        in no notebook and no script.
    notes : tuple of Text
        How it was handed in, for the instructor: late, with other files.
    team : str
        The team whose work it is; its members have a submission each.
    unread : Text or None
        Why nothing of what the student handed in can be graded, if that can be told.
    """

    student: str
    assignment: str
    name: str
    source: Path
    member: str | None = None
    notes: tuple[Text, ...] = ()
    team: str = ""
    unread: Text | None = None
    holder: Any = field(default=None, compare=False, repr=False)

    def read(self) -> bytes:
        """See `archives.read`."""
        return archives.read(self.source, self.member)


Fate = Literal["graded", "not_chosen", "ignored", "not_understood", "nothing"]


@dataclass(frozen=True)
class Decision:
    """What becomes of a path, and why.

    Attributes
    ----------
    fate : str
        "graded"; "not_chosen", another file counts or it is of another assignment; "ignored", nobody's
        hand-in; "not_understood", it could be a hand-in and is not graded; "nothing", a student without one.
    """

    path: str
    student: str
    assignment: str
    fate: Fate
    why: Text | None = None


@dataclass(frozen=True)
class Intake:
    """A class as it was taken in: the files that count, and the account of everything."""

    files: list[SubmittedFile]
    account: list[Decision]
    layout: str = ""
    strangers: list[str] = field(default_factory=list)
    """Students who are not in the roster."""


_Of = tuple[Entry, Handed]
"""An entry, and what its path says."""
_Students = dict[tuple[tuple[str, ...], object, str], list[_Of]]
"""Every student's files of each assignment, by (members, person, assignment)."""


def find(
    path: Path,
    assignment: str | None,
    known: Exercises | Collection[str],
    names: Mapping[str, str] = MappingProxyType({}),
    pattern: str | None = None,
    roster: Roster | None = None,
) -> Intake:
    """Every submission under `path`, sorted by student and assignment, and the account.

    Parameters
    ----------
    path : Path
        A folder, an archive or a single file.
    assignment : str or None
        Only this one; needed where no path tells it.
    known : mapping or collection of str
        The assignments with an answer key and, where they can be told, their exercises.
    names : mapping
        What hand-ins may call an assignment besides its name.
    pattern : str or None
        The class's own layout, as in `layouts`.
    roster : Roster or None
        Who is in the class.

    Raises
    ------
    TextError
        Nothing here can be graded, or `pattern` is wrong.
    OSError
        The folder cannot be listed.
    """
    exercises = known if isinstance(known, Mapping) else dict.fromkeys(known, ())
    called = {**names, **{name: name for name in (*exercises, *filter(None, [assignment]))}}
    if path.is_file() and CODE.search(path.name):
        file = _single(path, assignment, exercises, called)
        return Intake([file], [Decision(file.name, file.student, file.assignment, "graded")], file.name)
    if (path / "submitted").is_dir() and (path / "source").is_dir():
        raise ClassFolderError(say("class.nbgrader_course", path=path))
    if path.is_dir() or (path.is_file() and archives.ARCHIVE.search(path.name)):
        table = [layouts.own(pattern)] if pattern else layouts.layouts(of_one=assignment is not None)
        return _Class(path, assignment, exercises, called, table, roster or Roster(())).intake()
    raise ClassFolderError(say("class.wrong_kind" if path.exists() else "class.missing", path=path))


def of_one_student(folder: Path, student: str, assignment: str, exercises: Collection[str]) -> SubmittedFile:
    """The file that counts in a folder of one student's work, archives included.

    Raises
    ------
    OSError
        The folder cannot be listed.
    """
    entries = [entry for entry in archives.entries(folder) if entry.why is None]
    files = [(entry, Handed("", student, "", entry.path.name)) for entry in entries]
    return _chosen(student, assignment, files, {assignment: exercises}, folder)[0]


_Result = tuple[tuple[str, ...], SubmittedFile, list[Decision]]
"""The members of a team or the one student, the file that counts, and what becomes of all files."""


@dataclass(frozen=True)
class _Class:
    """One class while it is taken in."""

    path: Path
    assignment: str | None
    exercises: Exercises
    called: Mapping[str, str]
    table: Sequence[Layout]
    roster: Roster
    account: list[Decision] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Names, and members of the roster, with the assignment: somebody else may have made their hand-in."""

    def intake(self) -> Intake:
        found = list(archives.entries(self.path))
        entries = [self._out_of_section(entry) for entry in found] if len(self.table) > 1 else found
        read = []
        for entry in entries:
            if entry.why is None or (
                not entry.is_system and (entry.is_folder or _WORK.search(entry.path.name))
            ):
                read.append(entry)
            else:
                self._decide(entry, "ignored", entry.why)
        parents = {f"{parent}/" for entry in read for parent in PurePosixPath(entry.shown).parents}
        parents |= {f"{entry.shown.rstrip('/')}/" for entry in read if entry.why is not None}
        usable = [e for e in read if not (e.is_folder and e.why is None and e.shown in parents)]
        telling = [entry for entry in usable if entry.is_code] or usable
        paths = [(entry.path.parts, entry.is_folder) for entry in telling]
        reader, depth = layouts.recognised(paths, self.called, self.table, self._is_person)
        students, strays = self._by_student(usable, reader, depth)
        chosen = [self._of_student(*key, files, reader.layout) for key, files in students.items()]
        self._strays(strays, reader.layout, depth, students)
        left = any(entry.is_code or entry.why is not None for entry in strays)
        if not (chosen or self.refused or left):
            raise ClassFolderError(say("class.empty", path=self.path))
        files = self._told_apart(chosen)
        files += self._absent(chosen, {file.assignment for file in files} | {its for _, its in self.refused})
        self.account.sort(key=lambda decision: decision.path)
        files.sort(key=operator.attrgetter("student", "assignment"))
        strangers = {file.student for members, file, _ in chosen if self.roster.people and not members}
        in_sections = entries != found or len({parts[:depth] for parts, _ in paths}) > 1
        layout = "<section>/" * in_sections + reader.layout.name
        return Intake(files, self.account, layout, sorted(strangers))

    def _out_of_section(self, entry: Entry) -> Entry:
        """The entry as if no folder around it were called like a section, or what is late; an archive is a
        student's, however it is called, and so may an assignment be."""
        parts, shown = entry.path.parts, f"/{entry.shown}"
        around = [part for part in filter(layouts.is_section, parts[:-1]) if f"/{part}/" in shown]
        left_out = {part for part in around if layouts.meaning(part, self.called) is None}
        kept = (part for part in parts[:-1] if part not in left_out)
        return replace(entry, path=PurePosixPath(*kept, *parts[-1:])) if left_out else entry

    def _by_student(
        self, usable: list[Entry], reader: layouts.Reader, depth: int
    ) -> tuple[_Students, list[Entry]]:
        """Whose files of which assignment these are, and the rest."""
        students: _Students = defaultdict(list)
        strays, flat = [], layouts.Reader(layouts.layouts()[-1], self.called, self._is_person)
        submitters = _submitters(usable, depth) if reader.layout.name == "Gradescope" else {}
        is_own = not reader.layout.system and len(self.table) > 1
        of_all = [(entry, reader(entry.path.parts[depth:], entry.is_folder)) for entry in usable]
        unsure = _unsure(of_all, depth) if reader.layout.name == "Moodle" else ()
        for entry, handed in of_all:
            parts = entry.path.parts[depth:]
            is_top = len(parts) == 1 + entry.is_code or reader.layout.name.startswith("<name>")
            if handed is None and is_own and self.assignment and is_top:
                handed = flat(parts, entry.is_folder)  # work beside the folders of assignments
            called = handed.name if handed and is_own and not entry.is_code else ""
            is_own_file = called and called not in parts and parts[-1].startswith(called)
            its = self.assignment if handed is None or handed.assignment is None else handed.assignment
            if is_own_file and not _is_text_with(entry, self.exercises.get(its or "", ())):
                entry = replace(entry, why=entry.why or say("account.no_code"))  # a person's document
            if handed is None or (its is None and not entry.is_code):
                strays.append(entry)
            elif its is None:
                raise ClassFolderError(self._unnamed(reader.layout, [entry for entry, _ in of_all]))
            elif self.assignment not in (None, its):
                self._decide(entry, "not_chosen", say("account.other_assignment"), handed.student, its)
            elif handed.number in unsure:
                self.refused.update((who, its) for who in (handed.student, *self.roster.members(handed)))
                why = say("account.claimed_twice", number=handed.number)
                self._decide(entry, "not_understood", why, handed.student, its)
            elif people := self.roster.contested(handed):
                self.refused.update((who, its) for who in people)
                why = say("account.of_several", names=joined(map(printable_name, people)))
                self._decide(entry, "not_understood", why, handed.student, its)
            elif is_own and self._is_nobodys(entry, parts, handed):
                strays.append(entry)
            else:
                members = submitters.get(handed.name) or self.roster.members(handed)
                person = members[0] if members else handed.person
                students[tuple(members), person, its].append((entry, handed))
        return students, strays

    def _is_person(self, handed: Handed) -> bool:
        return handed.is_label or bool(self.roster.claimed(handed))

    def _is_nobodys(self, entry: Entry, parts: Sequence[str], handed: Handed) -> bool:
        """Whether a file's name is nothing but what is taken for a student's, and it is nobody's work."""
        is_alone = handed.assignment is None or len(parts) == 2
        is_bare = is_alone and handed.name not in parts and parts[-1].startswith(handed.name)
        return entry.is_code and is_bare and not self._is_person(handed) and self._is_helper(entry)

    def _is_helper(self, entry: Entry) -> bool:
        """Whether a file can be read, and defines no exercise of any assignment."""
        can_tell, data = bool(self.exercises) and all(self.exercises.values()), _content(entry)
        names = "|".join(map(re.escape, itertools.chain(*self.exercises.values()))).encode()
        if not can_tell or re.search(rb"\b(?:def|class) +(?:%s)\b" % names, data):  # quick, of most files
            return False
        return not (choice.looks_like(data, self.exercises) or _trouble(entry))

    def _unnamed(self, layout: Layout, entries: list[Entry]) -> Text:
        """That the assignment has to be named, and what stands where its name could."""
        about = {"path": self.path, "known": _one_of(self.exercises)}
        folders = Counter(itertools.chain(*(entry.path.parts[:-1] for entry in entries))).items()
        shared = [its for its, number in folders if number > 1 and not layouts.meaning(its, self.called)]
        if layout.system:
            return say("class.download", system=layout.name, **about)
        if shared:
            return say("class.unknown_folders", folders=_list(shared), **about)
        return say("class.flat", **about)

    def _of_student(
        self, members: tuple[str, ...], person: object, assignment: str, files: list[_Of], layout: Layout
    ) -> _Result:
        """The members, the file that counts, and what becomes of all files."""
        student = min(handed.student for _, handed in files)
        if members and not (layout.name in ("Moodle", "Canvas") and files[0][1].number and len(members) == 1):
            student = members[0]  # else a platform's own number, which the exports to it need
        file, decisions = _chosen(
            student, assignment, files, self.exercises, self.path, all_named=layout.system
        )
        notes = []
        if layout.name == layouts.layouts()[-1].name and any(
            layouts.of_system("Moodle")([entry.path.name]) for entry, _ in files
        ):
            notes.append(say("note.name_taken_as_is"))
        team = next((handed.name for _, handed in files if handed.team), "")
        if len(members) > 1:
            team = team or self.roster.team(members[0]) or " + ".join(members)
            notes.append(say("note.of_team", team=printable_name(team)))
        return members, replace(file, notes=(*notes, *file.notes), team=printable_name(team)), decisions

    def _told_apart(self, chosen: list[_Result]) -> list[SubmittedFile]:
        """A file for each member; of students whose printable names are equal, the later get a number."""
        taken: set[tuple[str, str]] = set()
        result = []
        by_name = operator.attrgetter("student", "assignment", "name")
        for members, file, decisions in sorted(chosen, key=lambda line: by_name(line[1])):
            everybody = map(printable_name, members if len(members) > 1 else (file.student,))
            for number, member in enumerate(everybody):
                names = (f"{member} ({n})" if n > 1 else member for n in itertools.count(1))
                student = next(name for name in names if (name, file.assignment) not in taken)
                taken.add((student, file.assignment))
                result.append(replace(file, student=student))
                if number == 0:
                    self.account.extend(replace(decision, student=student) for decision in decisions)
        return result

    def _absent(self, chosen: list[_Result], assignments: set[str]) -> list[SubmittedFile]:
        """The submissions of those in the roster who handed in nothing."""
        there = self.refused | {(who, file.assignment) for members, file, _ in chosen for who in members}
        labels = [printable_name(person.label) for person in self.roster.people]
        absent = [(who, its) for who in labels for its in sorted(assignments) if (who, its) not in there]
        why = say("account.absent")
        self.account.extend(Decision("", student, its, "nothing", why) for student, its in absent)
        return [SubmittedFile(student, its, "", self.path) for student, its in absent]

    def _strays(self, strays: list[Entry], layout: Layout, depth: int, students: _Students) -> None:
        """Account for what is nobody's; a document is work where nothing else of its folder is known."""
        tops = {entry.path.parts[: depth + 1] for files in students.values() for entry, _ in files}
        known, exercises = _one_of(self.exercises), [*itertools.chain(*self.exercises.values())]
        labelled = sum(self._is_person(files[0][1]) for files in students.values())
        are_bare = layout.bare and 2 * labelled <= len(students)
        for entry in strays:
            parts = entry.path.parts[depth:]
            is_beside = parts[1:] and entry.path.parts[: depth + 1] in tops and not layout.assignment_first
            is_note = _TEXT.search(entry.path.name) and not choice.mentions(_content(entry), exercises)
            is_somebodys = not (is_beside if parts[1:] else is_note)
            if entry.why is not None:
                self._decide(entry, "not_understood", entry.why)
            elif self.assignment and is_beside and entry.is_code:
                self._decide(entry, "not_chosen", say("account.other_assignment"))
            elif entry.is_code and self._is_helper(entry):
                data = _content(entry)
                could_be = not is_beside and (are_bare or choice.mentions(data, exercises))
                if could_be and re.search(rb"\b(?:def|class) +\w", data):
                    self._decide(entry, "not_understood", say("account.nobodys"))
                else:
                    self._decide(entry, "not_chosen", say("account.no_exercise"))
            elif entry.is_code or (_WORK.search(entry.path.name) and is_somebodys):
                why = say("account.no_student", layout=printable_name(layout.name))
                if layout.name.startswith("<student>/<assignment>") and parts[2:]:
                    why = say("account.no_key", assignment=printable_name(parts[1]), known=known)
                self._decide(entry, "not_understood", why)
            elif entry.is_folder:
                self._decide(entry, "nothing", say("account.empty"))
            else:
                self._decide(entry, "ignored", say("account.no_code"))

    def _decide(self, entry: Entry, fate: Fate, why: Text, student: str = "", assignment: str = "") -> None:
        self.account.append(
            Decision(printable_name(entry.shown), printable_name(student), assignment, fate, why)
        )


_TEXT = re.compile(r"\.(?:html?|txt)$", re.IGNORECASE)
_WORK = re.compile(
    "|".join((CODE.pattern, archives.ARCHIVE.pattern, r"\.(?:pdf|docx?|odt|rtf|gz)$", _TEXT.pattern)),
    re.IGNORECASE,
)
"""What could be a hand-in by its name."""


_MOODLES = re.compile(r"_(\d+)_assignsubmission_")


def _unsure(found: list[tuple[Entry, Handed | None]], depth: int) -> set[str]:
    """The numbers of Moodle's that several names claim, or one with another number in it.

    Without folders, a participant's name may hold what reads as somebody else's name and number.
    """
    claims = defaultdict(set)
    for entry, handed in found:
        parts = entry.path.parts[depth:]
        if handed is not None and handed.number and len(parts) == 1:
            claims[handed.number].add(handed.name)
            if any(mark[1] != handed.number for mark in _MOODLES.finditer(parts[0])):
                claims[handed.number].add(parts[0])
    return {number for number, names in claims.items() if len(names) > 1}


def _one_of(known: Collection[str]) -> Text:
    return joined(sorted(known)) if known else say("class.no_keys_found")


_SUBMITTER = re.compile(
    r"^(?P<submission>submission_\d+):|^[ \t]*-? *:?(?P<field>name|sid|email):(?P<value>.*)$", re.MULTILINE
)


def _submitters(entries: list[Entry], depth: int) -> dict[str, list[str]]:
    """Who handed in each submission, after Gradescope's submission_metadata.yml beside the submissions."""
    people: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entry in entries:
        if entry.path.parts[depth:] == ("submission_metadata.yml",):
            submission = ""
            for found in _SUBMITTER.finditer(_content(entry).decode("utf-8", "replace")):
                value = (found["value"] or "").strip().strip("'\"")
                if found["submission"]:
                    submission = found["submission"]
                elif found["field"] == "name":
                    people[submission].append({"name": value})
                elif people[submission]:
                    people[submission][-1].setdefault(found["field"], value)
    return {
        submission: [
            Handed("", who["name"], who.get("sid") or who.get("email", ""), "").student for who in its
        ]
        for submission, its in people.items()
    }


def _content(entry: Entry) -> bytes:
    """What is in a file; nothing where it is damaged, which is reported when it is graded."""
    try:
        return entry.read()
    except Exception:
        return b""


def _chosen(
    student: str,
    assignment: str,
    files: list[_Of],
    exercises: Exercises,
    source: Path,
    *,
    all_named: bool = False,
) -> tuple[SubmittedFile, list[Decision]]:
    """The file that counts of a student's, with notes on the others, and what becomes of each.

    `all_named`: the note on others names those, too, that are no code; a student has chosen to hand them in.
    """
    its = exercises.get(assignment, ())
    code = [(entry, handed) for entry, handed in files if entry.is_code]
    code = code or [line for line in files if _is_text_with(line[0], its)]
    candidates = [
        Candidate(
            entry.path.name,
            entry.read,
            (not its and assignment.casefold() in handed.file.casefold(), handed.order, entry.changed),
        )
        for entry, handed in code[: len(code) if len(code) > 1 else 0]  # a single one counts unread
    ]
    order = choice.in_order(candidates, its) if candidates else [(0, None)] * len(code)
    chosen, counts = code[order[0][0]] if order else (None, None)
    submitted = _submitted(student, assignment, chosen, source)
    notes, trouble = [], None
    if counts.late if counts else any(handed.late for _, handed in files):
        notes.append(say("note.late", system=files[0][1].system))
    listed = files if all_named else code
    rest = [_own(entry, handed) for entry, handed in listed if entry is not chosen and not entry.is_folder]
    if chosen is None or counts is None:
        others = [handed.file for entry, handed in files if not entry.is_folder]
        said = say("note.no_code_handed_in", files=_list(others)) if others else None
        for unread in [entry for entry, _ in files if entry.why is not None][:1]:
            said = say("note.not_read", file=_list([unread.path.name]), why=unread.why)
        submitted = replace(submitted, unread=said)
    else:
        if rest:
            file = _list([_own(chosen, counts)])
            notes.append(say("note.file_that_counts", file=file, files=_list(rest)))
        trouble, data = _trouble(chosen, its), _content(chosen)
        is_others = not (trouble or choice.mentions(data, its) or choice.content(chosen.path.name, data, its))
        if its and is_others and (other := choice.looks_like(data, exercises)):
            looks = {"file": _list([_own(chosen, counts)]), "assignment": assignment, "other": other}
            trouble = say("note.looks_like", **looks)
            submitted = replace(submitted, unread=trouble)
    troubles = {chosen: trouble} if chosen else {}
    for entry in [code[index][0] for index, held in order[1:] if not held]:
        troubles[entry] = _trouble(entry) or say("account.no_exercise")
    is_worked = bool(order) and WRITTEN in (order[0][1] or {}).values()
    return replace(submitted, notes=tuple(notes)), [
        Decision(
            printable_name(entry.shown),
            student,
            assignment,
            *_fate(entry, chosen, troubles.get(entry), is_worked),
        )
        for entry, _ in files
    ]


def _is_text_with(entry: Entry, exercises: Collection[str]) -> bool:
    """A script or a notebook under the name of a text, which defines an exercise."""
    if entry.is_folder or entry.why is not None or not exercises or not archives.TEXT.search(entry.path.name):
        return False
    return bool(choice.content("", _content(entry), exercises))


def _fate(
    entry: Entry, chosen: Entry | None, trouble: Text | None, is_worked: bool
) -> tuple[Fate, Text | None]:
    """`trouble`: why it cannot be graded although it counts; or, beside that, why it does not. Where nothing
    else is worked on, what cannot be read may be what the student has done."""
    id = getattr(trouble, "id", "")
    if trouble is not None and entry is chosen:
        return ("nothing" if id in ("note.no_code", "note.looks_like") else "not_understood"), trouble
    if trouble is not None:
        is_lost = not is_worked and id not in ("note.no_code", "account.no_exercise")
        return ("not_understood" if is_lost else "not_chosen"), trouble
    if entry is chosen:
        return "graded", None
    if entry.why is not None:
        return "not_understood", entry.why
    if not entry.is_code or chosen is None:
        why = say("account.empty") if entry.is_folder else say("account.no_code")
        return "nothing" if chosen is None else "ignored", why
    return "not_chosen", say("account.other_counts", file=printable_name(chosen.path.name))


def _trouble(entry: Entry, its: Collection[str] = ()) -> Text | None:
    return choice.trouble(entry.path.name, entry.read, its)


def _own(entry: Entry, handed: Handed) -> str:
    """What the student called a file, where the system's names are longer; below no more than its folder."""
    return handed.file if handed.file and entry.path.name.endswith(handed.file) else entry.path.name


def _list(names: list[str]) -> str:
    """A few file names, shortened: students choose them."""
    shown = [name if len(name) <= 60 else f"{name[:28]}…{name[-28:]}" for name in sorted(names)[:8]]
    return printable_name(", ".join([*shown, *(["…"] if len(names) > 8 else [])]))


def _submitted(student: str, assignment: str, entry: Entry | None, source: Path) -> SubmittedFile:
    """Names become printable only here, so that folders stay distinct whose printable names are equal."""
    student, assignment = printable_name(student), printable_name(assignment)
    if entry is None:
        return SubmittedFile(student, assignment, "", source)
    name = printable_name(entry.shown)
    return SubmittedFile(student, assignment, name, entry.source, entry.member, holder=entry.holder)


def _single(
    path: Path, assignment: str | None, exercises: Exercises, called: Mapping[str, str]
) -> SubmittedFile:
    """A single file; its assignment is `assignment`, or its own name, or that of its folder."""
    shown = PurePosixPath(archives.readable(os.fsencode(path), str(path)))
    parent = path.resolve().parent
    folder = PurePosixPath(archives.readable(os.fsencode(parent), str(parent)))
    stem = CODE.sub("", shown.name)
    own, around = (layouts.meaning(name, called) for name in (stem, folder.name))
    its = assignment or next((name for name in (own, around) if name in exercises), None)
    if its is None:
        file = printable_name(str(shown))
        raise ClassFolderError(say("class.assignment_unknown", file=file, known=_one_of(exercises)))
    student = folder.parent.name if around == its else stem
    return SubmittedFile(printable_name(student), printable_name(its), printable_name(shown.name), path)
