"""Messages as data: an id with values. The sentence, in one language or another, is made where it is shown.

`say` makes a message. Its sentences stand in `locale/<language>.json`, id by id; an id that begins with the
name of a package which has a `locale` folder of its own (`cnn.layer.stride`) stands there. A language is
added by adding its file; what it lacks is shown in English. No code reads a sentence back: what follows from
a message follows from its id.
"""

import functools
import json
import locale
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")


class Text:
    """What can be shown in a language."""

    def in_language(self, lang: str) -> str:
        raise NotImplementedError

    @property
    def zh(self) -> str:
        return self.in_language("zh")

    @property
    def en(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True)
class Message(Text):
    """One of the engine's own sentences, or a part of one.

    Attributes
    ----------
    id : str
        What it says, such as `symptom.wrong_type`; it never changes once it has been stored.
    values : mapping
        What fills the sentence's placeholders: texts, numbers, strings.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def in_language(self, lang: str) -> str:
        shown = {
            name: _Shown(value.in_language(lang)) if isinstance(value, Text) else value
            for name, value in self.values.items()
        }
        return sentence(self.id, lang).format(**shown)


@dataclass(frozen=True)
class Authored(Text):
    """What a course's author wrote, in Chinese and English."""

    chinese: str
    english: str

    def in_language(self, lang: str) -> str:
        return self.chinese if lang == "zh" else self.english


@dataclass(frozen=True)
class Joined(Text):
    """Several texts one behind the other, with what a language puts between them.

    Attributes
    ----------
    between : str
        The id of what stands between: `list.names`, `list.clauses`, `list.groups`, `list.sentences` or
        `list.lines`.
    """

    items: tuple[Text | str, ...]
    between: str = "list.names"

    def in_language(self, lang: str) -> str:
        shown = (item.in_language(lang) if isinstance(item, Text) else item for item in self.items)
        return sentence(self.between, lang).join(shown)


class TextError(Exception):
    """Something that a user can put right, told in a sentence (`text`)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return self.text.in_language("en")


def say(id: str, **values: Any) -> Text:
    """The message `id`; values other than texts, numbers and strings are kept as strings."""
    return Message(id, {name: _plain(value) for name, value in values.items()})


def joined(items: Iterable[Text | str], between: str = "list.names") -> Joined:
    """`items` as one text."""
    return Joined(tuple(items), between)


def to_data(text: Text) -> dict[str, Any]:
    """`text` as JSON can hold it; the inverse of `from_data`."""
    match text:
        case Message():
            values = {
                name: to_data(value) if isinstance(value, Text) else value
                for name, value in text.values.items()
            }
            return {"id": text.id, "values": values}
        case Authored():
            return {"zh": text.chinese, "en": text.english}
        case Joined():
            items = [to_data(item) if isinstance(item, Text) else item for item in text.items]
            return {"items": items, "between": text.between}
    raise TypeError(f"no text: {type(text).__name__}")


def from_data(data: Mapping[str, Any]) -> Text:
    """The text that `to_data` gave."""
    if "id" in data:
        return Message(data["id"], {name: _from(value) for name, value in data["values"].items()})
    if "items" in data:
        return Joined(tuple(map(_from, data["items"])), data["between"])
    return Authored(data["zh"], data["en"])


def _from(value: Any) -> Any:
    return from_data(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Text | str | bool) or value is None:
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else str(value)


class _Shown(str):
    """A text inside of a sentence; `{name:begin}` shows it with a capital letter, as at the beginning."""

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


def translator(lang: str) -> Callable[[str], str]:
    """What gives the sentence of an id in `lang`, for what is printed at once."""
    return functools.partial(sentence, lang=lang)


@functools.cache
def _catalogue(package: str, lang: str) -> Mapping[str, str]:
    file = Path(__file__).parent.parent / package / "locale" / f"{lang}.json"
    try:
        sentences: dict[str, str] = json.loads(file.read_bytes())
    except OSError:
        return {}
    return sentences


def printable(text: str) -> str:
    """`text` without the control characters that would write anywhere on the reader's terminal."""
    return text.translate(_CONTROL)


def printable_name(name: str) -> str:
    """The name of a file or a person, as `printable` and without ends of lines and changes of direction.

    What joins letters and wide spaces stay, for people's names have them.
    """
    return name.translate(_NOT_IN_A_NAME)


_CONTROL = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}
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
    """ "zh" where the locale is a Chinese one, else "en"."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
