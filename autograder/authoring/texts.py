"""What a course says to its students about groups and misconceptions: the `texts.toml` files.

One lies beside each `hidden.py`, one beside the assignments. `assignment` reads them and attaches their
texts to the exercises by id: an entry is looked for under the exercise, then in the assignment, then in the
course.

    [places.step_1]
    zh = "讲义 3.2 第 1 步"
    en = "lecture 3.2, step 1"

    [misconceptions.not_transposed]
    zh = "矩阵没有转置"
    en = "the matrix was not transposed"

    [product.misconceptions.not_transposed]
    at = "step_1"

`at` names a place that explains more and is added in brackets. An entry with `at` alone takes the text of the
wider entry. Nothing here knows what a text means or where it is shown.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.authoring.exercise import AuthoringError, Exercise, Group, Misconception
from autograder.base.messages import COURSE_LANGUAGES

Entry = Mapping[str, Any]
Texts = dict[str, str]
_BRACKETS = {"zh": "（见{}）", "en": " ({})"}


@dataclass(frozen=True)
class TextFile:
    """One `texts.toml`: its entries by their dotted names, and those that were asked for."""

    path: Path
    entries: Mapping[str, Entry]
    used: set[str] = field(default_factory=set)

    def find(self, name: str) -> Entry | None:
        self.used.add(name)
        return self.entries.get(name)

    def check_used(self) -> None:
        """Raise an AuthoringError where an entry belongs to nothing, for its name is misspelt or outlived."""
        for name in self.entries:
            if name not in self.used:
                raise AuthoringError(f"{self.path}: nothing uses [{name}]; correct its name or remove it.")


def read(path: Path) -> TextFile:
    """The texts in a file; without any where there is no such file.

    Raises
    ------
    AuthoringError
        It is no TOML.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuthoringError(f"{path}: {error}") from error
    return TextFile(path, dict(_entries(table)))


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    for key, value in table.items():
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            yield from _entries(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, dict) else {}


def attach(exercises: tuple[Exercise, ...], own: TextFile, course: TextFile) -> tuple[Exercise, ...]:
    """The exercises with all their texts: from `own`, the assignment's file, or that of the course.

    Raises
    ------
    AuthoringError
        A text is missing, or a language of it, or the place that it names; or nothing uses one of `own`.
    """
    told = tuple(_told(exercise, own, course) for exercise in exercises)
    own.check_used()
    return told


def _told(exercise: Exercise, own: TextFile, course: TextFile) -> Exercise:
    def told(item: Group | Misconception, kind: str, id: str) -> Texts:
        if item.zh or item.en:
            return _checked({"zh": item.zh, "en": item.en}, f"{exercise.name}, {kind} {id!r}")
        return _text(f"{exercise.name}.{kind}s.{id}", f"{kind}s.{id}", own, course)

    groups, misconceptions = list(exercise.groups), list(exercise.misconceptions)
    for number, group in enumerate(groups):
        texts = told(group, "group", group.name)
        groups[number] = replace(group, zh=texts["zh"], en=texts["en"])
    for number, one in enumerate(misconceptions):
        texts = told(one, "misconception", one.id)
        misconceptions[number] = replace(one, zh=texts["zh"], en=texts["en"])
    return replace(exercise, groups=groups, misconceptions=misconceptions)


def _text(inner: str, outer: str, own: TextFile, course: TextFile) -> Texts:
    """The text of an entry, from the innermost place where it stands."""
    at: str | None = None
    for file, name in ((own, inner), (own, outer), (course, outer)):
        entry = file.find(name)
        if entry is None:
            continue
        where = f"{file.path}, [{name}]"
        at = at or entry.get("at")
        if set(entry) != {"at"}:
            text = _checked(entry, where)
            return _with_place(text, at, own, course, where) if at else text
    raise AuthoringError(
        f"{own.path} has no text for [{inner}]; add it, with {' and '.join(COURSE_LANGUAGES)}."
    )


def _with_place(text: Texts, at: str, own: TextFile, course: TextFile, where: str) -> Texts:
    name = f"places.{at}"
    for file in (own, course):
        place = file.find(name)
        if place is not None:
            words = _checked(place, f"{file.path}, [{name}]")
            return {lang: text[lang] + _BRACKETS[lang].format(words[lang]) for lang in COURSE_LANGUAGES}
    raise AuthoringError(f"{where}: there is no [{name}]; add this place, or correct its name.")


def _checked(entry: Entry, where: str) -> Texts:
    for lang in COURSE_LANGUAGES:
        if not (isinstance(entry.get(lang), str) and entry[lang].strip()):
            raise AuthoringError(f"{where}: its text in the language {lang} is missing.")
    for key in entry:
        if key not in (*COURSE_LANGUAGES, "at"):
            raise AuthoringError(f"{where}: {key!r} is no language of this course.")
    return {lang: entry[lang] for lang in COURSE_LANGUAGES}
