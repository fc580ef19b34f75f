"""Which of a student's files counts: what is in them decides, never what they are called.

`class_folder`, a student's own folder (`student.workspace`) and nbgrader's route A ask here, so that all of
them choose the same file. Every file is looked at once. Nothing may be run.
"""

import ast
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.submissions import source

Exercises = Mapping[str, Collection[str]]
"""The exercises of each assignment; none where its key is not there or cannot be read."""

_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class Content:
    """What a file holds of an assignment's exercises: those it defines, of these the untouched stubs, and
    the ones that are begun but still end in a `raise NotImplementedError`."""

    defined: frozenset[str]
    stubs: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()

    def worth(self, wanted: frozenset[str]) -> tuple[int, int, int]:
        """Larger is better: exercises written, begun, defined at all."""
        written = self.defined - self.stubs - self.begun
        return len(written & wanted), len(self.begun & wanted), len(self.defined & wanted)


@dataclass(frozen=True)
class Candidate:
    """A file that may count.

    Attributes
    ----------
    read : function
        Gives the content; where it raises, the file may be chosen only if no other one has an exercise.
    newest : tuple
        Larger is newer.
    is_called : bool
        It has the assignment's name, which decides only where the exercises are not known.
    """

    name: str
    read: Callable[[], bytes]
    newest: tuple[float, ...]
    is_called: bool = False


def in_order(candidates: Sequence[Candidate], exercises: Collection[str]) -> list[tuple[int, Content]]:
    """The candidates' indices, the one that counts first, each with what it holds.

    The most exercises that are written; begun; defined; then the newest; then a notebook; then the name.
    Where they are not known, they are what is a stub in any of the files.
    """
    read: dict[bytes, Content] = {}  # of a student who hands in a thousand copies one is read

    def order(index: int) -> tuple[object, ...]:
        file = candidates[index]
        worth = held[index].worth(wanted) if wanted else (bool(held[index].defined), 0, 0)
        is_called = file.is_called and not exercises
        return *worth, is_called, file.newest, ".ipynb" in file.name.lower(), file.name

    def hold(file: Candidate) -> Content:
        try:
            data = file.read()
        except Exception:  # damaged zip members raise a dozen classes of errors; it is reported when graded
            return Content(frozenset())
        digest = hashlib.sha256(data).digest()
        if digest not in read:
            read[digest] = content(file.name, data, exercises)
        return read[digest]

    held = [hold(file) for file in candidates]
    wanted = frozenset(exercises) or frozenset().union(*(its.stubs | its.begun for its in held))
    return [(index, held[index]) for index in sorted(range(len(held)), key=order, reverse=True)]


def content(name: str, data: bytes, exercises: Collection[str]) -> Content:
    """What a file holds of `exercises`; where these are not known, of all that it defines.

    A definition that does not parse, or stands in a cell of another kind, is a student's own words: what was
    released parses.
    """
    text = _text(data)
    defined = frozenset(match[1] or match[2] for match in _DEFINED.finditer(text))
    if exercises:
        defined &= frozenset(exercises)
    if not defined or "NotImplementedError" not in text:
        return Content(defined)
    written, stubs, begun = _bodies(name, data, defined)
    return Content(defined, frozenset(stubs - written - begun), frozenset(begun - written))


def looks_like(data: bytes, exercises: Exercises) -> str | None:
    """The assignment of which a file defines most exercises; None where it defines none of any."""
    defined = {match[1] or match[2] for match in _DEFINED.finditer(_text(data))}
    held = {name: len(defined.intersection(its)) for name, its in exercises.items()}
    best = max(held, key=lambda name: (held[name], name), default=None)
    return best if best is not None and held[best] else None


def mentions(data: bytes, exercises: Collection[str]) -> bool:
    """Whether a file may hold one of `exercises`: quick, and true of all that do, but for UTF-16."""
    return re.search("|".join(map(re.escape, exercises)).encode(), data) is not None


def _text(data: bytes) -> str:
    """The lines of a script or of a notebook's cells, whatever their encoding and kind, as far as they can be
    read; lines of a notebook that is cut off stand in quotes."""
    if data.lstrip()[:1] == b"{":
        try:
            document = json.loads(data)
            return "\n".join(_sources(document))
        except (ValueError, RecursionError):
            return data.decode("utf-8", "replace").replace('"', "\n").replace("\\n", "\n")
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding, "replace").replace("\r", "\n")
    return ""


def _sources(document: Any) -> list[str]:
    sheets = document.get("worksheets") or [document]
    cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    found = [cell.get("source") or cell.get("input") or "" for cell in cells if isinstance(cell, dict)]
    return ["".join(filter(_is_text, lines)) if isinstance(lines, list) else str(lines) for lines in found]


def _is_text(part: object) -> bool:
    return isinstance(part, str)


def _bodies(name: str, data: bytes, wanted: Collection[str]) -> tuple[set[str], set[str], set[str]]:
    """The names that have a written definition, an untouched stub, one that is begun."""
    states: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    try:
        statements = source.read(name, data).statements
    except source.SubmissionError:
        return states
    for statement in statements:
        first = _DEFINED.search(statement.source)
        if first is None or (first[1] or first[2]) not in wanted:
            continue
        node = ast.parse(statement.source).body[0]
        methods = node.body if isinstance(node, ast.ClassDef) else [node]
        functions = [part for part in methods if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
        if functions:
            states[min(map(_state, functions))].add(first[1] or first[2])
        else:
            states[0].add(first[1] or first[2])
    return states


def _state(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """0: written; 1: a stub; 2: begun. What stands behind a `return` is left over."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    stop = next((n for n, statement in enumerate(body) if _is_stop(statement)), None)
    if stop is None:
        return int(all(isinstance(s, ast.Pass) or _is_dots(s) for s in body))
    returns = any(isinstance(node, ast.Return) for s in body[:stop] for node in ast.walk(s))
    return 0 if returns else 2 if stop else 1


def _is_stop(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _is_dots(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
