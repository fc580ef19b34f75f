"""What a slip costs: docs/costs.md holds the points, which are computed here from the course's hidden keys.

Where the tables are no longer true, the test fails with the page as it has to be.
"""

import re
from pathlib import Path

import pytest

from autograder.base.messages import Message
from autograder.judging.diagnosis.design import never_alone
from autograder.judging.domain import find
from autograder.judging.key_records import KeyExercise
from tests.course_keys import COURSE, CourseKey

PAGE = Path(__file__).parent.parent / "docs" / "costs.md"

GENERAL = {
    "convolution": ["conv2d"],
    "pooling": ["max_pool2d", "avg_pool2d", "max_pool2d_backward", "avg_pool2d_backward"],
    "conv_residual": ["conv_residual", "conv2d_input_grad"],
    "kernel_gradients": ["kernel_gradient", "conv2d_weight_grad", "conv2d_bias_grad"],
    "training": ["cnn_gradients"],
    "models": ["relu_pool_backward"],
}
"""The exercises whose costs are stated, of each assignment."""

CAUSES = {
    "height used for width": "square_map_assumed width_from_height square_maps_only square_kernel",
    "`[p:-p]` where p = 0": "empty_crop_without_padding slice_empty_without_padding",
    "floats into an integer array": "floats_added_to_integers stored_as_integers",
    "a remainder refused": "remainder_refused",
    "H // s windows": "window_not_subtracted",
    "stride forgotten": "stride_ignored no_zeros_inserted",
    "`round` for floor, or rounded up": "number_rounded_to_nearest number_rounded_up output_size_rounded_up",
    "a loop over input positions": "loops_over_input_positions",
    "padding 1 hard-coded": "padding_always_one",
    "padding counted twice": "padding_counted_twice",
    "padding ignored, or not cropped": "padding_ignored padding_not_cropped",
    "divided by N": "divided_by_the_batch",
    "stride = window assumed": "window_as_stride windows_taken_to_touch",
    "residual not dilated": "residual_not_dilated stride_on_the_weights",
    "an axis of 1 dropped": "axes_of_one_dropped",
    "K for C": "kernels_for_channels",
    "bias forgotten": "bias_forgotten",
    "one sample, one channel": "first_sample_only first_channel_only",
    "replaced, not added": "replaced_not_added overwritten_at_the_maximum",
}
"""Causes of world-wide frequency, and the misconceptions that they are; of several the costliest counts."""

MOST = {
    "height used for width": 0.35,
    "`[p:-p]` where p = 0": 0.66,
    "floats into an integer array": 0.05,
    "a remainder refused": 0.22,
    "stride forgotten": 0.83,
    "`round` for floor, or rounded up": 0.22,
    "divided by N": 0.55,
    "stride = window assumed": 0.6,
    "K for C": 0.4,
}
"""The largest share of an exercise that a slip of one feature may cost."""


def cost(exercise: KeyExercise, ids: str) -> float | None:
    """The points of the groups in which the costliest of these misconceptions shows."""
    known = {hint.id for hint in exercise.misconceptions} & {*ids.split()}
    lost = [
        sum(group.points for group in exercise.groups if any(id in case.wrong for case in group.cases))
        for id in known
    ]
    return max(lost, default=None)


def tables(key: CourseKey) -> str:
    """A table for each assignment: a row for each cause, a column for each exercise."""
    written = []
    for name, exercises in GENERAL.items():
        columns = [exercise for exercise in key(name).exercises if exercise.name in exercises]
        titles = [f"`{exercise.name}` ({exercise.points:g})" for exercise in columns]
        lines = [["cause", *titles], ["---", *("---" for _ in titles)]]
        for cause, ids in CAUSES.items():
            lost = [cost(exercise, ids) for exercise in columns]
            if any(points is not None for points in lost):
                lines.append([cause, *("–" if points is None else f"{points:g}" for points in lost)])
        written.append("\n".join([f"## {name}", "", *(f"| {' | '.join(line)} |" for line in lines)]))
    return "\n\n".join(written) + "\n"


def test_the_page_holds_what_the_keys_take(course_key: CourseKey) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text[text.index("## convolution") :] == tables(course_key)


@pytest.mark.parametrize("name", GENERAL)
def test_a_slip_of_one_feature_costs_no_more_than_its_share(name: str, course_key: CourseKey) -> None:
    for exercise in course_key(name).exercises:
        for cause, most in MOST.items():
            lost = cost(exercise, CAUSES[cause])
            if exercise.name in GENERAL[name] and lost is not None:
                assert 0 < lost <= most * exercise.points, (exercise.name, cause, lost)


def test_what_is_right_without_a_bias_only_earns_at_most_half(course_key: CourseKey) -> None:
    (layer,) = [each for each in course_key("convolution").exercises if each.name == "conv2d"]
    zero = [group for group in layer.groups if not any(case.args[2].any() for case in group.cases)]
    assert sum(group.points for group in zero) <= layer.points / 2
    assert [group.name for group in zero] == ["lecture", "basis"]


BY_DEFINITION = {
    "kernel_gradient": {"cnn.place.windows_overlap"},
    "locally_connected_counts": {"cnn.place.kernel_1x1"},
    "convolution_counts": {"cnn.place.kernel_1x1"},
}
"""What changes others by definition: without a stride, windows overlap exactly where a kernel of more than
one number has several positions."""


@pytest.mark.parametrize("name", GENERAL)
def test_each_feature_is_changed_alone(name: str, course_key: CourseKey) -> None:
    key = course_key(name)
    for exercise in key.exercises:
        lacking = {text.id for text in never_alone(exercise, find(key.domain)) if isinstance(text, Message)}
        assert lacking == BY_DEFINITION.get(exercise.name, set()), exercise.name


def test_every_assignment_is_there() -> None:
    assert {path.parent.name for path in COURSE.glob("*/hidden.py")} == GENERAL.keys()
    assert re.findall(r"^## (\w+)", PAGE.read_text(encoding="utf-8"), re.M) == [*GENERAL]
