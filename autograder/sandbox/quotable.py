"""What feedback may quote of what a submission's process reports about itself.

Whatever such a process says about an exception (its class, its file, its line), it could choose so that
it spells out a hidden input. So only words that stand in the submission's own source, which knows no
input, and names that Python and NumPy gave, get through. Used by `client.py` alone.
"""

import builtins
import dataclasses
import re
from collections.abc import Sequence
from functools import cached_property

from autograder.sandbox.records import LoadNote, Outcome

_WORD = re.compile(r"\w+")
_NAMES = {
    *(name for name in dir(builtins) if not name.startswith("_")),
    *("LinAlgError", "AxisError", "UFuncTypeError", "DTypePromotionError", "VisibleDeprecationWarning"),
    *("error", "InvalidOperation", "JSONDecodeError", "StatisticsError", "Empty", "FrozenInstanceError"),
    *(
        "module",
        "function",
        "method",
        "generator",
        "object_",
        "datetime64",
        "timedelta64",
        "ndarray",
        "dtype",
    ),
}
_KIND = re.compile(r"(type|dtype) [<>|]?(\w{1,40}?)(\d{0,3})")


class Quotable:
    """The words of one submission, given as (source, where, line) statements."""

    def __init__(self, statements: Sequence[tuple[str, str, int]]) -> None:
        self.statements = statements

    @cached_property
    def words(self) -> set[str]:
        return {word for source, _, _ in self.statements for word in _WORD.findall(source)}

    @cached_property
    def last_lines(self) -> dict[str, int]:
        """The last line of each file or cell."""
        last: dict[str, int] = {}
        for source, where, line in self.statements:
            last[where] = max(last.get(where, 0), line + source.count("\n"))
        return last

    def vet(self, outcome: Outcome, arguments: int) -> Outcome:
        """`outcome` without anything that its process made up, except the text of an exception."""
        if outcome.status == "returned" and not outcome.changed:
            return outcome
        if outcome.status == "returned":
            return dataclasses.replace(outcome, changed=tuple(i for i in outcome.changed if i < arguments))
        text = outcome.text
        if outcome.status == "forbidden":
            text = text if text in self.words else "?"
        elif outcome.status == "unsendable":
            text = self._kind(text)
        where, line = self._place(outcome.where, outcome.line)
        return dataclasses.replace(
            outcome, exception=self._exception(outcome.exception), text=text, where=where, line=line
        )

    def vet_note(self, note: LoadNote) -> LoadNote:
        """As `vet`."""
        where, line = self._place(note.where, note.line)
        return dataclasses.replace(note, where=where, line=line, exception=self._exception(note.exception))

    def _exception(self, name: str) -> str:
        return name if not name or name in _NAMES or name in self.words else "Exception"

    def _place(self, where: str, line: int) -> tuple[str, int]:
        return (where, line) if line <= self.last_lines.get(where, -1) else ("", 0)

    def _kind(self, text: str) -> str:
        known = _KIND.fullmatch(text)
        if known and (known[2] in _NAMES or known[2] in ("U", "S", "V") or known[2] in self.words):
            return text
        return ""
