"""Find an author's mistakes, a sentence each: those that show when an assignment is loaded and its cases run.

`build` and `verify` call it before anything is written, and so does whoever wants a course's mistakes as a
list (`in_course`). Nothing is written here, and no hidden key is drawn: the cases come from a fixed seed.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring import assignment, build, source_digest
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import draw_key, same_wrong
from autograder.authoring.exercise import AuthoringError, Exercise, Misconception, described
from autograder.base.messages import COURSE_LANGUAGES, Text, say
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import answer_key, in_process
from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.judge import judge
from autograder.judging.results import ExerciseResult
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Outcome
from autograder.sandbox.values import dumps, loads
from autograder.submissions.source import read as read_source

_SLIPS = {"NameError", "UnboundLocalError", "AttributeError", "ImportError", "ModuleNotFoundError"}
"""What a misconception raises by a slip of its author's, even if it is in a single case."""

DEFAULT = Limits()


def in_course(course: Path) -> list[Text | str]:
    """All mistakes of a course that can be found without drawing many keys, as `verify` does."""
    try:
        loaded = assignment.load_all(course)
    except AuthoringError as error:
        return list(error.mistakes)
    return [
        mistake for item in loaded for mistake in (*in_cases(item), *in_stub(item, build.visible_key(item)))
    ]


def in_release(item: Assignment, visible: AnswerKey, keys: Path | None, *, fresh: bool) -> list[Text | str]:
    """The mistakes for which neither students' files nor keys may be written.

    The cases are run only if a hidden key is to be drawn in the folder `keys`: an existing one was drawn
    after they had been run.
    """
    if keys is None:
        return list(in_stub(item, visible))
    try:
        old = answer_key.load(keys / (item.name + answer_key.HIDDEN)).source
    except answer_key.KeyFileError:
        old = ""
    drawn = fresh or old != source_digest.digest(item)
    return [*in_stub(item, visible), *(in_cases(item) if drawn else ())]


def in_stub(loaded: Assignment, key: AnswerKey) -> list[Text]:
    """Stubs that earn points."""
    return [
        say("author.stub_earns", file=loaded.notebook, name=result.name, points=result.points, lang=lang)
        for lang, result in stub_results(loaded, key)
        if result.points
    ]


def stub_results(loaded: Assignment, key: AnswerKey) -> Iterator[tuple[str, ExerciseResult]]:
    """What the students' files earn as they are released, in each language."""
    text = loaded.notebook.read_text(encoding="utf-8")
    for lang in COURSE_LANGUAGES:
        source = build.without_solutions(build.in_language(text, lang))
        read = read_source(f"{loaded.name}.py", source.encode())
        statements = [(statement.source, statement.where, statement.line) for statement in read.statements]
        for result in judge(key, in_process.outcomes(key, {}, statements)):
            yield lang, result


def in_cases(loaded: Assignment) -> list[Text]:
    """The mistakes that show when the cases of an assignment are run."""
    found: list[Text | str] = []
    for exercise in loaded.exercises:
        rng = np.random.default_rng(0)
        try:
            key = draw_key(loaded.name, (exercise,), rng, loaded.domain, visible=False)
        except AuthoringError as error:
            found += error.mistakes
        else:
            found += in_misconceptions(exercise, key)
            found += too_slow(exercise, call_seconds(exercise, key))
    return [say("author.at", place=loaded.folder / "hidden.py", error=mistake) for mistake in found]


def in_misconceptions(exercise: Exercise, key: AnswerKey) -> list[Text]:
    """Misconceptions of a key's only exercise that are caught by accident, not at all, or under two names."""
    cases = key.exercises[0].cases
    found: list[Text] = []
    earlier: list[Misconception] = []
    for known in exercise.misconceptions:
        where = say("author.misconception", exercise=exercise.name, name=known.id)
        wrong = [case.wrong.get(known.id) for case in cases]
        raising = [case for case, each in zip(cases, wrong, strict=True) if each and each.raises]
        slips = [case for case in raising if case.wrong[known.id].raises in _SLIPS]
        twin = next((other for other in earlier if _alike(other.id, known.id, cases)), None)
        if not any(wrong):
            found.append(say("author.misconception_right", where=where))
        elif not known.crashes and (slips or len(raising) == len(cases)):
            error = _raised(known.run, (slips or raising)[0])
            message = "author.misconception_slips" if slips else "author.misconception_raises"
            found.append(say(message, where=where, error=error, name=known.id))
        elif all(each and not each.raises and each.value is None for each in wrong):
            found.append(say("author.misconception_none", where=where))
        elif twin:
            found.append(say("author.misconception_same", where=where, name=twin.id))
        else:
            earlier.append(known)
    return found


def _alike(first: str, second: str, cases: Sequence[KeyCase]) -> bool:
    return all(same_wrong(case.wrong.get(first), case.wrong.get(second)) for case in cases)


def _raised(run: Callable[..., Any], case: KeyCase) -> Text | str:
    """The exception that a wrong function raises in a case, or that its answer causes."""
    try:
        with np.errstate(all="ignore"):
            case.accept.essence(loads(dumps(run(*copy.deepcopy(case.args)))))
    except Exception as error:
        return described(error)
    return ""


def call_seconds(exercise: Exercise, key: AnswerKey, limits: Limits = DEFAULT) -> dict[str, float]:
    """The processor time of the longest call of the reference and of each alternative.

    Processor time, as `grade` limits it, so that a busy machine makes no difference.
    """
    return {
        function.__name__: _longest(in_process.outcomes(key, {exercise.name: function}), limits)
        for function in (exercise.reference, *exercise.alternatives)
    }


def _longest(outcomes: Iterator[Outcome], limits: Limits) -> float:
    longest = 0.0
    while True:
        start = time.process_time()
        try:
            with interrupted_after(limits.call_wall_seconds):
                outcome = next(outcomes, None)
        except OutOfTime:
            return max(longest, time.process_time() - start)
        if outcome is None:
            return longest
        longest = max(longest, outcome.seconds)


def too_slow(exercise: Exercise, seconds: dict[str, float], limits: Limits = DEFAULT) -> list[Text]:
    """The functions that `grade` would stop."""
    return _slow("author.too_slow", exercise, seconds, limits, limits.cpu_seconds, math.inf)


def nearly_too_slow(exercise: Exercise, seconds: dict[str, float], limits: Limits = DEFAULT) -> list[Text]:
    """The functions that need more than half of the time after which `grade` would stop them."""
    limit = limits.cpu_seconds
    return _slow("author.nearly_too_slow", exercise, seconds, limits, limit / 2, limit)


def _slow(
    message: str, exercise: Exercise, seconds: dict[str, float], limits: Limits, more: float, most: float
) -> list[Text]:
    return [
        say(
            message,
            exercise=exercise.name,
            name=name,
            seconds=f"{needed:.1f}",
            limit=f"{limits.cpu_seconds:g}",
        )
        for name, needed in seconds.items()
        if more < needed <= most
    ]
