"""Find an author's mistakes, a sentence each: those that show when an assignment is loaded and its cases run.

`build` and `verify` call it before anything is written. Nothing is written here, and no hidden key is drawn:
the cases come from a fixed seed.
"""

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring import build, source_digest
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import called, draw_key, draw_visible, same_wrong
from autograder.authoring.exercise import Exercise, collected, described, refuse
from autograder.base.messages import Text, say
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import answer_key, in_process
from autograder.judging.answer_key import AnswerKey, KeyCase
from autograder.judging.judge import judge
from autograder.judging.results import ExerciseResult
from autograder.sandbox.values import dumps, loads
from autograder.submissions.source import read as read_source

_SLIPS = {"NameError", "UnboundLocalError", "AttributeError", "ImportError", "ModuleNotFoundError"}
"""What a misconception raises by a slip of its author's, even if it is in a single case."""


def check_release(
    items: Sequence[Assignment], with_cases: Callable[[Assignment], bool] = lambda item: True
) -> list[AnswerKey]:
    """The visible keys of assignments that may be released.

    The cases are run of those `with_cases`: they need not be where a hidden key `is_current`.

    Raises
    ------
    AuthoringError
    """
    visible = [draw_visible(item.name, item.exercises, domain=item.domain) for item in items]
    mistakes: list[Text] = []
    for item, key in zip(items, visible, strict=True):
        mistakes += in_cases(item) if with_cases(item) else []
        for lang, result in stub_results(item, key):
            if result.points:
                values = {"name": result.name, "points": result.points, "lang": lang}
                mistakes.append(say("author.stub_earns", file=item.notebook, **values))
    refuse(mistakes)
    return visible


def is_current(item: Assignment, keys: Path) -> bool:
    """Whether the folder has a hidden key that need not be drawn anew; the cases were run before it was."""
    try:
        key = answer_key.load(keys / (item.name + answer_key.HIDDEN))
    except answer_key.KeyFileError:
        return False
    return key.source == source_digest.digest(item)


def stub_results(loaded: Assignment, key: AnswerKey) -> Iterator[tuple[str, ExerciseResult]]:
    """What the students' files earn as they are released, in each language."""
    text = loaded.notebook.read_text(encoding="utf-8")
    for lang in loaded.languages:
        source = build.without_solutions(build.in_language(text, lang))
        read = read_source(f"{loaded.name}.py", source.encode())
        statements = [(statement.source, statement.where, statement.line) for statement in read.statements]
        for result in judge(key, in_process.outcomes(key, {}, statements)):
            yield lang, result


def in_cases(loaded: Assignment) -> list[Text]:
    """The mistakes that show when the cases of an assignment are run."""
    found: list[Text | str] = []
    for exercise in loaded.exercises:
        with collected(found):
            key = draw_key(loaded.name, (exercise,), loaded.name, loaded.domain, visible=False)
            found += in_misconceptions(exercise, key)
            found += slow(exercise, call_seconds(exercise, key))[0]
    return [say("author.at", place=loaded.folder, error=mistake) for mistake in found]


def in_misconceptions(exercise: Exercise, key: AnswerKey) -> Iterator[Text]:
    """Misconceptions of a key's only exercise that are caught by accident, not at all, or under two names."""
    cases = key.exercises[0].cases
    earlier: list[str] = []
    for known in exercise.misconceptions:
        where = say("author.misconception", exercise=exercise.name, name=known.id)
        wrong = [case.wrong.get(known.id) for case in cases]
        raising = [case for case, each in zip(cases, wrong, strict=True) if each and each.raises]
        slips = [case for case in raising if case.wrong[known.id].raises in _SLIPS]
        twins = [
            id
            for id in earlier
            if all(same_wrong(case.wrong.get(id), case.wrong.get(known.id)) for case in cases)
        ]
        if not any(wrong):
            yield say("author.misconception_right", where=where)
        elif not known.crashes and (slips or len(raising) == len(cases)):
            error = _raised(known.run, (slips or raising)[0])
            yield say("author.misconception_raises", where=where, error=error, name=known.id)
        elif all(each and not each.raises and each.value is None for each in wrong):
            yield say("author.misconception_none", where=where)
        elif twins:
            yield say("author.misconception_same", where=where, name=twins[0])
        else:
            earlier.append(known.id)


def _raised(run: Callable[..., Any], case: KeyCase) -> Text | str:
    """The exception that a wrong function raises in a case, or that its answer causes."""
    try:
        with np.errstate(all="ignore"):
            case.accept.essence(loads(dumps(called(run, copy.deepcopy(case.args), case.script))))
    except Exception as error:
        return described(error)
    return ""


def call_seconds(exercise: Exercise, key: AnswerKey) -> dict[str, float]:
    """The processor time of the longest call of the reference and of each alternative.

    Processor time, as `grade` limits it, so that a busy machine makes no difference.
    """
    longest = {}
    for function in (exercise.reference, *exercise.alternatives):
        seconds = [0.0]
        outcomes = in_process.outcomes(key, {exercise.name: function})
        for _ in key.exercises[0].cases:
            start = time.process_time()
            try:
                with interrupted_after(exercise.limits.call_seconds, processor=True):
                    seconds.append(next(outcomes).seconds)
            except OutOfTime:
                seconds.append(time.process_time() - start)
                break
        longest[function.__name__] = max(seconds)
    return longest


def slow(exercise: Exercise, seconds: Mapping[str, float]) -> tuple[list[Text], list[Text]]:
    """The functions that `grade` would stop, and those that need more than half of the time it gives."""
    limit = exercise.limits.cpu_seconds
    told = [
        say("author.slow", exercise=exercise.name, name=name, seconds=f"{needed:.1f}", limit=f"{limit:g}")
        for name, needed in sorted(seconds.items(), key=lambda item: -item[1])
        if needed > limit / 2
    ]
    too_slow = sum(needed > limit for needed in seconds.values())
    return told[:too_slow], told[too_slow:]
