"""Describe the wrong cases of an exercise in one sentence, without a catalogue of misconceptions.

The sentence describes the wrong cases that fail in the same way as the first (an exception on the same line,
a wrong shape, wrong numbers) and then says in which cases it is true (`conditions`).
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.judging.comparison import AGREE, Comparator
from autograder.judging.diagnosis import cells, shapes
from autograder.judging.diagnosis.conditions import limited
from autograder.judging.diagnosis.design import facts_of
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.diagnosis.judged import AnalysedCase, Judged, way_of_failing
from autograder.judging.diagnosis.knowledge import Knowledge
from autograder.judging.diagnosis.numbers import Relation, WrongNumbers, wrong_numbers
from autograder.judging.key_records import KeyExercise, Step
from autograder.judging.results import Verdict
from autograder.sandbox.records import Outcome
from autograder.submissions import records

_NOTHING = Verbatim("")

Path = tuple[str | int, ...]
"""The path to a part of a result: see `comparison.Difference`."""


def symptom(
    exercise: KeyExercise,
    judged: Sequence[Judged],
    knowledge: Knowledge,
    *,
    visible: bool,
    modules: Sequence[str] = (),
) -> Text:
    """What is wrong in those of all cases that are; at least one must be. `modules`: see `sandbox.limits`.

    It quotes what the submission did; of a hidden key students read what `told.kind` leaves of it.
    """
    cases = [AnalysedCase(**vars(case), facts=facts_of(exercise, case.case, knowledge)) for case in judged]
    not_right = [case for case in cases if not case.verdict.earns]
    wrong = [case for case in not_right if case.verdict is not Verdict.NR]
    if not wrong:
        return say("symptom.not_loaded" if not_right[0].outcome.text == "loading" else "symptom.not_run")
    first = wrong[0]
    if first.outcome.reason is not None:
        return first.outcome.reason
    if first.verdict is Verdict.MISSING:
        missing = "symptom.class_missing" if first.case.script else "symptom.function_missing"
        return say(missing, name=exercise.name)
    if first.verdict is Verdict.FORBIDDEN:
        place = {"where": records.place(first.outcome.where), "line": first.outcome.line}
        if modules:
            allowed = joined(["NumPy", *modules])
            return say("symptom.module_not_among", module=first.outcome.text, **place, modules=allowed)
        return say("symptom.module_forbidden", module=first.outcome.text, **place)
    explanation = explained(wrong, visible=visible)
    if explanation is not None:
        return explanation
    alike = [case for case in wrong if way_of_failing(case) == way_of_failing(first)]
    what = _what(exercise, cases, alike, knowledge)
    return limited(what, exercise, cases, alike, knowledge.features, elsewhere=len(alike) < len(wrong))


def explained(wrong: Sequence[Judged], *, visible: bool, again: bool = False) -> Text | None:
    """What the comparator itself says of the cases that fail as the first of them does; see `Comparator`."""
    first = wrong[0]
    if first.difference is AGREE:
        return None
    way = way_of_failing(first)
    own = [(case.case.accept, case.difference) for case in wrong if way_of_failing(case) == way]
    return first.case.accept.explained(own, visible=visible, again=again)


def _what(
    exercise: KeyExercise, cases: Sequence[AnalysedCase], alike: Sequence[AnalysedCase], knowledge: Knowledge
) -> Text:
    first = alike[0]
    match first.verdict:
        case Verdict.NI:
            method = first.step.name if first.step else ""
            return say("symptom.not_started", name=f"{exercise.name}.{method}" if method else exercise.name)
        case Verdict.TLE:
            return say("symptom.too_slow")
        case Verdict.MLE:
            return say("symptom.too_much_memory")
        case Verdict.OLE:
            return say("symptom.too_much_output")
        case Verdict.RTE if first.step:
            return _step_failed(exercise, first.step, first.outcome)
        case Verdict.RTE:
            return _run_time_error(exercise, first.outcome)
    if first.outcome.status == "unsendable":
        return _unsendable(first.outcome.text)
    return _wrong_answer(exercise, cases, alike, knowledge)


_CALL_FAILED = re.compile(r"\S+\(\) (missing \d+ required |takes |got an unexpected |got multiple )")
"""How Python says that a function has other parameters than the call has arguments."""


def _run_time_error(exercise: KeyExercise, outcome: Outcome) -> Text:
    if outcome.status != "raised":
        return say("symptom.program_ended")
    name, place, line = outcome.exception, outcome.where, outcome.line
    if name == "TypeError" and not place and _CALL_FAILED.match(outcome.text):  # no line of it was reached
        return say(
            "symptom.wrong_parameters", name=exercise.name, parameters=", ".join(_parameters(exercise))
        )
    if outcome.text and place:
        return say(
            "symptom.raised_there_because",
            name=name,
            where=records.place(place),
            line=line,
            text=outcome.text,
        )
    if not place:
        return say("symptom.raised", name=name)
    return say("symptom.raised_there", name=name, where=records.place(place), line=line)


def _step_failed(exercise: KeyExercise, step: Step, outcome: Outcome) -> Text:
    """Which step of a class's script raised, and what; or what the class lacks."""
    name, inside = outcome.exception, bool(outcome.where)  # inside: in a line of the submission
    if name == "AttributeError" and not inside and step.name:
        lacking = "symptom.class_lacks_attribute" if step.parameters is None else "symptom.class_lacks_method"
        return say(lacking, name=exercise.name, part=step.name)
    if name == "TypeError" and not inside and _CALL_FAILED.match(outcome.text):
        method = f"{exercise.name}.{step.name or '__init__'}"
        return say("symptom.class_call_wrong", name=method, parameters=", ".join(step.parameters or ()))
    told = _run_time_error(exercise, outcome)
    return say(
        "symptom.in_step", said=told, step=step.written if step.name else f"{exercise.name}{step.written}"
    )


