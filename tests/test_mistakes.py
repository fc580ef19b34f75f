"""Transforms: mistakes written once, composed, and put together in pairs."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from autograder.authoring import transforms
from autograder.authoring.draw import draw_hidden
from autograder.authoring.exercise import Exercise
from autograder.authoring.transforms import (
    both,
    changed,
    divided_by,
    exchanged,
    given,
    instead,
    like,
    pretend,
    result,
    switched,
)
from tests.trusted import graded


def blend(a, b, weight=2):
    """What the transforms are tried on: no two arguments are alike in it."""
    return a + weight * b.T


A, B = np.arange(4.0).reshape(2, 2), np.array([[1.0, 5.0], [7.0, 2.0]])


def blended(a, b, weight=2, *, operand=np.transpose, sign=1):
    """`blend` with switches for its parts."""
    return a + sign * weight * operand(b)


inside = switched(blended)

TRANSFORMS = {
    "another argument": (given(a=lambda c: c.a * c.weight), 2 * A + 2 * B.T),
    "an argument ignored": (pretend("weight", 1), A + B.T),
    "arguments exchanged": (exchanged("a", "b"), B + 2 * A.T),
    "an array rotated": (changed("b", transforms.rotated), A + 2 * B[::-1, ::-1].T),
    "upside down": (changed("b", transforms.rows_flipped), A + 2 * B[::-1].T),
    "left to right": (changed("b", transforms.columns_flipped), A + 2 * B[:, ::-1].T),
    "transposed": (changed("b", transforms.transposed), A + 2 * B),
    "a quarter turn": (changed("b", transforms.rotated90), A + 2 * np.rot90(B).T),
    "the result divided": (divided_by(lambda c: c.weight + 2), (A + 2 * B.T) / 4),
    "the result multiplied": (transforms.times(lambda c: len(c.a)), 2 * (A + 2 * B.T)),
    "two at once": (both(pretend("weight", 1), divided_by(lambda c: 4)), (A + B.T) / 4),
    "another function": (instead(lambda a, b, weight=2: a - b), A - B),
    "a switch": (inside(sign=-1), A - 2 * B.T),
    "two switches": (both(inside(sign=-1), inside(operand=np.array)), A - 2 * B),
    "a switch and another argument": (both(inside(sign=-1), pretend("weight", 1)), A - B.T),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_changes_what_it_says_and_nothing_else(name: str) -> None:
    transform, expected = TRANSFORMS[name]
    wrong = transform(blend)
    a, b = A.copy(), B.copy()
    assert np.array_equal(wrong(a, b), expected)
    assert np.array_equal(wrong(a, b=b, weight=2), expected)
    assert np.array_equal(a, A) and np.array_equal(b, B)
    assert inspect.signature(wrong) == inspect.signature(blend)


def test_an_integer_buffer_cuts_off_only_where_the_argument_is_whole() -> None:
    wrong = like("a")(blend)
    assert wrong(A.astype(int), B / 4).dtype == int
    assert np.array_equal(wrong(A, B / 4), blend(A, B / 4))


def test_axes_exchanged_are_the_first_two() -> None:
    assert transforms.first_axes_exchanged(np.zeros((2, 3, 4))).shape == (3, 2, 4)


def exercise() -> Exercise:
    blending = Exercise(blend, points=1, lecture="0")

    @blending.group("all", points=1, zh="全部", en="all")
    def cases(rng):
        yield rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
        yield rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), 3

    blending.add_misconception("not_transposed", changed("b", np.transpose), zh="甲", en="one", frequent=True)
    blending.add_misconception("weight_ignored", pretend("weight", 1), zh="乙", en="two", frequent=True)
    blending.add_misconception(
        "weight_is_one", both(pretend("weight", 1)), zh="丙", en="three", frequent=True
    )
    blending.add_misconception("negative", result(lambda value, c: -value), zh="丁", en="four")
    return blending


def test_a_pair_of_frequent_mistakes_is_named_by_both() -> None:
    blending = exercise()
    blending.misconceptions = [one for one in blending.misconceptions if one.id != "weight_is_one"]
    key = draw_hidden("blending", (blending,))
    wrong = both(changed("b", np.transpose), pretend("weight", 1))(blend)
    (found,) = graded(key, {"blend": wrong})
    assert found.misconception == "not_transposed+weight_ignored"
    assert found.diagnosis is not None
    assert "甲；同时乙" in found.diagnosis.in_language(
        "zh"
    ) and "one; and two" in found.diagnosis.in_language("en")


def test_a_single_cause_wins_over_a_pair_and_needless_pairs_are_dropped() -> None:
    blending = exercise()
    key = draw_hidden("blending", (blending,))
    ids = {hint.id for hint in key.exercises[0].misconceptions}
    assert "not_transposed+weight_ignored" in ids
    assert "weight_ignored+weight_is_one" not in ids  # the same mistake twice
    for case in key.exercises[0].cases:
        assert set(case.wrong) <= ids
    single = replace(blending, misconceptions=blending.misconceptions[:2])
    key = draw_hidden("blending", (single,))
    (found,) = graded(key, {"blend": pretend("weight", 1)(blend)})
    assert found.misconception == "weight_ignored"
