"""What a class comes to, against a plain recomputation."""

import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.base.messages import Authored, Verbatim, say
from autograder.judging.results import (
    SubmissionResult,
    Verdict,
)
from autograder.reports import (
    class_report,
)
from autograder.reports.class_statistics import BINS, EXAMPLES, Cause, Cell, bin_of, collect
from tests import synthetic_class
from tests.class_reports import FORMATS, made, not_graded


@pytest.mark.parametrize(("students", "seed"), [(3, 1), (60, 2), (60, 3)])
def test_the_statistics_are_those_of_a_plain_recomputation(students: int, seed: int) -> None:
    results = list(synthetic_class.results(students, seed))
    graded = collect(iter(results))
    shares = [one.points / one.max_points for one in results]
    assert graded.submissions == len(results)
    assert graded.mean == pytest.approx(sum(shares) / len(shares))
    assert graded.median == pytest.approx(np.median(shares))
    assert graded.full_marks == sum(one.points == one.max_points for one in results)
    for one in graded.assignments:
        own = [result for result in results if result.assignment == one.name]
        percent = np.array([100 * result.points / result.max_points for result in own])
        assert one.submissions == len(own)
        assert one.mean == pytest.approx(percent.mean() / 100)
        assert one.histogram[-1] == (percent == 100).sum()
        for index in range(BINS - 1):
            inside = (percent >= 10 * index - 1e-6) & (percent < 10 * index + 10 - 1e-6)
            assert one.histogram[index] == inside.sum()
        for exercise in one.exercises:
            mine = [e for result in own for e in result.exercises if e.name == exercise.name]
            ran = [e for e in mine if e.verdict.value not in ("NI", "MISSING", "FORBIDDEN", "JE")]
            times = [sum(case.seconds for group in e.groups for case in group.cases) for e in ran]
            assert exercise.submissions == len(mine)
            assert exercise.passed == sum(e.verdict is Verdict.AC for e in mine)
            assert exercise.mean == pytest.approx(statistics.mean(e.points / e.max_points for e in mine))
            assert dict(exercise.verdicts) == Counter(e.verdict for e in mine)
            assert exercise.median_seconds == (statistics.median(times) if times else None)
    assert [one.name for one in graded.students] == list(dict.fromkeys(one.student for one in results))
    for student in graded.students:
        own = [result for result in results if result.student == student.name]
        assert student.points == pytest.approx(sum(result.points for result in own))
        cells = {
            (result.assignment, e.name): Cell(e.points, e.max_points, e.verdict)
            for result in own
            for e in result.exercises
        }
        columns = [(exercise.assignment, exercise.name) for exercise in graded.exercises]
        assert student.cells == tuple(cells.get(column) for column in columns)


@pytest.mark.parametrize("seed", [4, 5])
def test_misconceptions_are_counted_by_exercise_and_over_all_exercises(seed: int) -> None:
    results = list(synthetic_class.results(80, seed))
    found = [
        (e.misconception, result.assignment, e.name, result.student)
        for result in results
        for e in result.exercises
        if e.misconception
    ]
    graded = collect(results).misconceptions
    assert {one.id: one.count for one in graded} == Counter(id for id, *_ in found)
    ranks = [(-one.students, -one.count, one.id) for one in graded]
    assert ranks == sorted(ranks)
    for one in graded:
        places = Counter(
            place for id, *place, _ in map(list, found) if id == one.id for place in [tuple(place)]
        )
        assert {(o.assignment, o.exercise): o.count for o in one.occurrences} == places
        who = list(dict.fromkeys(student for id, _, _, student in found if id == one.id))
        assert (one.students, one.examples) == (len(who), tuple(who[:EXAMPLES]))
    assert any(len(one.occurrences) > 1 for one in graded)  # the same mistake in several exercises


