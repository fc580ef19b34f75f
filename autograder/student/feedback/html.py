"""Cards as HTML: a fragment for a notebook's output, and a self-contained page.

The notebook and `reports.check_page` call it. The templates load nothing from elsewhere.
"""

import functools
from collections.abc import Sequence
from itertools import groupby

from jinja2 import Environment

from autograder.base.html import environment
from autograder.base.messages import Text
from autograder.judging.pictures import words as pictures
from autograder.judging.pictures.layout import drawn
from autograder.judging.results import SubmissionResult
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
    found.globals |= {"drawn": drawn, "pictures": pictures, "runs": _runs, "words": words}
    return found


def _runs(told: Text | str, lang: str) -> list[tuple[bool, list[str]]]:
    """What is told as runs of lines, each with whether the run is quoted (indented)."""
    lines = (told if isinstance(told, str) else told.in_language(lang)).splitlines()
    runs = groupby(lines, lambda line: line.startswith("    "))
    return [(quoted, list(lines)) for quoted, lines in runs]
