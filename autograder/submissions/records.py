"""What is read from a student's file: statements, notes, and what is written in it but does not run.

`source.read` makes these records; whoever reads a submission uses them. Nothing here looks at a file.
"""

from dataclasses import dataclass
from typing import Literal

from autograder.base.messages import Text, TextError, Verbatim, say

Kind = Literal["syntax error", "too complex", "not text", "left out", "read"]
Place = Literal["error", "text cell", "magic", "inside"]


@dataclass(frozen=True)
class Statement:
    """One top-level statement, which the sandbox compiles and executes on its own.

    So `from __future__ import …` may stand anywhere; the sandbox passes its compiler flags on to the
    statements that follow, as `codeop.Compile` does.

    Parameters
    ----------
    source : str
        Its text, with decorators; lines end in a line feed, and no comment follows.
    where : str
        What a traceback shows as the file: the name of a `.py` file, or the `cell_label` of a notebook's
        cell. Code cells that are not empty are counted from 1, as Jupyter labels them after "Restart Kernel
        and Run All Cells".
    line : int
        The line of `where` on which `source` starts, counted from 1.
    """

    source: str
    where: str
    line: int


@dataclass(frozen=True)
class Note:
    """Something left out or unreadable that the student or the instructor may want to know about.

    Parameters
    ----------
    where, line
        As in `Statement`.
    kind : str
        "syntax error", "too complex" (too long or nested too deep for Python itself), "not text" (null
        characters, halves of surrogate pairs), or "left out": a loop, a `with`, a mixed `if` or `try` that
        assigns something, a list that is filled, a cell magic, a magic that would have defined a name, a stub
        below the written function. Plain demos are left out without a note. Of the kind "read" `text` is the
        whole sentence: how the file was read.
    text : Text or str
        What makes it too complex or no text; a str is Python's own message or the line in question.
    """

    where: str
    line: int
    kind: Kind
    text: Text | str


@dataclass(frozen=True)
class Lost:
    """A function or class that is written in the file, but never runs.

    Parameters
    ----------
    place : str
        Where it stands: in what does not parse ("error"; `text` is Python's message), in a Markdown or raw
        cell, below a cell magic, inside another statement that is left out (`text` is its first line).
    """

    name: str
    place: Place
    where: str
    line: int
    text: Text | str = ""


@dataclass(frozen=True)
class Submission:
    """What a file defines, in its order; a later definition of a name replaces an earlier one."""

    statements: tuple[Statement, ...]
    notes: tuple[Note, ...]
    lost: tuple[Lost, ...] = ()


class SubmissionError(TextError):
    """A file that cannot be read at all."""


_CELL = "cell "


def cell_label(number: int) -> str:
    """What a traceback calls a cell; no file is called so (`source.read`)."""
    return f"{_CELL}{number}"


def cell_number(where: str) -> int | None:
    """The number of the cell that a label names; None where it names a file."""
    number = where.removeprefix(_CELL)
    return int(number) if number != where and number.isdecimal() else None


def place(where: str) -> Text:
    """A statement's file or cell, as messages name it."""
    number = cell_number(where)
    return Verbatim(where) if number is None else say("note.cell", number=number)


def shortened(text: str) -> str:
    """The first line of `text`, as a note quotes it."""
    return printable(text.split("\n", 1)[0].strip()[:200])


def printable(text: str) -> str:
    """`text` with control characters replaced, and surrogates, which cannot be encoded."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
