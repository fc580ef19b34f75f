"""The cells of a `notebook.py`, and what the settings change in its text: points, totals, sections left out.

`notebook_mistakes` looks at the cells that `read` returns: jupytext would tell no lines, and loads slowly.
`build` applies the settings to jupytext's cells of one language. The text is never run. A text cell writes no
points itself, so that they cannot differ from those in force:

    <<points median>>     6 points        <<number median>>     6
    <<points>>            100 points      <<number>>            100     of the whole assignment
    <<modules>>           NumPy, with the modules that the course allows

An exercise that is left out takes along its section (from the heading with its `<<points …>>` to the next
heading that is not below it) and the rows of tables with its `<<number …>>`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.base.messages import Text, joined, say

PICTURE = re.compile(r"\(attachment:([\w.-]+)\)")
TAG = re.compile(r"(\s*(?:#\s*)?)(zh|en): (.*)")
"""In docstrings and comments, a line of one language."""
KIND = re.compile(r"\[\w+\]")
OPTION = re.compile(r'((\w+)\s*=\s*"?([^"\s]*)"?)')
_HEADER = re.compile(r"#\s*%%(.*)")
PLACEHOLDER = re.compile(r"<<(\w+)(?: (\w+))?>>")
_HEADING = re.compile(r"(#+) ")
KINDS = ("points", "number", "modules")
POINTS = re.compile(r"\d+(\.\d+)?")


@dataclass
class Cell:
    """A cell of the script, counted from 1; its lines are numbered as in the file, from `start`.

    `cell_type`, `source` and `metadata` are those of nbformat.
    """

    path: Path
    number: int
    title: str
    start: int
    lines: Sequence[str]
    source: str = field(init=False)

    def __post_init__(self) -> None:
        is_code = self.cell_type == "code"
        text = [line if is_code else line.removeprefix("#").removeprefix(" ") for line in self.lines]
        self.source = "\n".join(text).strip("\n")

    @property
    def cell_type(self) -> str:
        return ("raw" if "[raw]" in self.title else "markdown") if KIND.search(self.title) else "code"

    @property
    def lang(self) -> str | None:
        return self.metadata.get("lang")

    @property
    def metadata(self) -> Mapping[str, str]:
        return {name: value for _, name, value in OPTION.findall(self.title)}

    def at(self, line: int) -> Text:
        first = next((line.strip() for line in self.lines if line.strip()), "")[:40]
        return say("author.cell", file=self.path, line=line, number=self.number, first=first)

    def numbered(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.lines, self.start)


def read(path: Path) -> list[Cell]:
    """The cells in all languages; what stands before the first header is a cell of code, too."""
    lines = path.read_text(encoding="utf-8").split("\n")
    headers = [(index, match[1]) for index, line in enumerate(lines) if (match := _HEADER.match(line))]
    if any(line.strip() for line in lines[: headers[0][0] if headers else None]):
        headers.insert(0, (-1, ""))
    ends = [*(index for index, _ in headers[1:]), len(lines)]
    return [
        Cell(path, number, title, start + 2, lines[start + 1 : end])
        for number, ((start, title), end) in enumerate(zip(headers, ends, strict=False), 1)
    ]


def written_questions(cells: Iterable[Cell]) -> dict[str, float]:
    """The written questions of a `notebook.py`, with their points."""
    asked = {
        about["answer"]: about.get("points", "")
        for about in (cell.metadata for cell in cells)
        if "answer" in about
    }
    return {name: float(points) if POINTS.fullmatch(points) else 0.0 for name, points in asked.items()}


def filled(text: str, worth: Mapping[str, float], modules: Iterable[str], lang: str) -> str:
    """`text` with its placeholders filled; `worth` has the points of all exercises and written questions."""

    def value(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "modules":
            return joined(["NumPy", *modules]).in_language(lang)
        points = worth[name] if name else sum(worth.values())
        return f"{points:g}" if kind == "number" else _in_words(points).in_language(lang)

    return PLACEHOLDER.sub(value, text)


def _in_words(points: float) -> Text:
    return say("course.one_point") if points == 1 else say("course.points", points=f"{points:g}")


def without_sections(cells: Iterable[Any], left_out: Sequence[str]) -> Iterator[Any]:
    """The cells, nbformat's or a `Cell`, without what is said of exercises left out; texts are cut."""
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
    return any(found[1] == kind and found[2] in names for found in PLACEHOLDER.finditer(line))
