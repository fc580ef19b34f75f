"""What the course's settings change in the text of a `notebook.py`: points, totals, sections left out.

`build` calls it for the cells of one language. A text cell writes no points itself, so that they cannot
differ from those in force:

    <<points median>>     6 points        <<number median>>     6
    <<points>>            100 points      <<number>>            100     of the whole assignment
    <<modules>>           NumPy, with the modules that the course allows

An exercise that is left out takes along its section (from the heading with its `<<points …>>` to the next
heading that is not below it) and the rows of tables with its `<<number …>>`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from autograder.base.messages import Text, joined, say

_PLACEHOLDER = re.compile(r"<<(\w+)(?: (\w+))?>>")
_HEADING = re.compile(r"(#+) ")
_ANSWER = re.compile(r'^# %%.*\banswer="(\w+)"(?:.*\bpoints=([\d.]+))?', re.MULTILINE)
_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
_KINDS = ("points", "number", "modules")


class Cell(Protocol):
    """A cell as nbformat has it."""

    cell_type: str
    source: str
    metadata: Mapping[str, object]


_Cell = TypeVar("_Cell", bound=Cell)


@dataclass
class _PlainCell:
    cell_type: str
    source: str
    metadata: Mapping[str, object]


def written_questions(script: str) -> dict[str, float]:
    """The written questions of a `notebook.py`, with their points."""
    return {name: float(points or 0) for name, points in _ANSWER.findall(script)}


def filled(text: str, worth: Mapping[str, float], modules: Iterable[str], lang: str) -> str:
    """`text` with its placeholders filled; `worth` has the points of all exercises and written questions."""

    def value(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "modules":
            return joined(["NumPy", *modules]).in_language(lang)
        points = worth[name] if name else sum(worth.values())
        return f"{points:g}" if kind == "number" else _in_words(points).in_language(lang)

    return _PLACEHOLDER.sub(value, text)


def _in_words(points: float) -> Text:
    return say("course.one_point") if points == 1 else say("course.points", points=f"{points:g}")


def without_sections(cells: Iterable[_Cell], left_out: Sequence[str]) -> Iterator[_Cell]:
    """The cells of one language without what is said of the exercises that are left out; texts are cut."""
    level = 0  # of the heading of the section that is being left out
    for cell in cells:
        if cell.cell_type == "markdown":
            kept, fenced = [], False
            for line in cell.source.split("\n"):
                fenced ^= line.startswith("```")
                heading = None if fenced else _HEADING.match(line)
                if heading and (not level or len(heading[1]) <= level):
                    level = len(heading[1]) if _quotes("points", line, left_out) else 0
                if not level and not (line.startswith("|") and _quotes("number", line, left_out)):
                    kept.append(line)
            cell.source = "\n".join(kept).strip("\n")
        if cell.source if cell.cell_type == "markdown" else not level:
            yield cell


def _quotes(kind: str, line: str, names: Sequence[str]) -> bool:
    return any(found[1] == kind and found[2] in names for found in _PLACEHOLDER.finditer(line))


def mistakes(path: Path, script: str, known: Iterable[str], left_out: Sequence[str]) -> list[Text]:
    """What is wrong with the placeholders of the `notebook.py` at `path`, and with what is left out of it."""
    cells = list(_cells(script))
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = [
        say("course.placeholder", file=path, text=match[0])
        for match in _PLACEHOLDER.finditer(text)
        if match[1] not in _KINDS or (match[2] and (match[1] == "modules" or match[2] not in known))
    ]
    asked = set(_ANSWER.findall(script))
    twice = sorted({name for name, points in asked if any(n == name and p != points for n, p in asked)})
    found += [say("author.written_points", file=path, name=name) for name in twice]
    if not left_out or found:
        return found
    before = set().union(*(_bound(cell.source) for cell in cells if cell.cell_type == "code"))
    kept = list(without_sections(cells, left_out))
    code = [cell.source for cell in kept if cell.cell_type == "code"]
    bound = set().union(*map(_bound, code))
    still = bound | {cell.metadata.get("answer") for cell in kept}
    found += [say("course.no_section", file=path, name=name) for name in left_out if name in still]
    for source in code:
        for name in sorted((before - bound) & _used(source)):
            user = next(iter(_bound(source)), source.strip().partition("\n")[0])
            found.append(say("course.left_out_needed", file=path, name=name, user=user))
    return found


def _cells(script: str) -> Iterator[_PlainCell]:
    """The cells of a percent script, in all languages."""
    _, *parts = _CELL.split(script)
    for head, body in zip(parts[::2], parts[1::2], strict=True):
        metadata = dict(re.findall(r'(\w+)="(\w+)"', head))
        if "[markdown]" in head:
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.split("\n"))
        yield _PlainCell("markdown" if "[markdown]" in head else "code", body.strip("\n"), metadata)


def _bound(source: str) -> set[str]:
    """The names that a code cell defines at its top level."""
    names: set[str] = set()
    for node in _parsed(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in ast.walk(node) if isinstance(target, ast.Name)}
    return names


def _used(source: str) -> set[str]:
    nodes = ast.walk(_parsed(source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a cell with a notebook's own command
        return ast.Module([], [])
