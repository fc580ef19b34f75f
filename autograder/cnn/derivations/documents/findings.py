"""What `check-derivation` shows: a line an equation, what is wrong below it, and the counts; or JSON.

The command line prints it with Rich; in a notebook a `Findings` shows itself.
"""

import html
import io
import json
from dataclasses import dataclass
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text as Line

from autograder.base.messages import Text, say, sentence
from autograder.cnn.derivations.documents.conventions import described
from autograder.cnn.derivations.documents.report import Checked, Report, Status
from autograder.cnn.derivations.layer import describe

SHOWN = 100
"""Characters of a right equation that are shown; others are shown whole."""
_MARKS: dict[Status, tuple[str, str, str]] = {
    "right": ("✓", "green", "verdict.right"),
    "wrong": ("✗", "red", "cnn.status.wrong"),
    "conditional": ("✓?", "green", "cnn.status.conditional"),
    "statement": ("·", "dim", "cnn.status.statement"),
    "not_carried_out": ("…", "yellow", "cnn.status.not_carried_out"),
    "not_covered": ("–", "cyan", "cnn.status.not_covered"),
    "not_understood": ("?", "magenta", "cnn.status.not_understood"),
}


def name_of(status: Status) -> Text:
    """A status in words."""
    _, _, id = _MARKS[status]
    return say(id)


def sign(status: Status) -> str:
    """The sign in front of an equation."""
    return _MARKS[status][0]


@dataclass(frozen=True)
class Findings:
    """A report that shows itself in a notebook, in one language."""

    report: Report
    lang: str

    def __str__(self) -> str:
        stream = io.StringIO()
        console = Console(
            file=stream, emoji=False, highlight=False, color_system=None, width=100, force_jupyter=False
        )
        show(self.report, self.lang, console)
        return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        lines = []
        for equation in self.report.equations:
            because = _because(equation, self.lang)
            said = f"<br>{html.escape(because, quote=False)}" if because else ""  # Markdown shows its tags
            formula = _formula(equation).replace("`", "'")  # a backtick would end the code span
            lines.append(f"- {_MARKS[equation.status][0]} {_where(equation, self.lang)} `{formula}`{said}")
        return "\n".join([*lines, "", _total(self.report, self.lang)])

    def _repr_html_(self) -> str:
        from autograder.base.html import environment  # loads Jinja

        shown = environment("autograder.cnn.derivations.documents", (self.lang,))
        return shown.get_template("findings.html").render(context(self.report, self.lang))


def context(report: Report, lang: str) -> dict[str, Any]:
    """What templates show of a report."""
    return {
        "sizes": [_sizes(report, lang), *_conventions(report, lang)],
        "equations": report.equations,
        "total": _total(report, lang),
        "sign": lambda equation: _MARKS[equation.status][0],
        "where": lambda equation: _where(equation, lang),
        "shown": _formula,
        "many": lambda equation: _many(equation, lang),
        "because": lambda equation: _because(equation, lang),
    }


def show(report: Report, lang: str, console: Console) -> None:
    """Print a report."""
    if not report.equations:
        console.print(escape(_total(report, lang)))
        return
    if sizes := _sizes(report, lang):
        console.print(escape(sizes))
    for line in _conventions(report, lang):
        console.print(escape(line))
    for equation in report.equations:
        _show_equation(equation, lang, console)
    counts = [
        f"[{_MARKS[status][1]}]{count}[/] {escape(name_of(status).in_language(lang))}"
        for status, count in report.counts.items()
        if count
    ]
    total = say("cnn.derivation.total", count=len(report.equations)).in_language(lang)
    console.print(f"[bold]{escape(total)}[/] " + sentence("list.clauses", lang).join(counts))


def _show_equation(equation: Checked, lang: str, console: Console) -> None:
    mark, colour, _ = _MARKS[equation.status]
    line = Line.assemble(
        (mark, colour), f" {_where(equation, lang)}  ", _formula(equation), (_many(equation, lang), "dim")
    )
    console.print(line, soft_wrap=True)
    if because := _because(equation, lang):
        console.print(Padding(Line(because), (0, 0, 0, 4)))


# ---- The words, in one language ---------------------------------------------------------------------------


def _sizes(report: Report, lang: str) -> str:
    if not report.layers:
        return ""
    sizes = "; ".join(describe(layer).in_language(lang) for layer in report.layers)
    return say("cnn.derivation.sizes", sizes=sizes).in_language(lang)


def _conventions(report: Report, lang: str) -> list[str]:
    return [
        say("cnn.derivation.read_as", convention=described(each)).in_language(lang)
        for each in report.conventions
    ]


def _where(equation: Checked, lang: str) -> str:
    where = (
        say("cnn.derivation.place_in_cell", cell=equation.cell, line=equation.line)
        if equation.cell
        else say("cnn.derivation.place_in_text", line=equation.line)
    )
    return where.in_language(lang)


def _formula(equation: Checked) -> str:
    """As it was understood, else as it stands there."""
    formula = equation.read_as or " ".join(equation.source.split())
    if equation.status == "right" and len(formula) > SHOWN:
        return formula[: SHOWN - 1] + "…"
    return formula if len(formula) <= 10 * SHOWN else formula[: 10 * SHOWN - 1] + "…"


def _many(equation: Checked, lang: str) -> str:
    if equation.status != "right" or equation.elements <= 1:
        return ""
    return say("cnn.derivation.at_all_elements", count=equation.elements).in_language(lang)


def _because(equation: Checked, lang: str) -> str:
    text = equation.text.in_language(lang)
    if not text or equation.status == "right":
        return text
    because = say("cnn.derivation.because", status=name_of(equation.status), text=equation.text)
    return because.in_language(lang)


def _total(report: Report, lang: str) -> str:
    """How many equations there are of each status."""
    if not report.equations:
        return say("cnn.derivation.no_equation").in_language(lang)
    counts = [
        f"{count} {name_of(status).in_language(lang)}" for status, count in report.counts.items() if count
    ]
    total = say("cnn.derivation.total", count=len(report.equations)).in_language(lang)
    return f"{total} " + sentence("list.clauses", lang).join(counts)


def write_json(report: Report, lang: str, stream: TextIO) -> None:
    """Write a report as JSON."""
    json.dump(report.to_data(lang), stream, ensure_ascii=False, indent=2)
    stream.write("\n")
