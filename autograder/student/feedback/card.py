"""All that is said of one exercise: points by group, what can be seen, the hint, and pictures of the mistake.

`cards` makes the records for `html` and `text`. The pictures of the visible cases cost nothing; a smaller
input and the formula of the code import SymPy and ask the function again, so they are made only for an
exercise that has failed, in bounded time, and where the caller hands in an `Evaluate`.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.base.messages import Text
from autograder.judging.answer_key import AnswerKey, KeyExercise
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback.failure import Failure, size, smallest_failure

if TYPE_CHECKING:
    from autograder.cnn.derivations.page import Section
    from autograder.cnn.recovery.recover import Evaluate
    from autograder.cnn.recovery.shrink import Shrunk

    Asking = Callable[[str], Evaluate]
    """An exercise's name ↦ what makes calls of the student's function, in bounded time."""

ELEMENTS = 2
"""Elements of a formula that are shown beside the lecture's."""


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
        The smallest visible case that fails, and a still smaller input found with the lecture's formula.
    formula : Section or None
        The code's formula beside the lecture's, where they differ.
    """

    result: ExerciseResult
    titles: tuple[Text, ...]
    lecture: str = ""
    told: bool = False
    ask: str = ""
    failure: Failure | None = None
    smaller: Failure | None = None
    formula: "Section | None" = None

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
    asking: "Asking | None" = None,
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
    made = []
    for place, (exercise, one) in enumerate(zip(key.exercises, result.exercises, strict=True)):
        found = smallest_failure(exercise, judged[place], visible=key.visible) if judged else None
        titles = tuple(group.title for group in exercise.groups)
        failure = found[0] if found else None
        smaller, formula = _further(exercise, *found, asking) if found and asking else (None, None)
        made.append(Card(one, titles, exercise.lecture, one.name in told, ask, failure, smaller, formula))
    return tuple(made)


def _further(
    exercise: KeyExercise, failure: Failure, judged: Judged, asking: "Asking"
) -> tuple[Failure | None, "Section | None"]:
    """A smaller input and the differing formula, as far as there are any."""
    if not failure.returned or judged.difference.kind not in ("values", "shape", "not finite"):
        return None, None
    from autograder.cnn.recovery.shrink import can_shrink

    if not can_shrink(exercise.name):
        return None, None
    shrunk = _shrunk(exercise, judged, asking)
    smaller = None if shrunk is None else shrunk.failure
    return smaller, _formula(exercise.name, shrunk, asking)


def _shrunk(exercise: KeyExercise, judged: Judged, asking: "Asking") -> "Shrunk | None":
    from autograder.cnn.recovery.shrink import shrink
    from autograder.student.feedback.patience import OutOfTime

    below = size(tuple(judged.case.args)) + size(judged.case.expected)
    try:
        return shrink(asking(exercise.name), exercise.name, exercise.parameters, judged.difference, below)
    except (OutOfTime, SystemExit, Exception):  # an extra: the check itself is made, and must stand
        return None


def _formula(name: str, shrunk: "Shrunk | None", asking: "Asking") -> "Section | None":
    """At the lecture's own size, else at that of the smaller input: only there may the two differ."""
    from autograder.cnn.recovery.recover import recover
    from autograder.student.feedback.patience import OutOfTime

    try:
        evaluate = asking(name)
        for sizes in (None, *([shrunk.sizes] if shrunk else [])):
            section = recover(evaluate, name, sizes).differences(ELEMENTS)
            if section is not None:
                return section
    except (OutOfTime, SystemExit, Exception):  # as above: no formula, no harm
        pass
    return None
