"""The course itself: the references, alternatives, stubs and misconceptions of every assignment, judged.

Trusted code, so no sandbox. What is proved here on one hidden key, `autograder verify` proves on several
(CI runs it too); it alone tries alternatives and stubs on hidden keys.
"""

import functools
import inspect
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.draw import draw_visible
from autograder.authoring.exercise import Exercise
from autograder.base.messages import COURSE_LANGUAGES
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from autograder.judging.results import Verdict, total
from tests.course_keys import CourseKey, assignments
from tests.draws import draw_hidden
from tests.trusted import graded, graded_source, only

COURSE = Path(__file__).parent.parent
ASSIGNMENTS = assignments()

# The fixed contract: other people's solutions are run against these names and parameters.
SIGNATURES = {
    "convolution": [
        "correlate(a, w, b=0.0)",
        "sobel(image)",
        "prewitt(image)",
        "conv_matrix(w, input_shape)",
        "fully_connected_counts(inputs, outputs, bias=False)",
        "locally_connected_counts(input_shape, kernel_shape, bias=False)",
        "convolution_counts(input_shape, kernel_shape, bias=False)",
        "convolution_parameters(in_channels, kernels, kernel_shape, bias=True, groups=1)",
        "conv2d(x, w, b, stride=1, padding=0)",
    ],
    "pooling": [
        "max_pool(a, window)",
        "avg_pool(a, window)",
        "upsample(delta, window)",
        "max_pool_residual(delta, a, window, dsigma)",
        "avg_pool_residual(delta, window, dsigma)",
        "max_pool2d(x, window, stride)",
        "avg_pool2d(x, window, stride)",
        "max_pool2d_backward(delta, x, window, stride)",
        "avg_pool2d_backward(delta, input_shape, window, stride)",
    ],
    "conv_residual": [
        "dense_residual(delta_next, w_next, dsigma)",
        "derive_residuals()",
        "rotate180(w)",
        "pad_residual(delta, kernel_shape)",
        "insert_zeros(delta, stride)",
        "conv_residual(delta, w, dsigma)",
        "residual_formula()",
        "conv2d_input_grad(delta, w, input_shape, stride=1, padding=0)",
    ],
    "kernel_gradients": [
        "derive_gradients()",
        "kernel_gradient(delta, a)",
        "bias_gradient(delta)",
        "numerical_gradient(f, x, h=1e-05)",
        "relative_error(a, b)",
        "gradient_formulas()",
        "conv2d_weight_grad(delta, x, kernel_shape, stride=1, padding=0)",
        "conv2d_bias_grad(delta)",
    ],
    "training": [
        "squared_error(z, target)",
        "fit_kernel(image, target, kernel_shape, learning_rate, steps)",
        "softmax_cross_entropy(scores, labels)",
        "cnn_gradients(params, x, labels)",
    ],
    "models": [
        "relu_backward(delta, z)",
        "dropout_forward(a, mask, keep)",
        "dropout_backward(delta, mask, keep)",
        "relu_pool_backward(delta, z)",
        "inception_backward(delta, branch_channels, branch_backwards)",
        "residual_backward(delta, branch_grad)",
        "output_shape(layer, input_shape)",
        "layer_parameters(layer)",
        "layer_macs(layer, input_shape)",
        "model_totals(layers)",
        "bottleneck_layers(in_channels, channels, stride, convention='paper')",
        "resnet_layers(depth, convention='paper')",
    ],
}

# The functions of the general form (batches, channels, kernels, strides); all others are the lecture's.
GENERAL = {
    "conv2d",
    "convolution_parameters",
    "max_pool2d",
    "avg_pool2d",
    "max_pool2d_backward",
    "avg_pool2d_backward",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "conv2d_bias_grad",
    "softmax_cross_entropy",
    "cnn_gradients",
    "relu_pool_backward",
    "inception_backward",
    "output_shape",
    "layer_parameters",
    "layer_macs",
    "model_totals",
}

# Points of written answers, which a person gives.
WRITTEN = {"training": 10}

EXERCISES = [(name, exercise) for name, one in ASSIGNMENTS.items() for exercise in one.exercises]
of_each_assignment = pytest.mark.parametrize("name", sorted(SIGNATURES))
of_each_exercise = pytest.mark.parametrize(
    ("name", "exercise"), EXERCISES, ids=[exercise.name for _, exercise in EXERCISES]
)


@pytest.fixture(scope="module")
def visible_key() -> CourseKey:
    return functools.cache(
        lambda name: answer_key.load(COURSE / "assignments" / "en" / name / f"{name}.visible.npz")
    )


