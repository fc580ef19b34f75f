"""Messages as data: an id with values, turned into a sentence only where it is shown.

All packages make messages with `say`. The sentences are in `locale/<language>.json`, by id; an id that begins
with the name of a package with a `locale` folder of its own (`cnn.layer.stride`) is looked up there. A
language is added by adding its file, one for each such folder; what it lacks, or has with wrong placeholders,
is shown in English. No code may parse or compare a sentence: decisions are made by ids.
"""

import functools
import json
import locale
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Rational, Real
from pathlib import Path
from string import Formatter
from typing import Any

_ENGINE = Path(__file__).parent.parent

COURSE_LANGUAGES = ("zh", "en")
"""The languages in which a course may be written: its assignments, and the texts of its exercises."""


class Text:
    """Anything that can be shown in a language."""

    def in_language(self, lang: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Message(Text):
    """One of the engine's own sentences, or a part of one.

    Attributes
    ----------
    id : str
        Such as `symptom.wrong_type`; it must not change, for results are stored with it.
    values : mapping
        The values of the sentence's placeholders: texts, numbers, strings. A value called `said` is a message
        to which this one only adds something, such as where it holds; see `core`.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, lang: str) -> str:
        shown = {
            name: _Shown(in_language(value, lang)) if isinstance(value, Text | str) else value
            for name, value in self.values.items()
        }
        try:
            if _placeholders(self.id, lang) >= _placeholders(self.id, "en"):
                return sentence(self.id, lang).format(**shown)
        except (LookupError, ValueError, TypeError, AttributeError):
            pass
        return sentence(self.id, "en").format(**shown)

    def __hash__(self) -> int:
        return hash((self.id, frozenset(self.values.items())))


@dataclass(frozen=True)
class Authored(Text):
    """A text by a course's author, in the course's languages.

    Readers of a language that it lacks get the other; English where there are both.
    """

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


@dataclass(frozen=True)
class Verbatim(Text):
    """A text that is the same in every language, such as a formula or a name."""

    text: str

    def in_language(self, lang: str) -> str:
        return self.text


@dataclass(frozen=True)
class Joined(Text):
    """Several texts in a row, with the separator of the language.

    Attributes
    ----------
    between : str
        The separator's id: `list.names`, `list.clauses`, `list.groups`, `list.sentences` or `list.lines`.
    """

    items: tuple[Text | str, ...]
    between: str = "list.names"

    def in_language(self, lang: str) -> str:
        return sentence(self.between, lang).join(in_language(item, lang) for item in self.items)


class TextError(Exception):
    """An error that a user can correct; `text` is one sentence about what is wrong, where, what to do."""

    def __init__(self, text: Text | str) -> None:
        super().__init__(text)
        self.text = Verbatim(text) if isinstance(text, str) else text

    def __str__(self) -> str:
        return self.text.in_language("en")


def say(id: str, **values: Any) -> Text:
    """The message `id`; of an error its text or, as of all but texts, numbers and strings, `str`."""
    return Message(id, {name: _plain(value) for name, value in values.items()})


def joined(items: Iterable[Text | str], between: str = "list.names") -> Joined:
    """`items` as one text."""
    return Joined(tuple(items), between)


def in_language(text: Text | str, lang: str) -> str:
    """`text` in the language `lang`; a string is the same in every language."""
    return text if isinstance(text, str) else text.in_language(lang)


def in_languages(text: Text, languages: Iterable[str]) -> Authored:
    """`text` as a course's author would have written it in these languages."""
    return Authored(*(text.in_language(lang) if lang in languages else "" for lang in COURSE_LANGUAGES))


def core(text: Text | None) -> Message | None:
    """The innermost message, inside of those that only add to it (`said`); of several, the first."""
    while True:
        match text:
            case Message() if isinstance(text.values.get("said"), Text):
                text = text.values["said"]
            case Joined() if text.items and isinstance(text.items[0], Text):
                text = text.items[0]
            case _:
                return text if isinstance(text, Message) else None


def from_data(data: Mapping[str, Any]) -> Text:
    """The text with these fields, as read from JSON.

    Raises
    ------
    LookupError, TypeError, AttributeError
        `data` is no text, or a message of another version that this one cannot show.
    """
    if "id" in data:
        values = {name: _from(value) for name, value in data["values"].items()}
        if not _placeholders(data["id"], "en") <= values.keys():
            raise LookupError(f"values are missing of {data['id']!r}")
        return Message(data["id"], values)
    if "items" in data:
        return Joined(tuple(map(_from, data["items"])), data["between"])
    return Verbatim(data["text"]) if "zh" not in data else Authored(data["zh"], data["en"])


@functools.cache
def _placeholders(id: str, lang: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence(id, lang)) if name)


