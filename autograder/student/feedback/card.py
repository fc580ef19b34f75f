"""All that is said of one exercise: points by group, the symptom, the hint, and the failing cases.

`cards` makes the records that `html` and `text` render. Visible cases need no further work; the smaller input
and the formula that a subject adds (`judging.domain`) need further calls of the student's function, so they
are made only for a failed exercise, under a time budget, and where the caller provides an `Evaluate`.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from autograder.base.messages import Text, joined, say
from autograder.base.timeout import OutOfTime
from autograder.judging.answer_key import AnswerKey, KeyExercise
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.domain import Domain, find
from autograder.judging.pictures.failure import Failure, smallest_failure
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback import advice

if TYPE_CHECKING:
    from autograder.student.questions import Evaluate

Asking = Callable[[str], "Evaluate"]
"""Returns, for an exercise's name, what calls the student's function under a time budget."""


class Shown(Protocol):
    """What renders itself as "text", "markdown" or "html"."""

    def write(self, form: Any, *, lang: str) -> str:
        """Render in one of these formats."""


@dataclass(frozen=True)
class Formula:
    """The formula that the code computes beside the right one."""

    heading: Text
    shown: Shown


Illustrate = Callable[[KeyExercise, Judged, Callable[[], "Evaluate"]], tuple[Failure | None, Formula | None]]
"""A subject's own additions to a wrong case: a smaller input that shows the mistake, and the code's formula.

Each call of the third argument returns an `Evaluate` with a time budget of its own.
"""


@dataclass(frozen=True)
class Card:
    """One exercise.

    Attributes
    ----------
    titles : tuple of Text
        What each case group is about.
    told : bool
        Whether the idea behind the mistake may be revealed.
    ask : str
        What the student types to get the idea at once.
    failure, smaller : Failure or None
        The smallest visible case that fails, and a still smaller input that the subject knows.
    formula : Formula or None
        The code's formula beside the right one, where they differ.
    all_pass : Text
        The sentence for an exercise without mistakes.
    examples : mapping
        The subject's `next_steps`.
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
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def next_step(self) -> Text:
        """What to do about the exercise; it must not be right."""
        ask = self.ask if self.has_untold_idea else ""
        return advice.next_step(self.result, lecture=self.lecture, ask=ask, examples=self.examples)

    @property
    def has_untold_idea(self) -> bool:
        return self.result.idea is not None and not self.told


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
        Each exercise's cases; where there are none, no failing case is shown.
    told : container of str
        The exercises whose idea may be revealed.
    asking : function, optional
        Makes calls of the student's functions, for smaller inputs and formulas.
    """
    domain = find(key.domain)
    made = []
    for index, (exercise, outcome) in enumerate(zip(key.exercises, result.exercises, strict=True)):
        found = smallest_failure(exercise, judged[index], visible=key.visible) if judged else None
        titles = tuple(group.title for group in exercise.groups)
        failure, case = found or (None, None)
        smaller, formula = _further(domain, exercise, case, asking) if case and asking else (None, None)
        about = (titles, exercise.lecture, exercise.name in told, ask)
        made.append(Card(outcome, *about, failure, smaller, formula, all_pass([exercise]), domain.next_steps))
    return tuple(made)


def all_pass(exercises: Sequence[KeyExercise]) -> Text:
    """What is said of exercises without mistakes: what hidden cases try and the visible ones did not."""
    features = dict.fromkeys(feature for exercise in exercises for feature in exercise.untried)
    if not features:
        return say("card.all_pass")
    return say("card.untried", features=joined([feature.text for feature in features], "list.groups"))


def _further(
    domain: Domain, exercise: KeyExercise, judged: Judged, asking: Asking
) -> tuple[Failure | None, Formula | None]:
    """A smaller input and the differing formula, where the subject can find them."""
    if (
        domain.illustrate is None
        or judged.case.script
        or judged.difference.kind not in ("values", "shape", "not finite")
    ):
        return None, None
    illustrate: Illustrate = domain.illustrate
    try:
        return illustrate(exercise, judged, lambda: asking(exercise.name))
    except (OutOfTime, SystemExit, Exception):  # the check itself must not fail over it
        return None, None
