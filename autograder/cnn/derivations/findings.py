"""What `check-derivation` shows: a line an equation, what is wrong below it, and the counts; or JSON.

The command line prints it with Rich; in a notebook a `Findings` shows itself.
"""

import io
import json
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text as Line

from autograder.base.messages import Text, say
from autograder.cnn.derivations.documents import Checked, Report, Status
from autograder.cnn.derivations.layer import describe

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
            return say("verdict.right")
        case "wrong":
            return say("cnn.status.wrong")
        case "not carried out":
            return say("cnn.status.not_carried_out")
        case "not covered":
            return say("cnn.status.not_covered")
        case "not understood":
            return say("cnn.status.not_understood")


@dataclass(frozen=True)
class Findings:
    """A report that shows itself in a notebook, in one language."""

    report: Report
    lang: str

    def __str__(self) -> str:
        stream = io.StringIO()
        console = Console(file=stream, highlight=False, color_system=None, width=100, force_jupyter=False)
        show(self.report, self.lang, console)
        return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        lines = []
        for one in self.report.equations:
            because = _because(one, self.lang)
            said = f"<br>{because}" if because else ""
            lines.append(f"- {_MARKS[one.status][0]} {_where(one, self.lang)} `{_formula(one)}`{said}")
        return "\n".join([*lines, "", _total(self.report, self.lang)])

    def _repr_html_(self) -> str:
        from autograder.cnn.derivations.render.html import templates

        return (
            templates(self.lang)
            .get_template("findings.html")
            .render(
                sizes=_sizes(self.report, self.lang),
                equations=self.report.equations,
                total=_total(self.report, self.lang),
                sign=lambda one: _MARKS[one.status][0],
                where=lambda one: _where(one, self.lang),
                formula=_formula,
                many=lambda one: _many(one, self.lang),
                because=lambda one: _because(one, self.lang),
            )
        )


def show(report: Report, lang: str, console: Console) -> None:
    """Print a report."""
    if not report.equations:
        console.print(escape(_total(report, lang)))
        return
    if sizes := _sizes(report, lang):
        console.print(escape(sizes))
    for one in report.equations:
        _show_one(one, lang, console)
    counts = [
        f"[{_MARKS[status][1]}]{count}[/] {escape(name_of(status).in_language(lang))}"
        for status, count in report.counts.items()
        if count
    ]
    total = say("cnn.derivation.total", count=len(report.equations)).in_language(lang)
    console.print(f"[bold]{escape(total)}[/] " + ("，" if lang == "zh" else ", ").join(counts))


def _show_one(one: Checked, lang: str, console: Console) -> None:
    mark, colour = _MARKS[one.status]
    line = Line.assemble((mark, colour), f" {_where(one, lang)}  ", _formula(one), (_many(one, lang), "dim"))
    console.print(line, soft_wrap=True)
    if because := _because(one, lang):
        console.print(Padding(Line(because), (0, 0, 0, 4)))


# ---- The words, in one language ----------------------------------------------------------------------------


def _sizes(report: Report, lang: str) -> str:
    if not report.layers:
        return ""
    sizes = "; ".join(describe(layer).in_language(lang) for layer in report.layers)
    return say("cnn.derivation.sizes", sizes=sizes).in_language(lang)


def _where(one: Checked, lang: str) -> str:
    where = (
        say("cnn.derivation.place_in_cell", cell=one.cell, line=one.line)
        if one.cell
        else say("cnn.derivation.place_in_text", line=one.line)
    )
    return where.in_language(lang)


def _formula(one: Checked) -> str:
    """As it was understood, else as it stands there."""
    formula = one.read_as or " ".join(one.source.split())
    if one.status == "right" and len(formula) > SHOWN:
        return formula[: SHOWN - 1] + "…"
    return formula if len(formula) <= 10 * SHOWN else formula[: 10 * SHOWN - 1] + "…"


def _many(one: Checked, lang: str) -> str:
    if one.status != "right" or one.elements <= 1:
        return ""
    return say("cnn.derivation.at_all_elements", count=one.elements).in_language(lang)


def _because(one: Checked, lang: str) -> str:
    text = one.text.in_language(lang)
    if not text or one.status == "right":
        return text
    return f"{name_of(one.status).in_language(lang)}{'：' if lang == 'zh' else ': '}{text}"


def _total(report: Report, lang: str) -> str:
    """How many equations there are of each status."""
    if not report.equations:
        none = say("cnn.derivation.no_equation")
        return none.in_language(lang)
    counts = [
        f"{count} {name_of(status).in_language(lang)}" for status, count in report.counts.items() if count
    ]
    total = say("cnn.derivation.total", count=len(report.equations)).in_language(lang)
    return f"{total} " + ("，" if lang == "zh" else ", ").join(counts)


def write_json(report: Report, lang: str, stream: TextIO) -> None:
    """Write a report as JSON."""
    json.dump(report.to_data(lang), stream, ensure_ascii=False, indent=2)
    stream.write("\n")
