"""What an author did wrong in `notebook.py`: solution markers, exercises' cells, languages.

`assignment.load` calls `find` before anything is made from the file, since all that is not marked as a
solution is published. The text is read and parsed here; it must never be run.
"""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

from autograder.base.messages import COURSE_LANGUAGES, Text, joined, say

PICTURE = re.compile(r"\(attachment:([\w.-]+)\)")
_HEADER = re.compile(r"#\s*%%(.*)")
_KIND = re.compile(r"\[\w+\]")
_OPTION = re.compile(r'((\w+)\s*=\s*"?([^"\s]*)"?)')
_TAG = re.compile(r"\s*(?:#\s*)?(zh|en): ")
_LIKE_A_TAG = re.compile(r"\s*(?:#\s*)?(zh|en)\s*[:：]", re.IGNORECASE)
_COMMENT = re.compile(r"#+\s*([^#]*)$")
_MARKERS = [f"{word} {what}" for what in ("SOLUTION", "MARK SCHEME") for word in ("BEGIN", "END")]
_ALIKE, _WORDS = 0.85, 6
"""How similar to a marker a comment of so few words has to be to be taken for one that is misspelt."""
_TRACE = 20
"""How many characters of a solution are so many that they stand elsewhere by no accident."""


@dataclass(frozen=True)
class _Cell:
    """A cell of the script, counted from 1; its lines are numbered as in the file, from `start`."""

    path: Path
    number: int
    title: str
    start: int
    lines: Sequence[str]

    @property
    def is_code(self) -> bool:
        return not _KIND.search(self.title)

    @property
    def lang(self) -> str | None:
        return next((value for _, name, value in _OPTION.findall(self.title) if name == "lang"), None)

    def at(self, line: int) -> Text:
        first = next((line.strip() for line in self.lines if line.strip()), "")[:40]
        return say("author.cell", file=self.path, line=line, number=self.number, first=first)

    def numbered(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.lines, self.start)


def find(path: Path, exercises: Collection[str], languages: Sequence[str] = COURSE_LANGUAGES) -> list[Text]:
    """A sentence for each mistake in the file, whose exercises have these names."""
    lines = path.read_text(encoding="utf-8").split("\n")
    headers = [(index, match[1]) for index, line in enumerate(lines) if (match := _HEADER.match(line))]
    if any(line.strip() for line in lines[: headers[0][0] if headers else None]):
        headers.insert(0, (-1, ""))  # a cell without a header
    ends = [*(index for index, _ in headers[1:]), len(lines)]
    cells = [
        _Cell(path, number, title, start + 2, lines[start + 1 : end])
        for number, ((start, title), end) in enumerate(zip(headers, ends, strict=False), 1)
    ]
    mistakes = [*_without_partner(cells, languages)]
    solutions: list[range] = []
    defined: Counter[tuple[str, str | None]] = Counter()
    for cell in cells:
        mistakes += [*_in_header(cell), *_near_markers(cell)]
        mistakes += (
            _in_code(cell, exercises, languages, solutions, defined) if cell.is_code else _in_text(cell)
        )
    known = {name for name, _ in defined}
    mistakes += [say("author.no_cell", file=path, name=name) for name in exercises if name not in known]
    return [*mistakes, *_published(path, lines, solutions)]


def _in_header(cell: _Cell) -> Iterator[Text]:
    known = ("lang", "answer", "points")
    odd = [kind for kind in _KIND.findall(cell.title) if kind not in ("[markdown]", "[md]", "[raw]")]
    for option, name, value in _OPTION.findall(cell.title):  # jupytext has others, such as tags
        misspelt = name not in known and get_close_matches(name.lower(), known, 1, 0.7)
        odd += [option] if misspelt or (name == "lang") != (value in COURSE_LANGUAGES) else []
    for what in odd:
        yield say("author.cell_header", place=cell.at(cell.start - 1), what=what)


def _without_partner(cells: Sequence[_Cell], languages: Sequence[str]) -> Iterator[Text]:
    """Cells in one language that do not stand beside their translations."""
    for in_one, found in groupby(cells, lambda cell: cell.lang in languages):
        run = list(found) if in_one else []
        if len({sum(cell.lang == lang for cell in run) for lang in languages}) == 1:
            continue  # in pairs, or all of one language after all of another
        while run:  # a translation ends where a language comes again
            langs = [cell.lang for cell in run]
            size = next((size for size in range(1, len(run)) if langs[size] in langs[:size]), len(run))
            missing = [lang for lang in languages if lang not in langs[:size]]
            if missing:
                yield say("author.cell_partner", place=run[0].at(run[0].start - 1), lang=joined(missing))
            del run[:size]


def _in_text(cell: _Cell) -> Iterator[Text]:
    for name in PICTURE.findall("\n".join(cell.lines)):
        path = cell.path.parent / "pictures" / name
        if not path.is_file():
            yield say("author.picture_missing", file=cell.path, name=name, path=path)
    yield from _unpaired(cell)


