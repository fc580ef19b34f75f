"""Which of a student's files counts: what is in them decides, never what they are called.

`class_folder`, a student's own folder (`student.workspace`) and nbgrader's route A ask here, so that all of
them choose the same file. Every file is looked at once. Nothing may be run.
"""

import ast
import contextlib
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.base.messages import Text, say
from autograder.submissions import content as contents
from autograder.submissions import source
from autograder.submissions.records import SubmissionError

Exercises = Mapping[str, Collection[str]]
"""The exercises of each assignment; none where its key is not there or cannot be read."""

_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)


States = Mapping[str, int]
"""How far each exercise is that a file defines, and each method of a class: `source.WRITTEN` and so on."""


@dataclass(frozen=True)
class Candidate:
    """A file that may count.

    Attributes
    ----------
    read : function
        Gives the content; where it raises, the file may be chosen only if no other one has an exercise.
    newest : tuple
        Larger is newer.
    """

    name: str
    read: Callable[[], bytes]
    newest: tuple[float, ...]


def in_order(candidates: Sequence[Candidate], exercises: Collection[str]) -> list[tuple[int, States]]:
    """The candidates' indices, the one that counts first, each with what it holds.

    The most exercises that are written; begun; defined; then the newest; then a notebook; then the name.
    Where they are not known, they are what is a stub in any of the files.
    """
    read: dict[bytes, States] = {}  # of a student who hands in a thousand copies one is read

    def hold(file: Candidate) -> States:
        try:
            data = file.read()
        except Exception:  # damaged zip members raise a dozen classes of errors; it is reported when graded
            return {}
        digest = hashlib.sha256(data).digest()
        if digest not in read:
            read[digest] = content(file.name, data, exercises)
        return read[digest]

    def order(index: int) -> tuple[object, ...]:
        file, states = candidates[index], held[index]
        its = [state for name, state in states.items() if {name, name.partition(".")[0]} & wanted]
        worth = (its.count(source.WRITTEN), its.count(source.BEGUN), len(its)) if wanted else bool(states)
        return worth, file.newest, ".ipynb" in file.name.lower(), file.name

    held = [hold(file) for file in candidates]
    wanted = set(exercises) or {name for its in held for name, state in its.items() if state}
    return [(index, held[index]) for index in sorted(range(len(held)), key=order, reverse=True)]


def content(name: str, data: bytes, exercises: Collection[str]) -> States:
    """What a file holds of `exercises`; where these are not known, of all that it defines.

    A definition that does not parse, or stands in a cell of another kind, is a student's own words: what was
    released parses.
    """
    text = text_of(data)
    defined = {match[1] or match[2] for match in _DEFINED.finditer(text)}
    defined &= set(exercises) or defined
    states = dict.fromkeys(defined, source.WRITTEN)
    if not defined or not re.search(r"NotImplementedError|^[ \t]*class[ \t]", text, re.MULTILINE):
        return states
    with contextlib.suppress(SubmissionError):
        furthest: dict[str, int] = {}
        for statement in source.read(name, data).statements:
            first = _DEFINED.search(statement.source)
            if first and (first[1] or first[2]) in defined:
                for its, state in _states(ast.parse(statement.source).body[0], first[1] or first[2]):
                    furthest[its] = min(state, furthest.get(its, state))
        states |= furthest
    return states


def _states(node: ast.stmt, name: str) -> Iterator[tuple[str, int]]:
    yield name, source.state(node)
    for part in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}.{part.name}", source.state(part)


def trouble(name: str, read: Callable[[], bytes], exercises: Collection[str]) -> Text | None:
    """Why a file cannot be read, if it cannot; of one that holds an exercise's name only JSON is parsed."""
    try:
        data = read()
        kind = contents.kind_of(data) if len(data) <= source.MAX_BYTES else None
        if kind == "notebook":
            contents.cells(name, data)
        is_long = kind == "script" and len(data) > contents.MAX_SOURCE
        if kind is None or is_long or (exercises and not mentions(data, exercises)):
            source.read(name, data)
    except SubmissionError as error:
        return error.text
    except Exception as error:  # damaged zip members raise a dozen classes of errors
        return say("note.file_unreadable", error=getattr(error, "strerror", None) or error)
    return None


def looks_like(data: bytes, exercises: Exercises) -> str | None:
    """The assignment of which a file defines most exercises; None where it defines none of any."""
    defined = {match[1] or match[2] for match in _DEFINED.finditer(text_of(data))}
    held = {name: len(defined.intersection(its)) for name, its in exercises.items()}
    best = max(held, key=lambda name: (held[name], name), default=None)
    return best if best is not None and held[best] else None


def mentions(data: bytes, exercises: Collection[str]) -> bool:
    """Whether a file may hold one of `exercises`: quick, and true of all that do, but for UTF-16."""
    return bool(exercises) and re.search("|".join(map(re.escape, exercises)).encode(), data) is not None


def text_of(data: bytes) -> str:
    """The lines of a script or of a notebook's cells of any kind, as far as they can be read; those of a
    notebook that is damaged stand in quotes."""
    if data[:64].translate(None, b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
        try:
            return "\n".join(contents.source_of(cell)[0] for cell in contents.cells("", data))
        except SubmissionError:
            return data.decode("utf-8", "replace").replace('"', "\n").replace("\\n", "\n")
    return (contents.decode(data) or ("", ""))[0]
