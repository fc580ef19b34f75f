"""What the diagnosis says of other failures, and of the idea behind a mistake."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.base.messages import Authored, say
from autograder.judging.answer_key import Hint, KeyExercise, Wrong
from autograder.judging.comparison import Comparator, Exact
from autograder.sandbox.records import Outcome
from tests.convolution_cases import (
    INPUT_GRAD,
    LAYERS,
    RIGHT,
    SQUARE,
    case,
    exercise,
    input_grad,
    random,
    result,
    said,
)

# ---- Other ways to fail ------------------------------------------------------------------------------------


def test_a_crash_is_told_with_its_line_and_with_where_it_happens() -> None:
    one = exercise(INPUT_GRAD, [input_grad(layer) for layer in LAYERS])
    crash = Outcome("raised", exception="IndexError", text="index 7", where="a.py", line=3)
    answers = [crash if layer.padding else RIGHT for layer in LAYERS]
    assert said(one, answers, visible=False) == "It raised an exception. Only where there is padding."
    assert said(one, answers, visible=True) == (
        "IndexError in a.py, line 3 (index 7). Only where there is padding."
    )
    nowhere = [replace(crash, where="", line=0) if answer is crash else RIGHT for answer in answers]
    assert said(one, nowhere, visible=True) == "It raised IndexError. Only where there is padding."


def test_cases_that_fail_in_another_way_are_not_described_with_the_first() -> None:
    one = exercise(INPUT_GRAD, [input_grad(layer) for layer in LAYERS])
    crash = Outcome("raised", exception="IndexError", where="a.py", line=3)
    answers = [
        crash if layer.stride > 1 else -of.expected if layer.padding else RIGHT
        for layer, of in zip(LAYERS, one.cases, strict=True)
    ]
    assert said(one, answers) == (
        "IndexError in a.py, line 3. "
        "In the cases tried, only where the stride is above 1; other cases fail differently."
    )
    answers = [
        answer if answer is not RIGHT else of.expected.T
        for answer, of in zip(answers, one.cases, strict=True)
    ]
    assert said(one, answers).endswith("Other cases fail differently.")


def test_all_groups_are_not_called_only_these() -> None:
    one = exercise(("w",), [case((n,), random((2, n), n)) for n in (2, 3)] * 2, groups=2)
    first, second = (of.expected for of in one.cases[:2])
    assert said(one, [first.T, second.T] * 2) == (
        "Rows and columns are exchanged: the values are transposed. Other cases fail differently."
    )
    assert said(one, [first.T, second.T, RIGHT, RIGHT]) == (
        "Rows and columns are exchanged: the values are transposed. "
        "Only in: title 0; other cases fail differently."
    )


PARAMETERS = (
    "The parameters of layer must be (delta, w, input_shape, stride=1, padding=0); do not change them."
)


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome("returned", changed=(0,)), "The values are right, but the argument delta was changed."),
        (Outcome("died"), "It ended the program instead of returning an answer."),
        (Outcome("time"), "It did not finish in time; is there a loop that never ends?"),
        (Outcome("output"), "It printed or returned far too much."),
        (Outcome("returned", "4"), "It returned a text (str), not real numbers."),
        (Outcome("returned", [[1.0], [1.0, 2.0]]), "It returned a list whose rows differ in length."),
        (
            Outcome("returned", [1.0, "two"]),
            "It returned a list that holds something other than real numbers.",
        ),
        (
            Outcome("returned", (np.ones(2), np.ones(3))),
            "It returned several results, separated by commas; one is asked for.",
        ),
        (Outcome("returned", {"z": 1.0}), "It returned a dict, not real numbers."),
        (
            Outcome("unsendable", text="type map"),
            "It returned a value of type map, which cannot be a result here.",
        ),
        (
            Outcome("unsendable", text="dtype <U1"),
            "It returned an array of dtype U1, which holds no numbers.",
        ),
        (
            Outcome(
                "raised", exception="TypeError", text="layer() missing 1 required positional argument: 'f'"
            ),
            PARAMETERS,
        ),
        (
            Outcome(
                "raised", exception="TypeError", text="layer() takes 2 positional arguments but 5 were given"
            ),
            PARAMETERS,
        ),
        (Outcome("raised", exception="TypeError", text="something else"), "It raised TypeError."),
        (
            Outcome("returned", np.inf),
            "The shape is (), it should be (2, 3, 4, 4): an array is asked for, not a single number.",
        ),
    ],
)
def test_what_is_no_matter_of_numbers_is_told_as_it_is(outcome: Outcome, sentence: str) -> None:
    one = replace(exercise(INPUT_GRAD, [input_grad(layer) for layer in SQUARE]), defaults=(1, 0))
    answers = [replace(outcome, value=of.expected) if outcome.changed else outcome for of in one.cases]
    assert said(one, answers) == sentence


def test_where_a_text_is_wanted_it_says_so() -> None:
    one = exercise((), [case((), "z11 = a11 w11")])
    symptom = result(one, [["z11", "a11"]], visible=True).symptom
    assert symptom is not None
    assert symptom.in_language("en") == "It returned a list; a text (str) is asked for."
    assert symptom.in_language("zh") == "返回的是列表（list），应返回文字（str）。"


def test_a_class_is_not_said_to_be_zero_or_not() -> None:
    one = exercise(("labels",), [case((np.array(of),), random((2, 2))) for of in ([0], [1, 0], [0, 1])])
    assert "is not 0" not in said(one, [RIGHT, *(2 * of.expected for of in one.cases[1:])])


def test_a_mean_over_the_labels_is_one_over_samples() -> None:
    one = exercise(("labels",), [case((np.arange(n),), random((2, n), n)) for n in (3, 4)])
    symptom = result(one, [of.expected * len(of.args[0]) for of in one.cases]).symptom
    assert symptom is not None
    assert symptom.in_language("zh") == "结果是正确值乘以样本数（labels 的长度）。"


# ---- The idea ----------------------------------------------------------------------------------------------

HINTS = (Hint("a+b", "甲；同时乙", "one; and two"), Hint("a", "甲", "one"), Hint("b", "乙", "two"))


def known(wrong: Sequence[dict[str, Any]], accept: Comparator | None = None) -> KeyExercise:
    """Cases with what each misconception gives, a value or the name of an exception."""
    cases = [
        replace(
            case((n,), random((2, 2), n) if accept is None else 100_000 + n, accept),
            wrong={
                id: Wrong(raises=value) if isinstance(value, str) else Wrong(value)
                for id, value in of_case.items()
            },
        )
        for n, of_case in enumerate(wrong)
    ]
    return exercise(("n",), cases, HINTS)


ONE, TWO_, BOTH = np.full((2, 2), 1.0), np.full((2, 2), 2.0), np.full((2, 2), 3.0)


def test_symptom_and_idea_are_both_told() -> None:
    one = known([{"a": ONE}, {"a": ONE, "b": TWO_}, {"b": TWO_}])
    found = result(one, [ONE, ONE, RIGHT])
    assert found.misconception == "a"
    assert found.diagnosis == say("idea.whole", hint=Authored("甲", "one"))
    assert found.symptom is not None and found.symptom.in_language("en").startswith(
        "All values are the same number"
    )


def test_without_an_idea_the_symptom_is_the_diagnosis() -> None:
    found = result(known([{"a": ONE}]), [BOTH])
    assert found.misconception is None and found.diagnosis == found.symptom is not None


def test_a_single_cause_comes_before_a_pair_that_explains_as_much() -> None:
    one = known([{"a": ONE, "a+b": ONE}, {"a": ONE, "a+b": ONE}])
    assert result(one, [ONE, ONE]).misconception == "a"
    one = known([{"a": ONE, "a+b": ONE}, {"b": TWO_, "a+b": TWO_}, {}])
    assert result(one, [ONE, TWO_, RIGHT]).misconception == "a+b"
    assert result(one, [ONE, RIGHT, RIGHT]).misconception == "a"


def test_what_explains_a_part_says_so() -> None:
    one = known([{"a": ONE}, {"a": ONE}, {}])
    found = result(one, [ONE, ONE, BOTH])
    assert found.misconception == "a" and found.diagnosis is not None
    assert found.diagnosis.in_language("en") == "In some cases it looks as if: one."


def test_zeros_explain_no_part() -> None:
    """Whoever returns zeros everywhere has not made the mistake that gives zeros somewhere."""
    nothing = np.zeros((2, 2))
    one = known([{"a": nothing}, {}])
    assert result(one, [nothing, nothing]).misconception is None
    assert result(one, [nothing, RIGHT]).misconception == "a"


def test_what_explains_a_part_must_be_about_what_is_seen() -> None:
    one = known([{}, {"a": ONE}])
    changed = Outcome("returned", one.cases[0].expected, changed=(0,))
    found = result(one, [changed, ONE])
    assert found.misconception is None and found.diagnosis is not None
    assert "an argument was changed" in found.diagnosis.in_language("en")


@pytest.mark.parametrize(
    ("wrong", "answers"),
    [
        ([{"a": ONE}, {"a": ONE}], [ONE, TWO_]),  # differs from it in one case
        ([{"a": ONE}, {"a": ONE}], [ONE, RIGHT]),  # right where it is wrong
        ([{"a": "ValueError"}, {"a": "ValueError"}], ["ValueError", "ValueError"]),  # may come from anything
        ([{"a": "ValueError"}, {}], ["TypeError", RIGHT]),
        ([{"a": "ValueError"}, {}, {}], ["ValueError", ONE, RIGHT]),
        ([{"a": ONE}], [ONE[:1]]),
        ([{"a": ONE}], [None]),
        ([{"a": ONE}], [[["1", "1"], ["1", "1"]]]),
    ],
)
def test_nothing_is_claimed_that_the_answers_do_not_prove(
    wrong: list[dict[str, Any]], answers: list[Any]
) -> None:
    outcomes = [
        Outcome("raised", exception=answer) if isinstance(answer, str) else answer for answer in answers
    ]
    assert result(known(wrong), outcomes).misconception is None


def test_a_crash_proves_something_beside_equal_values_or_right_cases() -> None:
    crash = Outcome("raised", exception="IndexError")
    assert result(known([{"a": "ValueError"}, {"a": ONE}]), [crash, ONE]).misconception == "a"
    assert result(known([{"a": "IndexError"}, {}]), [crash, RIGHT]).misconception == "a"


def test_counts_are_compared_to_the_last_digit_and_lists_like_arrays() -> None:
    one = known([{"a": 200_000}, {"a": 200_001}], Exact())
    assert result(one, [200_000, 200_001]).misconception == "a"
    assert result(one, [200_001, 200_001]).misconception is None
    assert result(known([{"a": ONE}]), [[[1, 1], [1.0, 1]]]).misconception == "a"
    nan = np.array([[np.nan, 1.0], [1.0, 1.0]])
    assert result(known([{"a": nan}]), [nan.tolist()]).misconception == "a"
    assert result(known([{"a": nan}]), [np.full((2, 2), np.nan)]).misconception is None
