"""The sentences of a card that `html` and `text` share."""

from autograder.base.messages import Text, say
from autograder.judging.results import ExerciseResult, SubmissionResult
from autograder.student.feedback.card import Card


def points(result: ExerciseResult | SubmissionResult) -> Text:
    """How many points on the visible cases."""
    return say("card.points", points=f"{result.points:g}", maximum=f"{result.max_points:g}")


def hint(card: Card) -> Text | None:
    """The idea, where it may be revealed."""
    return card.result.idea if card.told else None


def following(step: Text) -> Text:
    """The next thing to do."""
    return say("card.next_step", step=step)
