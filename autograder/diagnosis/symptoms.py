"""What can be seen of an exercise's wrong cases without any catalogue, in one sentence.

The wrong cases that fail in the way of the first are described together (a crash on the same line, a wrong
shape, wrong numbers), followed by what these cases have in common.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.answer_key import KeyExercise
from autograder.comparison import AGREE, Comparator, Derivation, agrees, difference
from autograder.diagnosis import cells, changes, shapes
from autograder.diagnosis.facts import Facts
from autograder.diagnosis.judged import Judged, Studied, way_of_failing
from autograder.diagnosis.numbers import Relation, WrongNumbers, wrong_numbers
from autograder.diagnosis.places import limited
from autograder.messages import Text, say
from autograder.sandbox.records import Outcome
from autograder.verdicts import Verdict

_NOTHING = Text("", "")


def symptom(exercise: KeyExercise, judged: Sequence[Judged], *, visible: bool) -> Text:
    """What the wrong ones of all cases show; there is at least one."""
    cases = [Studied(**vars(one), facts=_facts(exercise, one)) for one in judged]
    wrong = [one for one in cases if not one.verdict.earns]
    first = wrong[0]
    if first.verdict is Verdict.MISSING:
        return say("There is no function called {name}; do not rename it.", name=exercise.name)
    if first.verdict is Verdict.FORBIDDEN:
        return say(
            "{module} cannot be imported here (needed in {where}, line {line}): "
            "only NumPy and Python's standard library can.",
            module=first.outcome.text,
            where=first.outcome.where,
            line=first.outcome.line,
        )
    way = way_of_failing(first)
    alike = [one for one in wrong if way_of_failing(one) == way]
    if first.difference.kind == "line":
        return _wrong_lines(alike, visible)
    what = _what(exercise, cases, alike, visible)
    return limited(what, exercise, cases, alike, elsewhere=len(alike) < len(wrong))


def _facts(exercise: KeyExercise, one: Judged) -> Facts:
    return Facts(exercise.parameters, one.case, exercise.left_out(one.case.args))


def _what(exercise: KeyExercise, cases: Sequence[Studied], alike: Sequence[Studied], visible: bool) -> Text:
    first = alike[0]
    match first.verdict:
        case Verdict.NI:
            return say("{name} is not started yet.", name=exercise.name)
        case Verdict.TLE:
            return say("It did not finish in time; is there a loop that never ends?")
        case Verdict.MLE:
            return say("It asked for too much memory; does an array or a list grow without end?")
        case Verdict.OLE:
            return say("It printed or returned far too much.")
        case Verdict.RTE:
            return _run_time_error(first.outcome, visible)
    if first.outcome.status == "unsendable":
        return say("It returned something that is not numbers: {text}.", text=first.outcome.text)
    return _wrong_answer(exercise, cases, alike, visible)


def _run_time_error(outcome: Outcome, visible: bool) -> Text:
    if outcome.status != "raised":
        return say("It ended the program instead of returning an answer.")
    name, place, line = outcome.exception, outcome.where, outcome.line
    if visible and outcome.text and place:
        return say(
            "{name} in {where}, line {line} ({text}).", name=name, where=place, line=line, text=outcome.text
        )
    if not place:
        return say("It raised {name}.", name=name)
    return say("{name} in {where}, line {line}.", name=name, where=place, line=line)


def _wrong_answer(
    exercise: KeyExercise, cases: Sequence[Studied], alike: Sequence[Studied], visible: bool
) -> Text:
    first = alike[0]
    how = first.difference
    part = _result(first, how.part, visible)
    match how.kind:
        case "type" | "not numeric" if how.got == "NoneType":
            return say("It returned nothing (None); is a return missing?")
        case "type" if isinstance(first.case.expected, tuple):
            return say(
                "{n} results are asked for, separated by commas (return a, b …); it returned one {got}.",
                n=len(first.case.expected),
                got=how.got,
            )
        case "type" | "not numeric":
            return say(
                "It returned {got}{part}, not real numbers of the kind asked for.",
                got=how.got,
                part=part,
            )
        case "length" if not _is_outermost(first):
            return say("The tables do not agree: somewhere inside one has too many entries or too few.")
        case "length" if how.got > shapes.MAX_NUMBER:
            return say("It returned too many results, {n} are asked for.", n=how.expected)
        case "length":
            return say("It returned {got} results, {n} are asked for.", got=how.got, n=how.expected)
        case "shape":
            return _wrong_shape(alike, part, visible)
        case "not finite":
            return say("The values{part} hold NaN or infinity.", part=part)
        case "none" if first.outcome.changed:
            names = [exercise.parameters[i] for i in first.outcome.changed if i < len(exercise.parameters)]
            return say("The values are right, but the argument {names} was changed.", names=", ".join(names))
        case "none":
            return say(
                "The values are right, but the result shares memory with an argument; return a new array."
            )
    return _wrong_numbers(cases, alike, visible)


def _is_outermost(one: Studied) -> bool:
    """Whether it is the result itself that has another length, and no list within it."""
    got, expected = one.outcome.value, one.case.expected
    return (len(got), len(expected)) == (one.difference.got, one.difference.expected)


def _result(one: Studied, part: int | None, visible: bool) -> Text:
    """Which of several results: by its name in a dict, where names may be told, else by its number."""
    if part is None:
        return _NOTHING
    expected = one.case.expected
    name = list(expected)[part] if visible and isinstance(expected, dict) else part + 1
    return say(" (result {n})", n=name)


# ---------------------------------------------------------------------------------------------- derivations


_LINES = 4
"""Lines of a derivation that are explained at once; of more, only the number is told."""


def _wrong_lines(alike: Sequence[Studied], visible: bool) -> Text:
    """What is wrong with a typed derivation, line by line; of a hidden one only which lines."""
    from autograder.symbolic.answers import title

    results = {
        one.case.accept.line: one.difference.got for one in alike if isinstance(one.case.accept, Derivation)
    }
    if not visible:
        return say("Not right: {lines}.", lines=_listed(map(title, results)))
    missing = {line: result for line, result in results.items() if result.verdict == "missing"}
    wrong = [line for line in results if line not in missing]
    told = [say("{line}: {why}", line=title(line), why=results[line].text) for line in wrong[:_LINES]]
    if len(wrong) > _LINES:
        told.append(say("And {count} more lines are not right.", count=len(wrong) - _LINES))
    if missing:
        told.append(say("There is no line for {lines}.", lines=_listed(map(title, missing))))
        told += [result.text for result in list(missing.values())[:1] if result.typed]
    return Text("\n".join(one.zh for one in told), "\n".join(one.en for one in told))


def _listed(names: Iterable[Text]) -> Text:
    several = list(names)
    return Text("、".join(one.zh for one in several), ", ".join(one.en for one in several))


# --------------------------------------------------------------------------------------------------- shapes


def _wrong_shape(alike: Sequence[Studied], part: Text, visible: bool) -> Text:
    first = alike[0]
    value = first.outcome.value
    if all(_tuple_for_one(one) for one in alike):
        if len(value) == 1:
            return say("It returned a tuple: is there a comma behind the result?")
        return say("It returned several results, separated by commas; one is asked for.")
    what = shapes.described(
        [shapes.WrongShape(one.difference.got, one.difference.expected, one.facts) for one in alike]
    )
    got, expected = first.difference.got, first.difference.expected
    if visible and what is not None:
        return say(
            "The shape{part} is {got}, it should be {expected}: {what}.",
            got=got,
            expected=expected,
            part=part,
            what=what,
        )
    if visible:
        return say(
            "The shape{part} is {got}, it should be {expected}.", got=got, expected=expected, part=part
        )
    if what is not None:
        return say("The shape{part} is wrong: {what}.", part=part, what=what)
    return say("The shape{part} is wrong.", part=part)


def _tuple_for_one(one: Studied) -> bool:
    """Results separated by commas where a single array is asked for."""
    value = one.outcome.value
    return (
        isinstance(one.case.expected, np.ndarray)
        and isinstance(value, tuple)
        and any(isinstance(part, np.ndarray) for part in value)
    )


# -------------------------------------------------------------------------------------------------- numbers

_Found = WrongNumbers | None
"""None: wrong in another way than by its numbers."""


def _wrong_numbers(cases: Sequence[Studied], alike: Sequence[Studied], visible: bool) -> Text:
    """A relation that is true of all wrong results, else of one of the results in all cases."""
    first = alike[0]
    exchanged = _exchanged(alike)
    if exchanged is not None:
        return exchanged
    found = [_wrong_parts(one) for one in alike]
    together = [part for parts in found for part in parts.values()]
    everywhere = [place for place in found[0] if all(place in parts for parts in found)]
    only = {place for parts in found for place in parts}
    part = _result(first, only.pop(), visible) if len(only) == 1 else _NOTHING
    right = [one.facts for one in cases if one.verdict is Verdict.AC]
    relations = (*changes.RELATIONS, *cells.RELATIONS)
    text = _first_true(relations, together, right, part)
    for place in everywhere:
        text = text or _first_true(
            relations, [parts[place] for parts in found], right, _result(first, place, visible)
        )
    text = text or _first_true((cells.how_many,), together, right, part)
    if text is not None:
        return text
    if isinstance(first.case.expected, dict) and first.difference.part is None:
        return say("The names of the results are not those asked for.")
    return say("The values{part} are wrong.", part=_result(first, first.difference.part, visible))


def _first_true(
    relations: Sequence[Relation], wrong: Sequence[_Found], right: Sequence[Facts], part: Text
) -> Text | None:
    known = [one for one in wrong if one is not None]
    if not known or len(known) < len(wrong):
        return None
    with np.errstate(all="ignore"):
        for relation in relations:
            text = relation(known, right, part)
            if text is not None:
                return text
    return None


def _wrong_parts(one: Studied) -> dict[int | None, _Found]:
    """The results of a case that are wrong, by their places; None where there is only one."""
    accept = one.case.accept
    wrong: dict[int | None, _Found] = {}
    for place, got, expected in _parts(one.outcome.value, one.case.expected):
        how = difference(accept, got, expected)
        if how is not AGREE:
            numeric = how.kind == "values"
            wrong[place] = wrong_numbers(got, expected, accept, one.facts) if numeric else None
    return wrong


def _parts(got: Any, expected: Any) -> Iterator[tuple[int | None, Any, Any]]:
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        for place, key in enumerate(expected):
            yield place, got[key], expected[key]
    elif isinstance(expected, tuple) and isinstance(got, list | tuple) and len(got) == len(expected):
        for place, (one, other) in enumerate(zip(got, expected, strict=True)):
            yield place, one, other
    else:
        yield None, got, expected


def _exchanged(alike: Sequence[Studied]) -> Text | None:
    """Two of several results stand at each other's places."""
    first = alike[0].case.expected
    if not isinstance(first, tuple):
        return None
    for one, other in itertools.combinations(range(min(len(first), 6)), 2):
        if all(
            _right_if_exchanged(case.case.accept, case.outcome.value, case.case.expected, one, other)
            for case in alike
        ):
            return say("Results {one} and {other} are exchanged.", one=one + 1, other=other + 1)
    return None


def _right_if_exchanged(accept: Comparator, got: Any, expected: Any, one: int, other: int) -> bool:
    if not isinstance(got, list | tuple) or not isinstance(expected, tuple) or len(got) != len(expected):
        return False
    if other >= len(expected):
        return False
    order = list(range(len(expected)))
    order[one], order[other] = other, one
    return agrees(accept, tuple(got[i] for i in order), expected)
