"""What `watch` shows: the progress of all assignments, the next exercise, and the keys.

`session` calls these functions; each returns renderables, from top to bottom. Every part can be read without
colours and in 40 columns; widths are counted in cells, of which a Chinese character takes two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from autograder.base.messages import say, translator
from autograder.base.prose import Prose
from autograder.judging.domain import find
from autograder.judging.results import ExerciseResult, Verdict, total
from autograder.student.feedback.card import all_pass
from autograder.student.watch.progress import Work, next_exercise, next_work
from autograder.submissions import records

_WIDEST = 100
"""Columns that text uses at most: longer lines are hard to read."""
_BAR = 40
"""Columns of a progress bar at most."""
_LOW = 20
"""Below this height the table shows the current assignment only."""


@dataclass(frozen=True)
class Page:
    """A full screen: parts from the top, a footer at the bottom; what does not fit is on further pages.

    Attributes
    ----------
    turned : int
        How often the reader has turned the page.
    more : str
        The footer's word for turning the page.
    """

    parts: Sequence[RenderableType]
    footer: Text
    more: str
    turned: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        options = options.update(width=min(options.max_width, _WIDEST), height=None)
        lines = [line for part in self.parts for line in console.render_lines(part, options, pad=False)]
        rows = max(1, height - len(console.render_lines(self.footer, options)) - 1)
        footer = self.footer
        if len(lines) > rows:
            footer = Text.assemble(footer, f" · {self.more}")
            rows = max(1, height - len(console.render_lines(footer, options)) - 1)
        step = max(1, rows - 1)
        pages = max(1, -(-(len(lines) - 1) // step)) if len(lines) > rows else 1
        start = min(self.turned % pages * step, max(0, len(lines) - 1))
        shown = lines[start : start + rows]
        shown += [[] for _ in range(rows - len(shown))]
        for line in [*shown, *console.render_lines(Rule(style="dim"), options, pad=False)]:
            yield from line
            yield Segment.line()
        yield footer


def overview(
    works: Sequence[Work], current: Work, hints: int, lang: str, running: bool = False, height: int = 24
) -> list[RenderableType]:
    """All assignments with their points, and the exercise to work on.

    Parameters
    ----------
    hints : int
        How many hints have been asked for on that exercise.
    running : bool
        Whether the current assignment is being checked.
    height : int
        Lines of the terminal; a low one shows the current assignment only.
    """
    shown = [work for work in works if work is current or height >= _LOW]
    return [
        _table(shown, works, current, lang),
        Rule(style="dim"),
        *next_step(works, current, hints, lang, running),
    ]


def next_step(
    works: Sequence[Work], current: Work, hints: int, lang: str, running: bool = False
) -> list[RenderableType]:
    """The exercise to work on, what is wrong with it, and what to do."""
    _ = translator(lang)
    if current.problem is not None:
        return [Prose(current.problem.in_language(lang), "yellow")]
    if current.file is None:
        return [Prose(_("watch.file_gone", name=current.place.name), "yellow")]
    if current.result is None:
        return [Text(_("watch.checking", file=shown_path(current.file)), style="dim")]
    parts: list[RenderableType] = [
        _marked("!", note.in_language(lang), "yellow") for note in current.result.notes[:3]
    ]
    parts += [
        _marked("✓", f"{exercise.name}  {exercise.points:g}/{exercise.max_points:g}", "green")
        for exercise in current.result.exercises
        if exercise.name == current.edited and exercise.verdict is Verdict.AC
    ]
    following = next_exercise(current)
    if following is None:
        return [*parts, *_all_right(works, current, lang)]
    title = Text.assemble((following.name, "bold"), "  ", _points(following.points, following.max_points))
    if running:
        title.append("  …", style="dim")
    parts += [title, Prose(_place(current, following.name, lang), "dim")]
    mark, style = _mark(following)
    seen = following.symptom.in_language(lang) if following.symptom else following.verdict.value
    parts.append(_marked(mark, seen, style))
    if following.symptom == say("symptom.not_started", name=following.name):
        parts.append(_marked("", _("watch.not_written"), ""))
    parts += [_marked("→", step, "cyan") for step in hint_steps(following, current, lang)[:hints]]
    right = [group.name for group in following.groups if group.points == group.max_points]
    wrong = [group.name for group in following.groups if group.points != group.max_points]
    if right:
        parts.append(_marked("✓", ", ".join(right), "green"))
        parts.append(_marked("✗", ", ".join(wrong), "red"))
    return parts


def hint_steps(exercise: ExerciseResult, work: Work, lang: str) -> list[str]:
    """The hints on an exercise in the order in which they are revealed: the idea, then where to look."""
    _ = translator(lang)
    read = _("watch.hint_lecture", lecture=_lecture(work, exercise.name))
    if exercise.verdict in (Verdict.NI, Verdict.MISSING):
        return [read, _("watch.hint_simplest_case")]
    steps = []
    if exercise.idea is not None:
        steps.append(exercise.idea.in_language(lang))
    else:
        steps.append(_("watch.hint_not_recognised"))
    if find(work.key.domain).formula is not None:
        steps.append(_("watch.hint_formula"))
    return [*steps, read]


def listing(current: Work, lang: str) -> list[RenderableType]:
    """Every exercise of the current assignment, with points and where it is defined."""
    _ = translator(lang)
    parts: list[RenderableType] = [Text(_title(current, lang), style="bold")]
    if current.result is None:
        return [*parts, Text(_("watch.not_checked"), style="dim")]
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="dim")
    chosen = next_exercise(current)
    for exercise in current.result.exercises:
        mark, style = _mark(exercise)
        place = current.defined.get(exercise.name)
        table.add_row(
            Text(mark, style=style),
            Text(exercise.name, style="bold" if chosen and exercise.name == chosen.name else ""),
            _points(exercise.points, exercise.max_points),
            _line_or_cell(place, lang) if place else "",
        )
    return [*parts, table]


def formula(text: str) -> list[RenderableType]:
    """A function's formula as its subject shows it."""
    return [Text(text, overflow="fold")]


