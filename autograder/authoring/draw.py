"""Draw an answer key: draw the cases of all exercises and compute the expected and the wrong outputs.

`build` and `verification` call it. A key is drawn from its *entropy*: that of a visible key is the
assignment's name, that of a hidden key comes from the operating system, so that the sources do not tell it.
Each group has random numbers of its own, so that its cases depend on no other group.

Beside each hidden group stand its siblings: more of its generator's cases, without misconceptions, which may
be shown in place of a hidden case.

A hidden key keeps its entropy. When it is computed again, each generator draws from it once more and is
judged by what it gives, never by its code: the cases of the earlier key are kept unless others come out.
"""

import contextlib
import copy
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.authoring import scripts
from autograder.authoring.exercise import AuthoringError, Case, Exercise, Group, Misconception, described
from autograder.base.messages import Text, say
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import comparison
from autograder.judging.answer_key import same_values, what_decides, with_digest
from autograder.judging.comparison import Comparator
from autograder.judging.diagnosis.design import untried
from autograder.judging.diagnosis.knowledge import Knowledge
from autograder.judging.domain import find
from autograder.judging.key_records import (
    AnswerKey,
    Hint,
    KeyCase,
    KeyExercise,
    KeyGroup,
    Step,
    Untried,
    Wrong,
)
from autograder.sandbox import runner
from autograder.sandbox.values import ValuesError, dumps, loads

_SIBLING_DRAWS = 5
"""How often a group is drawn for siblings at the most: a generator of few cases may give the hidden ones."""


def draw_hidden(
    name: str,
    exercises: tuple[Exercise, ...],
    source: str = "",
    *,
    domain: str = "",
    earlier: AnswerKey | None = None,
) -> AnswerKey:
    """A hidden key from the operating system's randomness, or from that of the `earlier` key."""
    entropy = (earlier and earlier.entropy) or secrets.token_hex(32)
    key = draw_key(name, exercises, entropy, domain, visible=False, earlier=earlier)
    return with_digest(replace(key, source=source))


def draw_visible(name: str, exercises: tuple[Exercise, ...], *, domain: str = "") -> AnswerKey:
    """The visible key, which depends on the assignment's name and its exercises only."""
    return draw_key(name, exercises, name, domain, visible=True)


def draw_key(
    name: str,
    exercises: tuple[Exercise, ...],
    entropy: str,
    domain: str = "",
    *,
    visible: bool,
    earlier: AnswerKey | None = None,
) -> AnswerKey:
    """Draw every case of an assignment and compute the outputs of the reference and the misconceptions.

    Parameters
    ----------
    entropy : str
        Decides every case, together with the names of its exercise and group.
    earlier : AnswerKey, optional
        A key from the same entropy, perhaps of another machine: what differs in rounding only is kept.

    Raises
    ------
    AuthoringError
        A group yields no cases, raises or draws from more than its `rng`; the reference raises, changes its
        arguments, or returns a value that cannot be stored; a comparator belongs neither to the engine nor
        to the domain.
    """
    old = earlier.groups if earlier else {}
    drawn = tuple(_draw_exercise(exercise, name, entropy, visible, old) for exercise in exercises)
    if visible:
        drawn = tuple(
            _with_untried(*pair, entropy, find(domain)) for pair in zip(exercises, drawn, strict=True)
        )
    comparators = find(domain).comparators
    for exercise in drawn:
        for case in exercise.cases:
            if not comparison.is_known(case.accept, comparators):
                comparator = type(case.accept).__name__
                raise AuthoringError(
                    say("author.comparator_unknown", exercise=exercise.name, name=comparator)
                )
    return with_digest(AnswerKey(name, visible, drawn, entropy=entropy, domain=domain))


def random_numbers(entropy: str, exercise: str, group: str) -> np.random.Generator:
    """Those that a group is drawn from."""
    return np.random.default_rng(list(hashlib.sha256(f"{entropy}/{exercise}/{group}".encode()).digest()))


