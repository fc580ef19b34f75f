"""Test the tests: does an exercise's hidden key reject wrong functions and accept right ones?

`verify_exercise` draws several fresh keys, because a hole may exist in one draw only, and judges with each of
them the unchanged stub, the reference, every alternative, every misconception, every pair of frequent ones,
and every mutant of the reference. All of this is trusted code and runs without a sandbox.
"""

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring import assignment, mistakes
from autograder.authoring.course import unknown
from autograder.authoring.draw import draw_key
from autograder.authoring.exercise import Exercise, Misconception, refuse
from autograder.authoring.mutants import Mutant, mutants
from autograder.base.messages import Text, say
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import in_process
from autograder.judging.answer_key import AnswerKey, what_decides
from autograder.judging.diagnosis import design
from autograder.judging.domain import find
from autograder.judging.judge import accepts, judge
from autograder.judging.result_json import with_sentence
from autograder.judging.results import ExerciseResult
from autograder.sandbox.values import dumps

NAMED_SHARE = 0.95
"""The share of an assignment's misconceptions that must be recognised by their own id."""

SECONDS = 2.0
"""Timeout of a mutant, which may never return."""


@dataclass(frozen=True)
class Report:
    """The findings about one exercise.

    Attributes
    ----------
    stub, reference : list of Text
        What is wrong with them; empty if the stub earns nothing and the reference all points.
    alternatives, misconceptions, pairs, mutants : int
        How many there are.
    rejected : dict
        Alternatives that some draw rejected, and why.
    missed : dict
        Misconceptions that some draw accepted, and in how many draws.
    misnamed : dict
        Misconceptions (in `misnamed_pairs`: pairs) that some draw recognised as another one, and as which.
    survivors : dict
        Mutants that some draw accepted and that are not declared equivalent, and in how many draws.
    equivalents : dict
        Mutants that every draw accepted, and the declared reason.
    stale : list of str
        Declared equivalents that no longer exist, or that a key rejects.
    mistakes : list of Text
        What the author has to mend before anything can be built; see `authoring.mistakes`.
    never_alone : list of Text
        Features of cases that no two cases differ in alone; of these no condition is proven. A warning, too.
    slow : list of Text
        Functions near the time that `grade` gives to a call.
    never_drawn : list of str
        Groups whose cases are the same in all of several draws, though they are not declared `fixed`. This is
        a warning: they prove what they prove, but whoever has the sources has the cases.
    """

    assignment: str
    exercise: str
    draws: int
    calls: int
    seconds: float = 0.0
    stub: list[Text] = field(default_factory=list)
    reference: list[Text] = field(default_factory=list)
    alternatives: int = 0
    rejected: dict[str, Text] = field(default_factory=dict)
    misconceptions: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    misnamed: dict[str, str] = field(default_factory=dict)
    pairs: int = 0
    misnamed_pairs: dict[str, str] = field(default_factory=dict)
    mutants: int = 0
    survivors: dict[str, int] = field(default_factory=dict)
    equivalents: dict[str, str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    mistakes: list[Text] = field(default_factory=list)
    never_alone: list[Text] = field(default_factory=list)
    slow: list[Text] = field(default_factory=list)
    never_drawn: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing wrong is accepted and nothing right rejected."""
        wrong = (self.stub, self.reference, self.rejected, self.missed, self.survivors, self.stale)
        return not any((*wrong, self.mistakes))


def sound(reports: list[Report]) -> bool:
    """Is every exercise sound, and are enough misconceptions recognised in every assignment?"""
    names = {report.assignment for report in reports}
    return all(report.sound for report in reports) and all(
        named_share([report for report in reports if report.assignment == name]) >= NAMED_SHARE
        for name in names
    )


def named_share(reports: list[Report]) -> float:
    """The share of all misconceptions that every draw recognised by their own id."""
    known = sum(report.misconceptions for report in reports)
    return 1 - sum(len(report.misnamed) for report in reports) / known if known else 1.0


def to_data(reports: list[Report], lang: str) -> dict[str, Any]:
    """The reports as plain data for `--json`; faults are texts as in `results.json`."""

    def shown(value: Any) -> Any:
        match value:
            case Text():
                return with_sentence(value, lang)
            case list():
                return [shown(each) for each in value]
            case dict():
                return {name: shown(each) for name, each in value.items()}
        return value

    exercises = [shown(vars(report)) | {"sound": report.sound} for report in reports]
    return {"sound": sound(reports), "named": round(named_share(reports), 4), "exercises": exercises}


def chosen(course: Path, names: Sequence[str], only: Sequence[str] = ()) -> list[tuple[Path, str]]:
    """A course's exercises, each with its assignment's folder: all, or those of the assignments in `names`.

    Parameters
    ----------
    only : sequence of str
        Of these exercises, if there are any.

    Raises
    ------
    exercise.AuthoringError
        The course cannot be loaded, or has no such assignment or exercise.
    """
    assignments = {loaded.name: loaded for loaded in assignment.load_all(course)}
    refuse([unknown(str(course), name, assignments) for name in names if name not in assignments])
    wanted = [assignments[name] for name in names] or assignments.values()
    found = [(loaded.folder, exercise.name) for loaded in wanted for exercise in loaded.exercises]
    known = [name for _, name in found]
    refuse([unknown(str(course), name, known) for name in only if name not in known])
    return [each for each in found if not only or each[1] in only]


def verify_exercise(folder: Path, name: str, draws: int, seed: str) -> Report:
    """Verify the exercise `name` of the assignment in `folder` with `draws` fresh keys, which `seed` decides.

    Raises
    ------
    exercise.AuthoringError
        The course cannot be loaded or a key cannot be drawn.
    """
    start = time.perf_counter()
    loaded = assignment.load(folder)
    (exercise,) = (exercise for exercise in loaded.exercises if exercise.name == name)
    entropies = [f"{seed} {number}" for number in range(draws)]
    keys = [draw_key(loaded.name, (exercise,), each, loaded.domain, visible=False) for each in entropies]
    neighbours = frozenset(each.name for each in loaded.exercises if each is not exercise)
    changed = mutants(exercise.reference, apart_from=neighbours)
    survivors = _survivors(changed, keys, exercise)
    declared = exercise.equivalents
    equivalents = {change: declared[change] for change in declared if survivors.get(change) == draws}
    pairs = _distinct_pairs(exercise, keys)
    too_slow, slow = mistakes.slow(exercise, mistakes.call_seconds(exercise, keys[0]))
    found = [*mistakes.in_misconceptions(exercise, keys[0]), *too_slow]
    return Report(
        loaded.name,
        name,
        draws,
        calls=len(keys[0].exercises[0].cases),
        stub=_stub_faults(loaded, keys),
        reference=[_fault(result) for result in _failures(keys, exercise, exercise.reference)],
        alternatives=len(exercise.alternatives),
        rejected=_rejected(exercise, keys),
        misconceptions=len(exercise.misconceptions),
        missed=_missed(exercise, keys),
        misnamed=_misnamed(exercise, exercise.misconceptions, keys),
        pairs=len(pairs),
        misnamed_pairs=_misnamed(exercise, pairs, keys),
        mutants=len(changed),
        survivors={change: times for change, times in survivors.items() if change not in equivalents},
        equivalents=equivalents,
        stale=[change for change in declared if change not in equivalents],
        mistakes=[say("author.at", place=folder, error=mistake) for mistake in found],
        never_alone=design.never_alone(keys[0].exercises[0], find(loaded.domain)),
        slow=slow,
        never_drawn=_never_drawn(exercise, keys) if draws > 1 else [],
        seconds=round(time.perf_counter() - start, 2),
    )


def _result(key: AnswerKey, exercise: Exercise, function: Callable[..., Any]) -> ExerciseResult:
    with np.errstate(all="ignore"):  # wrong functions may divide by zero
        (result,) = judge(key, in_process.outcomes(key, {exercise.name: function}))
    return result


def _failures(
    keys: list[AnswerKey], exercise: Exercise, function: Callable[..., Any]
) -> list[ExerciseResult]:
    """The results that earn less than all points."""
    results = [_result(key, exercise, function) for key in keys]
    return [result for result in results if result.points != result.max_points]


def _fault(result: ExerciseResult) -> Text:
    points, maximum = f"{result.points:g}", f"{result.max_points:g}"
    fault = say("verify.fault", points=points, maximum=maximum, verdict=result.verdict.value)
    why = result.detail or result.diagnosis
    return say("verify.fault_because", fault=fault, why=why) if why else fault


def _stub_faults(loaded: assignment.Assignment, keys: list[AnswerKey]) -> list[Text]:
    return [
        say("verify.fault_in", lang=lang, fault=_fault(result))
        for key in keys
        for lang, result in mistakes.stub_results(loaded, key)
        if result.points
    ]


def _rejected(exercise: Exercise, keys: list[AnswerKey]) -> dict[str, Text]:
    return {
        alternative.__name__: _fault(result)
        for alternative in exercise.alternatives
        for result in _failures(keys, exercise, alternative)
    }


def _missed(exercise: Exercise, keys: list[AnswerKey]) -> dict[str, int]:
    """Misconceptions that fail no case of a group with points, and in how many of the draws."""
    missed: Counter[str] = Counter()
    for key in keys:
        groups = [group for group in key.exercises[0].groups if group.points > 0]
        caught = {id for group in groups for case in group.cases for id in case.wrong}
        missed.update(known.id for known in exercise.misconceptions if known.id not in caught)
    return dict(missed)


def _misnamed(exercise: Exercise, wrong: list[Misconception], keys: list[AnswerKey]) -> dict[str, str]:
    return {
        known.id: str(recognised)
        for known in wrong
        for key in keys
        if (recognised := _result(key, exercise, known.run).misconception) != known.id
    }


def _distinct_pairs(exercise: Exercise, keys: list[AnswerKey]) -> list[Misconception]:
    """The pairs that some key distinguishes from single misconceptions; see `authoring.draw`."""
    known = {hint.id for key in keys for hint in key.exercises[0].misconceptions}
    return [pair for pair in exercise.pairs() if pair.id in known]


def _never_drawn(exercise: Exercise, keys: list[AnswerKey]) -> list[str]:
    """A case without arguments is a question about a text, which cannot be another one."""
    found = []
    for group in exercise.groups:
        cases = [key.groups[exercise.name, group.name].cases for key in keys]
        same = len({dumps([what_decides(case) for case in drawn]) for drawn in cases}) == 1
        if same and not group.fixed and any(case.args for case in cases[0]):
            found.append(group.name)
    return found


# ---------------------------------------------------------------------------------------------- mutants


def _survivors(changed: list[Mutant], keys: list[AnswerKey], exercise: Exercise) -> dict[str, int]:
    """The mutants that pass, and in how many of the draws."""
    passed = {mutant.change: sum(_passes(mutant, key, exercise) for key in keys) for mutant in changed}
    return {change: times for change, times in passed.items() if times}


def _passes(mutant: Mutant, key: AnswerKey, exercise: Exercise) -> bool:
    """Does the mutant pass every case? Stops at the first that fails, which is usually the very first."""
    outcomes = in_process.outcomes(key, {exercise.name: mutant.run})
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), interrupted_after(SECONDS, processor=True):
            warnings.simplefilter("ignore")
            return all(map(accepts, key.exercises[0].cases, outcomes))
    except OutOfTime:
        return False
