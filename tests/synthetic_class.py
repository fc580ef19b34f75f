"""A class of any size as it might have been graded: the course's exercises, groups and misconceptions, with
invented students of differing skill. No submission runs; what reports make of results is what is tested.
"""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.base.messages import Text, Verbatim, say
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey, KeyExercise
from autograder.judging.results import CaseResult, ExerciseResult, GroupResult, SubmissionResult, Verdict

COURSE = Path(__file__).parent.parent / "assignments" / "en"
SURNAMES = ("Li", "Wang", "Zhang", "Liu", "Chen", "Huang", "Novak", "Schmidt", "Rossi", "Okafor", "王", "李")
GIVEN = ("Na", "Wei", "Fang", "Min", "Jie", "Anna", "Ben", "Carla", "Emil", "Mia", "小明", "思远", "子涵")

WRONG = say("symptom.values_wrong", part=Verbatim(""))


@cache
def keys() -> tuple[AnswerKey, ...]:
    return tuple(answer_key.load(path) for path in sorted(COURSE.glob("*/*.visible.npz")))


def results(students: int, seed: int = 1) -> Iterator[SubmissionResult]:
    """Every student's results, student by student, as `grade` leaves them."""
    rng = random.Random(seed)
    names = {f"{rng.choice(SURNAMES)} {rng.choice(GIVEN)} {number:03}" for number in range(students)}
    for name in sorted(names):
        skill = rng.betavariate(5, 1.6)
        for key in keys():
            if rng.random() < 0.95:
                yield submission(name, key, skill, rng)


def submission(name: str, key: AnswerKey, skill: float, rng: random.Random) -> SubmissionResult:
    place = f"{name}/{key.assignment}/{key.assignment}.ipynb"
    exercises = tuple(exercise(one, skill, rng) for one in key.exercises)
    notes = (say("note.kind_syntax_error"),) if rng.random() < 0.01 else ()
    return SubmissionResult(name, key.assignment, place, "bubblewrap", 0.2, exercises, notes, "")


def exercise(one: KeyExercise, skill: float, rng: random.Random) -> ExerciseResult:
    if rng.random() < skill**0.4:
        return result(one, Verdict.AC, rng)
    if rng.random() < 0.12:
        return result(one, Verdict.NI, rng, symptom=say("symptom.not_started", name=one.name))
    if rng.random() < 0.2:
        verdict = rng.choice((Verdict.RTE, Verdict.TLE, Verdict.FORBIDDEN, Verdict.MISSING))
        return result(one, verdict, rng, symptom=WRONG)
    if one.misconceptions and rng.random() < 0.8:
        hint = one.misconceptions[min(int(rng.expovariate(0.7)), len(one.misconceptions) - 1)]
        diagnosis = say("idea.whole", hint=hint.text)
        return result(one, Verdict.WA, rng, hint.id, WRONG, diagnosis)
    return result(one, Verdict.WA, rng, symptom=say("symptom.all_zero", part=Verbatim("")))


def result(
    one: KeyExercise,
    verdict: Verdict,
    rng: random.Random,
    misconception: str | None = None,
    symptom: Text | None = None,
    diagnosis: Text | None = None,
) -> ExerciseResult:
    groups = []
    for group in one.groups:
        lost = verdict is not Verdict.AC and (not groups or verdict is not Verdict.WA or rng.random() < 0.6)
        cases = tuple(
            CaseResult(verdict if lost else Verdict.AC, round(rng.expovariate(1000), 6)) for _ in group.cases
        )
        groups.append(GroupResult(group.name, 0 if lost else group.points, group.points, cases))
    return ExerciseResult(one.name, verdict, misconception, symptom, diagnosis or symptom, tuple(groups))
