r"""The equations of a file, and the words around them: Markdown, LaTeX, notebooks, HTML, plain text.

`check` makes a `Scan` of each file. Equations stand in $…$, $$…$$, \[…\], \(…\), LaTeX's environments, and on
lines of text that begin with one of the lecture's quantities; code is left alone. Nothing is parsed here.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from autograder.base.messages import TextError, say
from autograder.cnn.derivations.documents.markup import as_markdown
from autograder.cnn.derivations.documents.settings import Stated, stated_sizes
from autograder.cnn.derivations.notation.rows import RELATION, split_rows

MAX_EQUATIONS = 2_000


class DocumentError(TextError):
    """A file that cannot be checked at all."""


@dataclass(frozen=True)
class Found:
    """One equation of a file, not yet read. `section` is the number of the part between two headings."""

    cell: int
    line: int
    source: str
    section: int


_DELIMITER = re.compile(
    r"(?P<fence>^[ \t]*(?:```+|~~~+)[^\n]*$)"
    r"|(?P<heading>^[ \t]{0,3}\#{1,6}[ \t][^\n]*$|\\(?:sub)*section\*?\{)"
    r"|(?P<escaped>\\\$)|\$\$|\$|\\\[(?![\d.]+(?:em|ex|pt|mm)\])|\\\]|\\\(|\\\)"
    r"|\\(?:begin|end)\s*\{(?P<name>[a-z]{1,12})\*?\}|(?P<blank>\n[ \t]*\n)",
    re.MULTILINE,
)
_ENVIRONMENTS = (
    *("equation", "align", "aligned", "alignat", "flalign", "gather", "gathered", "multline", "eqnarray"),
    *("split", "math", "displaymath", "cases"),
)
_CLOSING = {"$": "$", "$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_PLAIN_FENCES = re.compile(r"[ \t]*(?:```+|~~~+)[ \t]*(text|txt|math|latex|tex)?[ \t]*$")
MATRIX = re.compile(r"\\begin\s*\{\s*([pbBvV]?matrix|smallmatrix|array|r?cases)\*?\s*\}")
_LEFT = re.compile(
    r"\s*(&\s*)?(\\boxed\s*\{\s*)?(\\?partial|\\[dt]?frac|∂|\\?delta|δ|d(?=[\d_\[₀-₉])"
    r"|d(?=[Jzaw]|\(?\\?delta)|\(?[zawb](?![A-Za-z])|d[A-Za-z]{1,4}\s*/\s*d[A-Za-z]|d[A-Z](?=[\d_\[])"
    r"|[A-Z](?=[\d_\[^]|\s*=\s*[A-Z])|[xyohkf]_?[\d{\[]|\\nabla|∇)"
)
_VARIANTS = re.compile("[\U0001d400-\U0001d7ff０-９Ａ-Ｚａ-ｚ＝＋－＊＿]")
"""Mathematical and full-width letters and signs; full-width commas and brackets belong to the sentence."""
_PROSE = re.compile(r"[\u3400-\u9fff\u3000-\u3002，。；：！？“”（）]+")
_LEADING = re.compile(
    r"\s*(?:(?:so|hence|thus|therefore|then|and|where|we (?:get|have|find|obtain)|that|it follows that|gives?"
    r"|is|with)\b[,:]?\s*)+",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^([ \t>]*(?:[-*+•]|\d{1,3}[.)、])[ \t]+|[ \t]*>[ \t>]*)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*[=\-─═*_|:]{3,}[ \t]*$", re.MULTILINE)


class Scan:
    """One pass over a file: its equations, the words of its sections, and the sizes that it states."""

    def __init__(self, text: str, suffix: str) -> None:
        self.found: list[Found] = []
        self.sections: list[str] = []
        self.stated: list[Stated] = []
        if suffix == ".ipynb":
            for number, cell in text_cells(text):
                self._read(as_markdown(cell, suffix), number)
        elif suffix == ".tex":
            self._read(re.sub(r"(?<!\\)%[^\n]*", lambda match: " " * len(match[0]), text), 0)
        else:
            self._read(as_markdown(text, suffix), 0)

    def _read(self, text: str, cell: int) -> None:
        """Formulas and lines in their order: between delimiters stand formulas, the rest is text."""
        text = _VARIANTS.sub(lambda match: normalize("NFKC", match[0]), text)
        self.cell, self.text = cell, text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        section_from = plain_from = start = 0
        closing, code = "", False
        for match in _DELIMITER.finditer(text):
            token = match[0]
            if match["fence"]:
                if closing:
                    continue
                if not code:
                    self._lines(plain_from, match.start())
                # Inside of code nothing is read, unless it says that it is text.
                code = not code and not _PLAIN_FENCES.fullmatch(token)
                plain_from = match.end()
            elif code or match["escaped"]:
                continue
            elif match["heading"] and not closing.startswith("\\"):
                # A heading within dollars: one of them was no formula, after all.
                self._lines(start if closing else plain_from, match.start())
                self.sections.append(text[section_from : match.start()])
                section_from, plain_from, closing = match.start(), match.end(), ""
            elif match["blank"]:
                if closing == "$":
                    closing, plain_from = "", start
            elif closing:
                if token.replace(" ", "") == closing:
                    self._formula(start, match.start())
                    closing, plain_from = "", match.end()
            elif token in _CLOSING or (token.startswith("\\begin") and match["name"] in _ENVIRONMENTS):
                self._lines(plain_from, match.start())
                closing = _CLOSING.get(token) or token.replace("begin", "end").replace(" ", "")
                start = match.end()
        if not code:
            self._lines(start if closing else plain_from, len(text))
        self.sections.append(text[section_from:])
        for number, line in enumerate(text.splitlines(), 1):
            if (options := stated_sizes(line)) is not None:
                self.stated.append(Stated(cell, number, options))

    def _formula(self, start: int, end: int) -> None:
        """The rows of a formula that are equations; one with a matrix stays in one piece."""
        formula = self.text[start:end]
        if MATRIX.search(formula):
            if RELATION.search(formula):
                self._enter(start + len(formula) - len(formula.lstrip()), formula.strip())
            return
        for row in split_rows(self.text[start:end], newline_separates=False):
            if RELATION.search(row.text):
                self._enter(start + row.at, row.text)

    def _lines(self, start: int, end: int) -> None:
        """The lines of text that are equations: an equals sign, one of the lecture's quantities before it."""
        if not RELATION.search(self.text, start, end):
            return
        for paragraph in re.finditer(r"(?:[^\n]+\n?)+", self.text[start:end]):
            lines = _RULE.sub(lambda match: " " * len(match[0]), paragraph[0])
            lines = _BULLET.sub(_without_bullet, lines).replace("`", " ")
            for row in split_rows(lines):
                if not RELATION.search(row.text):
                    continue
                for at, piece in _pieces(row.text):
                    if RELATION.search(piece) and _LEFT.match(piece):
                        self._enter(start + paragraph.start() + row.at + at, piece)

    def _enter(self, at: int, source: str) -> None:
        if len(self.found) >= MAX_EQUATIONS:
            raise DocumentError(say("cnn.document.too_many_equations", limit=f"{MAX_EQUATIONS:,}"))
        line = bisect_right(self.starts, at)
        self.found.append(Found(self.cell, line, source, len(self.sections)))


def text_cells(text: str) -> Iterator[tuple[int, str]]:
    """A notebook's text cells with their numbers."""
    try:
        for number, cell in enumerate(json.loads(text)["cells"], 1):
            if cell["cell_type"] in ("markdown", "raw"):
                source = cell["source"]
                yield number, source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DocumentError(say("cnn.document.notebook_unreadable")) from None


def _pieces(row: str) -> Iterator[tuple[int, str]]:
    """What stands between Chinese words, or behind "so" and "we get": an equation may be one of them."""
    start = 0
    for prose in [*_PROSE.finditer(row), None]:
        piece = row[start : prose.start() if prose else len(row)]
        lead = _LEADING.match(piece)
        skipped = lead.end() if lead and RELATION.search(piece) else 0
        text = piece[skipped:].strip(" \t\r\n,.;:&")
        if text:
            yield start + skipped + piece[skipped:].index(text), text
        start = prose.end() if prose else start


def _without_bullet(match: re.Match[str]) -> str:
    """A bullet goes where an equation follows; a sign before a term that goes on with a sum stays."""
    rest = match.string[match.end() :].partition("\n")[0]
    return " " * len(match[0]) if RELATION.search(rest) or match[0].strip()[0] not in "-+*" else match[0]
