"""Why an answer is wrong: what can be seen, in one sentence, and the idea behind it where it is known.

`catalogue` looks for a misconception of the answer key whose outputs the answers equal. `symptoms` says
what can be seen without any catalogue, over all wrong cases: `shapes` and `numbers` describe a wrong
answer, `places` the cases that it is wrong in, by what `facts` reads off their arguments. A subject adds what
it knows in its `domain`. Called by the judge, for wrong answers only. Nothing here raises for what a student
returned, and from a hidden key nothing is quoted: no input, no expected value, no expected size, no text of
an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.base.messages import Text, say
from autograder.judging.answer_key import Hint, KeyExercise
from autograder.judging.diagnosis import catalogue, symptoms
from autograder.judging.diagnosis.judged import Judged

if TYPE_CHECKING:
    from autograder.judging.domain import Domain

__all__ = ["Diagnosis", "Judged", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """What is known about an exercise's wrong cases.

    Attributes
    ----------
    misconception : str or None
        The id of the misconception that explains them.
    symptom : Text or None
        What can be seen; None where nothing is wrong.
    text : Text or None
        The misconception's idea where there is one, else the symptom.
    """

    misconception: str | None = None
    symptom: Text | None = None
    text: Text | None = None


def diagnose(
    exercise: KeyExercise, judged: Sequence[Judged], domain: "Domain", *, visible: bool
) -> Diagnosis:
    """Explain an exercise's result. With `visible`, shapes and exception texts may be quoted."""
    if all(one.verdict.earns for one in judged):
        return Diagnosis()
    seen = symptoms.symptom(exercise, judged, domain, visible=visible)
    found = catalogue.recognise(exercise, judged)
    if found is None:
        return Diagnosis(None, seen, seen)
    idea = say("idea.whole" if found.whole else "idea.partly", hint=_idea(exercise, found.hint))
    return Diagnosis(found.hint.id, seen, idea)


def _idea(exercise: KeyExercise, hint: Hint) -> Text:
    """What a misconception is; of a pair, both."""
    ideas = {known.id: known.text for known in exercise.misconceptions}
    one, _, other = hint.id.partition("+")
    return say("idea.both", one=ideas[one], other=ideas[other]) if {one, other} <= ideas.keys() else hint.text
