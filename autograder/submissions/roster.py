"""Who is in the class: a list of people, as a spreadsheet or a learning platform writes it.

`class_folder` asks here whose a name in a path is, and who has handed in nothing. Columns are found by their
headings (`layouts.toml`), in Chinese or English, so that exports of platforms can be used as they are. Two
people of one name stay two.
"""

import csv
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.base.messages import TextError, say
from autograder.submissions import content as contents
from autograder.submissions.layouts import Handed, table
from autograder.submissions.records import shortened

_LARGEST_TEAM = 8
"""A group of more people is no team whose members hand in together, but a section of the class."""

_NUMBER = re.compile(r"(?!0)\d+")


class RosterError(TextError):
    """A roster that cannot be read."""


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    email: str = ""
    section: str = ""
    group: str = ""
    other: tuple[str, ...] = ()
    """The name in other orders, logins, numbers of platforms."""

    @property
    def label(self) -> str:
        """The person in every report."""
        return f"{self.id} {self.name}".strip()


@dataclass(frozen=True)
class Roster:
    people: tuple[Person, ...]

    @cached_property
    def _known(self) -> dict[str, list[Person]]:
        """Everybody by everything that they may be called; several people where a name is no one's own."""
        known: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            names = (person.id, person.name, person.email, person.email.partition("@")[0], *person.other)
            for name in {_folded(name) for name in names} - {""}:
                known[name].append(person)
        return known

    @cached_property
    def _teams(self) -> dict[str, list[Person]]:
        teams: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            if person.group:
                teams[_folded(person.group)].append(person)
        return {name: people for name, people in teams.items() if len(people) <= _LARGEST_TEAM}

    def _meant(self, name: str) -> Person | None:
        name = _folded(name)
        people = self._known.get(name, [])
        return people[0] if len(people) == 1 and (len(name) > 2 or not name.isascii()) else None

    def claimed(self, handed: Handed) -> list[Person]:
        """Everybody whose number, login or name a name holds, unless within somebody else's longer one; else
        all of that name, where no platform's number tells them apart."""
        number = "" if handed.system == "Moodle" else handed.number  # Moodle's is the assignment's own
        if person := self._meant(number):
            return [person]
        label = f"{handed.name} {number}"
        words = [word.span() for word in re.finditer(r"[^\W_]+", label)]
        spans = [(start, end) for n, (start, _) in enumerate(words) for _, end in words[n : n + 5]]
        spans += [part.span() for part in re.finditer(r"[A-Za-z]*\d+|[^\W\d_]+", label)]
        for start, end in words:  # two Chinese names that are written as one
            halves = [
                ((start, cut), (cut, end)) for cut in range(start + 2, min(end, start + _LONGEST_NAME) - 1)
            ]
            spans += next((both for both in halves if all(self._meant(label[a:b]) for a, b in both)), ())
        found = {(a, b): person for a, b in spans if (person := self._meant(label[a:b]))}
        for inner, outer in itertools.permutations(found.copy(), 2):
            if outer[0] <= inner[0] and inner[1] <= outer[1]:
                found.pop(inner, None)
        namesakes = [] if found or handed.number else self._known.get(_folded(handed.name), [])
        return list(dict.fromkeys(found.values() or namesakes))

    def contested(self, handed: Handed) -> list[str]:
        """The labels of several people who do not hand in together, where a name holds them."""
        people = [] if self._team(handed) else self.claimed(handed)
        is_team = not people or {*people} <= {*self._teams.get(_folded(people[0].group), people[:1])}
        return [] if is_team else [person.label for person in people]

    def members(self, handed: Handed) -> list[str]:
        """The labels of those whose work it is; empty where nobody in the roster can be meant."""
        team = self._team(handed)
        if not team and (people := self.claimed(handed)):
            team = self._teams.get(_folded(people[0].group), people[:1])
        return [person.label for person in team]

    def _team(self, handed: Handed) -> list[Person]:
        team = self._teams.get(_folded(handed.name), [])
        is_team = handed.team or re.search(table()["team"], handed.name, re.IGNORECASE)
        if not team and is_team and (bare := _bare(handed.name)):
            same = [its for its in self._teams.values() if _bare(its[0].group) == bare]
            team = same[0] if len(same) == 1 else []
        return team

    def team(self, label: str) -> str:
        """The group of the person with this label."""
        return next((person.group for person in self.people if person.label == label), "")


