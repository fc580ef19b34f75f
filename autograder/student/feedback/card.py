"""All that is said of one exercise: points by group, what can be seen, the hint, and pictures of the mistake.

`cards` makes the records for `html` and `text`. The pictures of the visible cases cost nothing; those that a
subject adds (`judging.domain`) ask the function again, so they are made only for an exercise that has failed,
in bounded time, and where the caller hands in an `Evaluate`.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from autograder.base.messages import Text, say
from autograder.base.timeout import OutOfTime
from autograder.judging.answer_key import AnswerKey, KeyExercise
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.domain import Domain, find
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback.failure import Failure, smallest_failure

if TYPE_CHECKING:
    from autograder.student.questions import Evaluate

Asking = Callable[[str], "Evaluate"]
"""An exercise's name ↦ what makes calls of the student's function, in bounded time."""


class Shown(Protocol):
    """What writes itself down as "text", "markdown" or "html"."""

    def write(self, form: Any, *, lang: str) -> str:
        """In one of these formats."""


@dataclass(frozen=True)
class Formula:
    """What the code computes, beside what is right."""

    heading: Text
    shown: Shown


Illustrate = Callable[[KeyExercise, Judged, Callable[[], "Evaluate"]], tuple[Failure | None, Formula | None]]
"""A subject's own pictures of a wrong case: a smaller input that shows the mistake, and the code's formula.

The third argument gives, each time that it is called, what asks the function in a time of its own.
"""


@dataclass(frozen=True)
class Card:
    """One exercise.

    Attributes
    ----------
    titles : tuple of Text
        What each case group is about.
    told : bool
        Whether the idea behind the mistake may be told.
    ask : str
        What a student writes to be told at once.
    failure, smaller : Failure or None
        The smallest visible case that fails, and a still smaller input that the subject knows.
    formula : Formula or None
        The code's formula beside the right one, where they differ.
    all_pass : Text
        What is said where nothing is wrong.
    """

    result: ExerciseResult
    titles: tuple[Text, ...]
    lecture: str = ""
    told: bool = False
    ask: str = ""
    failure: Failure | None = None
    smaller: Failure | None = None
    formula: Formula | None = None
    all_pass: Text = field(default_factory=lambda: say("card.all_pass"))

    @property
    def has_untold_idea(self) -> bool:
        return self.result.misconception is not None and not self.told


def cards(
    key: AnswerKey,
    result: SubmissionResult,
    judged: Sequence[Sequence[Judged]],
    *,
    told: Container[str] = (),
    ask: str = "",
    asking: Asking | None = None,
) -> tuple[Card, ...]:
    """A card for each exercise of a check against a visible key.

    Parameters
    ----------
    judged : sequence of sequences of Judged
        Each exercise's cases; where there are none, nothing is drawn.
    told : container of str
        The exercises whose idea may be told.
    asking : function, optional
        Makes calls of the student's functions, for smaller inputs and formulas.
    """
    domain = find(key.domain)
    all_pass = say(domain.id("card.all_pass"))
    made = []
    for place, (exercise, one) in enumerate(zip(key.exercises, result.exercises, strict=True)):
        found = smallest_failure(exercise, judged[place], visible=key.visible) if judged else None
        titles = tuple(group.title for group in exercise.groups)
        failure, case = found or (None, None)
        smaller, formula = _further(domain, exercise, case, asking) if case and asking else (None, None)
        is_told = one.name in told
        made.append(Card(one, titles, exercise.lecture, is_told, ask, failure, smaller, formula, all_pass))
    return tuple(made)


def _further(
    domain: Domain, exercise: KeyExercise, judged: Judged, asking: Asking
) -> tuple[Failure | None, Formula | None]:
    """A smaller input and the differing formula, as far as the subject has any."""
    numbers_came = judged.difference.kind in ("values", "shape", "not finite")
    if domain.illustrate is None or not numbers_came:
        return None, None
    illustrate: Illustrate = domain.illustrate
    try:
        return illustrate(exercise, judged, lambda: asking(exercise.name))
    except (OutOfTime, SystemExit, Exception):  # an extra: the check itself is made, and must stand
        return None, None
