"""Cards as HTML: a fragment for a notebook's output, and a page that stands on its own.

Colours are translucent over whatever background there is, text keeps its colour: readable in light and dark
themes. A differing cell has a border and a ✗ besides, so no colour is needed to see it. Nothing is loaded
from anywhere.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from autograder.base.html_document import html_document
from autograder.base.messages import Text
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.student.feedback import words
from autograder.student.feedback.advice import next_exercise, next_step
from autograder.student.feedback.card import Card
from autograder.student.feedback.failure import Failure, Pair
from autograder.student.feedback.layout import Cell, Drawing, Panel, argument, beside

PARTS = 3
"""Wrong parts of a result that are drawn."""

_STYLE = """<style>
.ag-check { line-height: 1.5; max-width: 60rem; color: inherit; }
.ag-check .ag-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3em 0.8em;
  font-size: 1.1em; font-weight: 600; margin: 0.2em 0; }
.ag-check .ag-head code, .ag-check .ag-side code { background: none; padding: 0; color: inherit;
  font-size: 1em; }
.ag-check .ag-right { color: #16a34a; } .ag-check .ag-wrong { color: #e5484d; }
.ag-check .ag-open { opacity: 0.7; }
.ag-check .ag-bar { width: 8em; height: 0.55em; border: 1px solid rgba(128,128,128,0.7);
  border-radius: 0.3em; overflow: hidden; }
.ag-check .ag-bar span { display: block; height: 100%; background: #16a34a; }
.ag-check ul.ag-groups { list-style: none; display: flex; flex-wrap: wrap; gap: 0.3em 0.5em;
  margin: 0.3em 0; padding: 0; }
.ag-check ul.ag-groups li { border: 1px solid rgba(128,128,128,0.45); border-radius: 1em;
  padding: 0 0.7em; margin: 0; font-size: 0.92em; }
.ag-check ul.ag-groups li.ag-bad { border: 1.5px solid #e5484d; }
.ag-check p { margin: 0.4em 0; }
.ag-check .ag-hint { border-left: 4px solid #3b82f6; background: rgba(59,130,246,0.1);
  padding: 0.3em 0.8em; }
.ag-check .ag-next { border-left: 4px solid rgba(128,128,128,0.6); padding: 0.1em 0.8em; }
.ag-check .ag-case { border: 1px solid rgba(128,128,128,0.35); border-radius: 0.5em;
  padding: 0.3em 0.9em 0.6em; margin: 0.6em 0; overflow-x: auto; }
.ag-check .ag-case h4 { margin: 0.2em 0 0.4em; font-size: 1em; font-weight: 600; }
.ag-check .ag-row { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0.5em 1.6em; }
.ag-check .ag-side { margin: 0.2em 0; padding: 0; }
.ag-check .ag-side > b, .ag-check .ag-name { display: block; font-weight: 600; font-size: 0.92em;
  margin: 0; }
.ag-check small { opacity: 0.75; font-weight: 400; font-size: 0.88em; }
.ag-check .ag-side small.ag-index { display: block; font-family: monospace; }
.ag-check table.ag-grid { border-collapse: separate; border-spacing: 2px; border: none; margin: 0 0 0.3em;
  background: none; width: auto; table-layout: auto; }
.ag-check table.ag-grid tbody tr, .ag-check table.ag-grid tbody tr:hover { background: none; }
.ag-check table.ag-grid tbody td { border: 2px solid rgba(128,128,128,0.18); border-radius: 4px;
  text-align: right; padding: 0.15em 0.45em; min-width: 1.6em; font-variant-numeric: tabular-nums;
  white-space: nowrap;
  font-size: 0.92em; line-height: 1.35; vertical-align: middle; }
.ag-check table.ag-grid tbody td.ag-x { border: 2px solid #e5484d; font-weight: 700; }
.ag-check td.ag-x span { font-size: 0.85em; }
.ag-check table.ag-grid tbody td.ag-cut { opacity: 0.6; min-width: 0; border-color: transparent; }
.ag-check pre.ag-lines { margin: 0.1em 0 0.3em; padding: 0; background: none; color: inherit; border: none;
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9em; }
.ag-check .ag-x-line { border-left: 3px solid #e5484d; padding-left: 0.4em; }
.ag-check details { margin: 0.4em 0; }
.ag-check summary { cursor: pointer; }
.ag-check .derivation h4 { font-size: 1em; font-weight: 400; margin: 0.2em 0; }
.ag-check .derivation p { margin: 0.3em 0 0; }
</style>"""

_PAGE_STYLE = """<style>
:root { color-scheme: light dark; }
body { max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem; font-family: system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
.ag-check + .ag-check { border-top: 1px solid rgba(128,128,128,0.35); padding-top: 0.6em; margin-top: 0.9em; }
</style>"""


def fragment(card: Card, lang: str) -> str:
    """One exercise, for a notebook."""
    write = _Writer(lang)
    passed = f"<p>{write.say(card.all_pass)}</p>" if card.result.verdict is Verdict.AC else ""
    return f'{_STYLE}\n<div class="ag-check">{"".join(write.parts(card))}{passed}</div>\n'


def page(cards: Sequence[Card], result: SubmissionResult, lang: str) -> str:
    """A whole check as a file that stands on its own."""
    write = _Writer(lang)
    title = f"{result.assignment} · {result.points:g} / {result.max_points:g}"
    body = "\n".join([write.summary(result, cards), *map(write.card, cards)])
    return html_document(
        lang="zh-CN" if lang == "zh" else "en",
        title=escape(title),
        style=_PAGE_STYLE + "\n" + _STYLE,
        body=body,
    )


class _Writer:
    """Writes in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, text: Text) -> str:
        return escape(text.in_language(self.lang))

    # ---- The whole

    def summary(self, result: SubmissionResult, cards: Sequence[Card]) -> str:
        points = self.say(words.points(result)) + _bar(result.points, result.max_points)
        parts = [
            f"<h1>{escape(result.assignment)}</h1>",
            f'<div class="ag-check"><div class="ag-head">{points}</div>',
        ]
        parts += [f"<p>! {self.say(note)}</p>" for note in result.notes]
        following = next_exercise(result.exercises)
        if following is None:
            parts.append(f"<p>{self.say(cards[0].all_pass)}</p>")
        else:
            card = next(card for card in cards if card.result is following)
            parts.append(self.next(card))
        return "\n".join(parts) + "</div>"

    def card(self, card: Card) -> str:
        return f'<div class="ag-check">{"".join(self.parts(card))}</div>'

    def parts(self, card: Card) -> Iterator[str]:
        result = card.result
        yield f'<div class="ag-head">{self.mark(result)}{_bar(result.points, result.max_points)}</div>'
        if result.verdict is Verdict.NI:
            yield f"{self.reason(result)}{self.next(card)}"
            return
        yield self.groups(card)
        if result.verdict is Verdict.AC:
            return
        yield f"{self.reason(result)}"
        if (idea := words.hint(card)) is not None:
            yield f'<p class="ag-hint">→ {self.say(idea)}</p>'
        for failure in (card.failure, card.smaller):
            if failure is not None:
                yield self.failure(failure)
        if card.formula is not None:
            yield self.formula(card)
        yield self.next(card)

    def mark(self, result: ExerciseResult) -> str:
        kind, sign = {Verdict.AC: ("ag-right", "✓"), Verdict.NI: ("ag-open", "·")}.get(
            result.verdict, ("ag-wrong", "✗")
        )
        points = self.say(words.points(result))
        return f'<span class="{kind}">{sign}</span> <code>{escape(result.name)}</code> <span>{points}</span>'

    def reason(self, result: ExerciseResult) -> str:
        """What can be seen: a paragraph a line, and what is quoted with a caret below it as it stands."""
        told = result.verdict.value if result.symptom is None else result.symptom.in_language(self.lang)
        blocks = []
        for quoted, lines in groupby(told.splitlines(), lambda line: line.startswith("    ")):
            text = escape("\n".join(lines))
            blocks.append(
                f'<pre class="ag-lines">{text}</pre>' if quoted else f"<p>{text.replace(chr(10), '<br>')}</p>"
            )
        return "".join(blocks)

    def groups(self, card: Card) -> str:
        items = []
        for group, title in zip(card.result.groups, card.titles, strict=True):
            good = all(case.verdict.earns for case in group.cases)
            sign = '<span class="ag-right">✓</span>' if good else '<span class="ag-wrong">✗</span>'
            points = f"<small>{group.points:g}/{group.max_points:g}</small>"
            kind = "ag-good" if good else "ag-bad"
            items.append(f'<li class="{kind}">{sign} {self.say(title)} {points}</li>')
        return f'<ul class="ag-groups">{"".join(items)}</ul>'

    def next(self, card: Card) -> str:
        ask = card.ask if card.has_untold_idea else ""
        step = next_step(card.result, lecture=card.lecture, ask=ask)
        return f'<p class="ag-next">{self.say(words.following(step))}</p>'

    # ---- A failure

    def failure(self, failure: Failure) -> str:
        parts = [f"<h4>{self.say(words.heading(failure))}</h4>", self.arguments(failure)]
        if not failure.returned:
            parts.append(f"<p>{self.say(words.nothing_came_back())}</p>")
        parts += [self.pair(failure, pair) for pair in failure.pairs[:PARTS]]
        if len(failure.pairs) > PARTS:
            parts.append(f"<p><small>{self.say(words.more_wrong(len(failure.pairs) - PARTS))}</small></p>")
        if (right := words.right_parts(failure)) is not None:
            parts.append(f"<p><small>{self.say(right)}</small></p>")
        return f'<div class="ag-case">{"".join(parts)}</div>'

    def arguments(self, failure: Failure) -> str:
        sides = "".join(
            self.side(f"<code>{escape(label)}</code>", shown)
            for name, value in failure.arguments
            for label, shown in argument(name, value)
        )
        return f'<div class="ag-row">{sides}</div>' if sides else ""

    def pair(self, failure: Failure, pair: Pair) -> str:
        got, expected = beside(pair)
        name = f'<span class="ag-name">{self.say(words.path(pair.path))}</span>' if pair.path else ""
        sides = self.side(self.say(words.expected(failure)), expected)
        if failure.returned:
            sides = self.side(self.say(words.yours()), got) + sides
        count = words.differing(pair)
        said = f"<small>{self.say(count)}</small>" if count is not None else ""
        return f'{name}<div class="ag-row">{sides}</div>{said}'

    def side(self, title: str, shown: Drawing) -> str:
        shape = words.shape(shown)
        head = f"<b>{title}{f' <small>{escape(shape)}</small>' if shape else ''}</b>"
        body = "".join(map(self.panel, shown.panels)) or _lines(shown)
        more = words.left_out(shown)
        tail = f"<small>{self.say(more)}</small>" if more is not None else ""
        return f'<div class="ag-side">{head}{body}{tail}</div>'

    def panel(self, panel: Panel) -> str:
        text = words.panel(panel)
        index = f'<small class="ag-index">{self.say(text)}</small>' if text is not None else ""
        rows = [_cut_row(panel)] if panel.rows.start else []
        rows += [_row(panel, cells) for cells in panel.cells]
        rows += [_cut_row(panel)] if panel.rows.stop < panel.of[0] else []
        return f'{index}<table class="ag-grid"><tbody>{"".join(rows)}</tbody></table>'

    def formula(self, card: Card) -> str:
        assert card.formula is not None
        shown = card.formula.shown.write("html", lang=self.lang)
        latex = escape(card.formula.shown.write("markdown", lang=self.lang).strip())
        source = f'<summary><small>LaTeX</small></summary><pre class="ag-lines">{latex}</pre>'
        return (
            f'<div class="ag-case"><h4>{self.say(card.formula.heading)}</h4>{shown}'
            f"<details>{source}</details></div>"
        )


def _bar(points: float, maximum: float) -> str:
    share = 100 * points / maximum if maximum else 100
    return f'<span class="ag-bar" aria-hidden="true"><span style="width: {share:.0f}%"></span></span>'


_CUT = '<td class="ag-cut">…</td>'


def _row(panel: Panel, cells: Sequence[Cell]) -> str:
    before = _CUT if panel.columns.start else ""
    after = _CUT if panel.columns.stop < panel.of[1] else ""
    return f"<tr>{before}{''.join(map(_cell, cells))}{after}</tr>"


def _cut_row(panel: Panel) -> str:
    width = len(panel.columns) + bool(panel.columns.start) + (panel.columns.stop < panel.of[1])
    return f"<tr>{_CUT * width}</tr>"


def _cell(cell: Cell) -> str:
    """Orange for positive numbers, blue for negative ones: told apart by all eyes."""
    colour = "234,120,12" if cell.tint > 0 else "59,130,246"
    tint = f' style="background: rgba({colour},{0.08 + 0.37 * abs(cell.tint):.2f})"' if cell.tint else ""
    if cell.wrong:  # the sign is text, so that it stays where a viewer drops styles
        return f'<td class="ag-x"{tint}><span>✗</span> {escape(cell.text)}</td>'
    return f"<td{tint}>{escape(cell.text)}</td>"


def _lines(shown: Drawing) -> str:
    lines = (
        f'<span class="ag-x-line">✗ {escape(line)}</span>' if wrong else escape(line)
        for line, wrong in shown.lines
    )
    text = "\n".join(lines)
    return f'<pre class="ag-lines">{text}</pre>'