def read(path: Path) -> Roster:
    """Read a roster, in the encodings of scripts (`content.decode`), with any common separator.

    Raises
    ------
    RosterError
        One sentence: it cannot be read, or has no column of ids or names.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError(say("error.file_unreadable", file=path, error=error.strerror or error)) from None
    decoded = contents.decode(data)
    if decoded is None:
        raise RosterError(say("roster.no_text", file=path))
    text = decoded[0]
    rows: list[list[str]] = []
    for line in text.split("\n")[:_FIRST_LINES]:  # a title may stand above the headings
        separator = max(",;\t\uff0c", key=line.count)
        places = _places(next(csv.reader([line], delimiter=separator), []))
        if (places["id"] or places["login"] or places["email"]) and (places["name"] or places["last"]):
            rows = list(csv.reader(text[text.index(line) :].split("\n"), delimiter=separator))
            break
    else:
        raise RosterError(say("roster.no_columns", file=path, found=shortened(text.lstrip()) or "–"))
    people: dict[tuple[str, str], Person] = {}
    for row in rows[1:]:
        person = _person(row, places)
        if person is not None and _ROUNDED.fullmatch(person.id):
            raise RosterError(say("roster.rounded", file=path, number=person.id))
        if person is not None:
            people.setdefault((person.id, person.name), person)
    return Roster(tuple(people.values()))


_FIRST_LINES = 10
_LONGEST_NAME = 12
"""Letters in which the first of two names must end."""
_ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")
"""What Excel makes of a long number."""
_CELL = re.compile(r"^[='\"]*(.*?)(?:(?<=\d)\.0)?[\"']*$", re.DOTALL)
"""What a spreadsheet writes around a number, so that it stays a text."""


def _places(headings: Sequence[str]) -> dict[str, list[int]]:
    """Where each column of the table of headings is."""
    named = [_folded(re.sub("[(（].*", "", heading)) for heading in headings]
    columns = table()["roster"].items()
    return {name: [n for n, heading in enumerate(named) if heading in called] for name, called in columns}


def _person(row: Sequence[str], places: dict[str, list[int]]) -> Person | None:
    def cells(*columns: str) -> list[str]:
        found = [row[n].strip() for column in columns for n in places[column] if n < len(row)]
        return [_CELL.sub(r"\1", cell) for cell in found if cell]

    first, last = (" ".join(cells(column)) for column in ("first", "last"))
    whole = next(iter(cells("name")), "")
    surname, comma, given = whole.partition(",")
    names = [
        whole or f"{first} {last}".strip(),
        *(_orders(given, surname) if comma else _orders(first, last)),
    ]
    ids = cells("id", "login", "email")
    # Canvas's gradebook has its own number first and a row of the points possible.
    if len(ids) + bool(names[0]) < 2 or names[0] == "Points Possible":
        return None
    own = next((cell for cell in cells("id")[::-1]), ids[0])
    if not re.search("[0-9A-Za-z]", own):  # the line below all others, with their number
        return None
    email, section, group = (next(iter(cells(column)), "") for column in ("email", "section", "group"))
    return Person(own, names[0], email, section, group, (*ids, *names[1:]))


def _orders(first: str, last: str) -> Iterable[str]:
    return (f"{first}{last}", f"{last}{first}") if first or last else ()


def _bare(team: str) -> str:
    """What tells a team from others: its number, else its name without a word for it."""
    return "-".join(_NUMBER.findall(team)) or _folded(re.sub(table()["team"], "", team, flags=re.IGNORECASE))


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
