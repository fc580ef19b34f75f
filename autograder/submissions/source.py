"""Read a student's file, notebook or script, into the statements that define its functions.

`judging.evaluate` calls `read`; the sandbox executes the statements, one by one. Imports, definitions and
assignments are kept; demos, magics and `check(...)` calls are left out. Nothing here may run, import or
compile to byte code what it reads, and `read` may raise `SubmissionError` only, whatever the bytes are.

What was left out although it may matter becomes a `Note`; functions that are written, but never run, are
`Lost`. A later stub does not replace a function that is written above it.

nbformat and IPython take longer to import than a class takes to read, and nbformat's validation rejects what
students really hand in: duplicate ids, missing metadata, older formats.
"""

import ast
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from autograder.base.messages import say
from autograder.submissions import content as contents
from autograder.submissions.blocks import Parsed, lost, parse, parsed
from autograder.submissions.content import MAX_SOURCE, kind_of
from autograder.submissions.records import (
    Lost,
    Note,
    Statement,
    Submission,
    SubmissionError,
    cell_label,
    cell_number,
    place,
    printable,
    shortened,
)

MAX_BYTES = 32 * 2**20
"""Of a notebook: most of a large one is its outputs, and pictures that were pasted into it."""
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
MAX_NAME = 80  # Characters of the file's name that are kept, for it is stored with every statement.

UNREADABLE = {
    *("note.no_file_in_folder", "note.file_unreadable", "note.wrong_file_kind", "note.file_too_large"),
    *("note.not_text", "note.too_many_characters", "note.no_code", "note.no_python"),
    "note.notebook_without_cells",
    *("note.notebook_unreadable", "note.notebook_unreadable_at_line"),
    *("note.not_read", "note.looks_like", "note.no_code_handed_in"),
}
"""The messages about a file of which nothing can be graded."""


def of_file(path: Path) -> bytes:
    """The content of a file, one byte more than `MAX_BYTES` at the most; a pipe keeps nobody waiting.

    Raises
    ------
    OSError
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE)) as file:
        return file.read(MAX_BYTES + 1) or b""


def read(name: str, content: bytes) -> Submission:
    """Read one submitted file.

    Parameters
    ----------
    name : str
        The file's name, which notes quote; `kind_of` its content decides how it is read, and only where that
        does not tell, the name.

    Raises
    ------
    SubmissionError
        Neither a notebook nor a Python file, or one that cannot be opened: too large, binary, damaged, empty.
    """
    file = printable(re.split(r"[/\\]", name)[-1][-MAX_NAME:])
    if len(content) > MAX_BYTES:
        raise SubmissionError(say("note.file_too_large", file=file, size=MAX_BYTES // 2**20))
    ending = os.path.splitext(file)[1].lower()
    named = {} if content.startswith(b"%PDF") else {".ipynb": "notebook", ".py": "script"}
    kind = kind_of(content) or named.get(ending)
    if kind is None:
        raise SubmissionError(say("note.wrong_file_kind", file=file))
    if cell_number(file) is not None:
        file += ".py"
    with warnings.catch_warnings():  # such as of a "\d" in a student's string
        warnings.simplefilter("ignore")
        parts = list((_notebook if kind == "notebook" else _script)(file, content))
        parts = _without_later_stubs(parts)
    if not any(isinstance(part, Statement | Lost) for part in parts):
        for part in parts:
            if isinstance(part, Note) and part.kind == "syntax error":
                about = {"line": part.line, "text": part.text}
                raise SubmissionError(say("note.no_python", file=file, where=place(part.where), **about))
    if ending == (".py" if kind == "notebook" else ".ipynb"):
        id = "note.read_as_notebook" if kind == "notebook" else "note.read_as_script"
        parts.append(Note(file, 1, "read", say(id, file=file)))
    return Submission(
        tuple(part for part in parts if isinstance(part, Statement)),
        tuple(part for part in parts if isinstance(part, Note)),
        tuple(part for part in parts if isinstance(part, Lost)),
    )


Part = Statement | Note | Lost

_DEFINES = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


def _without_later_stubs(parts: list[Part]) -> list[Part]:
    """`parts` with a note in place of each stub that would replace a written function of its name."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, part in enumerate(parts):
        if isinstance(part, Statement) and (named := _DEFINES.search(part.source)):
            places[named[1]].append(index)
    for name, indices in places.items():
        if len(indices) > 1:
            written = [i for i in indices if not state(ast.parse(parts[i].source).body[0])]  # type: ignore[union-attr]
            for index in indices:
                if written and index > written[-1]:
                    stub, counts = parts[index], parts[written[-1]]
                    assert isinstance(stub, Statement) and isinstance(counts, Statement)
                    text = say("note.stub_below", name=name, where=place(counts.where), line=counts.line)
                    parts[index] = Note(stub.where, stub.line, "left out", text)
    return parts


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


WRITTEN, BEGUN, STUB = range(3)


