"""`check-derivation --html`: a text as it was written, each equation marked, rendered and explained.

The command calls `page`. It shows what `check` found, and decides nothing; what a text holds is escaped, and
the page loads nothing.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

from autograder.base.html import environment
from autograder.cnn.derivations.documents import findings
from autograder.cnn.derivations.documents.find import text_cells
from autograder.cnn.derivations.documents.report import STATUSES, Checked, Report
from autograder.cnn.derivations.notation import write
from autograder.submissions.content import decode

MARK = '<meta name="generator" content="autograder check-derivation">'
"""Near the beginning of every page that was written here, to recognise it before it is overwritten."""


Pieces = list[tuple[str, Checked | None]]
"""Some lines of a text, in pieces with or without an equation."""


def page(file: Path, report: Report, lang: str) -> str:
    """The complete page of a file that was checked."""
    text, _ = decode(file.read_bytes()) or ("", "")
    cells = text_cells(text) if file.suffix.lower() == ".ipynb" else [(0, text)]
    numbers = {id(equation): number for number, equation in enumerate(report.equations, 1)}
    context = findings.context(report, lang) | {
        "title": file.name,
        "passages": [(cell, pieces) for cell, text in cells for pieces in _passages(cell, text, report)],
        "number": lambda equation: numbers[id(equation)],
        "signs": {status: findings.sign(status) for status in STATUSES if report.counts[status]},
        "name_of": findings.name_of,
        "kind": lambda node: type(node).__name__,
        "write": write,
        "is_wrong": lambda equation, term: (
            _canonical(write.formula(term)) in [_canonical(fault.typed) for fault in equation.faults]
        ),
    }
    template = environment("autograder.cnn.derivations.documents", (lang,)).get_template("checked.html")
    return template.render(context)


def _passages(cell: int, text: str, report: Report) -> Iterator[Pieces]:
    """A text cut behind each line in which an equation ends."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    pieces: Pieces = []
    done = end_of_line = 0
    for equation in report.equations:
        if equation.cell != cell:
            continue
        start, end = _place(text, equation, max(done, starts[min(equation.line, len(starts)) - 1]))
        if pieces and start > end_of_line:
            yield [*pieces, (text[done:end_of_line], None)]
            pieces, done = [], end_of_line + 1
        pieces += [(text[done:start], None), (text[start:end], equation)]
        done = end
        end_of_line = text.find("\n", end) if "\n" in text[end:] else len(text)
    yield [*pieces, (text[done:end_of_line], None)]
    yield [(text[end_of_line:].strip("\n"), None)]


def _place(text: str, equation: Checked, start: int) -> tuple[int, int]:
    """Where an equation stands; the rest of its line where it was read in other characters."""
    for written in (text, normalize("NFKC", text)):
        at = written.find(equation.source, start) if len(written) == len(text) else -1
        if at >= 0:
            return at, at + len(equation.source)
    return start, len(text) if (end := text.find("\n", start)) < 0 else end


def _canonical(term: str) -> list[str]:
    """A term's factors, without its sign and the layers that go without saying."""
    return sorted(re.sub(r"⁽ˡ[⁺⁻¹]*⁾|^−", "", term).split("·"))
