"""Partial credit: a wrong answer costs the groups that it concerns, and right on more never earns less."""

import functools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.authoring import assignment
from autograder.cnn.comparators import Derivation
from autograder.judging.answer_key import AnswerKey
from autograder.judging.judge import judge
from autograder.judging.results import total
from autograder.sandbox.records import Outcome
from tests.course_keys import CourseKey

COURSE = Path(__file__).parent.parent / "solutions"
of_each_assignment = pytest.mark.parametrize(
    "name", sorted(path.parent.name for path in COURSE.glob("*/hidden.py"))
)


@functools.cache
def text_of(assignment_name: str, exercise: str) -> Any:
    """A right derivation; of these a key does not hold what is to be returned."""
    (found,) = (one for one in assignment.load(COURSE / assignment_name).exercises if one.name == exercise)
    return found.reference()


def outcomes_right_on(key: AnswerKey, right: set[int]) -> list[Outcome]:
    """Right values for the cases in `right`, counted through the whole key; a crash for all others."""
    values = [
        text_of(key.assignment, exercise.name) if isinstance(case.accept, Derivation) else case.expected
        for exercise in key.exercises
        for case in exercise.cases
    ]
    return [
        Outcome("returned", value) if index in right else Outcome("raised", exception="IndexError")
        for index, value in enumerate(values)
    ]


def points(key: AnswerKey, right: set[int]) -> float:
    return total(result.points for result in judge(key, outcomes_right_on(key, right)))


@of_each_assignment
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_right_on_more_cases_never_earns_less(course_key: CourseKey, name: str, data: st.DataObject) -> None:
    key = course_key(name)
    count = sum(len(exercise.cases) for exercise in key.exercises)
    wrong = data.draw(st.sets(st.integers(0, count - 1)))
    repaired = data.draw(st.sets(st.sampled_from(sorted(wrong)))) if wrong else set()
    everything = set(range(count))
    assert points(key, everything - wrong) <= points(key, everything - wrong | repaired)


@of_each_assignment
def test_a_wrong_case_costs_its_own_group_and_no_other(course_key: CourseKey, name: str) -> None:
    key = course_key(name)
    everything = set(range(sum(len(exercise.cases) for exercise in key.exercises)))
    index = 0
    for exercise in key.exercises:
        for group in exercise.groups:
            lost = points(key, everything) - points(key, everything - {index})
            assert lost == pytest.approx(group.points), (exercise.name, group.name)
            index += len(group.cases)
