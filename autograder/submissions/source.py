"""Read a student's file, `.ipynb` or `.py`, into the statements that define its functions.

`judging.evaluate` calls `read`; the sandbox executes the statements, one by one. Imports, definitions and
assignments are kept; demos, magics and `check(...)` calls are left out. Nothing here may run, import or
compile to byte code what it reads, and `read` may raise `SubmissionError` only, whatever the bytes are.

Two rules make it fair: a cell that cannot be parsed does not affect the others, and text is changed (magics
removed) only where it is not plain Python already. What was left out although it may matter becomes a `Note`.

Only the standard library is used. nbformat and IPython take longer to import than a class takes to read, and
nbformat's validation rejects what students really hand in: duplicate ids, missing metadata, older formats.
"""

import ast
import codecs
import json
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autograder.base.messages import Text, TextError, Verbatim, say

MAX_BYTES = 5 * 2**20
# Characters of code in one submission: 3,000 lines. Most of a large notebook is its outputs. Python's parser
# needs up to 500 times the size of a source in memory, and seconds for a long and hostile f-string.
MAX_SOURCE = 2**17
MAX_NAME = 80  # Characters of the file's name that are kept, for it is stored with every statement.

Kind = Literal["syntax error", "too complex", "not text", "left out"]


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
        assigns something, a list that is filled, a cell magic, a magic that would have defined a name.
        Plain demos are left out without a note.
    text : Text or str
        What makes it too complex or no text; a str is Python's own message or the line in question.
    """

    where: str
    line: int
    kind: Kind
    text: Text | str


@dataclass(frozen=True)
class Submission:
    """What a file defines, in its order; a later definition of a name replaces an earlier one."""

    statements: tuple[Statement, ...]
    notes: tuple[Note, ...]


UNREADABLE = {
    *("note.no_file_in_folder", "note.file_unreadable", "note.wrong_file_kind", "note.file_too_large"),
    *("note.not_utf8", "note.too_many_characters", "note.wrong_encoding", "note.notebook_without_cells"),
    *("note.notebook_unreadable", "note.notebook_unreadable_at_line"),
}
"""The messages about a file of which nothing could be read."""


class SubmissionError(TextError):
    """A file that cannot be read at all."""


def read(name: str, content: bytes) -> Submission:
    """Read one submitted file.

    Parameters
    ----------
    name : str
        The file's name; its extension decides how `content` is read.

    Raises
    ------
    SubmissionError
        Neither a notebook nor a Python file, or one that cannot be opened: too large, binary, damaged.
    """
    file = _printable(re.split(r"[/\\]", name)[-1][-MAX_NAME:])
    readers = {".ipynb": _notebook, ".py": _script}
    reader = readers.get(os.path.splitext(file)[1].lower())
    if reader is None:
        raise SubmissionError(say("note.wrong_file_kind", file=file))
    if len(content) > MAX_BYTES:
        raise SubmissionError(say("note.file_too_large", file=file, size=MAX_BYTES // 2**20))
    with warnings.catch_warnings():  # such as of a "\d" in a student's string
        warnings.simplefilter("ignore")
        parts = list(reader(file, content))
    return Submission(
        tuple(part for part in parts if isinstance(part, Statement)),
        tuple(part for part in parts if isinstance(part, Note)),
    )


_CELL = "cell "


def cell_label(number: int) -> str:
    """What a traceback calls a cell; no file is called so, as the names of those that are read end in .py."""
    return f"{_CELL}{number}"


def cell_number(where: str) -> int | None:
    """The number of the cell that a label names; None where it names a file."""
    number = where.removeprefix(_CELL)
    return int(number) if number != where and number.isdecimal() else None


def place(where: str) -> Text:
    """A statement's file or cell, as messages name it."""
    number = cell_number(where)
    return Verbatim(where) if number is None else say("note.cell", number=number)


