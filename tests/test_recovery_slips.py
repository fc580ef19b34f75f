"""What a recovered formula has in common with a typical mistake, in the words of `check-derivation`."""

from typing import Any

import numpy as np
import pytest

from autograder.cnn.recovery import recover
from autograder.cnn.recovery.readings import NoFormula, Sizes
from autograder.student.questions import calling
from tests.course_keys import exercises

EXERCISES = exercises("convolution", "pooling", "conv_residual", "kernel_gradients")


def mean_over_the_batch(delta: np.ndarray, *rest: Any) -> Any:
    name = "conv2d_weight_grad" if rest else "conv2d_bias_grad"
    return EXERCISES[name].reference(delta, *rest) / len(delta)


def first_kernel_sent_back(delta: np.ndarray, w: np.ndarray, *rest: Any) -> Any:
    return EXERCISES["conv2d_input_grad"].reference(delta[:, :1], w[:1], *rest)


def right(name: str, *arguments: Any) -> np.ndarray:
    return np.asarray(EXERCISES[name].reference(*arguments))


def whole_numbers(*arguments: Any) -> np.ndarray:
    return right("correlate", *arguments).astype(int)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        (
            "conv_residual",
            lambda d, w, s: right("conv_residual", d, w[::-1, ::-1], s),
            "not rotated",
        ),
        (
            "conv_residual",
            lambda d, w, s: right("conv_residual", d, w, s * 0 + 1),
            "σ′ is missing",
        ),
        ("conv2d_weight_grad", mean_over_the_batch, "This is the mean"),
        ("conv2d_bias_grad", mean_over_the_batch, "This is the mean"),
        ("conv2d_input_grad", first_kernel_sent_back, "Only one kernel's share"),
        (
            "avg_pool",
            lambda a, window: 4 * right("avg_pool", a, window),
            "4 times the lecture's",
        ),
        ("dense_residual", lambda d, w, s: right("dense_residual", -d, w, s), "-1 times"),
    ],
)
def test_slips_have_the_names_that_check_derivation_gives_them(name: str, wrong: Any, said: str) -> None:
    found = recover.compare(calling(wrong), name, Sizes())
    assert said in found.write("text", lang="en") and not found.agrees
    zh = found.write("text", lang="zh")
    assert zh != found.write("text", lang="en")


def test_what_is_cut_to_whole_numbers_is_told_so() -> None:
    with pytest.raises(NoFormula, match="whole numbers only"):
        recover.recover(calling(whole_numbers), "correlate")
