"""`autograder similar`'s reports: a table on the terminal, CSV, JSON, and a page with the pairs side by side.

What students wrote is hostile until it is escaped: on the page by Jinja, on the terminal by Rich. The page is
one file that loads nothing.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.base.messages import say, translator
from autograder.reports import words
from autograder.reports.csv_file import harmless

if TYPE_CHECKING:
    from autograder.submissions.similarity import Code, Line, Pair

_COLOURS = 6
_FOLDED = 3
"""Lines in a row that everybody was given: more than these are folded away."""


def table(pairs: Sequence["Pair"], lang: str, console: Console) -> None:
    """A line a pair, the most similar first."""
    _ = translator(lang)
    shown = Table(header_style="bold")
    for heading in (_("report.column_assignment"), _("report.column_student"), _("report.column_student")):
        shown.add_column(heading, overflow="fold")
    for heading in (_("similar.column_alike"), _("similar.column_lines")):
        shown.add_column(heading, justify="right")
    for pair in pairs:
        row = (pair.assignment, escape(pair.left.student), escape(pair.right.student))
        shown.add_row(*row, f"{pair.similarity:.0%}", str(pair.lines))
    console.print(shown)


def summary(submissions: int, pairs: int, folder: Path, lang: str, console: Console) -> None:
    """How many there are, where the pages are, and that a person has to look."""
    _ = translator(lang)
    alike = say("similar.pairs_one") if pairs == 1 else say("similar.pairs_many", n=pairs)
    there = say("similar.summary", submissions=words.submissions(submissions), pairs=alike)
    console.print(there.in_language(lang))
    console.print(escape(_("similar.written", folder=folder)))


def write_csv(pairs: Sequence["Pair"], stream: TextIO) -> None:
    """One line a pair; shares from 0 to 1."""
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(
        [
            "assignment",
            "student",
            "other",
            "similarity",
            "student_share",
            "other_share",
            "lines",
            "file",
            "other_file",
        ]
    )
    for pair in pairs:
        names = [harmless(name) for name in (pair.left.student, pair.right.student)]
        shares = [f"{value:.4f}" for value in (pair.similarity, pair.left_share, pair.right_share)]
        files = [harmless(name) for name in (pair.left.file, pair.right.file)]
        rows.writerow([pair.assignment, *names, *shares, pair.lines, *files])


def write_json(pairs: Sequence["Pair"], stream: TextIO) -> None:
    """The pairs with their passages, each by the places of its first and last line."""
    document = {"schema": 1, "pairs": [_pair(pair) for pair in pairs]}
    json.dump(document, stream, ensure_ascii=False, indent=1)
    stream.write("\n")


def _pair(pair: "Pair") -> dict[str, Any]:
    def side(code: "Code", share: float) -> dict[str, Any]:
        return {"student": code.student, "file": code.file, "share": round(share, 4)}

    def place(code: "Code", lines: tuple[int, int]) -> list[dict[str, Any]]:
        return [{"where": code.lines[n].where, "line": code.lines[n].number} for n in lines]

    return {
        "assignment": pair.assignment,
        "similarity": round(pair.similarity, 4),
        "lines": pair.lines,
        "left": side(pair.left, pair.left_share),
        "right": side(pair.right, pair.right_share),
        "passages": [
            {"left": place(pair.left, one.left), "right": place(pair.right, one.right)}
            for one in pair.passages
        ],
    }


@dataclass(frozen=True)
class _Row:
    """A line of code on the page: its label, its text, its passage's number (0: none)."""

    label: str
    text: str
    passage: int
    given: bool


def write_page(pairs: Sequence["Pair"], lang: str, stream: TextIO) -> None:
    """The table, and below it every pair side by side; what belongs together has one colour and number."""
    from autograder.reports import html_page

    shown = [
        {
            "pair": pair,
            "left": _rows(pair.left, [one.left for one in pair.passages]),
            "right": _rows(pair.right, [one.right for one in pair.passages]),
        }
        for pair in pairs
    ]
    page = html_page.environment().get_template("similarity.html")
    stream.writelines(page.generate(lang=lang, shown=shown, colours=_COLOURS))


def _rows(code: "Code", passages: Sequence[tuple[int, int]]) -> list[_Row]:
    numbers = [0] * len(code.lines)
    for number, (first, last) in enumerate(passages, 1):
        for place in range(first, last + 1):
            numbers[place] = numbers[place] or number
    rows: list[_Row] = []
    before = ""
    for dull, run in groupby(zip(code.lines, numbers, strict=True), lambda one: _is_dull(one[0])):
        lines = list(run)
        if dull and len(lines) > _FOLDED:
            rows.append(_Row("⋯", "", 0, True))
            continue
        for line, number in lines:
            label = str(line.number) if line.where == before else f"{line.where} · {line.number}"
            rows.append(_Row(label, line.text, 0 if dull else number, dull))
            before = line.where
    return rows


def _is_dull(line: "Line") -> bool:
    return line.given or not line.text.strip()