def footer(lang: str, *, keys: bool, back: bool = False, formula: bool = True, says: str = "") -> Text:
    """The keys that can be pressed, or that none can, and `says`: when the last check was."""
    _ = translator(lang)
    if not keys:
        text = Text(_("watch.no_keys"), style="dim")
    else:
        names = {
            "h": _("watch.key_hint"),
            "f": _("watch.key_formula"),
            "l": _("watch.key_list"),
            "q": _("watch.key_quit"),
        }
        if back:
            names = {"Esc": _("watch.key_back"), "q": names["q"]}
        elif not formula:
            del names["f"]
        text = Text(" · ").join(Text.assemble((key, "bold"), f" {name}") for key, name in names.items())
    return Text.assemble(text, ("  " + says if says else "", "dim"))


def more(lang: str) -> str:
    """The footer's word for turning the page."""
    return translator(lang)("watch.key_more")


def line(work: Work, lang: str) -> Text:
    """One assignment in one line, for output without a screen."""
    label = translator(lang)("watch.points")
    return Text.assemble(
        (_title(work, lang), "bold"), f"  {label}: ", _points(work.points, _maximum(work), " / ")
    )


def shown_path(path: Path) -> str:
    """Relative to the current folder where that is possible."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


# ---- Parts -------------------------------------------------------------------------------------------------


def _table(shown: Sequence[Work], works: Sequence[Work], current: Work, lang: str) -> Table:
    """A progress bar and points for each assignment, and for all together."""
    _ = translator(lang)
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column()
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for work in shown:
        is_current = work is current
        table.add_row(
            Text(
                "✓" if work.is_done else "▸" if is_current else "", style="green" if work.is_done else "cyan"
            ),
            Text(_title(work, lang), "bold" if is_current else "", no_wrap=True, overflow="ellipsis"),
            _Bar(work.points, _maximum(work)),
            _points(work.points, _maximum(work)),
        )
    if len(works) > 1:
        points, maximum = total(work.points for work in works), total(_maximum(work) for work in works)
        table.add_row(
            "",
            Text(_("watch.row_together"), style="dim"),
            _Bar(points, maximum),
            Text(f"{points:g}/{maximum:g}", style="bold"),
        )
    return table


@dataclass(frozen=True)
class _Bar:
    """A bar as wide as the line allows, at most `_BAR`; full only where everything is earned."""

    points: float
    maximum: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        full = int(width * self.points / self.maximum) if self.maximum else 0
        full = max(full, 1) if self.points else 0
        yield Text.assemble(("█" * full, "green"), ("░" * (width - full), "dim"))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(4, max(4, min(options.max_width, _BAR)))


def _all_right(works: Sequence[Work], current: Work, lang: str) -> list[RenderableType]:
    _ = translator(lang)
    done = _("watch.all_pass", name=_title(current, lang), more=all_pass(current.key.exercises))
    parts: list[RenderableType] = [_marked("✓", done, "green")]
    following = next_work(works, current)
    if following is None:
        return [*parts, Prose(_("watch.all_done"), "bold")]
    files = _("watch.files_or").join(shown_path(file) for file in following.place.files)
    return [*parts, Prose(_("watch.next_assignment", name=_title(following, lang), files=files))]


def _place(work: Work, exercise: str, lang: str) -> str:
    """Where the function is, as `file:line`, which editors open, and its section of the lecture."""
    _ = translator(lang)
    place = work.defined.get(exercise)
    file = shown_path(work.file or work.place.folder)
    if place is not None:
        between = ":" if records.cell_number(place.where) is None else _("list.clauses")
        file = f"{file}{between}{_line_or_cell(place, lang)}"
    return f"{file} · {_('watch.lecture_section', section=_lecture(work, exercise))}"


def _line_or_cell(place: records.Statement, lang: str) -> str:
    """The line in a script, the cell in a notebook."""
    is_script = records.cell_number(place.where) is None
    return str(place.line) if is_script else records.place(place.where).in_language(lang)


def _lecture(work: Work, name: str) -> str:
    """The lecture section of an exercise."""
    return next((exercise.lecture for exercise in work.key.exercises if exercise.name == name), "")


def _title(work: Work, lang: str) -> str:
    return work.key.about.title.in_language(lang)


def _mark(exercise: ExerciseResult) -> tuple[str, str]:
    if exercise.verdict is Verdict.AC:
        return "✓", "green"
    return ("·", "dim") if exercise.verdict is Verdict.NI else ("✗", "red")


def _marked(mark: str, text: str, style: str) -> Table:
    """A mark, and text that is wrapped to the right of it."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), Prose(text))
    return grid


def _points(points: float, maximum: float, slash: str = "/") -> Text:
    return Text(f"{points:g}{slash}{maximum:g}", style="green" if points == maximum else "")


def _maximum(work: Work) -> float:
    return total([work.key.points])
