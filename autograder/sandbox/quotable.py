"""Filter what a submission's process reports about itself, before feedback quotes it.

Such a process could choose what it reports about an exception (its class, file and line) so that it spells
out a hidden input. So only words of the submission's own source, which knows no input, and names of Python
and NumPy get through. Used by `client` alone; the text of an exception is not filtered here.
"""

import builtins
import dataclasses
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

from autograder.sandbox.records import LoadNote, Outcome

_Reported = TypeVar("_Reported", Outcome, LoadNote)
_WORD = re.compile(r"\w+")
_NAMES = {
    *(name for name in dir(builtins) if not name.startswith("_")),
    *("LinAlgError", "AxisError", "UFuncTypeError", "DTypePromotionError", "VisibleDeprecationWarning"),
    *("error", "InvalidOperation", "JSONDecodeError", "StatisticsError", "Empty", "FrozenInstanceError"),
    *("module", "function", "method", "generator", "object_", "datetime64", "timedelta64", "ndarray"),
    "dtype",
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
        """`outcome` without what its process may have made up, except the text of an exception."""
        if outcome.status == "returned" and not outcome.changed:
            return outcome
        if outcome.status == "returned":
            return dataclasses.replace(outcome, changed=tuple(i for i in outcome.changed if i < arguments))
        outcome = self.vet_note(outcome)
        if outcome.status == "forbidden" and outcome.text not in self.words:
            return dataclasses.replace(outcome, text="?")
        if outcome.status == "unsendable":
            return dataclasses.replace(outcome, text=self._kind(outcome.text))
        return outcome

    def vet_note(self, note: _Reported) -> _Reported:
        """The same for what a note, too, has: a place and the name of an exception."""
        name, where, line = note.exception, note.where, note.line
        if line > self.last_lines.get(where, -1):
            where, line = "", 0
        if name and name not in _NAMES and name not in self.words:
            name = "Exception"
        return dataclasses.replace(note, where=where, line=line, exception=name)

    def _kind(self, text: str) -> str:
        known = _KIND.fullmatch(text)
        if known and (known[2] in _NAMES or known[2] in ("U", "S", "V") or known[2] in self.words):
            return text
        return ""
