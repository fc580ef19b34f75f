"""A mistake costs the same points whichever hidden key was drawn.

The points of a student hang on the draw wherever a group catches a misconception by chance only. So every
misconception has to lose the same groups in all draws, and lose something.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.authoring.exercise import Exercise
from tests.draws import draw_hidden

COURSE = Path(__file__).parent.parent
DRAWS = 12


def without_pairs(exercise: Exercise) -> Exercise:
    """Two mistakes at once are not asked about here, and drawing them takes a quarter of the time."""
    single = [replace(misconception, frequent=False) for misconception in exercise.misconceptions]
    return replace(exercise, misconceptions=single)


EXERCISES = [
    pytest.param(one.name, without_pairs(exercise), id=exercise.name)
    for one in assignment.load_all(COURSE / "solutions")
    for exercise in one.exercises
]


def lost_groups(name: str, exercise: Exercise) -> dict[str, frozenset[str]]:
    """For every misconception the groups that it loses in a fresh draw."""
    (drawn,) = draw_hidden(name, (exercise,), domain="cnn").exercises
    return {
        misconception.id: frozenset(
            group.name
            for group in drawn.groups
            if any(misconception.id in case.wrong for case in group.cases)
        )
        for misconception in exercise.misconceptions
    }


@pytest.mark.slow
@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_a_misconception_loses_the_same_groups_in_every_draw(name: str, exercise: Exercise) -> None:
    lost = [lost_groups(name, exercise) for _ in range(DRAWS)]
    points = {group.name: group.points for group in exercise.groups}
    by_chance = {}
    for misconception in exercise.misconceptions:
        times = Counter(group for draw in lost for group in draw[misconception.id])
        varying = {group: f"{count} of {DRAWS} draws" for group, count in times.items() if count < DRAWS}
        if varying:
            by_chance[misconception.id] = varying
        assert all(sum(points[group] for group in draw[misconception.id]) > 0 for draw in lost), (
            f"{exercise.name}: {misconception.id} loses nothing"
        )
    assert not by_chance, f"{exercise.name}: groups that are lost in some draws only: {by_chance}"
