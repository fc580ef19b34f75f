"""Parse the text of a cell or a script: as a whole, else without magics, else block by block.

`source` calls `parsed` and chooses what is kept. Two rules make it fair: a part that cannot be parsed does
not affect the others, and text is changed (magics removed) only where it is not plain Python already.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from autograder.base.messages import Text, say
from autograder.submissions.records import Lost, Note, shortened


@dataclass(frozen=True)
class Parsed:
    """Statements, and the text that they were parsed from, which starts on `line`."""

    nodes: list[ast.stmt]
    text: str
    line: int


def parsed(text: str, where: str, first_line: int, *, is_cell: bool) -> Iterator[Parsed | Note | Lost]:
    """The parts of a text that parse, and notes on those that do not.

    Parameters
    ----------
    is_cell : bool
        Whether it may be indented and start with cell magics, as IPython accepts it.
    """
    original = text
    nodes = parse(text, where, first_line)
    if isinstance(nodes, list):
        yield Parsed(nodes, text, first_line)
        return
    if is_cell:
        if indent := _INDENTED.match(text):
            text = re.sub("^" + indent[1], "", text, flags=re.MULTILINE)
        if transparent := _TRANSPARENT_MAGICS.match(text):
            text = "\n" * transparent[0].count("\n") + text[transparent.end() :]
        if magic := _CELL_MAGIC.match(text):
            line = first_line + text.count("\n", 0, magic.start(1))
            yield Note(where, line, "left out", shortened(magic[1]))
            yield from lost(text, "magic", where, first_line, shortened(magic[1]))
            return
    plain, defining = _without_magics(text)
    again = nodes if plain == original else parse(plain, where, first_line)
    for line, magic_line in defining:
        yield Note(where, first_line + line - 1, "left out", shortened(magic_line))
    if isinstance(again, list):
        yield Parsed(again, plain, first_line)
    else:
        yield from _by_block(plain, where, first_line, again)


_DEFINED = re.compile(
    r"^[ \t]*+(?:>>>|In ?\[[ \d]*\]:|\d+[.:|]?)?[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+([^\W\d]\w*)",
    re.MULTILINE | re.IGNORECASE,
)
"""Also as pasted from a terminal or a listing with numbers, or as a word processor writes it."""


def lost(
    text: str,
    place: Literal["error", "text cell", "magic"],
    where: str,
    first_line: int,
    why: Text | str = "",
) -> Iterator[Lost]:
    """The functions and classes that a text which is no Python, or is not run, would define."""
    small = text.lower()
    if "def" not in small and "class" not in small:  # most text cells
        return
    line, position = first_line, 0
    for found in _DEFINED.finditer(text):
        line += text.count("\n", position, found.start(1))
        position = found.start(1)
        yield Lost(found[1], place, where, line, why)


def parse(text: str, where: str, first_line: int) -> list[ast.stmt] | Note:
    """The statements of a text, or why it does not parse."""
    try:
        if "\0" in text:  # a ValueError or a SyntaxError, as the version of Python may be
            raise ValueError
        return list(_tree(text) if len(text) <= _REMEMBERED else ast.parse(text).body)
    except SyntaxError as error:
        line = first_line + max(error.lineno or 1, 1) - 1
        said = re.sub(r"(?<=\bline )\d+", lambda number: str(int(number[0]) + first_line - 1), error.msg)
        return Note(where, line, "syntax error", shortened(said))
    except (MemoryError, RecursionError):
        return Note(where, first_line, "too complex", say("note.nested_too_deep"))
    except ValueError:
        return Note(where, first_line, "not text", say("note.not_characters"))


_REMEMBERED = 5000
"""Characters of the longest text whose tree is remembered: a class hands in the same cells, but for a few."""


@lru_cache(maxsize=128)
def _tree(text: str) -> list[ast.stmt]:
    return ast.parse(text).body


# ---- Magics ------------------------------------------------------------------------------------------------

# The possessive *+ avoids backtracking through, for instance, 100,000 blanks.
_INDENTED = re.compile(r"(?:[ \t]*+\n)*+([ \t]++)\S")
_TRANSPARENT_MAGICS = re.compile(r"(?:\s*+%%(?:time|timeit|capture|prun)\b[^\n]*+(?:\n|\Z))+")
_CELL_MAGIC = re.compile(r"\s*+(%%[^\n]*+)")
# %magic, !command, ?help · name = %magic, name = !command · help?
_LINE_MAGIC = re.compile(r"([ \t\f]*+)(?:[%!?]|[^=#'\"]*+=[ \t]*+[%!]|[^#'\"]*\?[ \t]*+$)")
_DEFINING_MAGIC = re.compile(r"[ \t\f]*+(?:[^%!?=]*+=|%(?:run|pylab)\b)")


def _without_magics(text: str) -> tuple[str, list[tuple[int, str]]]:
    """`text` with `pass` in place of each line magic, and (line, magic) where the magic would define a name.

    A magic starts a logical line: nothing inside a string, inside brackets or after a backslash is one.
    """
    lines = text.split("\n")
    defining = []
    quote, depth, joined = "", 0, False
    in_magic = False
    for index, line in enumerate(lines):
        if in_magic:
            in_magic = line.endswith("\\")
            lines[index] = ""
        elif not (quote or depth or joined) and (magic := _LINE_MAGIC.match(line)):
            in_magic = line.endswith("\\")
            lines[index] = magic[1] + "pass"  # a block must not become empty
            if _DEFINING_MAGIC.match(line):
                defining.append((index + 1, line.strip()))
        else:
            quote, depth, joined = _scan(line, quote, 0 if _SURELY.match(line) else depth)
    return "\n".join(lines), defining


_TOKEN = re.compile(r"\"\"\"|'''|[\"'#()\[\]{}]")
_STRING_END = {quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}") for quote in ('"', "'", '"""', "'''")}