def _from(value: Any) -> Any:
    return from_data(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, TextError):
        return value.text
    if isinstance(value, Text | str | bool) or value is None:
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) and not isinstance(value, Rational) else str(value)


class _Shown(str):
    """A part of a sentence; the placeholder `{name:begin}` shows it with a capital first letter."""

    def __format__(self, spec: str) -> str:
        return self[:1].upper() + self[1:] if spec == "begin" else super().__format__(spec)


def sentence(id: str, lang: str) -> str:
    """The sentence of a message before its placeholders are filled, in English where `lang` has none."""
    package = id.partition(".")[0]
    for language in (lang, "en"):
        for folder in (package, "base"):
            found = _catalogue(folder, language).get(id)
            if found is not None:
                return found
    raise KeyError(f"there is no message {id!r}")


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages of the engine's own sentences: those with a file in `locale`."""
    found = sorted(file.stem for file in (_ENGINE / "base" / "locale").glob("*.json"))
    return tuple(dict.fromkeys([*COURSE_LANGUAGES, *found]))


def sentences(prefix: str, lang: str) -> dict[str, str]:
    """All sentences whose ids begin with `prefix`, by the rest of their ids."""
    known = _catalogue(prefix.partition(".")[0], "en")
    return {id.removeprefix(prefix): sentence(id, lang) for id in known if id.startswith(prefix)}


def course_language(lang: str, written: Sequence[str] = COURSE_LANGUAGES) -> str:
    """The language in which a course that is `written` in these is shown to a reader of `lang`."""
    return next(shown for shown in (lang, "en", *written) if shown in written)


def page_languages(written: Iterable[str]) -> tuple[str, ...]:
    """The languages of a page for readers of any, about courses that are `written` in these."""
    known = {*written}
    return tuple(known) if len(known) == 1 else languages()


def tag(lang: str) -> str:
    """The language as HTML names it."""
    return "zh-CN" if lang == "zh" else lang


def translator(lang: str) -> Callable[..., str]:
    """`say` for what is printed at once: returns the sentence in `lang`."""
    return lambda id, **values: say(id, **values).in_language(lang)


@functools.cache
def _catalogue(package: str, lang: str) -> Mapping[str, str]:
    file = _ENGINE / package / "locale" / f"{lang}.json"
    try:
        sentences = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return sentences if isinstance(sentences, dict) else {}


def printable(text: str) -> str:
    """`text` with characters replaced that could write anywhere on a terminal, or turn a line round."""
    return text.translate(_CONTROL)


def printable_name(name: str) -> str:
    """The name of a file or a person, `printable` and without line ends and changes of direction.

    Joiners and wide spaces stay: people's names contain them.
    """
    return name.translate(_NOT_IN_A_NAME)


_STEERING = (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROL = {code: "\ufffd" for code in _STEERING if chr(code) not in "\t\n\r"}
_NOT_IN_A_NAME = {
    code: "\ufffd"
    for first, last in (
        (0x00, 0x1F),
        (0x7F, 0x9F),
        (0x061C, 0x061C),  # marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm
        (0x200E, 0x200F),
        (0x2028, 0x202E),  # with the ends of lines and paragraphs
        (0x2066, 0x2069),
        (0xD800, 0xDFFF),
    )
    for code in range(first, last + 1)
}


def preferred_language() -> str:
    """The locale's language where the engine has it, else English."""
    names = (
        *filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))),
        locale.getlocale()[0] or "",
    )
    spoken = re.split("[_.@-]", names[0].lower())[0]
    spoken = "zh" if spoken.startswith("chinese") else spoken
    return spoken if spoken in languages() else "en"
