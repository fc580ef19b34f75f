"""The engine's own words, in Chinese and English.

English stands in the code, Chinese in the gettext catalogue `locale/zh/LC_MESSAGES/autograder.po`.
`say` gives both at once, as a `Text`, so that a stored result can be shown in either language later;
`translator` gives one language for what is printed at once.
"""

import functools
import gettext
import locale
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Text:
    """A sentence in both languages."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


def say(message: str, **values: Any) -> Text:
    """`message` with its `{placeholders}` filled in, in both languages.

    A value that is a `Text` is shown in the language of the sentence.
    """
    filled = {lang: _fill(translator(lang)(message), lang, values) for lang in LANGUAGES}
    return Text(**filled)


def _fill(message: str, lang: str, values: dict[str, Any]) -> str:
    shown = {
        name: value.in_language(lang) if isinstance(value, Text) else value for name, value in values.items()
    }
    return message.format(**shown)


@functools.cache
def translator(lang: str) -> Callable[[str], str]:
    """The function that translates an English message to `lang`."""
    folder = Path(__file__).parent / "locale"
    return gettext.translation("autograder", folder, languages=[lang], fallback=True).gettext


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