def _scan(line: str, quote: str, depth: int) -> tuple[str, int, bool]:
    """What is open at the end of `line`: a string (its quote), brackets (their number), a backslash."""
    position = 0
    while True:
        if quote:
            end = _STRING_END[quote].match(line, position)
            if end is None:
                return quote if len(quote) == 3 or line.endswith("\\") else "", depth, False
            position = end.end()
        token = _TOKEN.search(line, position)
        if token is None:
            return "", depth, line.endswith("\\")
        position, quote = token.end(), ""
        if token[0] == "#":
            return "", depth, False
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth = max(depth - 1, 0)
        else:
            quote = token[0]


# ---- Blocks of a text with a syntax error ------------------------------------------------------------------

_STARTS = re.compile(r"(?!(?:else|elif|except|finally)\b)[^\s\u200b-\u200f\u2060\ufeff#)\]}]")
"""Spaces of no width are pasted with code."""
_SURELY = re.compile(r"(?:async[ \t]+)?def[ \t]+\w|class[ \t]+\w|@\w")
"""What starts a block even where a bracket above was never closed."""
_HEADER = re.compile(r"(?:async|def|class|if|for|while|try|with|match)\b|@")


def _by_block(text: str, where: str, first_line: int, problem: Note) -> Iterator[Parsed | Note | Lost]:
    """Each top-level block for itself. Neighbours that do not parse give one note.

    `problem` is why the whole does not parse.
    """
    lines = text.split("\n")
    found: list[tuple[int, str, list[ast.stmt] | Note]] = []
    for start, end in _blocks(lines, strings=True):
        block = "\n".join(lines[start:end])
        nodes = problem if block == text else parse(block, where, first_line + start)
        if isinstance(nodes, list):
            found.append((start, block, nodes))
            continue
        # A string or a bracket may be open up to the end of the file.
        for first, last in _blocks(lines[start:end], strings=False):
            part = "\n".join(lines[start + first : start + last])
            of_part = nodes if part == block else parse(part, where, first_line + start + first)
            if isinstance(of_part, Note):
                of_part = replace(of_part, text=_newer(part) or of_part.text)
                if found and _continues(part):  # such as a mark of a merge inside of a function
                    found[-1] = (*found[-1][:2], of_part)
            found.append((start + first, part, of_part))
    before = False
    for start, block, nodes in found:
        if isinstance(nodes, list):
            yield Parsed(nodes, block, first_line + start)
        else:
            if not before:
                yield nodes
            for written in lost(block, "error", where, first_line + start, nodes.text):
                yield replace(written, line=nodes.line)
        before = isinstance(nodes, Note)


def _blocks(lines: list[str], *, strings: bool) -> Iterator[tuple[int, int]]:
    """Where top-level blocks start and end; without `strings`, only where one surely starts."""
    start, quote, depth, joined, decorated = 0, "", 0, False, False
    for index, line in enumerate(lines):
        if strings and not (quote or joined) and depth and _SURELY.match(line):
            depth = 0
        starts = _STARTS.match(line) if strings else _SURELY.match(line)
        if starts and not (quote or depth or joined):
            if index > start and not decorated:
                yield start, index
                start = index
            decorated = line.startswith("@")
        if strings:
            quote, depth, joined = _scan(line, quote, depth)
    yield start, len(lines)


def _continues(block: str) -> bool:
    """Whether this is a stray line at the margin, and then the rest of the body that stands above it."""
    head, _, rest = block.partition("\n")
    return not _HEADER.match(head) and re.search(r"^[ \t]+[^\s#]", rest, re.MULTILINE) is not None


# ---- Python newer than this one ----------------------------------------------------------------------------

_INNER = r"""[^'"{}\n\\]*"""
_NEWER = (
    # (version, what it allows, the same for any Python)
    ((3, 12), re.compile(r"^([ \t]*)type[ \t]+(\w+)[ \t]*(?:\[[^]\n]*\])?[ \t]*=", re.MULTILINE), r"\1\2 ="),
    ((3, 12), re.compile(r"\b((?:def|class)[ \t]+\w+)\[[^]\n]*\]"), r"\1"),
    ((3, 12), re.compile(rf"""\{{({_INNER})"({_INNER})"({_INNER})\}}"""), r"{\1'\2'\3}"),
    ((3, 12), re.compile(rf"""\{{({_INNER})'({_INNER})'({_INNER})\}}"""), r'{\1"\2"\3}'),
    (
        (3, 14),
        re.compile(r"^([ \t]*except)[ \t]+(\w[\w. ]*(?:,[ \t]*\w[\w. ]*)+):", re.MULTILINE),
        r"\1 (\2):",
    ),
    ((3, 14), re.compile(r"""\bt(?=["'])"""), "f"),
)


def _newer(text: str) -> Text | None:
    """Says that it is Python of a newer version, where it is right but for what that version has added."""
    for version, pattern, older in _NEWER:
        if sys.version_info < version and pattern.search(text):
            try:
                ast.parse(pattern.sub(older, text))
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                continue
            here = "{}.{}".format(*sys.version_info)
            return say("note.newer_python", version="{}.{}".format(*version), here=here)
    return None
