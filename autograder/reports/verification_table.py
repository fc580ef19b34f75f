"""What `autograder verify` prints: a row for each exercise, and the faults below."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from autograder.authoring.verification import Report, named_share
from autograder.base.messages import Text, joined, say


def show(reports: Sequence[Report], lang: str, console: Console) -> None:
    """Print the table of all reports, the faults, and the mutants that change nothing."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    columns = ["report.column_exercise", "verify.column_calls", "verify.column_accepted"]
    columns += ("verify.column_caught", "verify.column_named", "verify.column_pairs")
    columns += ("verify.column_mutants", "verify.column_equivalent", "verify.column_seconds")
    for index, id in enumerate(columns):
        table.add_column(say(id).in_language(lang), justify="right" if index else "left", no_wrap=True)
    for name, group in groupby(reports, lambda report: report.assignment):
        of_assignment = list(group)
        share = f"{named_share(of_assignment):.0%}"
        table.add_row(f"[bold]{name}[/]", "", "", "", f"[bold]{share}[/]")
        for report in of_assignment:
            table.add_row(*_row(report))
    console.print(table)
    for report in reports:
        for fault in _faults(report):
            console.print(f"{report.exercise}: {fault.in_language(lang)}", markup=False, highlight=False)
    for report in reports:
        for change, reason in report.equivalents.items():
            line = say("verify.change_without_effect", change=change, reason=reason)
            console.print(f"{report.exercise}: {line.in_language(lang)}", markup=False, highlight=False)


def _row(report: Report) -> tuple[str, ...]:
    accepted = 1 + report.alternatives - len(report.rejected) - bool(report.reference)
    caught = report.misconceptions - len(report.missed)
    named = report.misconceptions - len(report.misnamed)
    pairs = report.pairs - len(report.misnamed_pairs)
    killed = report.mutants - len(report.survivors) - len(report.equivalents)
    return (
        f"{'[green]✓[/]' if report.sound else '[red]✗[/]'} {report.exercise}",
        str(report.calls),
        f"{accepted}/{1 + report.alternatives}",
        f"{caught}/{report.misconceptions}",
        f"{named}/{report.misconceptions}",
        f"{pairs}/{report.pairs}",
        f"{killed}/{report.mutants - len(report.equivalents)}",
        str(len(report.equivalents)),
        f"{report.seconds:.1f}",
    )


def _faults(report: Report) -> Iterator[Text]:
    """A sentence for each fault and each warning."""
    for fault in report.stub:
        yield say("verify.stub_earns", fault=fault)
    for fault in report.reference:
        yield say("verify.reference_loses", fault=fault)
    for name, fault in report.rejected.items():
        yield say("verify.alternative_rejected", name=name, fault=fault)
    for name, times in report.missed.items():
        yield say("verify.mistake_survives", name=name, times=times, draws=report.draws)
    for name, taken_for in {**report.misnamed, **report.misnamed_pairs}.items():
        yield say("verify.mistake_confused", name=name, taken_for=taken_for)
    for change, times in report.survivors.items():
        yield say("verify.mutant_survives", times=times, draws=report.draws, change=change)
    for change in report.stale:
        yield say("verify.equivalent_caught", change=change)
    yield from report.slow
    if report.never_alone:
        yield say("verify.never_alone", features=joined(report.never_alone, "list.groups"))
    for name in report.never_drawn:
        yield say("verify.never_drawn", name=name, draws=report.draws)
