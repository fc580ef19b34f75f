"""The tests of the tests: does an assignment's hidden key reject what is wrong and accept what is right?

`verify_exercise` draws several fresh keys, for a hole may lie in one draw only, and runs through each
of them the untouched stub, the reference, every accepted alternative, every misconception, every pair
of frequent ones, and every systematic mutant of the reference. Trusted code, so no sandbox.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring import assignment, build
from autograder.authoring.draw import draw_hidden
from autograder.authoring.exercise import AuthoringError, Exercise, Misconception
from autograder.authoring.mutants import Mutant, mutants
from autograder.base.messages import COURSE_LANGUAGES
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import in_process
from autograder.judging.answer_key import AnswerKey
from autograder.judging.judge import accepts, judge
from autograder.judging.results import ExerciseResult
from autograder.submissions.source import read as read_source

NAMED_SHARE = 0.95
"""Of the misconceptions of an assignment that must be told apart from all others."""

SECONDS = 2.0
"""A mutant's call that loops for ever is stopped after this."""


@dataclass(frozen=True)
class Report:
    """What verifying one exercise showed.

    Attributes
    ----------
    stub, reference : list of str
        What is wrong with them; empty when the stub earns nothing and the reference everything.
    alternatives, misconceptions, pairs, mutants : int
        How many there are.
    rejected : dict
        Alternatives that some draw did not accept, and why.
    missed : dict
        Misconceptions that some draw did not catch, and in how many draws.
    misnamed : dict
        Misconceptions (or, in `misnamed_pairs`, pairs) that some draw gave another name, and that name.
    survivors : dict
        Mutants that pass in some draw and are not declared equivalent, and in how many draws.
    equivalents : dict
        Mutants that pass in every draw, and the declared reason.
    stale : list of str
        Declared equivalents that no longer exist, or that a key catches.
    """

    assignment: str
    exercise: str
    draws: int
    calls: int
    seconds: float = 0.0
    stub: list[str] = field(default_factory=list)
    reference: list[str] = field(default_factory=list)
    alternatives: int = 0
    rejected: dict[str, str] = field(default_factory=dict)
    misconceptions: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    misnamed: dict[str, str] = field(default_factory=dict)
    pairs: int = 0
    misnamed_pairs: dict[str, str] = field(default_factory=dict)
    mutants: int = 0
    survivors: dict[str, int] = field(default_factory=dict)
    equivalents: dict[str, str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Nothing wrong is accepted and nothing right rejected."""
        return not (
            self.stub or self.reference or self.rejected or self.missed or self.survivors or self.stale
        )


def sound(reports: list[Report]) -> bool:
    """Is every exercise sound, and are enough misconceptions named in every assignment?"""
    names = {report.assignment for report in reports}
    return all(report.sound for report in reports) and all(
        named_share([report for report in reports if report.assignment == name]) >= NAMED_SHARE
        for name in names
    )


def named_share(reports: list[Report]) -> float:
    """The share of all misconceptions that every draw told apart from all others."""
    known = sum(report.misconceptions for report in reports)
    return 1 - sum(len(report.misnamed) for report in reports) / known if known else 1.0


def to_data(reports: list[Report]) -> dict[str, Any]:
    """The reports as plain data for `--json`."""
    return {
        "sound": sound(reports),
        "named": round(named_share(reports), 4),
        "exercises": [{**asdict(report), "sound": report.sound} for report in reports],
    }


def chosen(course: Path, names: list[str]) -> list[Path]:
    """The folders of a course's assignments, or of those with these names.

    Raises
    ------
    exercise.AuthoringError
        The course cannot be loaded, or has no such assignment.
    """
    folders = {one.name: one.folder for one in assignment.load_all(course)}
    for name in names:
        if name not in folders:
            raise AuthoringError(f"{course} has no assignment {name!r}; there are: {', '.join(folders)}.")
    return [folders[name] for name in names] or list(folders.values())


def exercise_names(folder: Path) -> list[str]:
    """The exercises of an assignment."""
    return [exercise.name for exercise in assignment.load(folder).exercises]


def verify_exercise(folder: Path, name: str, draws: int) -> Report:
    """Verify the exercise `name` of the assignment in `folder` with `draws` fresh keys.

    Raises
    ------
    exercise.AuthoringError
        The course cannot be loaded or a key cannot be drawn.
    """
    start = time.perf_counter()
    course = assignment.load(folder)
    (exercise,) = (one for one in course.exercises if one.name == name)
    keys = [draw_hidden(course.name, (exercise,), domain=course.domain) for _ in range(draws)]
    others = frozenset(one.name for one in course.exercises if one is not exercise)
    changed = mutants(exercise.reference, apart_from=others)
    survivors = _survivors(changed, keys, exercise)
    declared = exercise.equivalents
    equivalents = {change: declared[change] for change in declared if survivors.get(change) == draws}
    pairs = _distinct_pairs(exercise, keys)
    return Report(
        course.name,
        name,
        draws,
        calls=len(keys[0].exercises[0].cases),
        stub=_stub_faults(course, keys),
        reference=[_fault(one) for one in _all_results(keys, exercise, exercise.reference) if one],
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
        seconds=round(time.perf_counter() - start, 2),
    )


def _result(key: AnswerKey, exercise: Exercise, function: Callable[..., Any]) -> ExerciseResult:
    with np.errstate(all="ignore"):  # what is wrong may well divide by zero
        (result,) = judge(key, in_process.outcomes(key, {exercise.name: function}))
    return result


def _all_results(
    keys: list[AnswerKey], exercise: Exercise, function: Callable[..., Any]
) -> Iterator[ExerciseResult | None]:
    """For each key the result, or None where it is full points."""
    for key in keys:
        result = _result(key, exercise, function)
        yield None if result.points == result.max_points else result


def _fault(result: ExerciseResult) -> str:
    why = f": {result.diagnosis.in_language('en')}" if result.diagnosis else ""
    return f"{result.points:g} of {result.max_points:g} points, {result.verdict}{why}"


def _stub_faults(course: assignment.Assignment, keys: list[AnswerKey]) -> list[str]:
    faults = []
    for lang in COURSE_LANGUAGES:
        text = course.notebook.read_text(encoding="utf-8")
        source = build.without_solutions(build.in_language(text, lang))
        read = read_source(f"{course.name}.py", source.encode())
        statements = [(one.source, one.where, one.line) for one in read.statements]
        for key in keys:
            for result in judge(key, in_process.outcomes(key, {}, statements)):
                if result.points:
                    faults.append(f"{lang}: {_fault(result)}")
    return faults


def _rejected(exercise: Exercise, keys: list[AnswerKey]) -> dict[str, str]:
    rejected = {}
    for alternative in exercise.alternatives:
        for result in _all_results(keys, exercise, alternative):
            if result is not None:
                rejected[alternative.__name__] = _fault(result)
    return rejected


def _missed(exercise: Exercise, keys: list[AnswerKey]) -> dict[str, int]:
    """A misconception is caught where it loses a case of a group that is worth points."""
    missed: dict[str, int] = {}
    for key in keys:
        for one in exercise.misconceptions:
            caught = any(
                one.id in case.wrong
                for group in key.exercises[0].groups
                for case in group.cases
                if group.points > 0
            )
            if not caught:
                missed[one.id] = missed.get(one.id, 0) + 1
    return missed


def _misnamed(exercise: Exercise, wrong: list[Misconception], keys: list[AnswerKey]) -> dict[str, str]:
    misnamed = {}
    for one in wrong:
        for key in keys:
            named = _result(key, exercise, one.run).misconception
            if named != one.id:
                misnamed[one.id] = str(named)
    return misnamed


def _distinct_pairs(exercise: Exercise, keys: list[AnswerKey]) -> list[Misconception]:
    """The pairs that a key tells apart from either cause alone; see `answer_key.draw`."""
    known = {hint.id for key in keys for hint in key.exercises[0].misconceptions}
    return [pair for pair in exercise.pairs() if pair.id in known]


# ---------------------------------------------------------------------------------------------- mutants


def _survivors(changed: list[Mutant], keys: list[AnswerKey], exercise: Exercise) -> dict[str, int]:
    """Mutants that pass, and in how many of the draws."""
    survivors: dict[str, int] = {}
    for mutant in changed:
        passed = sum(_passes(mutant, key, exercise) for key in keys)
        if passed:
            survivors[mutant.change] = passed
    return survivors


def _passes(mutant: Mutant, key: AnswerKey, exercise: Exercise) -> bool:
    """Does the mutant earn every case? It ends with the first that it does not, most often the very first."""
    outcomes = in_process.outcomes(key, {exercise.name: mutant.run})
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), interrupted_after(SECONDS):
            warnings.simplefilter("ignore")
            return all(map(accepts, key.exercises[0].cases, outcomes))
    except OutOfTime:
        return False