def definitions(read: Submission) -> dict[str, Statement]:
    """The functions and classes that a submission defines, each with the statement that defines it last."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for statement in read.statements:
            node = ast.parse(statement.source).body[0]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = statement
    return found


def worked_on(submissions: Sequence[Submission | None]) -> list[bool]:
    """Which of a student's files are worked on; None, a file that cannot be read, counts as one.

    Students get a notebook and a script of every assignment, work in either and hand in both. A file is left
    out where another one holds all that it implements, and implements a stub of it. A student may hand in
    thousands, so pairs are not compared.
    """

    def functions_of(submission: Submission | None) -> dict[str, str | None]:
        try:
            return _functions(submission) if submission else {}
        except (RecursionError, MemoryError):  # a tree that is nested too deep to be walked
            return {}

    functions = [functions_of(submission) for submission in submissions]
    holding: dict[tuple[str, str], set[int]] = defaultdict(set)
    implementing: dict[str, set[int]] = defaultdict(set)
    for index, its_own in enumerate(functions):
        for name, body in its_own.items():
            if body is not None:
                holding[name, body].add(index)
                implementing[name].add(index)

    def adds_nothing(index: int) -> bool:
        its_own = functions[index].items()
        beyond = [implementing[name] for name, body in its_own if body is None]
        holders = sorted((holding[name, body] for name, body in its_own if body is not None), key=len)
        if not holders:
            return any(beyond)
        with_all = set.intersection(*holders)
        return any(not with_all.isdisjoint(others) for others in beyond)

    return [not adds_nothing(index) for index in range(len(functions))]


def _functions(read: Submission) -> dict[str, str | None]:
    """The functions and methods, each with its body as a dumped syntax tree, or None for a stub."""
    found: dict[str, str | None] = {}
    for name, statement in definitions(read).items():
        definition = ast.parse(statement.source).body[0]
        for node in definition.body if isinstance(definition, ast.ClassDef) else [definition]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                written = None if any(map(_is_stub, body)) else "\n".join(map(ast.dump, body))
                found[name if node is definition else f"{name}.{node.name}"] = written
    return found


def _is_stub(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


# ---- Files to cells ----------------------------------------------------------------------------------------


def _notebook(file: str, content: bytes) -> Iterator[Statement | Note]:
    try:
        document = json.loads(content)  # detects UTF-8, -16 and -32 itself, with a BOM or without
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "reason": error.msg}
        raise SubmissionError(say("note.notebook_unreadable_at_line", file=file, **place)) from None
    except (ValueError, RecursionError):  # not text; a number of 5,000 digits; nested 100,000 deep
        raise SubmissionError(say("note.notebook_unreadable", file=file)) from None
    left = MAX_SOURCE
    number = 0
    for cell in _cells(file, document):
        source = _code(cell)
        if not source or source.isspace():
            continue
        number += 1
        where = cell_label(number)
        if len(source) > left:
            yield Note(where, 1, "too complex", say("note.too_much_code", n=MAX_SOURCE))
            continue
        left -= len(source)
        yield from _cell(_with_line_feeds(source), where, 1)


def _cells(file: str, document: Any) -> list[Any]:
    """The cells of a notebook of format 4, or of the sheets of format 3."""
    if isinstance(document, dict):
        if isinstance(document.get("cells"), list):
            return list(document["cells"])
        if isinstance(document.get("worksheets"), list):
            sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
            return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    raise SubmissionError(say("note.notebook_without_cells", file=file))


def _code(cell: Any) -> str:
    """The source of a code cell (`input` in format 3); "" for any other cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    source = cell.get("source") or cell.get("input")
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _script(file: str, content: bytes) -> Iterator[Statement | Note]:
    text = _with_line_feeds(_decode(file, content))
    if "\0" in text:
        raise SubmissionError(say("note.not_utf8", file=file))
    if len(text) > MAX_SOURCE:
        raise SubmissionError(say("note.too_many_characters", file=file, n=MAX_SOURCE))
    nodes = _parse(text, file, 1)
    if isinstance(nodes, list):
        yield from _statements(nodes, text, file, 1)
    elif separators := list(_SEPARATOR.finditer(text)):
        line, start, is_code = 1, 0, True
        for separator in [*separators, None]:
            end = separator.start() if separator else len(text)
            if is_code:
                yield from _cell(text[start:end], file, line)
            if separator:
                line += text.count("\n", start, separator.end())
                start, is_code = separator.end(), not _TEXT_CELL.match(separator[0])
    else:
        yield from _lines_with_magics(text, file, 1, nodes)


