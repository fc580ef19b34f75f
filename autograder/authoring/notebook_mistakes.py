"""What an author did wrong in `notebook.py`: solution markers, exercises' cells, languages, placeholders.

`assignment.load` calls `find` before anything is made from the file, since all that is not marked as a
solution is published. The text is parsed here; it must never be run.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import cycle, groupby
from pathlib import Path

from autograder.authoring import notebook_text as script
from autograder.authoring.notebook_text import PICTURE, PLACEHOLDER, TAG, Cell, without_sections
from autograder.base.messages import COURSE_LANGUAGES, Text, joined, say

_LIKE_A_TAG = re.compile(r"\s*(?:#\s*)?(zh|en)\s*[:：]", re.IGNORECASE)
_COMMENT = re.compile(r"#+\s*([^#]*)$")
_MARKERS = [f"{word} {what}" for what in ("SOLUTION", "MARK SCHEME") for word in ("BEGIN", "END")]
_ALIKE, _WORDS = 0.85, 6
"""How similar to a marker a comment of so few words has to be to be taken for one that is misspelt."""
_TRACE = 16
"""How many characters of a solution are so many that they stand elsewhere by no accident."""
_ANSWERING = re.compile(r"^(return|\w+=(?!=))")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def find(
    path: Path,
    cells: Sequence[Cell],
    exercises: Collection[str],
    written: Collection[str],
    left_out: Sequence[str],
    languages: Sequence[str],
) -> list[Text]:
    """A sentence for each mistake in the file with these cells, exercises and written questions."""
    mistakes = _in_placeholders(path, cells, [*exercises, *written])
    mistakes += [] if mistakes else _left_out(path, cells, left_out)
    mistakes += _without_partner(cells, languages)
    defined: set[tuple[str, str | None]] = set()
    for cell in cells:
        mistakes += [*_in_header(cell), *_near_markers(cell)]
        regions, alone = _regions(cell)
        mistakes += [say("author.marker_alone", place=cell.at(alone))] if alone else []
        if cell.cell_type == "code":
            mistakes += _in_tags(cell, languages)
            mistakes += _in_code(cell, regions, exercises, languages, defined, bool(alone))
        for name in PICTURE.findall("\n".join(cell.lines)) if cell.cell_type != "code" else ():
            picture = path.parent / "pictures" / name
            if not picture.is_file():
                mistakes.append(say("author.picture_missing", file=path, name=name, path=picture))
    known = {name for name, _ in defined}
    mistakes += [say("author.no_cell", file=path, name=name) for name in exercises if name not in known]
    return [*mistakes, *_published(path, cells)]


def _in_header(cell: Cell) -> Iterator[Text]:
    known = ("lang", "answer", "points")
    odd = [kind for kind in script.KIND.findall(cell.title) if kind not in ("[markdown]", "[md]", "[raw]")]
    for option, name, value in script.OPTION.findall(cell.title):  # jupytext has others, such as tags
        misspelt = name not in known and get_close_matches(name.lower(), known, 1, 0.7)
        wrong = misspelt or (name == "lang") != (value in COURSE_LANGUAGES)
        odd += [option] if wrong or (name in ("lang", "answer") and option[-1] != '"') else []
    odd += re.findall(r"\blang\b.*", script.OPTION.sub("", cell.title))  # jupytext would not know it
    for what in odd:
        yield say("author.cell_header", place=cell.at(cell.start - 1), what=what)
    about = cell.metadata
    if ({"answer", "points"} & about.keys()) and not script.POINTS.fullmatch(about.get("points", "")):
        yield say("author.written_without_points", place=cell.at(cell.start - 1))


def _without_partner(cells: Sequence[Cell], languages: Sequence[str]) -> Iterator[Text]:
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


def _near_markers(cell: Cell) -> Iterator[Text]:
    """Comments that look like a marker, and are none."""
    markers = dict(_markers(cell))
    for number, line in cell.numbered():
        comment = _COMMENT.search(line)
        words = re.findall("[a-z]+", comment[1].lower()) if comment and number not in markers else []
        if not 0 < len(words) <= _WORDS:
            continue
        named = (
            cell.cell_type == "code" and {"begin", "end"} & {*words} and {"solution", "solutions"} & {*words}
        )
        near = get_close_matches(" ".join(words).upper(), _MARKERS, 1, 0.0 if named else _ALIKE)
        if near:
            shown = line.strip()[:40]
            yield say("author.marker_unknown", place=cell.at(number), line=shown, marker=f"### {near[0]}")


def _markers(cell: Cell) -> list[tuple[int, str]]:
    """The lines that are markers, each BEGIN or END."""
    is_code = cell.cell_type == "code"
    what = "SOLUTION" if is_code else "MARK SCHEME"
    text = [(n, line.strip() if is_code else line.removeprefix("# ")) for n, line in cell.numbered()]
    words = {f"### {word} {what}": word for word in ("BEGIN", "END")}
    return [(number, words[line]) for number, line in text if line in words]


def _regions(cell: Cell) -> tuple[list[range], int | None]:
    """The solutions from marker to marker; none where a marker has no counterpart, and then its line."""
    markers = _markers(cell)
    for (number, word), expected in zip(markers, cycle(("BEGIN", "END")), strict=False):
        if word != expected:
            return [], number
    numbers = [number for number, _ in markers]
    if len(numbers) % 2:
        return [], numbers[-1]
    return [range(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)], None


def _in_tags(cell: Cell, languages: Sequence[str]) -> Iterator[Text]:
    for tagged, found in groupby(cell.numbered(), lambda line: bool(TAG.match(line[1]))):
        run = list(found)
        langs = {TAG.match(line)[2] for _, line in run} if tagged else {*languages}  # type: ignore[index]
        for lang in languages if langs & {*languages} else ():
            if lang not in langs:
                yield say("author.tag_partner", place=cell.at(run[-1][0]), lang=lang)
        for number, line in () if tagged else run:
            if _LIKE_A_TAG.match(line):
                yield say("author.tag", place=cell.at(number), line=line.strip()[:40])


def _in_code(
    cell: Cell,
    own: list[range],
    exercises: Collection[str],
    languages: Sequence[str],
    defined: set[tuple[str, str | None]],
    unpaired: bool,
) -> Iterator[Text]:
    """Solutions and exercises; adds to what is `defined`, each in one language or in all."""
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
    lines = dict(cell.numbered())
    functions = [node for node in nodes if isinstance(node, _DEFINITIONS) and node.name in exercises]
    if len({node.name for node in functions}) > 1:
        names = joined([node.name for node in functions])
        yield say("author.cell_of_several", place=cell.at(cell.start), names=names)
    for node in functions:
        first, last = (cell.start + (line or 1) - 1 for line in (node.lineno, node.end_lineno))
        inside = [region for region in own if first <= region[0] <= last]
        own = [region for region in own if region not in inside]
        methods = node.body if isinstance(node, ast.ClassDef) and inside else []
        for part in () if unpaired else [node, *methods]:
            if not isinstance(part, _DEFINITIONS):
                continue
            start, end = (cell.start + (line or 1) - 1 for line in (part.lineno, part.end_lineno))
            given = lines[start].rstrip().endswith("# given") or part.name == "__init__"
            if not (given and part is not node) and not any(start <= region[0] <= end for region in inside):
                id = "author.no_region" if part is node else "author.method_published"
                yield say(id, place=cell.at(start), name=part.name)
        if any((node.name, lang) in defined for lang in (None, *([cell.lang] if cell.lang else languages))):
            yield say("author.defined_twice", place=cell.at(first), name=node.name)
        defined.add((node.name, cell.lang))
    for region in own:
        yield say("author.region_outside", place=cell.at(region[0]))


def _code(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip() and not line.strip().startswith("#")]


def _published(path: Path, cells: Sequence[Cell]) -> Iterator[Text]:
    """Solutions that stand once more where students read them; a single line also inside of another."""
    solutions = [region for cell in cells if cell.cell_type == "code" for region in _regions(cell)[0]]
    lines = dict(numbered for cell in cells for numbered in cell.numbered())
    hidden = {number for region in solutions for number in region}
    shown = [
        (number, line.strip().removeprefix("# ").strip())
        for number, line in lines.items()
        if line.strip() and number not in hidden
    ]
    text = "\n".join(["", *("".join(line.split()) for _, line in shown), ""])
    for region in solutions:
        code = ["".join(line.split()) for line in _code([lines[number] for number in region[1:]])]
        wanted = _ANSWERING.sub("", code[0]) if len(code) == 1 else "\n".join(["", *code, ""])
        start = text.find(wanted)
        if start >= 0 and len("".join(code)) >= _TRACE:
            number, _ = shown[text.count("\n", 0, start + 1) - 1]
            place = say("author.line", file=path, line=number)
            yield say("author.solution_published", place=place, line=region[0])


def _in_placeholders(path: Path, cells: Sequence[Cell], known: Collection[str]) -> list[Text]:
    """Placeholders that cannot be filled, and written questions with different points."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = [
        say("course.placeholder", file=path, text=match[0])
        for match in PLACEHOLDER.finditer(text)
        if match[1] not in script.KINDS or (match[2] and (match[1] == "modules" or match[2] not in known))
    ]
    about = [cell.metadata for cell in cells]
    asked = [name for name, _ in {(each["answer"], each.get("points")) for each in about if "answer" in each}]
    twice = sorted({name for name in asked if asked.count(name) > 1})
    return found + [say("author.written_points", file=path, name=name) for name in twice]


def _left_out(path: Path, cells: Sequence[Cell], names: Sequence[str]) -> Iterator[Text]:
    """Exercises without a section that could be left out, and what is left out but needed."""
    if not names:
        return
    before = _bound(cells)
    kept = list(without_sections(cells, names))
    bound = _bound(kept)
    still = bound | {cell.metadata.get("answer") for cell in kept}
    for name in names:
        if name in still:
            yield say("course.no_section", file=path, name=name)
    for cell in kept:
        for name in sorted((before - bound) & _used(cell)):
            user = next(iter(_bound([cell])), cell.source.strip().partition("\n")[0])
            yield say("course.left_out_needed", file=path, name=name, user=user)


def _bound(cells: Iterable[Cell]) -> set[str]:
    """The names that the cells of code define at their top level."""
    names: set[str] = set()
    for node in (node for cell in cells for node in _parsed(cell).body):
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in ast.walk(node) if isinstance(target, ast.Name)}
    return names


def _used(cell: Cell) -> set[str]:
    nodes = ast.walk(_parsed(cell))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _parsed(cell: Cell) -> ast.Module:
    try:
        return ast.parse(cell.source if cell.cell_type == "code" else "")
    except SyntaxError:  # a cell with a notebook's own command
        return ast.Module([], [])
