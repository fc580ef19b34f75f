"""Which of a student's files counts: what is in them decides, never what they are called.

`class_folder`, a student's own folder (`student.workspace`) and nbgrader's route A ask here, so that all of
them choose the same file. Every file is looked at once. Nothing may be run.
"""

import ast
import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from autograder.submissions import content as contents
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
        return _number(written, wanted), _number(self.begun, wanted), _number(self.defined, wanted)


def _number(names: frozenset[str], wanted: frozenset[str]) -> int:
    """How many of `names` are wanted; methods count with their class."""
    return sum(name in wanted or name.partition(".")[0] in wanted for name in names)


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
    if not defined or not re.search(r"NotImplementedError|^[ \t]*class[ \t]", text, re.MULTILINE):
        return Content(defined)
    written, stubs, begun = _bodies(name, data, defined)
    stubs, begun = stubs - written - begun, begun - written
    return Content(defined | written | stubs | begun, frozenset(stubs), frozenset(begun))


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
    """The lines of a script or of a notebook's cells of any kind, as far as they can be read; those of a
    notebook that is damaged stand in quotes."""
    if data[:64].translate(None, b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
        try:
            return "\n".join(contents.source_of(cell)[0] for cell in contents.cells("", data))
        except source.SubmissionError:
            return data.decode("utf-8", "replace").replace('"', "\n").replace("\\n", "\n")
    return (contents.decode(data) or ("", ""))[0]


def _bodies(name: str, data: bytes, wanted: Collection[str]) -> tuple[set[str], set[str], set[str]]:
    """The names that have a written definition, an untouched stub, one that is begun."""
    states: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    try:
        statements = source.read(name, data).statements
    except source.SubmissionError:
        return states
    for statement in statements:
        first = _DEFINED.search(statement.source)
        name = first[1] or first[2] if first else ""
        if name not in wanted:
            continue
        node = ast.parse(statement.source).body[0]
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            for method in methods:
                states[_state(method)].add(f"{name}.{method.name}")
            states[max(map(_state, methods), default=0)].add(name)
        else:
            states[_state(node) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else 0].add(name)
    return states


def _state(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """0: written; 1: a stub; 2: begun. What stands behind a `return` is left over."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    stop = next((n for n, part in enumerate(body) if source.raises_not_implemented(part)), None)
    if stop is None:
        return int(all(map(source.does_nothing, body)))
    returns = any(isinstance(node, ast.Return) for part in body[:stop] for node in ast.walk(part))
    return 0 if returns else 2 if stop else 1
