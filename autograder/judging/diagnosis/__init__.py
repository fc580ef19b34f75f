"""Explain why an answer is wrong: the symptom, in one sentence, and the misconception behind it if known.

- `catalogue` looks for a misconception of the answer key whose outputs the answers equal.
- `symptoms` describes the wrong cases without any catalogue. `shapes` and `numbers` say what is wrong with an
  answer, `conditions` in which cases, by what `facts` reads off their arguments.

The judge calls `diagnose` for every exercise; a subject adds what it knows in its `domain`. Nothing here may
raise for a value that a student's function returned. From a hidden key students read the kind of a symptom
only (`told`): no input, no expected value, no size, no name, line or text of an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.base.messages import Text, joined, say
from autograder.judging.diagnosis import catalogue, symptoms, told
from autograder.judging.diagnosis.judged import Judged
from autograder.judging.diagnosis.knowledge import Knowledge
from autograder.judging.key_records import Hint, KeyExercise

__all__ = ["Diagnosis", "Judged", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """Why an exercise's wrong cases are wrong.

    Attributes
    ----------
    misconception : str or None
        The id of the misconception that explains them.
    symptom : Text or None
        What can be seen; None where nothing is wrong.
    text : Text or None
        The misconception's idea where there is one, else the symptom.
    detail : Text or None
        The symptom for the instructor, where that of hidden cases tells a student less.
    """

    misconception: str | None = None
    symptom: Text | None = None
    text: Text | None = None
    detail: Text | None = None


def diagnose(
    exercise: KeyExercise,
    cases: Sequence[Judged],
    knowledge: Knowledge,
    *,
    visible: bool,
    modules: Sequence[str] = (),
) -> Diagnosis:
    """Explain an exercise's result; with `visible`, students may read all of it.

    `modules` are those that the course allows besides NumPy.
    """
    if all(judged.verdict.earns for judged in cases):
        return Diagnosis()
    seen = symptoms.symptom(exercise, cases, knowledge, visible=visible, modules=modules)
    symptom = seen if visible else told.kind(seen)
    detail = None if symptom == seen else seen
    found = catalogue.recognise(exercise, cases)
    wrong = [judged for judged in cases if not judged.verdict.earns]
    again = symptoms.explained(wrong, visible=True, again=True) if visible else None
    again = None if again == symptom else again
    if found is None:
        return Diagnosis(None, symptom, again or symptom, detail)
    hint = _idea(exercise, found.hint)
    if found.apart:
        idea = say("idea.apart", hint=hint, what=joined(map(say, found.apart)))
    else:
        idea = say("idea.whole" if found.explains_all else "idea.partly", hint=hint)
    return Diagnosis(found.hint.id, symptom, joined([idea, again], "list.lines") if again else idea, detail)


def _idea(exercise: KeyExercise, hint: Hint) -> Text:
    """The text of a misconception; of a pair, both texts."""
    ideas = {known.id: known.text for known in exercise.misconceptions}
    first, _, second = hint.id.partition("+")
    both = {first, second} <= ideas.keys()
    return say("idea.both", first=ideas[first], second=ideas[second]) if both else hint.text
