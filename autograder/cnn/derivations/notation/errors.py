"""Text that cannot be read: one sentence, the place in the text, and the name that was probably meant.

`parse` raises `NotationError` and has the parser's complaints explained here; `rows` never fails. Nothing
typed is quoted at length, and nothing unprintable reaches a terminal.
"""

import re
from difflib import get_close_matches
from unicodedata import east_asian_width

from lark import Token, UnexpectedInput

from autograder.base.messages import Text, TextError, joined, say


class NotationError(TextError, ValueError):
    """Text that cannot be read: why, and at which place.

    Parameters
    ----------
    text : Text
        One sentence.
    source : str
        What was typed.
    at : int
        The place in it, from 0.
    """

    def __init__(self, text: Text, source: str, at: int) -> None:
        super().__init__(text)
        self.source = source
        self.at = at

    @property
    def pointed(self) -> Text:
        """The sentence, below it the line with a caret under the place."""
        return joined([self.text, self.shown], "list.lines")

    @property
    def shown(self) -> str:
        """The line as it was typed, and a caret under the place; of a long line the part around it."""
        place = max(0, min(self.at, len(self.source)))
        start = self.source.rfind("\n", 0, place) + 1
        end = self.source.find("\n", place)
        line = self.source[start : end if end >= 0 else len(self.source)]
        at = place - start
        left, right = max(0, at - 50), at + 25
        before = ("…" if left else "") + visible(line[left:at])
        after = visible(line[at:right]) + ("…" if right < len(line) else "")
        return f"    {before}{after}\n    {' ' * _columns(before)}^"


def _columns(text: str) -> int:
    """Columns of a terminal: wide characters take two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def visible(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


_NAMES = {
    "z": "z", "a": "a", "w": "w", "b": "b", "J": "J", "δ": "δ", "delta": "δ", "\\delta": "δ",
    "σ": "σ", "sigma": "σ", "\\sigma": "σ", "σ'": "σ′", "dsigma": "σ′", "sigma'": "σ′", "sigma_prime": "σ′",
    "relu": "σ", "sigmoid": "σ", "f": "σ", "f'": "σ′", "dsig": "σ′", "sig": "σ",
    "dz": "∂z", "da": "∂a", "dw": "∂w", "db": "∂b", "dJ": "∂J", "\\partial": "∂", "partial": "∂",
    "L": "J", "Loss": "J", "loss": "J", "E": "J", "C": "J", "x": "a", "k": "w", "W": "w", "A": "a", "Z": "z",
    "B": "b", "K": "w", "X": "a", "D": "δ", "Delta": "δ", "\\Delta": "δ", "d": "δ",
    "\\frac": "\\frac", "\\sum": "Σ", "sum": "Σ", "\\cdot": "·", "\\boxed": "\\boxed", "upsample": "upsample",
    "max": "max", "avg": "avg",
}  # fmt: skip
"""What a misspelt name may have meant: the name as people write it, and as the answer shows it."""
_KNOWN_WORDS = frozenset(
    ["z", "a", "w", "b", "J", "δ", "delta", "σ", "sigma", "∂", "partial", "frac", "sum", "cdot", "boxed"]
)
"""Spelt right, although they stand at the wrong place."""


def explained(error: UnexpectedInput, same: str, typed: str) -> NotationError:
    """Lark's complaint as a sentence: the character that does not fit, and the name that may be meant."""
    at = error.pos_in_stream if error.pos_in_stream is not None else len(same)
    unclosed = _unclosed(same)
    ended = at_end(error) or at >= len(same)
    word = None if ended else re.compile(r"\\?[^\W\d_]+'?|\\.").match(same, at)
    if ended:
        at = len(same.rstrip())
        sentence = say("cnn.notation.ends_early")
    elif (
        word
        and word[0].lstrip("\\").isascii() | word[0].isalpha()
        and word[0].lstrip("\\") not in _KNOWN_WORDS
    ):
        sentence = _unknown(word[0], typed[at : at + min(len(word[0]), 30)])
    elif same[at] in ")]}":
        sentence = say("cnn.notation.closing_unexpected", character=typed[at])
    elif same[at] in "_^":
        sentence = say("cnn.notation.script_unexpected", character=typed[at])
        ended = unclosed is not None and not same[at + 1 : unclosed].strip()
    else:
        sentence = say("cnn.notation.character_unexpected", character=visible(typed[at]))
    if ended and unclosed is not None:
        return NotationError(say("cnn.notation.bracket_unclosed", bracket=same[unclosed]), typed, unclosed)
    return NotationError(sentence, typed, at)


def at_end(error: UnexpectedInput) -> bool:
    token = getattr(error, "token", None)
    return isinstance(token, Token) and token.type == "$END"


def _unknown(word: str, shown: str) -> Text:
    near = _NAMES.get(word) or next(map(_NAMES.get, get_close_matches(word[:30], _NAMES, 1, 0.7)), None)
    if near is None:
        return say("cnn.notation.word_unknown", word=visible(shown))
    return say("cnn.notation.word_misspelt", word=visible(shown), name=near)


def _unclosed(same: str) -> int | None:
    """Where the bracket was opened that is still open at the end."""
    open_ones = []
    for bracket in re.finditer(r"[(\[{)\]}]", same):
        if bracket[0] in "([{":
            open_ones.append(bracket.start())
        elif open_ones:
            open_ones.pop()
    return open_ones[-1] if open_ones else None
