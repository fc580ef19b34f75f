"""`autograder verify` on a terminal: one line an exercise, and below what falls short."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from autograder.authoring.verification import Report, named_share
from autograder.base.messages import Text, say


def show(reports: Sequence[Report], lang: str, console: Console) -> None:
    """Print the table of all reports, then the faults, then the mutants that no key can catch."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    headings = (
        say("exercise"),
        say("calls"),
        say("accepted"),
        say("caught"),
        say("named"),
        say("pairs"),
        say("mutants"),
        say("equiv."),
        say("s"),
    )
    for index, heading in enumerate(headings):
        table.add_column(heading.in_language(lang), justify="right" if index else "left", no_wrap=True)
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
            line = say("changes nothing: {change} ({reason})", change=change, reason=reason)
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
    """One sentence for everything that falls short."""
    for fault in report.stub:
        yield say("the untouched stub earns points: {fault}", fault=fault)
    for fault in report.reference:
        yield say("the reference loses points: {fault}", fault=fault)
    for name, fault in report.rejected.items():
        yield say("the alternative {name} is rejected: {fault}", name=name, fault=fault)
    for name, times in report.missed.items():
        yield say(
            "{name} loses nothing in {times} of {draws} draws", name=name, times=times, draws=report.draws
        )
    for name, other in {**report.misnamed, **report.misnamed_pairs}.items():
        yield say("{name} is taken for {other}", name=name, other=other)
    for change, times in report.survivors.items():
        yield say(
            "a mutant survives {times} of {draws} draws: {change}",
            times=times,
            draws=report.draws,
            change=change,
        )
    for change in report.stale:
        yield say("declared equivalent, but caught or no longer there: {change}", change=change)
