"""What an author did wrong in `notebook.py`: solution markers, exercises' cells, languages.

`assignment.load` calls `find` before anything is made from the file, since all that is not marked as a
solution is published. The text is read and parsed here; it must never be run.
"""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

from autograder.base.messages import COURSE_LANGUAGES, Text, joined, say

_HEADER = re.compile(r"#\s*%%(?P<title>.*)")
_BRACKET = re.compile(r"\[(\w*)\]")
_OPTION = re.compile(r'(\w+)\s*=\s*("[^"]*"|\S+)')
_TAG = re.compile(r"\s*(?:#\s*)?([A-Za-z]{2})(\s*[:：]\s*)(.*)")
PICTURE = re.compile(r"\(attachment:([\w.-]+)\)")
_COMMENT = re.compile(r"#+\s*([^#]*)$")
_MARKERS = [f"{word} {what}" for what in ("SOLUTION", "MARK SCHEME") for word in ("BEGIN", "END")]
_ALIKE, _WORDS = 0.85, 6
"""How similar to a marker a comment of so few words has to be to be taken for one that is misspelt."""
_TRACE = 20
"""How many characters of a solution are so many that they stand elsewhere by no accident."""


@dataclass(frozen=True)
class _Cell:
    """A cell of the script, counted from 1; `line` is that of its first line below the header."""

    path: Path
    number: int
    line: int
    title: str
    lines: Sequence[str]

    @cached_property
    def is_code(self) -> bool:
        return not _BRACKET.search(self.title)

    @cached_property
    def options(self) -> dict[str, str]:
        return {name: value.strip('"') for name, value in _OPTION.findall(self.title)}

    @property
    def lang(self) -> str | None:
        return self.options.get("lang")

    def at(self, index: int = 0) -> Text:
        """The place of one of its lines."""
        first = next((line.strip() for line in self.lines if line.strip()), "")[:40]
        line = self.line + index
        return say("author.cell", file=self.path, line=line, number=self.number, first=first)


@dataclass(frozen=True)
class _Region:
    """The lines between two markers, by their indices in the cell."""

    cell: _Cell
    begin: int
    end: int

    @cached_property
    def code(self) -> list[str]:
        lines = self.cell.lines[self.begin + 1 : self.end]
        return [line for line in lines if line.strip() and not line.strip().startswith("#")]


def find(path: Path, exercises: Collection[str], languages: Sequence[str] = COURSE_LANGUAGES) -> list[Text]:
    """A sentence for each mistake in the file, whose exercises have these names."""
    cells = _cells(path, path.read_text(encoding="utf-8"))
    mistakes = [mistake for cell in cells for mistake in _in_header(cell)]
    mistakes += _without_partner(cells, languages)
    regions: list[_Region] = []
    for cell in cells:
        mistakes += [*_near_markers(cell), *_without_picture(cell)]
        mistakes += _in_tags(cell, languages) if cell.is_code else ()
        for found in _regions(cell):
            (regions if isinstance(found, _Region) else mistakes).append(found)  # type: ignore[arg-type]
    mistakes += _in_exercises([cell for cell in cells if cell.is_code], regions, exercises, languages)
    return [*mistakes, *_published(cells, regions)]


def _cells(path: Path, text: str) -> list[_Cell]:
    lines = text.split("\n")
    headers = [(index, match["title"]) for index, line in enumerate(lines) if (match := _HEADER.match(line))]
    if any(line.strip() for line in lines[: headers[0][0] if headers else None]):
        headers.insert(0, (-1, ""))  # a cell without a header
    ends = [index for index, _ in headers[1:]] + [len(lines)]
    return [
        _Cell(path, number, start + 2, title, lines[start + 1 : end])
        for number, ((start, title), end) in enumerate(zip(headers, ends, strict=False), 1)
    ]


def _in_header(cell: _Cell) -> Iterator[Text]:
    kind = _BRACKET.search(cell.title)
    if kind and kind[1] not in ("markdown", "md", "raw"):
        yield say("author.cell_kind", place=cell.at(-1), kind=kind[0])
    for name in cell.options.keys() - {"lang", "answer", "points"}:
        yield say("author.cell_option", place=cell.at(-1), name=name)
    if cell.lang not in (None, *COURSE_LANGUAGES):
        known = joined(COURSE_LANGUAGES)
        yield say("author.cell_language", place=cell.at(-1), lang=repr(cell.lang), known=known)


def _without_partner(cells: Sequence[_Cell], languages: Sequence[str]) -> Iterator[Text]:
    """Cells in one language that do not stand beside their translations."""
    run: list[_Cell] = []
    for cell in (*cells, None):
        if cell and cell.lang:
            run += [cell] if cell.lang in languages else []
            continue
        while run:
            block = run[: len(languages)]
            missing = [lang for lang in languages if lang not in [each.lang for each in block]]
            about = [{**each.options, "lang": ""} for each in block]
            if missing:
                yield say("author.cell_partner", place=block[0].at(-1), lang=joined(missing))
                block = run[: next((n for n, each in enumerate(run) if n and each.lang == run[0].lang), None)]
            elif any(each != about[0] for each in about):
                yield say("author.cell_options_differ", place=block[0].at(-1))
            del run[: len(block)]


def _in_tags(cell: _Cell, languages: Sequence[str]) -> Iterator[Text]:
    """Lines for one language: `zh: …`, `# en: …`."""
    found: dict[str, None] = {}
    for index, line in enumerate((*cell.lines, "")):
        tag = _TAG.match(line)
        lang = tag[1].lower() if tag else ""
        if tag and (lang in COURSE_LANGUAGES or (found and tag[1] == lang)):
            if lang not in COURSE_LANGUAGES or tag[1] != lang or tag[2] != ": ":
                tags = joined([f"{lang}: " for lang in COURSE_LANGUAGES])
                yield say("author.tag", place=cell.at(index), line=line.strip()[:40], tags=tags)
            found[lang] = None
        elif found:
            missing = [lang for lang in languages if lang not in found]
            if missing and found.keys() & set(languages):
                yield say("author.tag_partner", place=cell.at(index - 1), lang=joined(missing))
            found = {}


