"""What the diagnosis says of several results, dicts, tables, and shapes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.judging.answer_key import KeyExercise
from tests.convolution_cases import (
    INPUT_GRAD,
    RECTANGLES,
    Array,
    Layer,
    case,
    exercise,
    input_grad,
    padded,
    random,
    result,
    said,
)


def two_results() -> KeyExercise:
    return exercise(("image",), [case((n,), (random((n, 3), 1), random((n, 3), 2))) for n in (2, 3)])


TWO: dict[str, Callable[[Array, Array], Any]] = {
    "Results 1 and 2 are exchanged.": lambda a, b: (b, a),
    "The signs are reversed.": lambda a, b: (-a, -b),
    "The signs (result 2) are reversed.": lambda a, b: (a, -b),
    "The signs (result 1) are reversed.": lambda a, b: [-a, b + 0.01 * np.sin(b)],
    "The values (result 2) are twice the right ones.": lambda a, b: (a + np.exp(a), 2 * b),
    "The shape (result 2) is (2, 3), it should be (3, 2): rows and columns are exchanged.": lambda a, b: (
        a,
        b[:, :2].T,
    ),
    "The values (result 1) hold NaN or infinity.": lambda a, b: (a / 0, b),
    "It returned one result, 2 are asked for.": lambda a, b: (a,),
    "It returned 3 results, 2 are asked for.": lambda a, b: (a, b, a),
    "It returned too many results, 2 are asked for.": lambda a, b: (a,) * 4711,
    "2 results are asked for, separated by commas (return a, b …); it returned only an array of float64.": (
        lambda a, b: np.stack([a, b])
    ),
    "2 results are asked for, separated by commas (return a, b …); it returned only a number (float).": (
        lambda a, b: 1.5
    ),
    "It returned nothing (None); is a return missing?": lambda a, b: None,
}


@pytest.mark.parametrize("sentence", TWO)
def test_of_several_results_it_is_said_which_is_wrong(sentence: str) -> None:
    one = two_results()
    if "shape" in sentence:  # rows and columns can be told apart in a shape only where they differ
        one = exercise(("image",), [case((n,), (random((n, 2), 1), random((n, 2), 2))) for n in (3, 4)])
    with np.errstate(all="ignore"):
        assert said(one, [TWO[sentence](*case.expected) for case in one.cases]) == sentence


def test_named_results_are_called_by_their_names() -> None:
    one = exercise((), [case((), {"w": random((2, 3)), "b": random((n,))}) for n in (2, 3)])
    wrong = [{"b": -case.expected["b"], "w": case.expected["w"]} for case in one.cases]
    assert said(one, wrong, visible=True) == "The signs (b) are reversed."
    assert said(one, wrong, visible=False) == "The signs (b) are reversed."


def gradients() -> KeyExercise:
    return exercise(
        ("params",),
        [case(({"w1": 1.0, "b1": 2.0},), (1.5, {"w1": random((n, 2)), "b1": random((n,))})) for n in (2, 3)],
    )


NAMES = {
    "Result 2 lacks b1; the names must be those of params.": lambda w1, b1: {"w1": w1},
    "Result 2 lacks w1, b1, and has dw1, db1; the names must be those of params.": (
        lambda w1, b1: {"dw1": w1, "db1": b1}
    ),
    "Result 2 has loss, not asked for; the names must be those of params.": (
        lambda w1, b1: {"w1": w1, "b1": b1, "loss": 1.5}
    ),
    "The signs (result 2, b1) are reversed.": lambda w1, b1: {"w1": w1, "b1": -b1},
    "The shape (result 2, w1) is wrong: rows and columns are exchanged.": (
        lambda w1, b1: {"w1": w1.T, "b1": b1}
    ),
    "It returned nothing (None) (result 2, w1); is a return missing?": (
        lambda w1, b1: {"w1": None, "b1": b1}
    ),
}


@pytest.mark.parametrize("sentence", NAMES)
def test_of_a_dict_among_the_results_it_is_said_which_entry(sentence: str) -> None:
    one = gradients()
    if "shape" in sentence:
        one = replace(one, groups=one.groups[1:])
    answers = [(of.expected[0], NAMES[sentence](**of.expected[1])) for of in one.cases]
    if "shape" in sentence or "signs" in sentence:
        assert said(one, answers, visible=False) == sentence
    else:
        assert said(one, answers, visible=True) == sentence


def test_names_that_came_of_a_hidden_input_are_not_repeated() -> None:
    one = gradients()
    secret = [(1.5, {f"w{of.expected[1]['w1'][0, 0]}": 1.0}) for of in one.cases]
    surplus = [(1.5, {**of.expected[1], f"w{of.expected[1]['w1'][0, 0]}": 1.0}) for of in one.cases]
    alike = [(1.5, {"secret": 1.0}) for of in one.cases]
    for answers in (secret, surplus, alike):
        symptom = result(one, answers, visible=False).symptom
        assert symptom is not None and not re.search(
            r"\d\.\d|secret", symptom.in_language("zh") + symptom.in_language("en")
        )
    assert said(one, alike, visible=False) == (
        "Result 2 does not have the names that are asked for; the names must be those of params."
    )


def layers(kinds: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"kind": one, "stride": place}
        | ({"branches": [{"kind": "relu"}, {"kind": "conv"}]} if place == 2 else {})
        for place, one in enumerate(kinds)
    ]


TABLES: dict[str, Callable[[list[Any]], Any]] = {
    "Entry 8 of the list (index 7) is not what it should be: stride is wrong.": (
        lambda table: [*table[:7], {**table[7], "stride": 3}, *table[8:]]
    ),
    "Entry 2 of the list (index 1) is not what it should be; missing: stride.": (
        lambda table: [table[0], {"kind": "conv"}, *table[2:]]
    ),
    "Entry 3 of the list (index 2) is not what it should be: "
    "somewhere inside it has too many entries or too few.": (
        lambda table: [*table[:2], {**table[2], "branches": [{"kind": "relu"}]}, *table[3:]]
    ),
    "Entry 1 of the list (index 0) is not what it should be.": lambda table: ["conv", *table[1:]],
    "The list has one entry; it should have 12.": lambda table: table[:1],
    "The list has 11 entries; it should have 12.": lambda table: table[1:],
    "It returned a dict; a list is asked for.": lambda table: table[0],
}


@pytest.mark.parametrize("sentence", TABLES)
def test_a_table_has_entries_not_results(sentence: str) -> None:
    one = exercise(("depth",), [case((18,), layers(["conv"] * 12)), case((34,), layers(["relu"] * 12))])
    assert said(one, [TABLES[sentence](of.expected) for of in one.cases], visible=True) == sentence


def test_of_a_hidden_table_no_number_is_told() -> None:
    one = exercise(("depth",), [case((18,), layers(["conv"] * 12))])
    table = one.cases[0].expected
    for answer in (table[1:], table * 400):
        assert said(one, [answer], visible=False) == "The list has too many entries or too few."
    assert said(one, [[{}, *table[1:]]], visible=False) == "Entries of the list are not what they should be."


def test_entries_are_told_of_the_first_case_where_they_differ() -> None:
    one = exercise(("depth",), [case((18,), layers(["conv"] * 12)), case((34,), layers(["relu"] * 12))])
    first, second = (of.expected for of in one.cases)
    assert said(one, [[{}, *first[1:]], [second[0], {**second[1], "stride": 7}, *second[2:]]]).startswith(
        "Entry 1 of the list (index 0) is not what it should be; missing: kind, stride."
    )
    later = [*second[:-1], {**second[0], "kind": "x"}]
    assert said(one, [[{**first[0], "stride": 7}, *first[1:]], later]) == (
        "In the first of the wrong cases, entry 1 of the list (index 0) is not what it should be: "
        "stride is wrong."
    )


SHAPES: dict[str, Callable[[Array, Layer], Any]] = {
    "too many rows, by 1": lambda e, layer: np.zeros((*e.shape[:2], e.shape[2] + 1, e.shape[3])),
    "too few columns, by 2": lambda e, layer: e[..., 2:],
    "too few rows and columns, by 1 each": lambda e, layer: e[..., 1:, 1:],
    "too many rows and columns, by twice the padding": padded,
    "too few rows and columns, by the padding": lambda e, layer: e[..., layer.padding :, layer.padding :],
    "too few rows": lambda e, layer: e[:, :, : e.shape[2] // 2],
    "too few images": lambda e, layer: e[:1],
    "too few channels": lambda e, layer: e[:, :1],
    "the number of rows and columns is wrong": lambda e, layer: e.repeat(2, axis=2)[..., 1:],
    "rows and columns are exchanged": lambda e, layer: e.swapaxes(2, 3),
    "images and channels are exchanged": lambda e, layer: e.swapaxes(0, 1),
    "the axis of the channels comes last": lambda e, layer: e.transpose(0, 2, 3, 1),
    "the axes are in the wrong order": lambda e, layer: e.transpose(3, 0, 1, 2),
    "it has one axis too many, the third": lambda e, layer: np.stack([e, e], axis=2),
    "it has one axis too many": lambda e, layer: np.zeros((2, 2, 2, 2, 2)),
    "it has 3 axes too many": lambda e, layer: np.zeros((2,) * 7),
    "one axis is missing, that of the channels": lambda e, layer: e.sum(axis=1),
    "one axis is missing, that of the columns": lambda e, layer: e.sum(axis=3),
    "3 axes are missing": lambda e, layer: e.ravel(),
    "the number of axes is wrong": lambda e, layer: e.ravel() if layer.N == 2 else e[0],
    "axes of length 1 are left over": lambda e, layer: e[:, None],
    "the result is empty": lambda e, layer: e[..., :0, :0],
    "an array is asked for, not a single number": lambda e, layer: float(e.sum()),
    "it is the shape of w": lambda e, layer: np.zeros((layer.K, layer.C, *layer.kernel)),
}


@pytest.mark.parametrize("what", SHAPES)
def test_what_is_wrong_about_a_shape_is_said_and_quoted_from_the_visible_key_alone(what: str) -> None:
    cases = [input_grad(layer) for layer in RECTANGLES]
    wrong = [SHAPES[what](of.expected, layer) for of, layer in zip(cases, RECTANGLES, strict=True)]
    one = exercise(INPUT_GRAD, cases)
    kind = said(one, wrong, visible=False)
    chosen = r"\d axes|by \d"
    assert not re.search(chosen, kind)
    assert kind == f"The shape is wrong: {what}." or re.search(chosen, what)
    got, expected = np.shape(wrong[0]), cases[0].expected.shape
    assert said(one, wrong, visible=True) == f"The shape is {got}, it should be {expected}: {what}."


def test_no_large_number_can_be_told_with_the_size_of_a_result() -> None:
    cases = [input_grad(layer) for layer in RECTANGLES]
    wrong = [np.zeros((*of.expected.shape[:3], of.expected.shape[3] + 48271)) for of in cases]
    assert said(exercise(INPUT_GRAD, cases), wrong, visible=False) == "The shape is wrong: too many columns."


def test_length_one_may_be_missing_and_a_comma_too_many() -> None:
    cases = [input_grad(Layer(N=1, C=3)), input_grad(Layer(N=1, C=2))]
    one = exercise(INPUT_GRAD, cases)
    assert said(one, [of.expected[0] for of in cases], visible=False) == (
        "The shape is wrong: axes of length 1 are missing."
    )
    assert said(one, [(of.expected,) for of in cases]) == (
        "It returned a tuple: is there a comma after the result?"
    )
    assert said(one, [(of.expected, of.expected) for of in cases]) == (
        "It returned several results, separated by commas; one is asked for."
    )


def test_rows_and_columns_are_not_spoken_of_where_nothing_convolves() -> None:
    cases = [case((random((2, 3, 4, 5)),), random((2, 3, 4, 5)))]
    one = exercise(("queries",), cases)
    assert "entries of the second axis" in said(one, [np.zeros((2, 4, 4, 5))])
    assert "image" not in said(one, [-cases[0].expected[::-1]])