def state(node: ast.stmt) -> int:
    """How far a function is, or the furthest method of a class: BEGUN is code before a left-over `raise
    NotImplementedError()` that no `return` stands before; an assignment may give such code."""
    if isinstance(node, ast.ClassDef):
        return min((state(part) for part in node.body if isinstance(part, _FUNCTIONS)), default=WRITTEN)
    if not isinstance(node, _FUNCTIONS):
        return WRITTEN
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    stop = next((n for n, part in enumerate(body) if raises_not_implemented(part)), None)
    if stop is None:
        return STUB if all(map(does_nothing, body)) else WRITTEN
    if any(isinstance(inner, ast.Return) for part in body[:stop] for inner in ast.walk(part)):
        return WRITTEN
    return BEGUN if stop else STUB


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def raises_not_implemented(statement: ast.AST) -> bool:
    """Whether this is `raise NotImplementedError`."""
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


# ---- Files to cells ----------------------------------------------------------------------------------------


def _notebook(file: str, content: bytes) -> Iterator[Part]:
    left, number, is_empty = MAX_SOURCE, 0, True
    for cell in contents.cells(file, content):
        source, is_code = contents.source_of(cell)
        if not source or source.isspace():
            continue
        if not is_code:
            for written in lost(source[:left], "text cell", file, 1):
                is_empty = False
                yield written
            continue
        number, is_empty = number + 1, False
        where = cell_label(number)
        if len(source) > left:
            yield Note(where, 1, "too complex", say("note.too_much_code", n=MAX_SOURCE))
            yield from lost(source[:MAX_SOURCE], "error", where, 1, say("note.too_much_code", n=MAX_SOURCE))
            continue
        left -= len(source)
        yield from _parts(contents.with_line_feeds(source), where, 1, is_cell=True)
    if is_empty:
        raise SubmissionError(say("note.no_code", file=file))


# How jupytext and nbconvert start a cell of a script. A magic that jupytext has commented out ("# %%time")
# has no space after the percent signs and starts no cell.
_SEPARATOR = re.compile(r"^#[ \t]*%%+(?:[ \t].*)?$|^# In ?\[[ \d]*\]:", re.MULTILINE)
_TEXT_CELL = re.compile(r"#[ \t]*%%.*\[(?:markdown|md|raw)\]")


def _script(file: str, content: bytes) -> Iterator[Part]:
    decoded = contents.decode(content) if len(content) <= contents.MAX_SCRIPT else None
    if len(content) > contents.MAX_SCRIPT or (decoded and len(decoded[0]) > MAX_SOURCE):
        raise SubmissionError(say("note.too_many_characters", file=file, n=MAX_SOURCE))
    if decoded is None:
        raise SubmissionError(say("note.not_text", file=file))
    text, encoding = decoded
    if not text or text.isspace():
        raise SubmissionError(say("note.no_code", file=file))
    if encoding:
        yield Note(file, 1, "read", say("note.read_as_encoding", file=file, encoding=encoding))
    nodes = parse(text, file, 1)
    if isinstance(nodes, list):
        yield from _statements(Parsed(nodes, text, 1), file)
        return
    separators = list(_SEPARATOR.finditer(text))
    line, start, is_code = 1, 0, True
    for separator in [*separators, None]:
        end = separator.start() if separator else len(text)
        if is_code:
            yield from _parts(text[start:end], file, line, is_cell=bool(separators))
        else:
            yield from lost(text[start:end], "text cell", file, line)
        if separator:
            line += text.count("\n", start, separator.end())
            start, is_code = separator.end(), not _TEXT_CELL.match(separator[0])


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
_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.If, ast.Match, ast.Try, ast.TryStar)
_TRIES = (ast.Try, ast.TryStar)

# Calls of the user, the notebook or the checker; assignments of their results are no part of a solution.
_REFUSED_CALLS = {"check", "input", "get_ipython"}
# Methods by which a loop may fill a table that functions read.
_FILLING_CALLS = {"append", "extend", "insert", "add", "update", "setdefault"}
_PERHAPS_REFUSED = re.compile(r"\b(?:check|input|get_ipython)\b")


def _parts(text: str, where: str, first_line: int, *, is_cell: bool) -> Iterator[Part]:
    """The statements of a cell or script that are kept, and what is to be said of the others."""
    for found in parsed(text, where, first_line, is_cell=is_cell):
        if isinstance(found, Parsed):
            yield from _statements(found, where)
        else:
            yield found


def _statements(found: Parsed, where: str) -> Iterator[Part]:
    lines = found.text.encode().split(b"\n")  # columns of nodes count bytes
    suspicious = _PERHAPS_REFUSED.search(found.text) is not None
    for node in found.nodes:
        if _imports_this_package(node):
            continue
        if _is_kept(node, suspicious):
            line, source = _cut(node, lines)
            yield Statement(source, where, found.line + line - 1)
        elif isinstance(node, _BLOCKS):
            yield from _left_out(node, lines, where, found.line)
        elif _may_matter(node):
            line, source = _cut(node, lines)
            yield Note(where, found.line + line - 1, "left out", shortened(source))


def _left_out(node: ast.stmt, lines: list[bytes], where: str, first_line: int) -> Iterator[Part]:
    line, source = _cut(node, lines)
    line += first_line - 1
    if _may_matter(node):
        yield Note(where, line, "left out", shortened(source))
    if "def " in source or "class " in source:
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                at = first_line + part.lineno - 1
                yield Lost(part.name, "inside", where, at, shortened(source))


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
        elif part is node or not does_nothing(part):
            return False
    return True


def does_nothing(node: ast.stmt) -> bool:
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