def _without_picture(cell: _Cell) -> Iterator[Text]:
    for name in [] if cell.is_code else PICTURE.findall("\n".join(cell.lines)):
        path = cell.path.parent / "pictures" / name
        if not path.is_file():
            yield say("author.picture_missing", file=cell.path, name=name, path=path)


def _near_markers(cell: _Cell) -> Iterator[Text]:
    """Comments that look like a marker, and are none."""
    for index, line in enumerate(cell.lines):
        comment = _COMMENT.search(line)
        words = re.findall("[a-z]+", comment[1].lower()) if comment else []
        if not 1 <= len(words) <= _WORDS or _is_marker(cell, line):
            continue
        alike = {
            marker: SequenceMatcher(None, " ".join(words), marker.lower()).ratio() for marker in _MARKERS
        }
        marker = max(alike, key=alike.__getitem__)
        named = cell.is_code and {"begin", "end"} & {*words} and {"solution", "solutions"} & {*words}
        if named or alike[marker] >= _ALIKE:
            shown = line.strip()[:40]
            yield say("author.marker_unknown", place=cell.at(index), line=shown, marker=f"### {marker}")


def _is_marker(cell: _Cell, line: str) -> str:
    """BEGIN or END where a line is a marker, else an empty text."""
    marker = line.strip() if cell.is_code else line.removeprefix("#").removeprefix(" ")
    word, _, what = marker.removeprefix("### ").partition(" ")
    known = marker.startswith("### ") and word in ("BEGIN", "END")
    return word if known and what == ("SOLUTION" if cell.is_code else "MARK SCHEME") else ""


def _regions(cell: _Cell) -> Iterator[_Region | Text]:
    begin: int | None = None
    for index, line in enumerate(cell.lines):
        word = _is_marker(cell, line)
        if word == "BEGIN":
            if begin is not None:
                yield say("author.marker_nested", place=cell.at(index), line=cell.line + begin)
            begin = index
        elif word and begin is None:
            yield say("author.marker_end", place=cell.at(index))
        elif word and begin is not None:
            region = _Region(cell, begin, index)
            if cell.is_code:
                yield region
                yield from _in_region(region)
            begin = None
    if begin is not None:
        yield say("author.marker_begin", place=cell.at(begin))


def _in_region(region: _Region) -> Iterator[Text]:
    lines = region.cell.lines
    if {line.strip() for line in region.code} <= {"pass"}:
        yield say("author.marker_empty", place=region.cell.at(region.begin))
    elif _indent(region.code[0]) != _indent(lines[region.begin]):
        yield say("author.marker_indented", place=region.cell.at(region.begin))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _in_exercises(
    cells: Sequence[_Cell], regions: Sequence[_Region], exercises: Collection[str], languages: Sequence[str]
) -> Iterator[Text]:
    """Where exercises are defined, and whether their solutions are marked."""
    defined: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        own = [region for region in regions if region.cell is cell]
        try:
            nodes = ast.parse("\n".join(cell.lines)).body
            ast.parse(_stub(cell, own))
        except SyntaxError as error:
            yield say("author.cell_syntax", place=cell.at((error.lineno or 1) - 1), error=error.msg)
            continue
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [node for node in nodes if isinstance(node, kinds) and node.name in exercises]
        names = list(dict.fromkeys(node.name for node in found))
        if len(names) > 1:
            yield say("author.cell_of_several", place=cell.at(), names=joined(names))
        for node in found:
            inside = [region for region in own if node.lineno <= region.begin + 1 <= (node.end_lineno or 0)]
            own = [region for region in own if region not in inside]
            if not inside:
                yield say("author.no_region", place=cell.at(node.lineno - 1), name=node.name)
            for lang in languages if cell.lang is None else [cell.lang]:
                defined[node.name, lang] += 1
                if defined[node.name, lang] == 2:
                    yield say("author.defined_twice", place=cell.at(node.lineno - 1), name=node.name)
        for region in own:
            yield say("author.region_outside", place=cell.at(region.begin))
    for name in exercises:
        missing = [lang for lang in languages if not defined[name, lang]]
        if missing and cells:
            yield say("author.no_cell", file=cells[0].path, name=name, lang=joined(missing))


def _stub(cell: _Cell, regions: Sequence[_Region]) -> str:
    """The cell with a statement in place of its solutions, for its syntax alone."""
    lines = list(cell.lines)
    for region in reversed(regions):
        lines[region.begin : region.end + 1] = [_indent(lines[region.begin]) + "raise"]
    return "\n".join(lines)


def _published(cells: Sequence[_Cell], regions: Sequence[_Region]) -> Iterator[Text]:
    """Solutions that stand once more where students read them."""
    hidden = {(region.cell.number, i) for region in regions for i in range(region.begin, region.end + 1)}
    shown = [
        (line.strip().removeprefix("# ").strip(), cell, index)
        for cell in cells
        for index, line in enumerate(cell.lines)
        if line.strip() and (cell.number, index) not in hidden
    ]
    text = "\n".join(["", *(line for line, _, _ in shown), ""])
    for region in regions:
        code = [line.strip() for line in region.code]
        start = text.find("\n".join(["", *code, ""]))
        if start >= 0 and len("".join(code)) >= _TRACE:
            _, cell, index = shown[text.count("\n", 0, start)]
            line = region.cell.line + region.begin
            yield say("author.solution_published", place=cell.at(index), line=line)