def _parameters(exercise: KeyExercise) -> Iterator[str]:
    """As in the function's signature, with the default values."""
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
    exercise: KeyExercise, cases: Sequence[AnalysedCase], alike: Sequence[AnalysedCase], knowledge: Knowledge
) -> Text:
    first = alike[0]
    how = first.difference
    part = _result(first, how.path)
    if isinstance(first.case.expected, list) and (how.path or how.kind == "length"):
        return _wrong_list(alike)
    match how.kind:
        case "type" | "not numeric" if how.got == "NoneType" and _is_attribute(first, how.path):
            return say("symptom.class_attribute_none", name=how.path[0])
        case "type" | "not numeric" if how.got == "NoneType":
            return say("symptom.returned_nothing", part=part)
        case "type" if isinstance(first.case.expected, tuple) and not how.path:
            return say("symptom.several_results_asked", n=len(first.case.expected), got=_kind(how.got))
        case "type":
            return say("symptom.wrong_type", got=_kind(how.got), wanted=_kind(how.expected), part=part)
        case "ragged" | "not numeric" if all(map(_is_stray_tuple, alike)):
            return say("symptom.one_result_asked")
        case "ragged":
            return say("symptom.ragged_list", part=part)
        case "not numeric" if how.got in ("list", "tuple"):
            return say("symptom.not_all_numbers", got=_kind(how.got), part=part)
        case "not numeric":
            return say("symptom.not_numbers", got=_kind(how.got), part=part)
        case "names":
            return _wrong_names(first)
        case "length" if how.path:
            return say("symptom.nested_length")
        case "length" if how.got > shapes.MAX_NUMBER:
            return say("symptom.results_too_many", n=how.expected)
        case "length" if how.got == 1:
            return say("symptom.results_only_one", n=how.expected)
        case "length":
            return say("symptom.results_wrong_number", got=how.got, n=how.expected)
        case "shape":
            return _wrong_shape(alike, part, knowledge)
        case "not finite":
            return say("symptom.not_finite", part=part)
        case "none" if first.outcome.changed:
            parameters = exercise.parameters_of(first.case)
            names = [parameters[i] for i in first.outcome.changed if i < len(parameters)]
            return say("symptom.argument_changed", names=", ".join(names))
        case "none":
            return say("symptom.memory_shared")
    return _wrong_numbers(cases, alike, knowledge)


def _is_attribute(analysed: AnalysedCase, path: Path) -> bool:
    """Whether a part of a class's answer is the value of an attribute."""
    return any(step.label == path[0] and step.parameters is None for step in analysed.case.script)


