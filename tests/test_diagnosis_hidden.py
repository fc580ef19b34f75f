"""What students read of hidden cases is a kind of failure: nothing that the submission may choose."""

import itertools
from string import Formatter
from typing import Any

import numpy as np
import pytest

from autograder.base.messages import Message, Text, sentences
from autograder.judging.diagnosis.told import KINDS, kind
from autograder.sandbox.records import Outcome
from tests.convolution_cases import INPUT_GRAD, SQUARE, exercise, input_grad, result

CHOSEN = {
    *("n", "got", "where", "line", "text", "module", "fraction", "index", "place", "surplus", "missing"),
    *("names", "nth", "entry", "dtype", "number"),
}
"""Placeholders whose values a submission may choose from any number of them."""
FROM_THE_KEY = {
    "symptom.results_only_one": {"n"},  # how many are asked for
    "symptom.results_too_many": {"n"},
    "symptom.results_other_number": {"n"},
}
PARTS = {
    *("symptom.result_nth", "symptom.result_nth_part", "symptom.names_and_more", "symptom.list_entry"),
    *(
        "symptom.type_array",
        "symptom.type_other",
        "symptom.axis_entries_nth",
        "symptom.shape_axis_surplus_nth",
    ),
    *("symptom.shift_down", "symptom.shift_up", "symptom.shift_left", "symptom.shift_right"),
}
"""Parts of a sentence: which result or axis, of a few; and those of sentences that are reduced."""


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_symptom_that_quotes_a_choice_has_a_kind_that_quotes_none() -> None:
    for id, sentence in sentences("symptom.", "en").items():
        id = f"symptom.{id}"
        reduced, *kept = KINDS.get(id, (id, *placeholders(sentence)))
        asked = placeholders(sentences("symptom.", "en")[reduced.removeprefix("symptom.")])
        assert asked == {*kept}, id
        if id not in PARTS:
            assert not (asked & CHOSEN) - FROM_THE_KEY.get(reduced, set()), id
        assert reduced not in KINDS, id


def values(text: Any) -> list[Any]:
    if isinstance(text, Message):
        return [value for part in text.values.values() for value in values(part)]
    return [text] if not isinstance(text, Text) else []


@pytest.mark.parametrize(
    "choices",
    [
        [Outcome("raised", exception=name, text=text, where="a.py", line=line)
         for name, text, line in itertools.product(("ValueError", "E17"), ("a", "b"), (1, 79))],
        [Outcome("forbidden", text=f"m{line}", where="a.py", line=line) for line in (1, 79)],
        [Outcome("unsendable", text=text) for text in ("type T1", "type T2", "dtype <U1", "dtype <U37")],
        [{"a": 1.0}, "text", [1.0, "b"], b"bytes", np.array(["u1"]), np.array(["u37"])],
        [3.0, 7.0, 0.125],
    ],
    ids=["exception", "module", "unsendable", "type", "factor"],
)  # fmt: skip
def test_a_submission_cannot_choose_what_is_read_of_a_hidden_case(choices: list[Any]) -> None:
    one = exercise(INPUT_GRAD, [input_grad(layer) for layer in SQUARE])
    told = set()
    for choice in choices:
        answers = [choice * of.expected if isinstance(choice, float) else choice for of in one.cases]
        found = result(one, answers, visible=False)
        assert found.symptom is not None and found.detail is not None and kind(found.detail) == found.symptom
        assert found.symptom == found.diagnosis and not values(found.symptom)
        told.add(found.symptom)
    assert len(told) == 1
