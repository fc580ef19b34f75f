"""Cards as HTML: a fragment for a notebook's output, and a self-contained page.

The notebook and `reports.check_page` call it. The templates load nothing from elsewhere.
"""

import functools
from collections.abc import Sequence
from itertools import groupby

from jinja2 import Environment

from autograder.base.html import environment
from autograder.judging.pictures import words as pictures
from autograder.judging.pictures.layout import drawn
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback import words
from autograder.student.feedback.advice import next_exercise
from autograder.student.feedback.card import Card


def fragment(card: Card, lang: str) -> str:
    """One exercise, for a notebook."""
    return _templates(lang).get_template("fragment.html").render(card=card)


def page(cards: Sequence[Card], result: SubmissionResult, lang: str) -> str:
    """A whole check as one self-contained file."""
    lang = result.about.language(lang)
    first = next_exercise(result.exercises)
    following = next((card for card in cards if card.result is first), None)
    return _templates(lang).get_template("page.html").render(cards=cards, result=result, following=following)


@functools.cache
def _templates(lang: str) -> Environment:
    found = environment("autograder.student.feedback", (lang,), "autograder.judging.pictures")
    found.globals |= {"drawn": drawn, "pictures": pictures, "seen": _seen, "words": words}
    return found


def _seen(result: ExerciseResult, lang: str) -> list[tuple[bool, list[str]]]:
    """The symptom as runs of lines, each with whether the run is quoted (indented)."""
    told = result.verdict.value if result.symptom is None else result.symptom.in_language(lang)
    runs = groupby(told.splitlines(), lambda line: line.startswith("    "))
    return [(quoted, list(lines)) for quoted, lines in runs]
