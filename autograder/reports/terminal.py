"""What the command line prints: a class as a table, a student's own check as a list."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from autograder.base.messages import Text, say, translator
from autograder.judging.domain import find
from autograder.judging.pictures.text import picture
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.reports.words import about_written, name_of, submissions, told
from autograder.student.checking import Checked
from autograder.student.feedback import words
from autograder.student.feedback.advice import next_exercise, next_step
from autograder.student.feedback.card import all_pass

_TABLE_ROWS = 400
"""A longer table is not printed."""


def class_shown(results: Iterable[SubmissionResult], lang: str) -> list[RenderableType]:
    """A row for each submission: points, and the exercises that are not right, with their verdicts in words.

    Below the table: of a single submission what is wrong with it; how many there are, the mean share of the
    points of those that were graded, and in red how many were not, why, and what to do.
    """
    _ = translator(lang)
    table = Table(header_style="bold")
    table.add_column(_("report.column_student"), overflow="fold")
    table.add_column(_("report.column_assignment"))
    table.add_column(_("report.column_points"), justify="right")
    table.add_column(_("report.column_not_right"), overflow="fold")
    number = 0
    shares: list[float] = []
    failures: Counter[Text] = Counter()
    by_hand: dict[Text, Text] = {}
    for result in results:
        number += 1
        if result.by_hand:
            by_hand[result.title] = about_written(result)
        if result.earned is None:
            failures[result.notes[-1] if result.notes else say("verdict.grader_failed")] += 1
        elif result.max_points:
            shares.append(result.earned / result.max_points)
        if number <= _TABLE_ROWS:
            table.add_row(
                escape(result.student),
                escape(result.title.in_language(lang)),
                _points(result.earned, result.max_points),
                _lost(result, lang),
            )
    shown: list[RenderableType] = [table] if number <= _TABLE_ROWS else []
    if number == 1 and not result.unread:
        shown += map(escape, _in_full(result, lang))
    if shares:
        mean = f"{100 * sum(shares) / len(shares):.1f} %"
        told = say("report.class_summary", submissions=submissions(number), mean=mean)
        shown.append(told.in_language(lang))
    for title, told in by_hand.items():
        shown.append(f"{escape(title.in_language(lang))}: {told.in_language(lang)}")
    if failures:
        told = say("report.grader_failed", submissions=submissions(failures.total()))
        shown.append(f"[bold red]{escape(told.in_language(lang))}[/]")
    for reason, count in failures.items():
        label = name_of(Verdict.JE).in_language(lang)
        shown.append(f"[bold red]{label} ×{count}[/] {escape(reason.in_language(lang))}")
    return shown


def _in_full(result: SubmissionResult, lang: str) -> Iterator[str]:
    """What is wrong with a submission that was graded alone: for the instructor, with the case like it."""
    lang = result.about.language(lang)
    for exercise in result.exercises:
        texts = told(exercise) if exercise.detail is None else [exercise.detail, *told(exercise)[1:]]
        for text in texts:
            yield f"{exercise.name}: {text.in_language(lang)}"
        if exercise.sibling is not None and exercise.sibling.picture is not None:
            yield from picture(exercise.sibling.picture, lang)


def _points(points: float | None, maximum: float) -> str:
    if points is None:
        return f"[bold red]– / {maximum:g}[/]"
    text = f"{points:g} / {maximum:g}"
    return f"[green]{text}[/]" if points == maximum else text


def _lost(result: SubmissionResult, lang: str) -> str:
    """Exercises that are not right, grouped by verdict and misconception; or why nothing could be read."""
    if result.unread:
        return f"[red]{escape(result.unread.in_language(lang))}[/]"
    by_reason: dict[str, list[str]] = {}
    for exercise in result.exercises:
        if exercise.verdict is not Verdict.AC:
            reason = f" ({exercise.misconception})" if exercise.misconception else ""
            label = f"[red]{escape(name_of(exercise.verdict).in_language(lang) + reason)}[/]"
            by_reason.setdefault(label, []).append(exercise.name)
    if len(by_reason) == 1 and len(result.exercises) == len(next(iter(by_reason.values()))):
        return f"{next(iter(by_reason))} ×{len(result.exercises)}"
    lines = [say("account.told", fate=label, why=", ".join(names)) for label, names in by_reason.items()]
    return "\n".join(line.in_language(lang) for line in lines)


def check_list(done: Checked, lang: str, console: Console, told: Container[str] = (), ask: str = "") -> None:
    """Print a line for each exercise: ✓ or the symptom, with points; below it the idea, where revealed.

    Parameters
    ----------
    told : container of str
        The exercises whose idea is revealed; for others that have one, a line at the end says how to get it.
    ask : str
        What the student types to get the idea at once, such as "--hint".
    """
    result = done.result
    lang = result.about.language(lang)
    for note in result.notes:
        console.print(f"[yellow]![/] {escape(note.in_language(lang))}")
    untold = []
    for exercise in result.exercises:
        console.print(_exercise_line(exercise, lang, in_full=not result.unread))
        if exercise.idea is None:
            continue
        if exercise.name in told:
            console.print(f"  [cyan]→[/] {escape(exercise.idea.in_language(lang))}")
        else:
            untold.append(exercise.name)
    points = words.points(result).in_language(lang)
    console.print(f"[bold]{escape(result.title.in_language(lang))}[/]  {escape(points)}")
    following = next_exercise(result.exercises)
    if following is None:
        console.print(escape(all_pass(done.key.exercises).in_language(lang)))
        return
    if untold:
        hint = say("report.hint_waiting", names=", ".join(untold), ask=ask)
        console.print(escape(hint.in_language(lang)))
    step = next_step(following, examples=find(done.key.domain).next_steps)
    console.print(escape(words.following(step).in_language(lang)))


def _exercise_line(exercise: ExerciseResult, lang: str, *, in_full: bool = True) -> str:
    points = f"{exercise.points:g}/{exercise.max_points:g}"
    if exercise.verdict is Verdict.AC:
        return f"[green]✓[/] {exercise.name}  {points}"
    mark = "[dim]·[/]" if exercise.verdict is Verdict.NI else "[red]✗[/]"
    reason = ((in_full and exercise.symptom) or name_of(exercise.verdict)).in_language(lang)
    return f"{mark} {exercise.name}  {points}  {escape(reason)}"
