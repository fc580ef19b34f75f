"""A picture as plain text: for a terminal, a notebook without HTML, a grading system, a screen reader.

Nothing depends on colour. Blocks side by side are padded by terminal columns: a Chinese character takes two.
Standard library only, as it runs on Gradescope.
"""

import unicodedata
from collections.abc import Iterator, Sequence

from autograder.base.messages import Text
from autograder.judging.pictures import words
from autograder.judging.pictures.records import Cell, Drawing, Panel, Part, Picture

WIDTH = 80
PARTS = 2
"""Wrong parts of a result that are shown."""

Block = list[str]


def picture(picture: Picture, lang: str, width: int = WIDTH) -> Iterator[str]:
    """A wrong case, line by line: its arguments, and what was returned beside what was expected."""

    def told(text: Text) -> str:
        return text.in_language(lang)

    yield f"  {told(picture.heading)}"
    yield from (f"    {line}" for line in picture.script)
    blocks = [_side(label, shown, lang, width) for label, shown in picture.arguments]
    yield from _beside(blocks, width - 4, 4)
    if not picture.returned:
        yield f"    {told(words.nothing_came_back())}"
    for part in picture.parts[:PARTS]:
        yield from _part(picture, part, lang, width)
    if more := len(picture.parts[PARTS:]) + picture.more:
        yield f"    {told(words.more_wrong(more))}"
    if (right := words.right_parts(picture)) is not None:
        yield f"    {told(right)}"


def _part(picture: Picture, part: Part, lang: str, width: int) -> Iterator[str]:
    blocks = [_side(picture.expected.in_language(lang), part.expected, lang, width)]
    if picture.returned:
        blocks.insert(0, _side(words.yours().in_language(lang), part.got, lang, width))
    if part.path:
        yield f"    {words.path(part.path).in_language(lang)}"
    yield from _beside(blocks, width - 4, 4)
    if (count := words.differing(part)) is not None:
        yield f"    {count.in_language(lang)}"


def _side(title: str, shown: Drawing, lang: str, width: int) -> Block:
    shape = words.shape(shown)
    block = [f"{title} {shape}".rstrip()]
    for panel in shown.panels:
        text = words.panel(panel)
        if text is not None:
            block.append(text.in_language(lang))
        block += _grid(panel)
    for line, wrong in shown.lines:
        marked = f"✗ {line}" if wrong else line
        block += _chopped(marked, max(width - 8, 20))
    if (more := words.left_out(shown)) is not None:
        block.append(more.in_language(lang))
    return block


def _grid(panel: Panel) -> Block:
    texts = [[_text(cell) for cell in row] for row in panel.cells]
    if panel.columns.stop < panel.of[1]:
        texts = [[*row, "…"] for row in texts]
    if panel.columns.start:
        texts = [["…", *row] for row in texts]
    if panel.rows.stop < panel.of[0]:
        texts.append(["…"] * len(texts[0]))
    if panel.rows.start:
        texts.insert(0, ["…"] * len(texts[0]))
    widths = [max(map(columns, column)) for column in zip(*texts, strict=True)]
    return [
        "│ " + "  ".join(_right(text, width) for text, width in zip(row, widths, strict=True)) + " │"
        for row in texts
    ]


def _text(cell: Cell) -> str:
    return f"✗{cell.text}" if cell.wrong else cell.text


def _beside(blocks: Sequence[Block], width: int, indent: int) -> Iterator[str]:
    """Blocks side by side, as many as fit into a row."""
    row: list[Block] = []
    taken = 0
    for block in blocks:
        needed = max(map(columns, block)) + 3
        if row and taken + needed > width:
            yield from _joined(row, indent)
            row, taken = [], 0
        row.append(block)
        taken += needed
    if row:
        yield from _joined(row, indent)


def _joined(blocks: Sequence[Block], indent: int) -> Iterator[str]:
    height = max(map(len, blocks))
    widths = [max(map(columns, block)) for block in blocks]
    for line in range(height):
        cells = [block[line] if line < len(block) else "" for block in blocks]
        padded = (cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True))
        yield (" " * indent + "   ".join(padded)).rstrip()


def _right(text: str, width: int) -> str:
    return " " * (width - columns(text)) + text


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):  # drawn over the character before
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _chopped(line: str, width: int) -> Block:
    chopped, taken = [""], 0
    for character in line:
        taken += _columns(character)
        if taken > width:
            chopped.append("")
            taken = _columns(character)
        chopped[-1] += character
    return chopped