# How jupytext and nbconvert start a cell of a script. A magic that jupytext has commented out ("# %%time")
# has no space after the percent signs and starts no cell.
_SEPARATOR = re.compile(r"^#[ \t]*%%+(?:[ \t].*)?$|^# In ?\[[ \d]*\]:", re.MULTILINE)
_TEXT_CELL = re.compile(r"#[ \t]*%%.*\[(?:markdown|md|raw)\]")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of this
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# PEP 263: on the first line, or on the second after a comment or an empty line. `tokenize.detect_encoding`
# finds the same but requires these lines to be valid UTF-8, which a comment in GBK is not.
_DECLARED = re.compile(
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)", re.ASCII
)
_MAX_ENCODING = 40  # characters of its name
# Encodings that no editor declares like this: two slow ones, Python's escapes, and those without ASCII.
_NEVER_DECLARED = re.compile(r"idna|punycode|unicode-escape|raw-unicode-escape|utf-16.*|utf-32.*")


def _decode(file: str, content: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "")
    try:
        if not encoding:
            declared = _DECLARED.match(content)
            encoding = declared[1].decode() if declared else "utf-8"
            encoding = re.sub("-(?:unix|dos|mac)$", "", encoding)  # Emacs appends the kind of line end
            # Python caches every name that it looks up, so long ones are not looked up.
            if len(encoding) > _MAX_ENCODING or _NEVER_DECLARED.fullmatch(codecs.lookup(encoding).name):
                raise LookupError
        return content.decode(encoding)
    except (LookupError, UnicodeError):
        shown = encoding if len(encoding) <= _MAX_ENCODING else f"{encoding[:_MAX_ENCODING]}…"
        raise SubmissionError(say("note.wrong_encoding", file=file, encoding=shown)) from None


def _with_line_feeds(text: str) -> str:
    """`text` as Python's tokenizer sees it: lines end in a line feed, no byte order mark."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff")


# ---- Cells to statements -----------------------------------------------------------------------------------


def _cell(text: str, where: str, first_line: int) -> Iterator[Statement | Note]:
    """The parts of one cell, which starts on `first_line` of `where`."""
    original = text
    nodes = _parse(text, where, first_line)
    if isinstance(nodes, list):
        yield from _statements(nodes, text, where, first_line)
        return
    if indent := _INDENTED.match(text):  # as IPython accepts it
        text = re.sub("^" + indent[1], "", text, flags=re.MULTILINE)
    if transparent := _TRANSPARENT_MAGICS.match(text):
        text = "\n" * transparent[0].count("\n") + text[transparent.end() :]
    if magic := _CELL_MAGIC.match(text):
        line = first_line + text.count("\n", 0, magic.start(1))
        yield Note(where, line, "left out", _shortened(magic[1]))
        return
    yield from _lines_with_magics(text, where, first_line, nodes if text is original else None)


# The possessive *+ avoids backtracking through, for instance, 100,000 blanks.
_INDENTED = re.compile(r"(?:[ \t]*+\n)*+([ \t]++)\S")
_TRANSPARENT_MAGICS = re.compile(r"(?:\s*+%%(?:time|timeit|capture|prun)\b[^\n]*+(?:\n|\Z))+")
_CELL_MAGIC = re.compile(r"\s*+(%%[^\n]*+)")


def _lines_with_magics(
    text: str, where: str, first_line: int, problem: Note | None
) -> Iterator[Statement | Note]:
    """The parts of a text that may be Python once its line magics are removed.

    `problem` is why it could not be parsed; None where that has not been tried.
    """
    plain, defining = _without_magics(text)
    nodes = problem if problem and plain == text else _parse(plain, where, first_line)
    if isinstance(nodes, Note):
        yield nodes
        return
    for line, magic in defining:
        yield Note(where, first_line + line - 1, "left out", _shortened(magic))
    yield from _statements(nodes, plain, where, first_line)


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
            quote, depth, joined = _scan(line, quote, depth)
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


def _parse(text: str, where: str, first_line: int) -> list[ast.stmt] | Note:
    try:
        if "\0" in text:  # a ValueError or a SyntaxError, as the version of Python may be
            raise ValueError
        return ast.parse(text).body
    except SyntaxError as error:
        return Note(where, first_line + max(error.lineno or 1, 1) - 1, "syntax error", _shortened(error.msg))
    except (MemoryError, RecursionError):
        return Note(where, first_line, "too complex", say("note.nested_too_deep"))
    except ValueError:
        return Note(where, first_line, "not text", say("note.not_characters"))


# ---- Which statements are kept -----------------------------------------------------------------------------
# Student code can nest far deeper than Python functions may: every walk below keeps its own stack.

_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_DEFINITIONS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    *([ast.TypeAlias] if hasattr(ast, "TypeAlias") else []),  # `type X = …`, since Python 3.12
)
_TRIES = (ast.Try, ast.TryStar)

# Calls of the user, the notebook or the checker; assignments of their results are no part of a solution.
_REFUSED_CALLS = {"check", "input", "get_ipython"}
# Methods by which a loop may fill a table that functions read.
_FILLING_CALLS = {"append", "extend", "insert", "add", "update", "setdefault"}
_PERHAPS_REFUSED = re.compile(r"\b(?:check|input|get_ipython)\b")


def _statements(nodes: list[ast.stmt], text: str, where: str, first_line: int) -> Iterator[Statement | Note]:
    """The statements of `nodes` that are kept, as parts of the `text` from which they were parsed."""
    lines = text.encode().split(b"\n")  # columns of nodes count bytes
    suspicious = _PERHAPS_REFUSED.search(text) is not None
    for node in nodes:
        if _imports_this_package(node):
            continue
        if _is_kept(node, suspicious):
            line, source = _cut(node, lines)
            yield Statement(source, where, first_line + line - 1)
        elif _may_matter(node):
            line, source = _cut(node, lines)
            yield Note(where, first_line + line - 1, "left out", _shortened(source))


def _imports_this_package(node: ast.stmt) -> bool:
    """Whether this belongs to the checks, which are left out, such as `from autograder import check`."""
    if isinstance(node, ast.ImportFrom):
        return node.level == 0 and (node.module or "").split(".")[0] == "autograder"
    return isinstance(node, ast.Import) and all(a.name.split(".")[0] == "autograder" for a in node.names)


def _is_kept(node: ast.stmt, suspicious: bool) -> bool:
    """Whether `node` is a definition or an assignment, or a `try` or `if` of nothing else.

    `suspicious` is False where the text cannot hold a refused call, which saves the search.
    """
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, _DEFINITIONS):
            continue
        if isinstance(part, _ASSIGNMENTS):
            if suspicious and _calls_refused(part):
                return False
        elif isinstance(part, ast.If):
            if _asks_name(part.test) or (suspicious and _calls_refused(part.test)):
                return False
            stack += part.body + part.orelse
        elif isinstance(part, _TRIES):
            stack += part.body + part.orelse + part.finalbody
            for handler in part.handlers:
                stack += handler.body
        elif part is node or not _does_nothing(part):
            return False
    return True


def _does_nothing(node: ast.stmt) -> bool:
    """Whether this is `pass`, `...` or a docstring."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str) or node.value.value is ...
    return isinstance(node, ast.Pass)


