"""Cards as plain text: for a terminal, a notebook without HTML, and a screen reader."""

from collections.abc import Iterator

from autograder.judging.pictures.layout import drawn
from autograder.judging.pictures.text import WIDTH, picture
from autograder.judging.results import Verdict
from autograder.student.feedback import words
from autograder.student.feedback.card import Card


def card(card: Card, lang: str, width: int = WIDTH) -> str:
    """One exercise, line by line."""
    return "\n".join(_card(card, lang, width)) + "\n"


def _card(card: Card, lang: str, width: int) -> Iterator[str]:
    result = card.result
    sign = {Verdict.AC: "✓", Verdict.NI: "·"}.get(result.verdict, "✗")
    yield f"{sign} {result.name}  {words.points(result).in_language(lang)}"
    if result.verdict is not Verdict.NI:
        for group, title in zip(result.groups, card.titles, strict=True):
            good = all(case.verdict.earns for case in group.cases)
            points = f"{group.points:g}/{group.max_points:g}"
            yield f"  {'✓' if good else '✗'} {title.in_language(lang)}  {points}"
    if result.verdict is Verdict.AC:
        yield f"  {card.all_pass.in_language(lang)}"
        return
    if result.symptom is not None:
        yield f"  {result.symptom.in_language(lang)}"
    if (idea := words.hint(card)) is not None:
        yield f"  → {idea.in_language(lang)}"
    for failure in (card.failure, card.smaller):
        if failure is not None:
            yield ""
            yield from picture(drawn(failure), lang, width)
    if card.formula is not None:
        yield ""
        yield f"  {card.formula.heading.in_language(lang)}"
        for line in card.formula.shown.write("text", lang=lang).splitlines():
            yield f"    {line}".rstrip()
    yield ""
    yield words.following(card.next_step).in_language(lang)
