"""The reports of `autograder similar`: a terminal table, CSV, JSON, and a page of the pairs side by side.

Students' text must be escaped: by Jinja on the page, by Rich on the terminal. The page is one file that loads
nothing.
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

from autograder.base.messages import languages, say, translator
from autograder.reports import words
from autograder.reports.csv_file import BOM, harmless
from autograder.submissions import records

if TYPE_CHECKING:
    from autograder.submissions.similarity import Code, Line, Pair

_COLOURS = 6
_FOLDED = 3
"""Longer runs of lines that everybody was given are folded."""


def table(pairs: Sequence["Pair"], lang: str, console: Console) -> None:
    """Print a row for each pair, the most similar first."""
    _ = translator(lang)
    shown = Table(header_style="bold")
    for heading in (_("report.column_assignment"), _("report.column_student"), _("report.column_student")):
        shown.add_column(heading, overflow="fold")
    for heading in (_("similar.column_alike"), _("similar.column_lines")):
        shown.add_column(heading, justify="right")
    for pair in pairs:
        row = (pair.assignment, escape(pair.left.student), escape(pair.right.student))
        alike = _("similar.identical") if pair.is_identical else f"{pair.similarity:.0%}"
        shown.add_row(*row, alike, str(pair.lines))
    console.print(shown)


def summary(submissions: int, pairs: int, folder: Path, lang: str, console: Console) -> None:
    """Print how many pairs there are, and where the files are."""
    _ = translator(lang)
    alike = say("similar.pairs_one") if pairs == 1 else say("similar.pairs_many", n=pairs)
    there = say("similar.summary", submissions=words.submissions(submissions), pairs=alike)
    console.print(there.in_language(lang))
    console.print(escape(_("similar.written", folder=folder)))


def write_csv(pairs: Sequence["Pair"], stream: TextIO) -> None:
    """Write a row for each pair; shares are from 0 to 1."""
    stream.write(BOM)
    rows = csv.writer(stream, lineterminator="\n")
    shares = ["similarity", "student_share", "other_share"]
    rows.writerow(["assignment", "student", "other", *shares, "lines", "file", "other_file"])
    for pair in pairs:
        names = [harmless(name) for name in (pair.left.student, pair.right.student)]
        values = [f"{value:.4f}" for value in (pair.similarity, pair.left_share, pair.right_share)]
        files = [harmless(name) for name in (pair.left.file, pair.right.file)]
        rows.writerow([pair.assignment, *names, *values, pair.lines, *files])


def write_json(pairs: Sequence["Pair"], stream: TextIO) -> None:
    """Write the pairs with their passages, each given by its first and last line."""
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
        "identical": pair.is_identical,
        "left": side(pair.left, pair.left_share),
        "right": side(pair.right, pair.right_share),
        "passages": [
            {"left": place(pair.left, passage.left), "right": place(pair.right, passage.right)}
            for passage in pair.passages
        ],
    }


@dataclass(frozen=True)
class _Row:
    """A line of code on the page; `passage` is the number of its passage (0: none)."""

    label: str
    text: str
    passage: int
    given: bool


def write_page(pairs: Sequence["Pair"], lang: str, stream: TextIO) -> None:
    """Write the table, and below it every pair side by side, shared passages in the same colour."""
    from autograder.reports import html_page

    shown = [
        {
            "pair": pair,
            "left": _rows(pair.left, lang, [passage.left for passage in pair.passages]),
            "right": _rows(pair.right, lang, [passage.right for passage in pair.passages]),
        }
        for pair in pairs
    ]
    page = html_page.environment(languages()).get_template("similarity.html")
    stream.writelines(page.generate(lang=lang, shown=shown, colours=_COLOURS))


def _rows(code: "Code", lang: str, passages: Sequence[tuple[int, int]]) -> list[_Row]:
    numbers = [0] * len(code.lines)
    for number, (first, last) in enumerate(passages, 1):
        for index in range(first, last + 1):
            numbers[index] = numbers[index] or number
    rows: list[_Row] = []
    before = ""
    for dull, run in groupby(zip(code.lines, numbers, strict=True), lambda pair: _is_dull(pair[0])):
        lines = list(run)
        if dull and len(lines) > _FOLDED:
            rows.append(_Row("⋯", "", 0, True))
            continue
        for line, number in lines:
            place = "" if line.where == before else f"{records.place(line.where).in_language(lang)} · "
            label = f"{place}{line.number}"
            rows.append(_Row(label, line.text, 0 if dull else number, dull))
            before = line.where
    return rows


def _is_dull(line: "Line") -> bool:
    return line.given or not line.text.strip()
