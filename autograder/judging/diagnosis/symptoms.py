"""What can be seen of an exercise's wrong cases without any catalogue, in one sentence.

The wrong cases that fail in the way of the first are described together (a crash on the same line, a wrong
shape, wrong numbers), followed by what these cases have in common.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.judging.answer_key import KeyExercise
from autograder.judging.comparison import AGREE, Comparator
from autograder.judging.diagnosis import cells, shapes
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.judged import Judged, Studied, way_of_failing
from autograder.judging.diagnosis.numbers import Relation, WrongNumbers, wrong_numbers
from autograder.judging.diagnosis.places import limited
from autograder.judging.results import Verdict
from autograder.sandbox.records import Outcome
from autograder.submissions import source

if TYPE_CHECKING:
    from autograder.judging.domain import Domain

_NOTHING = Verbatim("")

Path = tuple[str | int, ...]
"""See `comparison.Difference`."""


def symptom(exercise: KeyExercise, judged: Sequence[Judged], domain: "Domain", *, visible: bool) -> Text:
    """What the wrong ones of all cases show; there is at least one."""
    cases = [Studied(**vars(one), facts=_facts(exercise, one, domain)) for one in judged]
    wrong = [one for one in cases if not one.verdict.earns]
    first = wrong[0]
    if first.verdict is Verdict.MISSING:
        return say("symptom.function_missing", name=exercise.name)
    if first.verdict is Verdict.FORBIDDEN:
        return say(
            "symptom.module_forbidden",
            module=first.outcome.text,
            where=source.place(first.outcome.where),
            line=first.outcome.line,
        )
    way = way_of_failing(first)
    alike = [one for one in wrong if way_of_failing(one) == way]
    if first.difference is not AGREE:
        own = [(one.case.accept, one.difference) for one in alike]
        told = first.case.accept.explained(own, visible=visible)
        if told is not None:
            return told
    what = _what(exercise, cases, alike, domain, visible)
    return limited(what, exercise, cases, alike, domain.features, elsewhere=len(alike) < len(wrong))


def _facts(exercise: KeyExercise, one: Judged, domain: "Domain") -> Facts:
    return domain.facts(exercise.parameters, one.case, exercise.left_out(one.case.args))


def _what(
    exercise: KeyExercise,
    cases: Sequence[Studied],
    alike: Sequence[Studied],
    domain: "Domain",
    visible: bool,
) -> Text:
    first = alike[0]
    match first.verdict:
        case Verdict.NI:
            return say("symptom.not_started", name=exercise.name)
        case Verdict.TLE:
            return say("symptom.too_slow")
        case Verdict.MLE:
            return say("symptom.too_much_memory")
        case Verdict.OLE:
            return say("symptom.too_much_output")
        case Verdict.RTE:
            return _run_time_error(exercise, first.outcome, visible)
    if first.outcome.status == "unsendable":
        return _unsendable(first.outcome.text)
    return _wrong_answer(exercise, cases, alike, domain, visible)


_CALL_FAILED = re.compile(r"\S+\(\) (missing \d+ required |takes |got an unexpected |got multiple )")
"""How Python says that a function has other parameters than the call has arguments."""


def _run_time_error(exercise: KeyExercise, outcome: Outcome, visible: bool) -> Text:
    if outcome.status != "raised":
        return say("symptom.program_ended")
    name, place, line = outcome.exception, outcome.where, outcome.line
    if name == "TypeError" and not place and _CALL_FAILED.match(outcome.text):  # no line of it was reached
        return say(
            "symptom.wrong_parameters",
            name=exercise.name,
            parameters=", ".join(_parameters(exercise)),
        )
    if visible and outcome.text and place:
        return say(
            "symptom.raised_there_because",
            name=name,
            where=source.place(place),
            line=line,
            text=outcome.text,
        )
    if not place:
        return say("symptom.raised", name=name)
    return say("symptom.raised_there", name=name, where=source.place(place), line=line)


def _parameters(exercise: KeyExercise) -> Iterator[str]:
    """As the first line of the function has them, with their default values."""
    required = len(exercise.parameters) - len(exercise.defaults)
    yield from exercise.parameters[:required]
    for name, value in zip(exercise.parameters[required:], exercise.defaults, strict=True):
        yield f"{name}={value!r}"


def _unsendable(what: str) -> Text:
    """`what`: see `values.ValuesError.what`."""
    kind, _, name = what.partition(" ")
    if kind == "type":
        return say("symptom.unusable_type", name=name)
    if kind == "dtype":
        return say("symptom.unusable_dtype", name=name.lstrip("<>|="))
    return say("symptom.unusable_result")


def _wrong_answer(
    exercise: KeyExercise,
    cases: Sequence[Studied],
    alike: Sequence[Studied],
    domain: "Domain",
    visible: bool,
) -> Text:
    first = alike[0]
    how = first.difference
    part = _result(first, how.path)
    if isinstance(first.case.expected, list) and (how.path or how.kind == "length"):
        return _wrong_list(alike, visible)
    match how.kind:
        case "type" | "not numeric" if how.got == "NoneType":
            return say("symptom.returned_nothing", part=part)
        case "type" if isinstance(first.case.expected, tuple) and not how.path:
            return say(
                "symptom.several_results_asked",
                n=len(first.case.expected),
                got=_kind(how.got),
            )
        case "type":
            return say(
                "symptom.wrong_type",
                got=_kind(how.got),
                wanted=_kind(how.expected),
                part=part,
            )
        case "ragged" | "not numeric" if all(map(_tuple_for_one, alike)):
            return say("symptom.one_result_asked")
        case "ragged":
            return say("symptom.ragged_list", part=part)
        case "not numeric" if how.got in ("list", "tuple"):
            return say(
                "symptom.not_all_numbers",
                got=_kind(how.got),
                part=part,
            )
        case "not numeric":
            return say("symptom.not_numbers", got=_kind(how.got), part=part)
        case "names":
            return _wrong_names(first, visible)
        case "length" if how.path:
            return say("symptom.tables_disagree")
        case "length" if how.got > shapes.MAX_NUMBER:
            return say("symptom.results_too_many", n=how.expected)
        case "length" if how.got == 1:
            return say("symptom.results_only_one", n=how.expected)
        case "length":
            return say("symptom.results_wrong_number", got=how.got, n=how.expected)
        case "shape":
            return _wrong_shape(alike, part, domain, visible)
        case "not finite":
            return say("symptom.not_finite", part=part)
        case "none" if first.outcome.changed:
            names = [exercise.parameters[i] for i in first.outcome.changed if i < len(exercise.parameters)]
            return say("symptom.argument_changed", names=", ".join(names))
        case "none":
            return say("symptom.memory_shared")
    return _wrong_numbers(cases, alike, domain)


def _result(one: Studied, path: Path) -> Text:
    """Which of several results: its number in a tuple, its name in a dict, such as " (result 2, w1)"."""
    told = _which(one.case.expected, path)
    return _NOTHING if told is None else say("symptom.part", told=told)


def _which(expected: Any, path: Path) -> Text | None:
    """None for the whole. What an entry of a dict is called is no secret: it is for the student to write."""
    if not path:
        return None
    number, *names = path if isinstance(expected, tuple) else (None, *path)
    named = ", ".join(str(name) if isinstance(name, str) else f"[{name}]" for name in names)
    if number is None:
        return Verbatim(named)
    if not names:
        return say("symptom.result_nth", n=int(number) + 1)
    return say("symptom.result_nth_part", n=int(number) + 1, name=named)


_NAMES = 6
"""Names that are listed at once."""


def _wrong_names(one: Studied, visible: bool) -> Text:
    """A dict with other names than those asked for. Names that a student's process chose could spell out a
    hidden input, so they are quoted of visible cases only."""
    how = one.difference
    what = _which(one.case.expected, how.path) or say("symptom.result_whole")
    missing, surplus = _list_of(how.expected), _list_of(how.got)
    if not how.got:
        told = say("symptom.names_missing", what=what, missing=missing)
    elif not visible and how.expected:
        told = say("symptom.names_missing_others_instead", what=what, missing=missing)
    elif not visible:
        told = say("symptom.names_surplus_unnamed", what=what)
    elif how.expected:
        told = say("symptom.names_missing_and_surplus", what=what, missing=missing, surplus=surplus)
    else:
        told = say("symptom.names_surplus", what=what, surplus=surplus)
    wanted = one.case.expected
    for step in how.path:
        wanted = wanted[step]
    for name, value in one.facts.named.items():
        if isinstance(value, dict) and value.keys() == wanted.keys():
            return say("symptom.names_as_in_argument", said=told, name=name)
    return say("symptom.sentence", said=told)


def _list_of(names: Sequence[Any]) -> Text:
    shown = joined(str(name)[:40] for name in names[:_NAMES])
    return say("symptom.names_and_more", names=shown) if len(names) > _NAMES else shown


def _wrong_list(alike: Sequence[Studied], visible: bool) -> Text:
    """A list as such, say a table: how many entries, or which one is wrong."""
    first = alike[0]
    how = first.difference
    if not how.path:
        if how.got == 1:
            return say("symptom.list_one_entry", n=how.expected)
        if visible or how.got <= shapes.MAX_NUMBER:
            return say("symptom.list_wrong_length", got=how.got, n=how.expected)
        if how.got > how.expected:
            return say("symptom.list_too_long", n=how.expected)
        return say("symptom.list_too_short", n=how.expected)
    index, *inside = how.path
    entry = say("symptom.list_entry", n=int(index) + 1, index=index)
    if any(one.difference.path[:1] != how.path[:1] for one in alike):
        told = say("symptom.list_entry_wrong_first", entry=entry)
    else:
        told = say("symptom.list_entry_wrong", entry=entry)
    if how.kind == "names" and len(how.path) == 1:
        missing, surplus = _list_of(how.expected), _list_of(how.got)
        if how.expected:
            return say("symptom.list_entry_names_missing", told=told, missing=missing)
        if visible:
            return say("symptom.list_entry_names_surplus", told=told, surplus=surplus)
    if how.kind == "length":
        return say("symptom.list_entry_length_inside", told=told)
    if not visible or not inside:
        return say("symptom.sentence", said=told)
    place = str(inside[0]) if len(inside) == 1 else "".join(f"[{step!r}]" for step in inside)
    return say("symptom.list_entry_part_wrong", told=told, place=place)


def _kind(name: str) -> Text:
    """A type, by the name that `comparison.Difference` gives it."""
    _, is_array, dtype = name.partition("array of ")
    if is_array:
        return say("symptom.type_array", dtype=dtype)
    match name:
        case "str":
            return say("symptom.type_text")
        case "list":
            return say("symptom.type_list")
        case "tuple":
            return say("symptom.type_tuple")
        case "dict":
            return say("symptom.type_dict")
        case "int" | "int64":
            return say("symptom.type_whole_number")
        case "float" | "float64":
            return say("symptom.type_number")
        case "bool":
            return say("symptom.type_truth_value")
        case "complex" | "complex64" | "complex128":
            return say("symptom.type_complex")
    return say("symptom.type_other", name=name)


# --------------------------------------------------------------------------------------------------- shapes


def _wrong_shape(alike: Sequence[Studied], part: Text, domain: "Domain", visible: bool) -> Text:
    first = alike[0]
    value = first.outcome.value
    if all(_tuple_for_one(one) for one in alike):
        if len(value) == 1:
            return say("symptom.stray_comma")
        return say("symptom.one_result_asked")
    what = shapes.described(
        [shapes.WrongShape(one.difference.got, one.difference.expected, one.facts) for one in alike],
        domain.margins,
    )
    got, expected = first.difference.got, first.difference.expected
    if visible and what is not None:
        return say(
            "symptom.shape_wrong_told_because",
            got=got,
            expected=expected,
            part=part,
            what=what,
        )
    if visible:
        return say("symptom.shape_wrong_told", got=got, expected=expected, part=part)
    if what is not None:
        return say("symptom.shape_wrong_because", part=part, what=what)
    return say("symptom.shape_wrong", part=part)


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


def _wrong_numbers(cases: Sequence[Studied], alike: Sequence[Studied], domain: "Domain") -> Text:
    """A relation that is true of all wrong results, else of one of the results in all cases."""
    first = alike[0]
    exchanged = _exchanged(alike)
    if exchanged is not None:
        return exchanged
    found = [_wrong_parts(one) for one in alike]
    together = [part for parts in found for part in parts.values()]
    everywhere = [place for place in found[0] if all(place in parts for parts in found)]
    only = {place for parts in found for place in parts}
    part = _result(first, only.pop()) if len(only) == 1 else _NOTHING
    right = [one.facts for one in cases if one.verdict is Verdict.AC]
    text = _first_true(domain.relations, together, right, part)
    for place in everywhere:
        text = text or _first_true(
            domain.relations, [parts[place] for parts in found], right, _result(first, place)
        )
    text = text or _first_true((cells.how_many,), together, right, part)
    if text is not None:
        return text
    part = _result(first, everywhere[0]) if everywhere else _NOTHING
    return say("symptom.values_wrong", part=part)


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


def _wrong_parts(one: Studied) -> dict[Path, _Found]:
    """The results of a case that are wrong, by their places; the empty one where there is only one."""
    accept = one.case.accept
    wrong: dict[Path, _Found] = {}
    for place, got, expected in _parts(one.outcome.value, one.case.expected):
        how = accept.difference(got, expected)
        if how is not AGREE:
            numeric = how.kind == "values"
            wrong[place] = wrong_numbers(got, expected, accept, one.facts) if numeric else None
    return wrong


def _parts(got: Any, expected: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        for key, value in expected.items():
            yield from _parts(got[key], value, (*path, key))
    elif isinstance(expected, tuple) and isinstance(got, list | tuple) and len(got) == len(expected):
        for place, (one, other) in enumerate(zip(got, expected, strict=True)):
            yield from _parts(one, other, (*path, place))
    else:
        yield path, got, expected


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
            return say("symptom.results_exchanged", one=one + 1, other=other + 1)
    return None


def _right_if_exchanged(accept: Comparator, got: Any, expected: Any, one: int, other: int) -> bool:
    if not isinstance(got, list | tuple) or not isinstance(expected, tuple) or len(got) != len(expected):
        return False
    if other >= len(expected):
        return False
    order = list(range(len(expected)))
    order[one], order[other] = other, one
    return accept.agrees(tuple(got[i] for i in order), expected)
