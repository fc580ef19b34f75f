"""Read a course's settings, `course.toml` beside its assignments; every entry has a default.

    title = { zh = "统计", en = "Statistics" }
    languages = ["zh", "en"]             # one is enough

    [limits]
    cpu_seconds = 2.0

    [assignments.means]                  # assignments come in this order, others after them by name
    title = { zh = "平均数", en = "Means" }
    points = { median = 8 }

`assignment` reads it with what it loads; `read` collects everything that is wrong with the file, and never
stops at the first mistake. `beside` says what is wrong with it beside the assignments.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.authoring import texts
from autograder.authoring.exercise import AuthoringError, is_number
from autograder.base.messages import COURSE_LANGUAGES, Authored, Text, joined, say
from autograder.judging.answer_key import KeySettings
from autograder.sandbox import modules
from autograder.sandbox.limits import UNITS, asked_for

FILE = "course.toml"

_NO_TITLE = Authored("", "")


@dataclass(frozen=True)
class AssignmentSettings:
    """`[assignments.NAME]`.

    Attributes
    ----------
    points : dict
        Points of exercises, in place of those in `hidden.py`; the groups' points are scaled.
    left_out : tuple of str
        Exercises that are neither released nor graded.
    names : tuple of str
        What hand-ins may call the assignment, besides its own name.
    """

    title: Authored = _NO_TITLE
    points: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Course:
    """The settings of a course. `assignments` has those that the file names, in its order.

    Attributes
    ----------
    mistakes : tuple of Text
        What is wrong with the file; the entries concerned have their defaults.
    """

    path: Path
    title: Authored = _NO_TITLE
    languages: tuple[str, ...] = COURSE_LANGUAGES
    limits: Mapping[str, Any] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    assignments: Mapping[str, AssignmentSettings] = field(default_factory=dict)
    mistakes: tuple[Text | str, ...] = ()

    def position(self, name: str) -> int:
        """The place of an assignment, from 1; those that the file does not name share the last; else 0."""
        names = list(self.assignments)
        return (names.index(name) if name in names else len(names)) + 1 if names else 0

    def of(self, name: str) -> AssignmentSettings:
        return self.assignments.get(name, AssignmentSettings())

    def for_key(self, name: str) -> KeySettings:
        """What an answer key of the assignment `name` carries."""
        own = self.of(name)
        limits = {**self.limits, **own.limits}
        if modules := tuple(dict.fromkeys((*self.modules, *own.modules))):
            limits["modules"] = modules
        return KeySettings(self.position(name), own.title.zh, own.title.en, own.names, limits)

    def where(self, *entry: str) -> str:
        """An entry of the file, for a sentence about it."""
        return f"{self.path}, {'.'.join(entry)}" if entry else str(self.path)


def read(folder: Path) -> Course:
    """The settings of the course in `folder`: the defaults where it has no file."""
    path = folder / FILE
    try:
        return _Reader(path).course(texts.table(path))
    except AuthoringError as error:
        return Course(path, languages=(), mistakes=error.mistakes)


def unknown(where: str, name: str, known: Collection[str]) -> Text:
    """The sentence about a name that is none of those `known`."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    if near:
        return say("course.unknown_perhaps", where=where, name=name, near=near[0])
    return say("course.unknown", where=where, name=name, known=joined(names))


def beside(course: Course, assignments: list[str]) -> list[Text]:
    """What is wrong with the settings beside the names of all `assignments`, and on this machine."""
    mistakes = [
        unknown(course.where("assignments"), name, assignments)
        for name in course.assignments
        if name not in assignments
    ]
    owners = {name.casefold(): name for name in assignments}
    for name, settings in course.assignments.items():
        for other in settings.names:
            owner = owners.setdefault(other.casefold(), name)
            if owner != name:
                where = course.where("assignments", name, "names")
                mistakes.append(say("course.name_of_another", where=where, name=other, other=owner))
    allowed = [(course.where("modules"), course.modules)]
    for name, settings in course.assignments.items():
        allowed.append((course.where("assignments", name, "modules"), settings.modules))
    return mistakes + [
        say("course.no_module", where=where, name=name)
        for where, names in allowed
        for name in names
        if not modules.is_installed(name)
    ]


