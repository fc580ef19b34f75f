"""What the diagnosis says was done to the numbers, and what follows from the arguments."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.base.messages import say
from tests.convolution_cases import (
    AMOUNTS,
    CHANGES,
    EVEN,
    FORWARD,
    INPUT_GRAD,
    LAYERS,
    POOL_GRAD,
    RIGHT,
    SQUARE,
    VARIED,
    WEIGHT_GRAD,
    Array,
    Layer,
    case,
    exercise,
    forward,
    input_grad,
    moved,
    pool_grad,
    random,
    result,
    said,
    slot,
    weight_grad,
)


@pytest.mark.parametrize("sentence", CHANGES)
def test_what_was_done_to_all_results_is_what_is_said(sentence: str) -> None:
    cases = [input_grad(layer) for layer in SQUARE]
    one = exercise(INPUT_GRAD, cases)
    wrong = [CHANGES[sentence](case.expected) for case in cases]
    assert said(one, wrong) == sentence
    hidden = result(one, wrong, visible=False)
    assert sentence == (hidden.detail or hidden.symptom or say("")).in_language("en")
    told = said(one, wrong, visible=False)
    chosen = r"\d+ times|\d/\d|by \d\.|\d (down|up|to)"  # numbers that the submission may choose
    assert not re.search(chosen, told) and (told == sentence or re.search(chosen, sentence))


def test_the_first_axes_exchanged_need_as_many_images_as_channels() -> None:
    cases = [input_grad(layer) for layer in EVEN]
    wrong = [case.expected.swapaxes(0, 1) for case in cases]
    assert said(exercise(INPUT_GRAD, cases), wrong) == "The axes of images and channels are exchanged."
    cases = [weight_grad(replace(layer, K=layer.C)) for layer in EVEN]
    wrong = [case.expected.swapaxes(0, 1) for case in cases]
    assert said(exercise(WEIGHT_GRAD, cases), wrong) == "The axes of kernels and channels are exchanged."


def test_every_axis_before_rows_and_columns_is_looked_at() -> None:
    cases = [case((random((3, 2)),), random((3, 2, 4, 5), seed)[:, 0]) for seed in range(2)]
    wrong = [case.expected[::-1] for case in cases]
    assert said(exercise("x", cases), wrong) == "The entries of the first axis are in reversed order."
    cases = [case((random((3, 2)),), random((2, 3, 3, 4, 5), seed)) for seed in range(2)]
    wrong = [case.expected.swapaxes(1, 2) for case in cases]
    assert said(exercise("x", cases), wrong) == (
        "The axes of entries of the second axis and entries of the third axis are exchanged."
    )
    wrong = [slot(np.s_[:, :, 0], np.sin)(case.expected) for case in cases]
    assert said(exercise("x", cases), wrong) == "Of the entries of the third axis, only the first is wrong."


def test_a_reshape_in_place_of_an_exchange_of_axes_is_seen() -> None:
    cases = [input_grad(layer) for layer in SQUARE]
    wrong = [case.expected.transpose(1, 0, 2, 3).reshape(case.expected.shape) for case in cases]
    assert said(exercise(INPUT_GRAD, cases), wrong) == (
        "The right values are in the wrong places, as if axes were exchanged with reshape."
    )


VECTORS: dict[str, Callable[[Array], Array]] = {
    "The values are in reversed order.": lambda e: e[::-1],
    "Only the last value is wrong.": slot(-1),
    "Only the first value is wrong.": slot(0),
    "The values are the square roots of the right ones.": np.sqrt,
    "The values are twice the right ones.": lambda e: 2 * e,
}


@pytest.mark.parametrize("sentence", VECTORS)
def test_vectors_are_described_like_images(sentence: str) -> None:
    cases = [case((np.arange(n),), np.abs(random((n,)))) for n in (3, 5)]
    wrong = [VECTORS[sentence](case.expected) for case in cases]
    assert said(exercise(("v",), cases), wrong) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda e: -e, "The signs are reversed."),
        (lambda e: 2 * e, "The values are twice the right ones."),
        (lambda e: e + 3, "The values are too large by 3."),
        (lambda e: np.asarray(e) * 0.0, "All values are zero."),
        (
            lambda e: [float(e) + 1e-3],
            "The shape is (1,), it should be (): a single number is asked for, not an array.",
        ),
    ],
)
def test_single_numbers_are_described_too(change: Callable[[Any], Any], sentence: str) -> None:
    cases = [case((n,), float(random((1,), n)[0])) for n in (1, 2, 3)]
    assert said(exercise(("n",), cases), [change(case.expected) for case in cases]) == sentence


def test_one_number_alone_proves_no_factor() -> None:
    one = exercise(("n",), [case((1,), 1.7)])
    assert said(one, [1.7 / 3]) == "The values are wrong."


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_factor_that_follows_from_the_sizes_is_named(amount: str) -> None:
    cases = [weight_grad(layer) for layer in VARIED]
    one = exercise(WEIGHT_GRAD, cases)
    amounts = [AMOUNTS[amount](layer) for layer in VARIED]
    divided = [case.expected / n for case, n in zip(cases, amounts, strict=True)]
    assert said(one, divided) == f"The values are the right ones divided by {amount}."
    multiplied = [case.expected * n for case, n in zip(cases, amounts, strict=True)]
    assert said(one, multiplied) == f"The values are the right ones multiplied by {amount}."


@pytest.mark.parametrize(
    ("amount", "of"),
    [
        ("the number of cells of a window", lambda layer: layer.kernel[0] ** 2),
        ("the square of the stride", lambda layer: layer.stride**2),
    ],
)
def test_a_factor_that_follows_from_window_or_stride_is_named(amount: str, of: Any) -> None:
    layers = [
        Layer(C=2, size=(5, 6), kernel=(2, 2), stride=3),
        Layer(C=3, size=(7, 9), kernel=(3, 3), stride=2),
        Layer(N=2, size=(7, 9), kernel=(4, 4), stride=5),
    ]
    cases = [pool_grad(layer) for layer in layers]
    wrong = [case.expected / of(layer) for case, layer in zip(cases, layers, strict=True)]
    assert said(exercise(POOL_GRAD, cases), wrong) == f"The values are the right ones divided by {amount}."


def test_an_amount_is_not_blamed_where_a_right_case_contradicts_it() -> None:
    cases = [weight_grad(layer) for layer in VARIED]
    wrong = [RIGHT] + [case.expected / layer.N for case, layer in zip(cases[1:], VARIED[1:], strict=True)]
    sentence = said(exercise(WEIGHT_GRAD, cases), wrong)
    assert "images" not in sentence and "all times the same factor" in sentence


def test_where_the_amount_is_one_a_case_may_be_right() -> None:
    layers = [*LAYERS, *VARIED]
    cases = [weight_grad(layer) for layer in layers]
    wrong = [case.expected / layer.N for case, layer in zip(cases, layers, strict=True)]
    assert said(exercise(WEIGHT_GRAD, cases), wrong) == (
        "The values are the right ones divided by the number of images. Only where there are several images."
    )


ARGUMENTS: dict[str, Callable[[Array, Array], Array]] = {
    "The values would be right if multiplied by dsigma.": lambda e, a: e / a,
    "The values were multiplied by dsigma one time too many.": lambda e, a: e * a,
    "The values would be right if dsigma were added.": lambda e, a: e - a,
    "dsigma was added one time too many.": lambda e, a: e + a,
    "What came back is the argument dsigma, unchanged.": lambda e, a: a,
}


@pytest.mark.parametrize("sentence", ARGUMENTS)
def test_an_argument_left_out_or_used_twice_is_named(sentence: str) -> None:
    cases = [case((1.0, random((n, 3), 1)), random((n, 3), 2)) for n in (2, 4)]
    wrong = [ARGUMENTS[sentence](case.expected, case.args[1]) for case in cases]
    assert said(exercise(("h", "dsigma"), cases), wrong) == sentence


def test_a_missing_bias_is_named_in_every_channel() -> None:
    cases = [forward(layer) for layer in VARIED]
    wrong = [case.expected - case.args[2][:, None, None] for case in cases]
    assert said(exercise(FORWARD, cases), wrong) == "The values would be right if b were added."


def test_what_windows_do_to_cells_is_seen() -> None:
    layers = [Layer(size=(5, 6), kernel=(3, 3), stride=2), Layer(size=(4, 7), kernel=(2, 2), stride=3)]
    cases = [pool_grad(layer) for layer in layers]

    def covered(layer: Layer) -> Array:
        count = np.zeros(layer.size, dtype=int)
        for p, q in np.ndindex(*layer.output):
            rows, columns = p * layer.stride, q * layer.stride
            count[rows : rows + layer.kernel[0], columns : columns + layer.kernel[1]] += 1
        return count

    overlap = np.where(covered(layers[0]) > 1, 0.37, cases[0].expected)
    assert said(exercise(POOL_GRAD, cases), [overlap, RIGHT]) == (
        "The values are wrong only in cells that several windows cover. Only where windows overlap."
    )
    left_over = [
        np.where(covered(layer) == 0, 0.37, case.expected) for layer, case in zip(layers, cases, strict=True)
    ]
    assert said(exercise(POOL_GRAD, cases), left_over) == (
        "The values are wrong only in cells that no window reaches."
    )


def test_values_that_should_be_zero_are_named_where_only_they_are_wrong() -> None:
    cases = [case((), random((3, 4), n) * np.resize([1, 0, 0, 1, 0], (3, 4))) for n in (1, 2)]
    wrong = [np.where(case.expected == 0, 0.37, case.expected) for case in cases]
    assert said(exercise((), cases), wrong) == "Only values that should be 0 are wrong."


def test_a_shift_by_the_padding_is_named() -> None:
    layers = [Layer(size=(5, 6), padding=1), Layer(size=(6, 7), padding=2)]
    cases = [input_grad(layer) for layer in layers]
    wrong = [
        moved(layer.padding, layer.padding)(of.expected) for layer, of in zip(layers, cases, strict=True)
    ]
    assert said(exercise(INPUT_GRAD, cases), wrong) == (
        "The values are shifted by the padding, down and to the right."
    )
