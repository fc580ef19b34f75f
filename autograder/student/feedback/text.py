"""Cards as plain text: for a terminal, a notebook without HTML, and a screen reader.

Nothing depends on colour. Blocks side by side are padded by terminal columns: a Chinese character takes two.
"""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

from autograder.base.messages import Text
from autograder.judging.results import Verdict
from autograder.student.feedback import words
from autograder.student.feedback.card import Card
from autograder.student.feedback.failure import Failure, Pair
from autograder.student.feedback.layout import Cell, Drawing, Panel, argument, beside

WIDTH = 80
PARTS = 2
"""Wrong parts of a result that are shown."""

Block = list[str]


def card(card: Card, lang: str, width: int = WIDTH) -> str:
    """One exercise, line by line."""
    return "\n".join(_card(card, lang, width)) + "\n"


def _card(card: Card, lang: str, width: int) -> Iterator[str]:
    result = card.result
    sign = {Verdict.AC: "✓", Verdict.NI: "·"}.get(result.verdict, "✗")
    yield f"{sign} {result.name}  {words.points(result).in_language(lang)}"
    if result.verdict is not Verdict.NI:
        for group, title in zip(result.groups, card.titles, strict=True):
            good = all(case.verdict.earns for case in group.cases)
            points = f"{group.points:g}/{group.max_points:g}"
            yield f"  {'✓' if good else '✗'} {title.in_language(lang)}  {points}"
    if result.verdict is Verdict.AC:
        yield f"  {card.all_pass.in_language(lang)}"
        return
    if result.symptom is not None:
        yield f"  {result.symptom.in_language(lang)}"
    if (idea := words.hint(card)) is not None:
        yield f"  → {idea.in_language(lang)}"
    for failure in (card.failure, card.smaller):
        if failure is not None:
            yield ""
            yield from picture(failure, lang, width)
    if card.formula is not None:
        yield ""
        yield f"  {card.formula.heading.in_language(lang)}"
        for line in card.formula.shown.write("text", lang=lang).splitlines():
            yield f"    {line}".rstrip()
    yield ""
    yield words.following(card.next_step).in_language(lang)


def picture(failure: Failure, lang: str, width: int = WIDTH) -> Iterator[str]:
    """A failure: its arguments, and what was returned beside what was expected."""

    def told(text: Text) -> str:
        return text.in_language(lang)

    yield f"  {told(words.heading(failure))}"
    yield from (f"    {line}" for line in failure.script)
    blocks = [
        _side(label, shown, lang, width)
        for name, value in failure.arguments
        for label, shown in argument(name, value)
    ]
    yield from _beside(blocks, width - 4, 4)
    if not failure.returned:
        yield f"    {told(words.nothing_came_back())}"
    for pair in failure.pairs[:PARTS]:
        yield from _pair(failure, pair, lang, width)
    if len(failure.pairs) > PARTS:
        yield f"    {told(words.more_wrong(len(failure.pairs) - PARTS))}"
    if (right := words.right_parts(failure)) is not None:
        yield f"    {told(right)}"


def _pair(failure: Failure, pair: Pair, lang: str, width: int) -> Iterator[str]:
    got, expected = beside(pair)
    blocks = [_side(words.expected(failure).in_language(lang), expected, lang, width)]
    if failure.returned:
        blocks.insert(0, _side(words.yours().in_language(lang), got, lang, width))
    if pair.path:
        yield f"    {words.path(pair.path).in_language(lang)}"
    yield from _beside(blocks, width - 4, 4)
    if (count := words.differing(pair)) is not None:
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
        block += chop_cells(marked, max(width - 8, 20)) or [""]
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
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
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
        needed = max(map(cell_len, block)) + 3
        if row and taken + needed > width:
            yield from _joined(row, indent)
            row, taken = [], 0
        row.append(block)
        taken += needed
    if row:
        yield from _joined(row, indent)


def _joined(blocks: Sequence[Block], indent: int) -> Iterator[str]:
    height = max(map(len, blocks))
    widths = [max(map(cell_len, block)) for block in blocks]
    for line in range(height):
        cells = [block[line] if line < len(block) else "" for block in blocks]
        padded = (set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
        yield (" " * indent + "   ".join(padded)).rstrip()


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