def test_a_pair_counts_for_both_misconceptions_with_the_text_of_each() -> None:
    alone, other = Authored("甲", "a"), Authored("乙", "b")
    together = say("idea.partly", hint=say("idea.both", first=alone, second=other))
    graded = collect(
        [
            made(Verdict.WA, "first+second", text=together, student="an"),
            made(Verdict.WA, "first", text=alone, student="bo"),
        ]
    )
    first, second = graded.misconceptions
    assert (first.id, first.count, first.text, first.examples) == ("first", 2, alone, ("an", "bo"))
    assert (second.id, second.count, second.text) == ("second", 1, other)


def test_a_diagnosis_is_counted_without_the_words_around_it() -> None:
    hint = Authored("没有翻转卷积核：180°", "the kernel was not rotated: by 180°")
    framed = [made(Verdict.WA, "m", text=say(id, hint=hint)) for id in ("idea.whole", "idea.partly")]
    (exercise,) = collect(framed).exercises
    assert exercise.typical is not None
    assert (exercise.typical.text, exercise.typical.count) == (hint, 2)


def test_a_symptom_is_counted_by_its_id_whatever_its_values_and_where_it_is_seen() -> None:
    long, short = (say("symptom.list_wrong_length", got=got, n=3) for got in (9, 2))
    limited = say("symptom.only_where", said=short, feature=say("symptom.where_integers"))
    other = say("symptom.all_zero", part=Verbatim(""))
    (exercise,) = collect(
        made(Verdict.WA, text=text) for text in (other, long, short, short, limited, other)
    ).exercises
    assert exercise.typical == Cause(Verdict.WA, "symptom.list_wrong_length", short, 4)


@pytest.mark.parametrize(
    ("results", "typical"),
    [
        ([made()], None),
        ([made(Verdict.WA, "m", text=Authored("甲", "a"))] * 2 + [made(Verdict.RTE)], ("m", 2)),
        ([made(Verdict.WA, "m", text=Authored("甲", "a")), made(Verdict.RTE)], ("m", 1)),
        ([made(Verdict.NI)] * 3 + [made(Verdict.TLE)], (Verdict.TLE, 1)),
        ([made(Verdict.NI)] * 3, (Verdict.NI, 3)),
        ([made(Verdict.JE)], None),
        ([made(Verdict.JE)] * 3 + [made(Verdict.TLE)], (Verdict.TLE, 1)),
    ],
)
def test_the_typical_mistake_is_the_most_frequent_informative_one(
    results: list[SubmissionResult], typical: Any
) -> None:
    (exercise,) = collect(results).exercises
    cause = exercise.typical
    assert (cause and (cause.id or cause.verdict, cause.count)) == typical


@pytest.mark.parametrize(("students", "seed"), [(8, 4), (40, 5)])
def test_what_was_not_graded_is_in_no_number_and_leaves_a_total_blank(students: int, seed: int) -> None:
    results = list(synthetic_class.results(students, seed))
    failed = [number for number in range(len(results)) if number % 5 == 0]
    mixed = [not_graded(result) if number in failed else result for number, result in enumerate(results)]
    without = collect(result for number, result in enumerate(results) if number not in failed)
    graded = collect(mixed)
    assert (graded.mean, graded.median, graded.full_marks) == (
        without.mean,
        without.median,
        without.full_marks,
    )
    assert (graded.submissions, graded.judge_errors) == (len(results), len(failed))
    assert {a.name: a for a in graded.assignments} == {a.name: a for a in without.assignments}
    touched = {results[number].student for number in failed}
    for student in graded.students:
        assert (student.points is None) == (student.name in touched)
        assert all((cell.points is None) == (cell.verdict is Verdict.JE) for cell in student.cells if cell)


@pytest.mark.parametrize(("share", "place"), [(0, 0), (0.0999, 0), (0.1, 1), (0.7, 7), (0.999, 9), (1, 10)])
def test_a_bin_is_ten_per_cent_wide_and_full_marks_have_their_own(share: float, place: int) -> None:
    assert bin_of(share) == place


def test_an_empty_class_has_no_mean_and_can_be_shown(tmp_path: Path) -> None:
    graded = collect([])
    assert (graded.mean, graded.median, graded.students, graded.exercises) == (None, None, (), ())
    for form in FORMATS:
        class_report.write(form, list, tmp_path, "en")