def _may_matter(node: ast.stmt) -> bool:
    """Whether functions may need what this statement, which is left out, would have assigned or filled."""
    if isinstance(node, ast.If) and _asks_name(node.test):
        return False
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, _DEFINITIONS):
            return True
        if isinstance(part, _ASSIGNMENTS):
            if not _calls_refused(part):
                return True
        elif isinstance(part, ast.Expr):
            called = part.value.func if isinstance(part.value, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in _FILLING_CALLS:
                return True
        else:
            stack.extend(
                child
                for child in ast.iter_child_nodes(part)
                if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
            )
    return False


def _asks_name(test: ast.expr) -> bool:
    """Whether this is the condition of an `if __name__ == "__main__":`."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _calls_refused(node: ast.AST) -> bool:
    """Whether executing `node` calls a refused function; the body of a lambda is not executed."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in _REFUSED_CALLS:
            return True
        if not isinstance(part, ast.Lambda):
            stack.extend(ast.iter_child_nodes(part))
    return False


def _cut(node: ast.stmt, lines: list[bytes]) -> tuple[int, str]:
    """The line on which a statement starts, decorators included, and its text."""
    line, column = node.lineno, node.col_offset
    if decorators := getattr(node, "decorator_list", None):
        line, column = decorators[0].lineno, 0
        while not lines[line - 1].lstrip().startswith(b"@"):  # `@(` may stand on a line before its expression
            line -= 1
    end_line, end_column = node.end_lineno or line, node.end_col_offset
    if line == end_line:
        return line, lines[line - 1][column:end_column].decode()
    part = [lines[line - 1][column:], *lines[line : end_line - 1], lines[end_line - 1][:end_column]]
    return line, b"\n".join(part).decode()


def _shortened(text: str) -> str:
    """The first line of `text`, as a note quotes it."""
    return _printable(text.split("\n", 1)[0].strip()[:200])


def _printable(text: str) -> str:
    """`text` with control characters replaced, and surrogates, which cannot be encoded."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
