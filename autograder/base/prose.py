"""Fold sentences to the width of a terminal, also in Chinese.

Used by whatever writes sentences on a terminal. Rich folds between words only, and takes a run of Chinese for
one long word. `Prose` also folds between Chinese characters, but never before a closing mark or after an
opening one. Widths are counted in cells; a Chinese character takes two.
"""

import re
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_OPENING = "（《“‘「『【〔〈"
_CLOSING = "，。、；：！？）》”’」』】〕〉…"
_PIECE = re.compile(
    rf"\s+|[{_OPENING}]*(?:[^\s{_WIDE}{_OPENING}{_CLOSING}]+|[^\s{_OPENING}{_CLOSING}])[{_CLOSING}]*|\S"
)


@dataclass(frozen=True)
class Prose:
    """A text of whole sentences, in one style."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in folded(self.text, options.max_width):
            yield Text(line, style=self.style, no_wrap=True, overflow="ignore")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        pieces = (cell_len(piece) for piece in _PIECE.findall(self.text))
        longest = max(map(cell_len, self.text.splitlines()), default=0)
        return Measurement(max(pieces, default=0), longest).with_maximum(options.max_width)


def folded(text: str, width: int) -> list[str]:
    """The lines of `text`, none of them wider than `width` cells."""
    lines: list[str] = []
    for paragraph in text.expandtabs().splitlines() or [""]:
        line, start = "", len(lines)
        for piece in _PIECE.findall(paragraph):
            if line and cell_len(line) + cell_len(piece.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            if not line:
                piece = piece.lstrip() if len(lines) > start and not piece.strip() else piece
                *full, piece = chop_cells(piece, width) or [""]
                lines += full
            line += piece
        lines.append(line.rstrip())
    return lines
