"""Draw an answer key: draw the cases of all exercises and compute the expected and the wrong outputs.

`build` and `verification` call it. A visible key is drawn from a fixed seed, a hidden key from the operating
system's randomness, so that it cannot be reproduced from the sources.
"""

import copy
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator

from autograder.authoring import scripts
from autograder.authoring.exercise import AuthoringError, Case, Exercise, Group, Misconception
from autograder.base.messages import say
from autograder.judging import comparison
from autograder.judging.answer_key import AnswerKey, Hint, KeyCase, KeyExercise, KeyGroup, Wrong, with_digest
from autograder.judging.comparison import Comparator
from autograder.judging.domain import find
from autograder.judging.key_records import Step
from autograder.sandbox import runner
from autograder.sandbox.values import ValuesError, dumps, loads


def draw_hidden(
    name: str, exercises: tuple[Exercise, ...], source: str = "", *, domain: str = "", by_hand: float = 0
) -> AnswerKey:
    """A new hidden key from the operating system's randomness."""
    rng = np.random.default_rng(secrets.randbits(256))
    key = draw_key(name, exercises, rng, domain, visible=False)
    return with_digest(replace(key, source=source, by_hand=by_hand))


def draw_visible(name: str, exercises: tuple[Exercise, ...], *, domain: str = "") -> AnswerKey:
    """The visible key, from a seed that depends on the assignment's name only."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return draw_key(name, exercises, np.random.default_rng(seed), domain, visible=True)


def draw_key(
    name: str, exercises: tuple[Exercise, ...], rng: Generator, domain: str = "", *, visible: bool
) -> AnswerKey:
    """Draw every case of an assignment and compute the outputs of the reference and the misconceptions.

    Raises
    ------
    AuthoringError
        A group yields no cases or raises; the reference raises, changes its arguments, or returns a value
        that cannot be stored; a comparator belongs neither to the engine nor to the domain.
    """
    drawn = tuple(_draw_exercise(exercise, rng, visible) for exercise in exercises)
    comparators = find(domain).comparators
    for exercise in drawn:
        for case in exercise.cases:
            if not comparison.is_known(case.accept, comparators):
                comparator = type(case.accept).__name__
                raise AuthoringError(
                    say("author.comparator_unknown", exercise=exercise.name, name=comparator)
                )
    return with_digest(AnswerKey(name, visible, drawn, domain=domain))


def _draw_exercise(exercise: Exercise, rng: Generator, visible: bool) -> KeyExercise:
    known = (*exercise.misconceptions, *exercise.pairs())
    groups = tuple(
        KeyGroup(
            group.name,
            group.zh,
            group.en,
            group.points,
            tuple(_key_case(exercise, group, case, known) for case in _cases(exercise, group, rng, visible)),
        )
        for group in exercise.groups
        if group.visible or not visible
    )
    hints = tuple(Hint(m.id, m.zh, m.en) for m in known)
    drawn = KeyExercise(
        exercise.name,
        exercise.parameters,
        exercise.lecture,
        hints,
        groups,
        defaults=exercise.defaults,
        worth=exercise.points,
    )
    return _without_needless_pairs(drawn, {pair.id for pair in exercise.pairs()})


def _without_needless_pairs(exercise: KeyExercise, pairs: set[str]) -> KeyExercise:
    """Drop the pairs that change no output, or have the same outputs as a single misconception."""
    singles = [hint.id for hint in exercise.misconceptions if hint.id not in pairs]
    needless = {
        pair
        for pair in pairs
        if not any(pair in case.wrong for case in exercise.cases)
        or any(
            all(_same_wrong(case.wrong.get(pair), case.wrong.get(single)) for case in exercise.cases)
            for single in singles
        )
    }
    groups = tuple(
        replace(group, cases=tuple(_without(case, needless) for case in group.cases))
        for group in exercise.groups
    )
    hints = tuple(hint for hint in exercise.misconceptions if hint.id not in needless)
    return replace(exercise, groups=groups, misconceptions=hints)


def _without(case: KeyCase, ids: set[str]) -> KeyCase:
    return replace(case, wrong={id: wrong for id, wrong in case.wrong.items() if id not in ids})


def _same_wrong(left: Wrong | None, right: Wrong | None) -> bool:
    if left is None or right is None:
        return left is right
    if left.raises or right.raises:
        return bool(left.raises) == bool(right.raises)
    return comparison.Close().agrees(left.value, right.value)


def _cases(exercise: Exercise, group: Group, rng: Generator, visible: bool) -> list[Case]:
    where = say("author.group", exercise=exercise.name, name=group.name)
    try:
        cases = group.cases(rng, for_students=visible)
    except Exception as error:
        raise AuthoringError(say("author.drawing_raised", where=where, error=_described(error))) from error
    if not cases:
        raise AuthoringError(say("author.no_cases", where=where))
    return cases


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _key_case(exercise: Exercise, group: Group, case: Case, known: Sequence[Misconception]) -> KeyCase:
    where = say("author.group", exercise=exercise.name, name=group.name)
    accept = case.accept or exercise.accept
    try:
        script, arguments = scripts.steps(exercise.reference, case)
        sent = dumps(arguments)
        args, given = loads(sent), loads(sent)
        returned = loads(dumps(_called(exercise.reference, given, script)))
        if script:
            script, returned = scripts.telling(script, returned)
        expected = accept.essence(returned)
        unchanged = dumps(given) == sent
    except AuthoringError as error:
        raise AuthoringError(say("author.script", where=where, error=error)) from error
    except ValuesError as error:
        raise AuthoringError(say("author.not_storable", where=where, error=error)) from error
    except Exception as error:
        raise AuthoringError(say("author.reference_raised", where=where, error=_described(error))) from error
    if not unchanged:
        raise AuthoringError(say("author.reference_changes_arguments", where=where))
    if not accept.acceptable(expected):
        raise AuthoringError(say("author.reference_not_acceptable", where=where, accept=accept))
    wrong = {m.id: _run_wrong(m.run, args, script, accept) for m in known}
    differing = {
        id: outcome
        for id, outcome in wrong.items()
        if outcome.raises or not accept.same_kept(outcome.value, expected)
    }
    return KeyCase(args, expected, accept, case.layout, case.fresh, differing, script)


def _called(run: Callable[..., Any], args: tuple[Any, ...], script: tuple[Step, ...]) -> Any:
    return runner.answer(run, args, [step.sent for step in script], [])


def _run_wrong(
    run: Callable[..., Any], args: tuple[Any, ...], script: tuple[Step, ...], accept: Comparator
) -> Wrong:
    with np.errstate(all="ignore"):
        try:
            return Wrong(value=accept.essence(loads(dumps(_called(run, copy.deepcopy(args), script)))))
        except Exception as error:  # a misconception may raise
            return Wrong(raises=type(error).__name__)
