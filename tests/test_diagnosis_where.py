"""Where the diagnosis sees a mistake: the feature that exactly the wrong cases have."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.judging.answer_key import KeyExercise
from autograder.judging.diagnosis.design import facts_of
from autograder.judging.domain import find
from autograder.sandbox.records import Outcome
from tests.convolution_cases import (
    FEATURES,
    FORWARD,
    INPUT_GRAD,
    LAYERS,
    POOL_FEATURES,
    POOL_GRAD,
    POOLS,
    RIGHT,
    WEIGHT_GRAD,
    Args,
    Layer,
    case,
    exercise,
    forward,
    input_grad,
    pool_grad,
    random,
    said,
    weight_grad,
)
from tests.course_keys import CourseKey


def wrong_where(one: KeyExercise, wrong: Sequence[bool]) -> list[Any]:
    return [
        of.expected + np.exp(of.expected / 9) if bad else RIGHT
        for bad, of in zip(wrong, one.cases, strict=True)
    ]


@pytest.mark.parametrize("make", [(INPUT_GRAD, input_grad), (WEIGHT_GRAD, weight_grad), (FORWARD, forward)])
@pytest.mark.parametrize("feature", FEATURES)
def test_the_feature_that_exactly_the_wrong_cases_have_is_named(feature: str, make: Any) -> None:
    parameters, of_layer = make
    one = exercise(parameters, [of_layer(layer) for layer in LAYERS])
    sentence = said(one, wrong_where(one, [FEATURES[feature](layer) for layer in LAYERS]))
    assert sentence.lower().endswith(f" only where {feature}.".lower())


@pytest.mark.parametrize("feature", POOL_FEATURES)
def test_features_of_pooling_are_named(feature: str) -> None:
    one = exercise(POOL_GRAD, [pool_grad(layer) for layer in POOLS])
    sentence = said(one, wrong_where(one, [POOL_FEATURES[feature](layer) for layer in POOLS]))
    assert sentence.lower().endswith(f" only where {feature}.".lower())


def test_a_gap_need_not_show_where_there_is_one_window() -> None:
    one = exercise(POOL_GRAD, [pool_grad(layer) for layer in POOLS])
    wrong = [layer.kernel[0] < layer.stride and layer.output != (1, 1) for layer in POOLS]
    assert said(one, wrong_where(one, wrong)).lower().endswith(" only where there are gaps between windows.")


@pytest.mark.parametrize(
    ("parameters", "calls", "wrong", "feature"),
    [
        (("n", "bias"), [(3,), (4, True), (5, False), (6, True)], [1, 3], "bias is True"),
        (("n", "groups"), [(3,), (4, 2), (5, 1), (6, 3)], [1, 3], "groups is above 1"),
        (("n", "h"), [(3,), (4, 0.5), (5, 0.0), (6, 0.1)], [1, 3], "h is not 0"),
        (("n", "h"), [(3,), (4, 0.5), (5, 0.0), (6, 0.1)], [1, 2, 3], "h is given"),
        (("n", "h"), [(3,), (4, 0.5), (5, 0.0), (6, 0.1)], [0], "h is not given"),
    ],
)
def test_switches_numbers_and_defaults_are_named(
    parameters: tuple[str, ...], calls: list[Args], wrong: list[int], feature: str
) -> None:
    one = exercise(parameters, [case(args, random((2, 2), n)) for n, args in enumerate(calls)])
    answers = wrong_where(one, [index in wrong for index in range(len(calls))])
    assert said(one, answers).lower().endswith(f" only where {feature}.".lower())


def test_a_default_value_counts_like_a_given_one() -> None:
    cases = [input_grad(layer) for layer in LAYERS]
    left_out = [replace(of, args=of.args[:3]) if of.args[3:] == (2, 0) else of for of in cases]
    one = replace(exercise(INPUT_GRAD, left_out), defaults=(2, 0))
    answers = wrong_where(one, [layer.stride > 1 for layer in LAYERS])
    assert said(one, answers).lower().endswith("only where the stride is above 1.")


@pytest.mark.parametrize(
    "layers",
    [
        [Layer(), Layer(stride=2, size=(4, 4))],  # windows touch, too
        [Layer(), Layer(padding=1, N=2)],
        [Layer(), Layer(N=2), Layer(stride=2, size=(5, 8)), Layer(padding=1), Layer(stride=2, N=2)],
        [Layer(), Layer(integers=True, C=3)],
    ],
)
def test_a_condition_that_the_cases_do_not_separate_from_another_is_not_said(layers: list[Layer]) -> None:
    one = exercise(INPUT_GRAD, [input_grad(layer) for layer in layers])
    assert "nly where" not in said(one, wrong_where(one, [*[False] * (len(layers) - 1), True]))


@pytest.mark.parametrize(("name", "position"), [("delta", 0), ("w", 1)])
def test_the_argument_that_holds_integers_is_named(name: str, position: int) -> None:
    cases = [input_grad(layer) for layer in LAYERS if not layer.integers]
    for arguments in ((0,), (1,), (0, 1)):
        args = list(cases[0].args)
        for i in arguments:
            args[i] = args[i].astype(int)
        cases.append(replace(cases[0], args=tuple(args)))
    one = exercise(INPUT_GRAD, cases)
    sentence = said(one, wrong_where(one, [case.args[position].dtype.kind == "i" for case in cases]))
    assert sentence.endswith(f"nly where {name} holds integers.")


def test_groups_are_named_where_no_feature_fits_and_not_at_all_where_there_are_too_many() -> None:
    same = [case((n,), random((2, 2), n)) for n in range(12)]
    for one, wrong, ending in [
        (exercise(("n",), same, groups=4), [4, 8], " Only in: title 1; title 2."),
        (exercise(("n",), same), list(range(9)), " But not in: title 9; title 10; title 11."),
        (exercise(("n",), same), [1, 2, 3, 4], " is right."),
        (exercise(("n",), same, groups=2), [0, 7], " is right."),
    ]:
        answers = wrong_where(one, [index in wrong for index in range(len(same))])
        assert said(one, answers).endswith(ending), ending


def test_no_feature_is_named_where_a_call_was_stopped_and_took_its_group_along() -> None:
    one = exercise(INPUT_GRAD, [input_grad(layer) for layer in LAYERS])
    answers = [Outcome("time") if layer.stride > 1 else RIGHT for layer in LAYERS]
    assert "nly where" not in said(one, answers)


@pytest.mark.parametrize(
    ("name", "of", "channels", "kernels"),
    [
        ("residual_backward", "models", True, False),
        ("conv2d_bias_grad", "kernel_gradients", False, True),
        ("conv2d_weight_grad", "kernel_gradients", True, True),
        ("conv2d_input_grad", "conv_residual", True, True),
        ("max_pool2d_backward", "pooling", True, False),
    ],
)
def test_the_second_axis_of_a_residual_is_kernels_where_there_are_kernels(
    course_key: CourseKey, name: str, of: str, channels: bool, kernels: bool
) -> None:
    key = course_key(of)
    (exercise,) = (each for each in key.exercises if each.name == name)
    for each in exercise.cases:
        facts = facts_of(exercise, each, find(key.domain))
        assert (facts.channels is not None, facts.kernels is not None) == (channels, kernels)
