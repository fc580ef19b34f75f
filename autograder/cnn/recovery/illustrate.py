"""Illustrate a mistake by the lecture's formulas: a smaller input, and the formula of the code.

The engine's feedback calls this (`judging.domain`), under a time limit, for an exercise that has failed. An
error here must cost the illustration only, never the check.
"""

from collections.abc import Callable

from autograder.base.messages import say
from autograder.base.timeout import OutOfTime
from autograder.cnn.recovery.recover import recover
from autograder.cnn.recovery.shrink import Shrunk, can_shrink, shrink
from autograder.judging.answer_key import KeyExercise
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.pictures.failure import Failure, size
from autograder.student.feedback.card import Formula
from autograder.student.questions import Evaluate

ELEMENTS = 2
"""Elements whose formula is shown beside the lecture's."""


def illustrate(
    exercise: KeyExercise, judged: Judged, asking: Callable[[], Evaluate]
) -> tuple[Failure | None, Formula | None]:
    """A smaller input and the differing formula, where they are found."""
    if not can_shrink(exercise.name):
        return None, None
    shrunk = _shrunk(exercise, judged, asking())
    return None if shrunk is None else shrunk.failure, _formula(exercise.name, shrunk, asking())


def _shrunk(exercise: KeyExercise, judged: Judged, evaluate: Evaluate) -> Shrunk | None:
    below = size(tuple(judged.case.args)) + size(judged.case.expected)
    try:
        return shrink(evaluate, exercise.name, exercise.parameters, judged.difference, below)
    except (OutOfTime, SystemExit, Exception):  # the formula may still be found
        return None


def _formula(name: str, shrunk: Shrunk | None, evaluate: Evaluate) -> Formula | None:
    """At the lecture's own size, else at that of the smaller input: the two may differ only there."""
    try:
        for sizes in (None, *([shrunk.sizes] if shrunk else [])):
            section = recover(evaluate, name, sizes).differences(ELEMENTS)
            if section is not None:
                return Formula(say("cnn.card.formula_heading"), section)
    except (OutOfTime, SystemExit, Exception):  # the card is shown without it
        pass
    return None