def inputs(cases: Sequence[Case | KeyCase]) -> list[Any]:
    """What is drawn of `cases`, apart from what is computed."""
    found = [case.steps if isinstance(case, Case) else case.script for case in cases]
    called = [[step.sent[1:] for step in script] for script in found]
    return [[case.args, case.layout, case.fresh, *steps] for case, steps in zip(cases, called, strict=True)]


def _draw_exercise(
    exercise: Exercise, name: str, entropy: str, visible: bool, old: Mapping[tuple[str, str], KeyGroup]
) -> KeyExercise:
    known = (*exercise.misconceptions, *exercise.pairs())
    drawn = {
        group.name: _cases(exercise, group, entropy, visible)
        for group in exercise.groups
        if group.visible or not visible
    }
    secret = set() if visible else _secret(exercise, drawn.values(), name)
    groups = []
    for group in exercise.groups:
        if group.name in drawn:
            before = old.get((exercise.name, group.name))
            cases = _key_cases(exercise, group, drawn[group.name], before.cases if before else (), known)
            alike = [] if visible else _siblings(exercise, group, entropy, secret)
            siblings = _key_cases(exercise, group, alike, before.siblings if before else (), ())
            groups.append(KeyGroup(group.name, group.zh, group.en, group.points, cases, siblings))
    hints = tuple(Hint(m.id, m.zh, m.en) for m in known)
    drawn_exercise = KeyExercise(
        exercise.name,
        exercise.parameters,
        exercise.lecture,
        hints,
        tuple(groups),
        defaults=exercise.defaults,
        worth=exercise.points,
    )
    return _without_needless_pairs(drawn_exercise, {pair.id for pair in exercise.pairs()})


def _with_untried(exercise: Exercise, drawn: KeyExercise, entropy: str, knowledge: Knowledge) -> KeyExercise:
    """With what a hidden key tries besides: cases like its own are drawn, and only features are kept."""
    hidden = [
        case
        for group in exercise.groups
        for case in _key_cases(exercise, group, _cases(exercise, group, entropy, False), (), ())
    ]
    found = [Untried(text.id, text.values.get("name", "")) for text in untried(drawn, hidden, knowledge)]
    return replace(drawn, untried=tuple(found))


