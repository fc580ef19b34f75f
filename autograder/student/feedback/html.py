"""Cards as HTML: a fragment for a notebook's output, and a page that stands on its own.

The notebook and `reports.check_page` call it. What is shown stands in `templates`; none of it is loaded from
elsewhere.
"""

import functools
from collections.abc import Sequence
from itertools import groupby

from jinja2 import Environment

from autograder.base.html import environment
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback import words
from autograder.student.feedback.advice import next_exercise, next_step
from autograder.student.feedback.card import Card
from autograder.student.feedback.layout import argument, beside

PARTS = 3
"""Wrong parts of a result that are drawn."""


def fragment(card: Card, lang: str) -> str:
    """One exercise, for a notebook."""
    return _templates(lang).get_template("fragment.html").render(card=card)


def page(cards: Sequence[Card], result: SubmissionResult, lang: str) -> str:
    """A whole check as a file that stands on its own."""
    first = next_exercise(result.exercises)
    following = next((card for card in cards if card.result is first), None)
    return _templates(lang).get_template("page.html").render(cards=cards, result=result, following=following)


@functools.cache
def _templates(lang: str) -> Environment:
    found = environment("autograder.student.feedback", lang)
    found.globals |= {
        "argument": argument,
        "beside": beside,
        "most": PARTS,
        "next_step": next_step,
        "seen": _seen,
        "words": words,
    }
    return found


def _seen(result: ExerciseResult, lang: str) -> list[tuple[bool, list[str]]]:
    """What can be seen of a mistake, line by line: whether lines are quoted, and they."""
    told = result.verdict.value if result.symptom is None else result.symptom.in_language(lang)
    runs = groupby(told.splitlines(), lambda line: line.startswith("    "))
    return [(quoted, list(lines)) for quoted, lines in runs]
