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
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from autograder.authoring.exercise import AuthoringError, Exercise, Group, Misconception, collected, refuse
from autograder.base.messages import COURSE_LANGUAGES, Authored, Text, in_languages, joined, say

Entry = Mapping[str, Any]
_Item = TypeVar("_Item", Group, Misconception)


@dataclass(frozen=True)
class TextFile:
    """One `texts.toml`: its entries by their dotted names, the names that were looked up, those in vain.

    `languages` are those of the course: the texts are needed, and used, in these only.
    """

    path: Path
    entries: Mapping[str, Entry]
    languages: tuple[str, ...] = COURSE_LANGUAGES
    used: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)

    def find(self, name: str) -> Entry | None:
        self.used.add(name)
        return self.entries.get(name)

    def mistakes(self, *, about_unused: bool = True) -> Iterator[Text]:
        """Texts that are missing, and entries that nothing uses: their names are misspelt or outdated."""
        unused = {name.rpartition(".")[2]: name for name in self.entries if name not in self.used}
        for name in self.missing:
            near = get_close_matches(name.rpartition(".")[2], unused, 1)
            if near:
                meant = unused.pop(near[0])
                self.used.add(meant)
                yield say("author.text_misspelt", file=self.path, name=name, near=meant)
            else:
                languages = joined(self.languages)
                yield say("author.text_missing", file=self.path, name=name, languages=languages)
        for name in self.entries if about_unused else ():
            if name not in self.used:
                yield say("author.text_unused", file=self.path, name=name)


def read(path: Path, languages: tuple[str, ...] = COURSE_LANGUAGES) -> TextFile:
    """The texts in a file; none if there is no such file.

    Raises
    ------
    AuthoringError
        It is not TOML.
    """
    return TextFile(path, dict(_entries(table(path))), languages)


def table(path: Path) -> dict[str, Any]:
    """What is in a TOML file; nothing if there is no such file. Raises an AuthoringError as `read` does."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AuthoringError(say("author.at", place=path, error=error)) from error


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
        With all of these: a text, one of its languages or its place is missing, nothing uses an entry of
        `own` (which is told if all other entries are right, since a wrong one may be what should use it).
    """
    mistakes: list[Text | str] = []
    attached = tuple(_with_texts(exercise, own, course, mistakes) for exercise in exercises)
    refuse([*mistakes, *own.mistakes(about_unused=not mistakes)])
    return attached


def _with_texts(exercise: Exercise, own: TextFile, course: TextFile, mistakes: list[Text | str]) -> Exercise:
    def with_text(item: _Item, kind: str, id: str) -> _Item:
        with collected(mistakes):
            if item.zh or item.en:
                given = {"zh": item.zh, "en": item.en}
                text = _checked(given, f"{exercise.name}, {kind} {id!r}", own.languages)
            else:
                text = _text(f"{exercise.name}.{kind}s.{id}", f"{kind}s.{id}", own, course)
            return replace(item, zh=text.zh, en=text.en)
        return item

    groups = [with_text(group, "group", group.name) for group in exercise.groups]
    misconceptions = [with_text(known, "misconception", known.id) for known in exercise.misconceptions]
    for lang in own.languages:
        first: dict[str, str] = {}
        for known in misconceptions:
            text = getattr(known, lang)
            if text and first.setdefault(text, known.id) != known.id:
                where = say("author.misconception", exercise=exercise.name, name=known.id)
                mistakes.append(say("author.text_same", where=where, name=first[text], lang=lang))
    return replace(exercise, groups=groups, misconceptions=misconceptions)


def _text(inner: str, outer: str, own: TextFile, course: TextFile) -> Authored:
    """The text of the innermost entry that has one; an empty text, which is noted, where none has."""
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
    own.missing.append(inner)
    return Authored("", "")


def _with_place(text: Authored, at: str, own: TextFile, course: TextFile, where: str) -> Authored:
    name = f"places.{at}"
    for file in (own, course):
        place = file.find(name)
        if place is not None:
            its_text = _checked(place, f"{file.path}, [{name}]", own.languages)
            return in_languages(say("idea.with_place", idea=text, place=its_text), own.languages)
    raise AuthoringError(say("author.place_missing", where=where, name=name))


def _checked(entry: Entry, where: str, languages: tuple[str, ...]) -> Authored:
    for key in entry:
        if key not in (*COURSE_LANGUAGES, "at"):
            raise AuthoringError(say("author.language_unknown", where=where, name=repr(key)))
    for lang in languages:
        text = entry.get(lang, "")
        if not isinstance(text, str):
            name = type(text).__name__
            raise AuthoringError(say("author.text_type", where=where, lang=lang, type=name))
        if not text.strip():
            raise AuthoringError(say("author.language_missing", where=where, lang=lang))
    return Authored(*(entry[lang] if lang in languages else "" for lang in COURSE_LANGUAGES))