def _near_markers(cell: _Cell) -> Iterator[Text]:
    """Comments that look like a marker, and are none."""
    markers = dict(_markers(cell))
    for number, line in cell.numbered():
        comment = _COMMENT.search(line)
        words = re.findall("[a-z]+", comment[1].lower()) if comment and number not in markers else []
        named = cell.is_code and {"begin", "end"} & {*words} and {"solution", "solutions"} & {*words}
        text = " ".join(words[: _WORDS + 1]).upper()
        near = get_close_matches(text, _MARKERS, 1, 0.0 if named else _ALIKE)
        if near and len(words) <= _WORDS:
            shown = line.strip()[:40]
            yield say("author.marker_unknown", place=cell.at(number), line=shown, marker=f"### {near[0]}")


def _markers(cell: _Cell) -> list[tuple[int, str]]:
    """The lines that are markers, each BEGIN or END."""
    what = "SOLUTION" if cell.is_code else "MARK SCHEME"
    text = [(n, line.strip() if cell.is_code else line.removeprefix("# ")) for n, line in cell.numbered()]
    words = {f"### {word} {what}": word for word in ("BEGIN", "END")}
    return [(number, words[line]) for number, line in text if line in words]


def _unpaired(cell: _Cell) -> Iterator[Text]:
    markers = _markers(cell)
    pairs = [("BEGIN", "END")[index % 2] for index in range(len(markers))]
    wrong = [number for (number, word), expected in zip(markers, pairs, strict=True) if word != expected]
    if wrong or len(markers) % 2:
        yield say("author.marker_alone", place=cell.at((wrong or [markers[-1][0]])[0]))


def _in_code(
    cell: _Cell,
    exercises: Collection[str],
    languages: Sequence[str],
    solutions: list[range],
    defined: Counter[tuple[str, str | None]],
) -> Iterator[Text]:
    """Tags, markers, exercises; adds to the `solutions`, as lines of the file, and to what is `defined`."""
    for tagged, found in groupby(cell.numbered(), lambda line: bool(_TAG.match(line[1]))):
        run = list(found)
        langs = {_TAG.match(line)[1] for _, line in run} if tagged else {*languages}  # type: ignore[index]
        for lang in languages if langs & {*languages} else ():
            if lang not in langs:
                yield say("author.tag_partner", place=cell.at(run[-1][0]), lang=lang)
        for number, line in () if tagged else run:
            if _LIKE_A_TAG.match(line):
                yield say("author.tag", place=cell.at(number), line=line.strip()[:40])
    unpaired = list(_unpaired(cell))
    yield from unpaired
    numbers = [number for number, _ in _markers(cell)]
    own = [] if unpaired else [range(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    solutions += own
    stub = list(cell.lines)
    for region in own:
        code = _code([cell.lines[number - cell.start] for number in region])
        indents = [line[: len(line) - len(line.lstrip())] for line in (stub[region[0] - cell.start], *code)]
        if {line.strip() for line in code} <= {"pass"} or indents[0] != indents[1]:
            yield say("author.marker_empty", place=cell.at(region[0]))
        for number in region:
            stub[number - cell.start] = f"{indents[0]}raise" if number == region[0] else ""
    try:
        nodes = ast.parse("\n".join(cell.lines)).body
        ast.parse("\n".join(stub))
    except SyntaxError as error:
        yield say("author.cell_syntax", place=cell.at(cell.start + (error.lineno or 1) - 1), error=error.msg)
        return
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    functions = [node for node in nodes if isinstance(node, kinds) and node.name in exercises]
    if len({node.name for node in functions}) > 1:
        names = joined([node.name for node in functions])
        yield say("author.cell_of_several", place=cell.at(cell.start), names=names)
    for node in functions:
        first, last = (cell.start + (line or 1) - 1 for line in (node.lineno, node.end_lineno))
        inside = [region for region in own if first <= region[0] <= last]
        own = [region for region in own if region not in inside]
        if not inside and not unpaired:
            yield say("author.no_region", place=cell.at(first), name=node.name)
        if any(defined[node.name, lang] for lang in (None, *([cell.lang] if cell.lang else languages))):
            yield say("author.defined_twice", place=cell.at(first), name=node.name)
        defined[node.name, cell.lang] += 1
    for region in own:
        yield say("author.region_outside", place=cell.at(region[0]))


def _code(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip() and not line.strip().startswith("#")]


def _published(path: Path, lines: Sequence[str], solutions: Sequence[range]) -> Iterator[Text]:
    """Solutions that stand once more where students read them."""
    hidden = {number for region in solutions for number in region}
    shown = [
        (number, line.strip().removeprefix("# ").strip())
        for number, line in enumerate(lines, 1)
        if line.strip() and number not in hidden
    ]
    text = "\n".join(["", *(line for _, line in shown), ""])
    for region in solutions:
        code = [line.strip() for line in _code(lines[region[0] : region[-1]])]
        start = text.find("\n".join(["", *code, ""]))
        if start >= 0 and len("".join(code)) >= _TRACE:
            place = say("author.line", file=path, line=shown[text.count("\n", 0, start)][0])
            yield say("author.solution_published", place=place, line=region[0])