def _result(analysed: AnalysedCase, path: Path) -> Text:
    """Which of several results: its number in a tuple, its name in a dict, such as " (result 2, w1)"."""
    told = _which(analysed.case.expected, path)
    return _NOTHING if told is None else say("symptom.part", told=told)


def _which(expected: Any, path: Path) -> Text | None:
    """None for the whole. Keys of an expected dict may be quoted: the exercise's text names them."""
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
"""The most names that are listed."""


def _wrong_names(analysed: AnalysedCase) -> Text:
    """A dict with other keys than those asked for."""
    how = analysed.difference
    what = _which(analysed.case.expected, how.path) or say("symptom.result_whole")
    missing, surplus = _list_of(how.expected), _list_of(how.got)
    if not how.got:
        told = say("symptom.names_missing", what=what, missing=missing)
    elif how.expected:
        told = say("symptom.names_missing_and_surplus", what=what, missing=missing, surplus=surplus)
    else:
        told = say("symptom.names_surplus", what=what, surplus=surplus)
    wanted = analysed.case.expected
    for step in how.path:
        wanted = wanted[step]
    for name, value in analysed.facts.named.items():
        if isinstance(value, dict) and value.keys() == wanted.keys():
            return say("symptom.names_as_in_argument", said=told, name=name)
    return say("symptom.sentence", said=told)


def _list_of(names: Sequence[Any]) -> Text:
    shown = joined(str(name)[:40] for name in names[:_NAMES])
    return say("symptom.names_and_more", names=shown) if len(names) > _NAMES else shown


def _wrong_list(alike: Sequence[AnalysedCase]) -> Text:
    """A list, such as a table: the number of its entries, or the first entry that is wrong."""
    first = alike[0]
    how = first.difference
    if not how.path:
        if how.got == 1:
            return say("symptom.list_one_entry", n=how.expected)
        return say("symptom.list_wrong_length", got=how.got, n=how.expected)
    index, *inside = how.path
    entry = say("symptom.list_entry", n=int(index) + 1, index=index)
    if any(case.difference.path[:1] != how.path[:1] for case in alike):
        told = say("symptom.list_entry_wrong_first", entry=entry)
    else:
        told = say("symptom.list_entry_wrong", entry=entry)
    if how.kind == "names" and len(how.path) == 1:
        missing, surplus = _list_of(how.expected), _list_of(how.got)
        if how.expected:
            return say("symptom.list_entry_names_missing", told=told, missing=missing)
        return say("symptom.list_entry_names_surplus", told=told, surplus=surplus)
    if how.kind == "length":
        return say("symptom.list_entry_length_inside", told=told)
    if not inside:
        return say("symptom.sentence", said=told)
    place = str(inside[0]) if len(inside) == 1 else "".join(f"[{step!r}]" for step in inside)
    return say("symptom.list_entry_part_wrong", told=told, place=place)


def _kind(name: str) -> Text:
    """A type in words, from its name in a `comparison.Difference`."""
    _, is_array, dtype = name.partition("array of ")
    if is_array:
        return say("symptom.type_array", dtype=dtype)
    if name in ("complex", "complex64", "complex128"):
        return say("symptom.type_complex")
    known = {
        "str": say("symptom.type_text"),
        "list": say("symptom.type_list"),
        "tuple": say("symptom.type_tuple"),
        "dict": say("symptom.type_dict"),
        "bool": say("symptom.type_truth_value"),
        **dict.fromkeys(("int", "int64"), say("symptom.type_whole_number")),
        **dict.fromkeys(("float", "float64"), say("symptom.type_number")),
    }
    return known.get(name) or say("symptom.type_other", name=name)


# --------------------------------------------------------------------------------------------------- shapes


def _wrong_shape(alike: Sequence[AnalysedCase], part: Text, knowledge: Knowledge) -> Text:
    first = alike[0]
    value = first.outcome.value
    if all(map(_is_stray_tuple, alike)):
        return say("symptom.stray_comma") if len(value) == 1 else say("symptom.one_result_asked")
    what = shapes.described(
        [shapes.WrongShape(case.difference.got, case.difference.expected, case.facts) for case in alike],
        knowledge.margins,
    )
    got, expected = first.difference.got, first.difference.expected
    if what is not None:
        return say("symptom.shape_wrong_told_because", got=got, expected=expected, part=part, what=what)
    return say("symptom.shape_wrong_told", got=got, expected=expected, part=part)