def result_of(key: AnswerKey, exercise: Exercise, function: Any) -> Any:
    (result,) = graded(only(key, exercise.name), {exercise.name: function})
    return result


def test_every_assignment_of_the_contract_is_there() -> None:
    assert set(SIGNATURES) <= set(ASSIGNMENTS)


@of_each_assignment
def test_names_and_signatures_are_the_contract(name: str) -> None:
    defined = [f"{e.name}{inspect.signature(e.reference)}" for e in ASSIGNMENTS[name].exercises]
    assert sorted(defined) == sorted(SIGNATURES[name])


@of_each_assignment
def test_an_assignment_is_worth_100_points_about_40_of_them_in_the_lectures_form(name: str) -> None:
    exercises = ASSIGNMENTS[name].exercises
    assert total(e.points for e in exercises) + WRITTEN.get(name, 0) == 100
    lecture = total(e.points for e in exercises if e.name not in GENERAL)
    assert 35 <= lecture <= 50


@of_each_exercise
def test_ties_integers_and_layouts_are_worth_little(name: str, exercise: Exercise) -> None:
    for group in exercise.groups:
        if group.name in ("ties", "integers"):
            assert group.points <= 0.05 * exercise.points
        if group.name == "layouts":
            assert group.points <= 0.0625 * exercise.points


THE_LECTURES_OWN_LINES = {"derive_residuals", "derive_gradients"}


@of_each_exercise
def test_an_exercise_has_hidden_groups_visible_groups_and_at_least_three_misconceptions(
    name: str, exercise: Exercise
) -> None:
    """What is hidden of a derivation is not a group but the layer that a formula is tried in."""
    assert any(group.visible for group in exercise.groups)
    unlike = any(not group.visible for group in exercise.groups) or all(g.examples for g in exercise.groups)
    assert unlike or exercise.name in THE_LECTURES_OWN_LINES
    assert len(exercise.misconceptions) >= 3
    assert exercise.alternatives


@of_each_assignment
def test_the_reference_earns_everything_on_both_keys(
    course_key: CourseKey, visible_key: CourseKey, name: str
) -> None:
    references = {exercise.name: exercise.reference for exercise in ASSIGNMENTS[name].exercises}
    for key in (course_key(name), visible_key(name)):
        results = graded(key, references)
        assert [(r.name, r.verdict, r.diagnosis) for r in results] == [
            (r.name, Verdict.AC, None) for r in results
        ]
        assert total(r.points for r in results) == key.points
    assert course_key(name).points + WRITTEN.get(name, 0) == 100


@of_each_exercise
def test_every_accepted_alternative_earns_full_points_on_the_visible_key(
    visible_key: CourseKey, name: str, exercise: Exercise
) -> None:
    for alternative in exercise.alternatives:
        result = result_of(visible_key(name), exercise, alternative)
        assert result.points == result.max_points, (alternative.__name__, result)


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
@of_each_assignment
def test_the_untouched_stub_earns_nothing_and_is_not_implemented_everywhere(
    visible_key: CourseKey, name: str, lang: str
) -> None:
    stub = (COURSE / "assignments" / lang / name / f"{name}.py").read_text(encoding="utf-8")
    for result in graded_source(visible_key(name), stub):
        assert (result.points, result.verdict) == (0, Verdict.NI), result.name
        assert {case.verdict for group in result.groups for case in group.cases} == {Verdict.NI}


@of_each_assignment
def test_no_hidden_draw_repeats_another_or_the_visible_key(name: str) -> None:
    alone = tuple(replace(exercise, misconceptions=[]) for exercise in ASSIGNMENTS[name].exercises)
    drawn = [
        *(draw_hidden(name, alone, domain="cnn") for _ in range(3)),
        draw_visible(name, alone, domain="cnn"),
    ]
    assert len({key.digest for key in drawn}) == 4


@of_each_exercise
def test_points_of_groups_add_up_to_the_exercise(name: str, exercise: Exercise) -> None:
    assert math.isclose(sum(group.points for group in exercise.groups), exercise.points)


@of_each_exercise
def test_texts_for_students_are_there_in_both_languages(name: str, exercise: Exercise) -> None:
    texts = [(group.zh, group.en) for group in exercise.groups]
    texts += [(misconception.zh, misconception.en) for misconception in exercise.misconceptions]
    for zh, en in texts:
        assert any("\u4e00" <= character <= "\u9fff" for character in zh), zh
        assert en and not any("\u4e00" <= character <= "\u9fff" for character in en), en
        assert not {*"{}"} & {*zh, *en}
