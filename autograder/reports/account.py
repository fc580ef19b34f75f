"""What became of every path of a class: the table of `grade --dry-run`, and the last lines of `grade`."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.base.messages import Message, Text, printable_name, say, translator
from autograder.judging.result_json import with_sentence
from autograder.submissions.class_folder import Decision, Intake

_NAMED = 20
"""Paths that are not understood, of which each has a line at the end."""
_FATES = ("graded", "nothing", "not_chosen", "ignored", "not_understood")


def table(intake: Intake, lang: str, console: Console) -> None:
    """Print a row for each path."""
    _ = translator(lang)
    shown = Table(header_style="bold")
    headings = (_("account.column_path"), _("report.column_student"), _("report.column_assignment"))
    for heading in (*headings, _("account.column_decision")):
        shown.add_column(heading, overflow="fold")
    for decision in intake.account:
        told = _told(decision).in_language(lang)
        cells = (decision.path or "–", decision.student, decision.assignment, told)
        shown.add_row(*map(escape, cells))
    console.print(shown)


def _told(decision: Decision) -> Text:
    fate = Message(f"account.fate_{decision.fate}", {})
    return say("account.told", fate=fate, why=decision.why) if decision.why else fate


def left(intake: Intake) -> Iterator[Text]:
    """What is not understood, path by path."""
    unclear = [decision for decision in intake.account if decision.fate == "not_understood"]
    for decision in unclear[:_NAMED]:
        yield say("account.not_understood", path=decision.path, why=decision.why)
    if len(unclear) > _NAMED:
        yield say("account.and_more", count=len(unclear) - _NAMED)


def summary(intake: Intake) -> Text:
    """How many paths were treated how, and the layout."""
    numbers = {fate: sum(decision.fate == fate for decision in intake.account) for fate in _FATES}
    return say("account.fates", layout=printable_name(intake.layout), **numbers)


def to_data(intake: Intake, lang: str) -> list[dict[str, Any]]:
    """The account in `results.json`."""
    return [
        {
            "path": decision.path,
            "student": decision.student,
            "assignment": decision.assignment,
            "decision": decision.fate,
            "why": with_sentence(decision.why, lang),
        }
        for decision in intake.account
    ]