def _is_stray_tuple(analysed: AnalysedCase) -> bool:
    """Results separated by commas where a single array is asked for."""
    value = analysed.outcome.value
    return (
        isinstance(analysed.case.expected, np.ndarray)
        and isinstance(value, tuple)
        and any(isinstance(part, np.ndarray) for part in value)
    )


# -------------------------------------------------------------------------------------------------- numbers

_Found = WrongNumbers | None
"""None: wrong, but not in its numbers."""


def _wrong_numbers(
    cases: Sequence[AnalysedCase], alike: Sequence[AnalysedCase], knowledge: Knowledge
) -> Text:
    """A relation that is true of all wrong results, or else of the same result of every case."""
    first = alike[0]
    exchanged = _exchanged(alike)
    if exchanged is not None:
        return exchanged
    found = [_wrong_parts(case) for case in alike]
    together = [part for parts in found for part in parts.values()]
    everywhere = [path for path in found[0] if all(path in parts for parts in found)]
    paths = {path for parts in found for path in parts}
    part = _result(first, paths.pop()) if len(paths) == 1 else _NOTHING
    right = [case.facts for case in cases if case.verdict is Verdict.AC]
    text = _first_true(knowledge.relations, together, right, part)
    for path in everywhere:
        wrong = [parts[path] for parts in found]
        text = text or _first_true(knowledge.relations, wrong, right, _result(first, path))
    text = text or _first_true((cells.how_many,), together, right, part)
    if text is not None:
        return text
    part = _result(first, everywhere[0]) if everywhere else _NOTHING
    return say("symptom.values_wrong", part=part)


def _first_true(
    relations: Sequence[Relation], wrong: Sequence[_Found], right: Sequence[Facts], part: Text
) -> Text | None:
    known = [numbers for numbers in wrong if numbers is not None]
    if not known or len(known) < len(wrong):
        return None
    with np.errstate(all="ignore"):
        for relation in relations:
            text = relation(known, right, part)
            if text is not None:
                return text
    return None


def _wrong_parts(analysed: AnalysedCase) -> dict[Path, _Found]:
    """The wrong results of a case by their paths; the path of an only result is empty."""
    accept = analysed.case.accept
    wrong: dict[Path, _Found] = {}
    for path, got, expected in _parts(analysed.outcome.value, analysed.case.expected):
        how = accept.difference(got, expected)
        if how is not AGREE:
            numeric = how.kind == "values"
            wrong[path] = wrong_numbers(got, expected, accept, analysed.facts) if numeric else None
    return wrong


def _parts(got: Any, expected: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        for key, value in expected.items():
            yield from _parts(got[key], value, (*path, key))
    elif isinstance(expected, tuple) and isinstance(got, list | tuple) and len(got) == len(expected):
        for index, (got_part, expected_part) in enumerate(zip(got, expected, strict=True)):
            yield from _parts(got_part, expected_part, (*path, index))
    else:
        yield path, got, expected


def _exchanged(alike: Sequence[AnalysedCase]) -> Text | None:
    """Two of several results are exchanged."""
    first = alike[0].case.expected
    if not isinstance(first, tuple):
        return None
    for i, j in itertools.combinations(range(min(len(first), 6)), 2):
        if all(
            _right_if_exchanged(case.case.accept, case.outcome.value, case.case.expected, i, j)
            for case in alike
        ):
            return say("symptom.results_exchanged", first=i + 1, second=j + 1)
    return None


def _right_if_exchanged(accept: Comparator, got: Any, expected: Any, i: int, j: int) -> bool:
    if not isinstance(got, list | tuple) or not isinstance(expected, tuple) or len(got) != len(expected):
        return False
    if j >= len(expected):
        return False
    exchanged = list(got)
    exchanged[i], exchanged[j] = exchanged[j], exchanged[i]
    return accept.agrees(tuple(exchanged), expected)
