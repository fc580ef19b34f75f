"""Read a course's texts about groups and misconceptions, in zh and en, from the `texts.toml` files.

One lies beside each `hidden.py`, one in the course's folder. `assignment` attaches the texts to the exercises
by id: an entry is looked up under the exercise, then in the assignment, then in the course.

    [places.step_1]
    zh = "讲义 3.2 第 1 步"
    en = "lecture 3.2, step 1"

    [misconceptions.not_transposed]
    zh = "矩阵没有转置"
    en = "the matrix was not transposed"

    [product.misconceptions.not_transposed]
    at = "step_1"

`at` names a place in the lecture or the notebook, which is added in brackets. An entry with nothing but `at`
takes its text from the wider entry.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from autograder.authoring.exercise import AuthoringError, Exercise, Group, Misconception
from autograder.base.messages import COURSE_LANGUAGES, Authored, in_languages, joined, say

Entry = Mapping[str, Any]
_Item = TypeVar("_Item", Group, Misconception)


@dataclass(frozen=True)
class TextFile:
    """One `texts.toml`: its entries by their dotted names, and the names that were looked up.

    `languages` are those of the course: the texts are needed, and used, in these only.
    """

    path: Path
    entries: Mapping[str, Entry]
    languages: tuple[str, ...] = COURSE_LANGUAGES
    used: set[str] = field(default_factory=set)

    def find(self, name: str) -> Entry | None:
        self.used.add(name)
        return self.entries.get(name)

    def check_used(self) -> None:
        """Raise an AuthoringError for an entry that nothing uses: its name is misspelt or outdated."""
        for name in self.entries:
            if name not in self.used:
                raise AuthoringError(say("author.text_unused", file=self.path, name=name))


def read(path: Path, languages: tuple[str, ...] = COURSE_LANGUAGES) -> TextFile:
    """The texts in a file; none if there is no such file.

    Raises
    ------
    AuthoringError
        It is not TOML.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuthoringError(say("author.at", place=path, error=error)) from error
    return TextFile(path, dict(_entries(table)), languages)


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    for key, value in table.items():
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            yield from _entries(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, dict) else {}


def attach(exercises: tuple[Exercise, ...], own: TextFile, course: TextFile) -> tuple[Exercise, ...]:
    """Attach all texts: from `own`, the assignment's file, or from that of the course.

    Raises
    ------
    AuthoringError
        A text, one of its languages or its place is missing, or nothing uses an entry of `own`.
    """
    attached = tuple(_with_texts(exercise, own, course) for exercise in exercises)
    own.check_used()
    return attached


def _with_texts(exercise: Exercise, own: TextFile, course: TextFile) -> Exercise:
    def with_text(item: _Item, kind: str, id: str) -> _Item:
        if item.zh or item.en:
            given = {"zh": item.zh, "en": item.en}
            text = _checked(given, f"{exercise.name}, {kind} {id!r}", own.languages)
        else:
            text = _text(f"{exercise.name}.{kind}s.{id}", f"{kind}s.{id}", own, course)
        return replace(item, zh=text.zh, en=text.en)

    return replace(
        exercise,
        groups=[with_text(group, "group", group.name) for group in exercise.groups],
        misconceptions=[with_text(m, "misconception", m.id) for m in exercise.misconceptions],
    )


def _text(inner: str, outer: str, own: TextFile, course: TextFile) -> Authored:
    """The text of the innermost entry that has one."""
    at: str | None = None
    for file, name in ((own, inner), (own, outer), (course, outer)):
        entry = file.find(name)
        if entry is None:
            continue
        where = f"{file.path}, [{name}]"
        at = at or entry.get("at")
        if set(entry) != {"at"}:
            text = _checked(entry, where, own.languages)
            return _with_place(text, at, own, course, where) if at else text
    languages = joined(own.languages)
    raise AuthoringError(say("author.text_missing", file=own.path, name=inner, languages=languages))


def _with_place(text: Authored, at: str, own: TextFile, course: TextFile, where: str) -> Authored:
    name = f"places.{at}"
    for file in (own, course):
        place = file.find(name)
        if place is not None:
            its_text = _checked(place, f"{file.path}, [{name}]", own.languages)
            return in_languages(say("idea.with_place", idea=text, place=its_text), own.languages)
    raise AuthoringError(say("author.place_missing", where=where, name=name))


def _checked(entry: Entry, where: str, languages: tuple[str, ...]) -> Authored:
    for lang in languages:
        if not (isinstance(entry.get(lang), str) and entry[lang].strip()):
            raise AuthoringError(say("author.language_missing", where=where, lang=lang))
    for key in entry:
        if key not in (*COURSE_LANGUAGES, "at"):
            raise AuthoringError(say("author.language_unknown", where=where, name=repr(key)))
    return Authored(*(entry[lang] if lang in languages else "" for lang in COURSE_LANGUAGES))