def _without_needless_pairs(exercise: KeyExercise, pairs: set[str]) -> KeyExercise:
    """Drop the pairs that change no output, or have the same outputs as a single misconception."""
    singles = [hint.id for hint in exercise.misconceptions if hint.id not in pairs]
    needless = {
        pair
        for pair in pairs
        if not any(pair in case.wrong for case in exercise.cases)
        or any(
            all(same_wrong(case.wrong.get(pair), case.wrong.get(single)) for case in exercise.cases)
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


def same_wrong(left: Wrong | None, right: Wrong | None) -> bool:
    """Whether two misconceptions differ from the reference in the same way, or neither does."""
    if left is None or right is None:
        return left is right
    if left.raises or right.raises:
        return bool(left.raises) == bool(right.raises)
    return comparison.Close().agrees(left.value, right.value)


def _resolved(exercise: Exercise, case: Case) -> Case:
    """A case with copies of its arguments, those of a script included."""
    steps, arguments = scripts.steps(exercise.reference, case)
    return replace(case, args=loads(dumps(arguments)), steps=steps)


def _secret(exercise: Exercise, drawn: Iterable[list[Case]], assignment: str) -> set[bytes]:
    """The hidden cases that students do not have in the visible key."""
    handed_out = [_cases(exercise, group, assignment, True) for group in exercise.groups if group.visible]
    hidden, known = ({_question(case) for cases in some for case in cases} for some in (drawn, handed_out))
    return hidden - known


def _question(case: Case) -> bytes:
    return dumps([case.args, repr(case.accept), repr(case.steps)])


def _siblings(exercise: Exercise, group: Group, entropy: str, secret: set[bytes]) -> list[Case]:
    """Cases like those of a hidden group, from a draw of their own; none that is secret."""
    for number in range(_SIBLING_DRAWS):
        drawn = _cases(exercise, group, entropy, False, f"/sibling/{number}")
        if found := [case for case in drawn if _question(case) not in secret]:
            return found
    return []


def _cases(exercise: Exercise, group: Group, entropy: str, visible: bool, draw_name: str = "") -> list[Case]:
    """What the group's generator gives; it runs twice, to see whether `rng` alone decides that."""
    where = say("author.group", exercise=exercise.name, name=group.name)

    def draw() -> list[Case]:
        rng = random_numbers(entropy, exercise.name, group.name + draw_name)
        cases = group.cases(rng, for_students=visible)
        return [_resolved(exercise, case) for case in cases]

    with _told(exercise, where, "author.drawing_raised"):
        cases, again = draw(), draw()
    if not cases:
        raise AuthoringError(say("author.no_cases", where=where))
    if not same_values(inputs(cases), inputs(again)):
        raise AuthoringError(say("author.drawn_past_rng", where=where))
    return cases


def _key_cases(
    exercise: Exercise,
    group: Group,
    drawn: Sequence[Case],
    before: tuple[KeyCase, ...],
    known: Sequence[Misconception],
) -> tuple[KeyCase, ...]:
    """The cases with their outputs; `before` are those of an earlier key."""
    kept = before if same_values(inputs(drawn), inputs(before)) else (None,) * len(drawn)
    return tuple(_key_case(exercise, group, *pair, known) for pair in zip(drawn, kept, strict=True))


def _key_case(
    exercise: Exercise, group: Group, case: Case, kept: KeyCase | None, known: Sequence[Misconception]
) -> KeyCase:
    """`case` with its outputs: on the arguments of `kept`, a case of an earlier key, if there is one."""
    where = say("author.group", exercise=exercise.name, name=group.name)
    accept = case.accept or exercise.accept
    script = case.steps
    with _told(exercise, where, "author.reference_raised"):
        sent = dumps(kept.args if kept else case.args)
        args, given = loads(sent), loads(sent)
        returned = loads(dumps(called(exercise.reference, given, script)))
        if script:
            script, returned = scripts.telling(script, returned)
        expected = accept.essence(returned)
        unchanged = dumps(given) == sent
    if not unchanged:
        raise AuthoringError(say("author.reference_changes_arguments", where=where))
    if not accept.acceptable(expected):
        raise AuthoringError(say("author.reference_not_acceptable", where=where, accept=accept))
    wrong = {}
    for m in known:
        with _told(exercise, say("author.misconception", exercise=exercise.name, name=m.id), ""):
            wrong[m.id] = _run_wrong(m.run, args, script, accept)
    differing = {
        id: outcome
        for id, outcome in wrong.items()
        if outcome.raises or not accept.same_kept(outcome.value, expected)
    }
    computed = KeyCase(args, expected, accept, case.layout, case.fresh, differing, script)
    if kept and same_values(what_decides(computed), what_decides(kept)):  # machines round differently
        return replace(kept, wrong=differing)
    return computed


@contextlib.contextmanager
def _told(exercise: Exercise, where: Text, id: str) -> Iterator[None]:
    """Say in a sentence what code of the author's raises, or that `grade` would stop it: it may never end."""
    limit = exercise.limits.call_seconds
    try:
        with interrupted_after(limit, processor=True):
            yield
    except AuthoringError as error:
        raise AuthoringError(say("author.script", where=where, error=error)) from error
    except ValuesError as error:
        raise AuthoringError(say("author.not_storable", where=where, error=error)) from error
    except OutOfTime:
        raise AuthoringError(say("author.endless", where=where, limit=f"{limit:g}")) from None
    except Exception as error:
        raise AuthoringError(say(id, where=where, error=described(error))) from error


def called(run: Callable[..., Any], args: tuple[Any, ...], script: tuple[Step, ...]) -> Any:
    """What the function, or the class with a script of calls, answers, as in the sandbox."""
    return runner.answer(run, args, [step.sent for step in script], [])


def _run_wrong(
    run: Callable[..., Any], args: tuple[Any, ...], script: tuple[Step, ...], accept: Comparator
) -> Wrong:
    with np.errstate(all="ignore"):
        try:
            return Wrong(value=accept.essence(loads(dumps(called(run, copy.deepcopy(args), script)))))
        except Exception as error:  # a misconception may raise
            return Wrong(raises=type(error).__name__)
