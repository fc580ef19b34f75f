"""What `check-derivation` shows: a line an equation, what is wrong below it, and the counts; or JSON."""

import json
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text as Line

from autograder.messages import Text, say
from autograder.symbolic.documents import Checked, Report, Status, describe

SHOWN = 100
"""Characters of a right equation that are shown; others are shown whole."""
_MARKS: dict[Status, tuple[str, str]] = {
    "right": ("✓", "green"),
    "wrong": ("✗", "red"),
    "not carried out": ("…", "yellow"),
    "not covered": ("–", "cyan"),
    "not understood": ("?", "magenta"),
}


def name_of(status: Status) -> Text:
    """A status in words."""
    match status:
        case "right":
            return say("right")
        case "wrong":
            return say("wrong")
        case "not carried out":
            return say("not carried out")
        case "not covered":
            return say("not covered")
        case "not understood":
            return say("not understood")


def show(report: Report, lang: str, console: Console) -> None:
    """Print a report."""
    if not report.equations:
        console.print(escape(say("There is no equation in this file.").in_language(lang)))
        return
    if report.layers:
        sizes = "; ".join(describe(layer).in_language(lang) for layer in report.layers)
        console.print(escape(say("Checked with {sizes}.", sizes=sizes).in_language(lang)))
    for one in report.equations:
        _show_one(one, lang, console)
    counts = [
        f"[{_MARKS[status][1]}]{count}[/] {escape(name_of(status).in_language(lang))}"
        for status, count in report.counts.items()
        if count
    ]
    total = say("{count} equations:", count=len(report.equations)).in_language(lang)
    console.print(f"[bold]{escape(total)}[/] " + ("，" if lang == "zh" else ", ").join(counts))


def _show_one(one: Checked, lang: str, console: Console) -> None:
    mark, colour = _MARKS[one.status]
    where = (
        say("cell {cell}, line {line}", cell=one.cell, line=one.line)
        if one.cell
        else say("line {line}", line=one.line)
    )
    formula = one.read_as or " ".join(one.source.split())
    if one.status == "right" and len(formula) > SHOWN:
        formula = formula[: SHOWN - 1] + "…"
    elif len(formula) > 10 * SHOWN:
        formula = formula[: 10 * SHOWN - 1] + "…"
    many = (
        say(" (at all {count} elements)", count=one.elements).in_language(lang)
        if one.status == "right" and one.elements > 1
        else ""
    )
    line = Line.assemble((mark, colour), f" {where.in_language(lang)}  ", formula, (many, "dim"))
    console.print(line, soft_wrap=True)
    if text := one.text.in_language(lang):
        if one.status != "right":
            text = f"{name_of(one.status).in_language(lang)}{'：' if lang == 'zh' else ': '}{text}"
        console.print(Padding(Line(text), (0, 0, 0, 4)))


def write_json(report: Report, lang: str, stream: TextIO) -> None:
    """Write a report as JSON."""
    json.dump(report.to_data(lang), stream, ensure_ascii=False, indent=2)
    stream.write("\n")