class _Reader:
    """Takes entries out of the file's table; what is wrong is noted, and the default taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = Course(path).where
        self.languages: tuple[str, ...] = COURSE_LANGUAGES
        self.mistakes: list[Text] = []
        self.common = {"title": self._title, "limits": self._limits, "modules": self._strings}

    def course(self, table: dict[str, Any]) -> Course:
        first = {"languages": self._languages}  # titles are needed in these
        readers = first | self.common | {"assignments": self._assignments}
        return Course(self.path, **self._entries(table, (), readers), mistakes=tuple(self.mistakes))

    def _assignments(self, value: Any, at: tuple[str, ...]) -> dict[str, AssignmentSettings]:
        own = {"points": self._positive_numbers, "left_out": self._strings, "names": self._strings}
        return {
            name: AssignmentSettings(**self._entries(entry, (*at, name), self.common | own))
            for name, entry in self._table(value, at).items()
        }

    def _entries(self, value: Any, at: tuple[str, ...], readers: Mapping[str, Any]) -> dict[str, Any]:
        """The entries of a table, each as its reader returns it."""
        table = self._table(value, at)
        return {name: readers[name](table[name], (*at, name)) for name in self._known(table, readers, at)}

    def _known(self, names: Collection[str], known: Collection[str], at: tuple[str, ...]) -> list[str]:
        """Those of `known` that are among the `names`; the other names are noted."""
        self.mistakes += [unknown(self.where(*at), name, known) for name in names if name not in known]
        return [name for name in known if name in names]

    def _must(self, right: bool, at: tuple[str, ...], what: Text) -> bool:
        if not right:
            self.mistakes.append(say("course.wrong_type", where=self.where(*at), what=what))
        return right

    def _table(self, value: Any, at: tuple[str, ...]) -> dict[str, Any]:
        return value if self._must(isinstance(value, dict), at, say("course.type_table")) else {}

    def _strings(self, value: Any, at: tuple[str, ...]) -> tuple[str, ...]:
        right = isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
        return tuple(value) if self._must(right, at, say("course.type_strings")) else ()

    def _string(self, value: Any, at: tuple[str, ...]) -> str:
        right = isinstance(value, str) and bool(value.strip())
        return value if self._must(right, at, say("course.type_string")) else ""

    def _positive_numbers(self, value: Any, at: tuple[str, ...]) -> dict[str, float]:
        return {
            name: number
            for name, number in self._table(value, at).items()
            if self._must(is_number(number) and 0 < number < 1e9, (*at, name), say("course.type_positive"))
        }

    def _languages(self, value: Any, at: tuple[str, ...]) -> tuple[str, ...]:
        self._must(value != [], at, say("course.type_strings"))
        known = self._known(self._strings(value, at), COURSE_LANGUAGES, at)
        self.languages = tuple(known) or COURSE_LANGUAGES
        return tuple(known)

    def _title(self, value: Any, at: tuple[str, ...]) -> Authored:
        found = self._entries(value, at, dict.fromkeys(COURSE_LANGUAGES, self._string))
        where = self.where(*at)
        missing = [lang for lang in self.languages if isinstance(value, dict) and lang not in value]
        self.mistakes += [say("author.language_missing", where=where, lang=lang) for lang in missing]
        return Authored(found.get("zh", ""), found.get("en", ""))

    def _limits(self, value: Any, at: tuple[str, ...]) -> dict[str, Any]:
        found = self._positive_numbers(value, at)
        return dict(asked_for(**{name: found[name] for name in self._known(found, UNITS, at)}))
