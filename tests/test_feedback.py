"""Feedback on a mistake: its record, the smallest input, the layout, and both writers."""

import itertools
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from autograder.authoring.draw import draw_visible
from autograder.authoring.exercise import Exercise
from autograder.base.messages import COURSE_LANGUAGES, Authored, Text, joined, say
from autograder.cnn.comparators import Shares
from autograder.cnn.recovery.readings import READINGS
from autograder.cnn.recovery.shrink import shrink
from autograder.judging import answer_key, comparison, in_process, judge
from autograder.judging.answer_key import AnswerKey, KeyCase, KeyExercise, KeyGroup
from autograder.judging.comparison import Close, Difference, Exact
from autograder.judging.diagnosis import Judged
from autograder.judging.domain import find
from autograder.judging.pictures import layout
from autograder.judging.pictures.failure import Failure, Pair, compared, pairs, size, smallest_failure
from autograder.judging.pictures.text import picture
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.sandbox.records import Outcome
from autograder.student.checking import Checked, check_function, key_for
from autograder.student.feedback import advice, html, text
from autograder.student.feedback.card import Card, cards
from autograder.student.questions import OutOfTime, calling, within_budget
from tests.course_keys import assignments, exercises

ROOT = Path(__file__).parent.parent
TITLE = Authored("一组", "a group")


def case(args: tuple[Any, ...], expected: Any, accept: comparison.Comparator | None = None) -> KeyCase:
    return KeyCase(args, expected, accept or Close(), "C", False, {})


def exercise(*cases: KeyCase, name: str = "f", parameters: tuple[str, ...] = ("x",)) -> KeyExercise:
    group = KeyGroup("g", TITLE.zh, TITLE.en, 1.0, cases)
    return KeyExercise(name, parameters, "3.2", (), (group,))


def judged(one: KeyExercise, outcomes: list[Outcome]) -> tuple[Judged, ...]:
    (cases,) = judge.judged(AnswerKey("a", True, (one,)), outcomes)
    return cases


def returned(*values: Any) -> list[Outcome]:
    return [Outcome("returned", value) for value in values]


def failure_of(got: Any, expected: Any, accept: comparison.Comparator | None = None) -> Failure:
    return compared("f", TITLE, [("x", np.eye(2))], accept or Close(), got, expected)


def card_of(got: Any, expected: Any) -> Card:
    result = ExerciseResult("f", Verdict.WA, None, Authored("不对", "wrong"), None, ())
    return Card(result, (), failure=failure_of(got, expected))


# ---- Which elements differ ---------------------------------------------------------------------------------

NUMBERS = st.sampled_from(
    [0.0, 1.0, 1.0 + 1e-7, 1.001, -2.0, 1e-9, 3e8, float("nan"), float("inf"), 2**53 + 1]
)
SHAPES = st.sampled_from([(), (1,), (3,), (2, 2), (1, 2, 2)])


@st.composite
def two_arrays(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(SHAPES)
    count = int(np.prod(shape))
    expected = draw(st.lists(NUMBERS.filter(np.isfinite), min_size=count, max_size=count))
    got = [draw(st.just(value) | NUMBERS) for value in expected]
    return np.array(got, float).reshape(shape), np.array(expected, float).reshape(shape)


@given(two_arrays(), st.sampled_from([Close(), Exact()]))
def test_some_element_differs_exactly_where_the_answer_is_wrong(
    arrays: tuple[np.ndarray, np.ndarray], accept: Close | Exact
) -> None:
    got, expected = arrays
    mask = accept.differing(got, expected)
    assert mask is not None and mask.shape == got.shape
    assert mask.any() == (not accept.agrees(got, expected))


def test_shared_maxima_differ_only_where_no_valid_routing_puts_them() -> None:
    labels = np.array([[1, 1, 2], [0, 0, 2]])
    accept = Shares(labels, np.array([0.0, 4.0, 6.0]), np.ones((2, 3)))
    expected = np.array([[4.0, 0.0, 6.0], [0.0, 0.0, 0.0]])
    other = np.array([[1.0, 3.0, 3.0], [0.0, 0.0, 3.0]])
    assert not accept.differing(other, expected).any()  # type: ignore[union-attr]
    stray = other + np.array([[0, 0, 0], [0, 5.0, 0]])
    assert np.argwhere(accept.differing(stray, expected)).tolist() == [[1, 1]]
    twice = np.array([[4.0, 4.0, 6.0], [0.0, 0.0, 0.0]])
    assert np.argwhere(accept.differing(twice, expected)).tolist() == [[0, 0], [0, 1]]


# ---- The record --------------------------------------------------------------------------------------------


def test_of_the_cases_that_fail_alike_the_one_with_the_fewest_numbers_is_shown() -> None:
    sizes = [(3, 3), (2, 2), (1, 1), (4, 4)]
    one = exercise(*(case((np.ones(shape),), np.ones(shape)) for shape in sizes))
    wrong = returned(*(np.zeros(shape) for shape in sizes))
    wrong[2] = Outcome("raised", exception="IndexError", where="a.py", line=3)  # small, but another mistake
    found = smallest_failure(one, judged(one, wrong), visible=True)
    assert found is not None
    failure, _ = found
    assert failure.arguments[0][1].shape == (2, 2) and failure.group == TITLE and failure.returned
    right = returned(*(np.ones(shape) for shape in sizes))
    assert smallest_failure(one, judged(one, right), visible=True) is None


def test_a_hidden_key_is_refused() -> None:
    one = exercise(case((1.0,), 2.0))
    with pytest.raises(ValueError):
        smallest_failure(one, judged(one, returned(3.0)), visible=False)
    result = SubmissionResult(
        "", "a", "f", "none", 0.0, (ExerciseResult("f", Verdict.WA, None, None, None, ()),)
    )
    with pytest.raises(ValueError):
        cards(AnswerKey("a", False, (one,)), result, [judged(one, returned(3.0))])


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("raised", exception="NotImplementedError"),
        Outcome("missing"),
        Outcome("forbidden", text="torch"),
        Outcome("raised", exception="SyntaxError", text="invalid syntax"),
    ],
)
def test_no_case_is_shown_where_no_function_ran(outcome: Outcome) -> None:
    one = exercise(case((1.0,), 2.0))
    assert smallest_failure(one, judged(one, [outcome]), visible=True) is None


@pytest.mark.parametrize("status", ["raised", "time", "died"])
def test_without_a_returned_value_only_the_expected_one_is_shown(status: Any) -> None:
    one = exercise(case((1.0,), 2.0))
    cases = judged(one, [Outcome(status, exception="IndexError")])
    found = smallest_failure(one, cases, visible=True)
    assert found is not None and not found[0].returned and found[0].pairs[0].expected == 2.0


def test_results_are_split_into_parts_of_equal_structure() -> None:
    expected = (
        1.5,
        {"w": np.ones((2, 2)), "b": np.zeros(2)},
        ({"kind": "conv", "stride": 2}, {"kind": "relu"}),
    )
    got = (1.5, {"w": np.eye(2), "b": np.zeros(2)}, ({"kind": "conv", "stride": 1}, {"kind": "relu"}))
    failure = failure_of(got, expected)
    assert [pair.path for pair in failure.pairs] == [(1, "w"), (2, 0, "stride")]
    assert (0,) in failure.right and (1, "b") in failure.right and (2, 1, "kind") in failure.right
    assert failure.pairs[0].differing.tolist() == [[False, True], [True, False]]  # type: ignore[union-attr]
    (counts,) = pairs(Exact(), (36, 4), (36, 36))
    assert counts.differing.tolist() == [False, True]  # type: ignore[union-attr]
    for sequence, differing in ((list, [False, False]), (tuple, [False, True])):  # a list counts as an array
        (numbers,) = pairs(Close(), sequence([1e22, 0.0]), sequence([1e22, 1.0]))
        assert numbers.differing.tolist() == differing  # type: ignore[union-attr]
    for odd in (None, 3, "text", (1.5,), {"w": 1}):
        (whole,) = failure_of(odd, expected).pairs
        assert whole.path == () and whole.differing is None and whole.wrong


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([np.zeros((0, 3)), np.ones((2, 1, 9, 9)), np.array(1 + 2j), np.array([True])]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(PLAIN, PLAIN, st.sampled_from([Close(), Exact()]))
def test_any_returned_value_can_be_shown_and_is_escaped(
    got: Any, expected: Any, accept: Close | Exact
) -> None:
    failure = failure_of(got, expected, accept)
    assert any(pair.wrong for pair in failure.pairs) == (not accept.agrees(got, expected))
    card = replace(card_of(0, 1), failure=failure)
    for lang in COURSE_LANGUAGES:
        assert text.card(card, lang)
        shown = re.sub(
            r"</?(?:style|div|span|p|b|code|small|table|tbody|tr|td|ul|li|pre|h4)\b[^<>]*>",
            "",
            html.fragment(card, lang),
        )
        assert "<" not in shown


# ---- Layout ------------------------------------------------------------------------------------------------


@st.composite
def pictured(draw: st.DrawFn) -> Pair:
    shape = draw(st.lists(st.integers(1, 20), max_size=4).map(tuple).filter(lambda s: np.prod(s) <= 3000))
    expected = np.arange(np.prod(shape), dtype=float).reshape(shape) / 7
    mask = np.zeros(shape, bool)
    for _ in range(draw(st.integers(1, 4))):
        mask.flat[draw(st.integers(0, mask.size - 1))] = True
    return Pair((), expected + mask * draw(st.sampled_from([1.0, 1e-9, -300.0])), expected, mask)


@given(pictured())
def test_the_first_differing_cell_is_shown_at_the_same_place_on_both_sides(pair: Pair) -> None:
    got, expected = layout.beside(pair)
    assert got.shape == expected.shape == pair.expected.shape
    first = [cell for row in got.panels[0].cells for cell in row]
    assert any(cell.wrong for cell in first)
    for ours, theirs in zip(got.panels, expected.panels, strict=True):
        assert (ours.index, ours.rows, ours.columns) == (theirs.index, theirs.rows, theirs.columns)
        assert len(ours.rows) <= layout.ROWS and len(ours.columns) <= layout.COLUMNS
        for a, b in zip(itertools.chain(*ours.cells), itertools.chain(*theirs.cells), strict=True):
            assert not b.wrong and (
                not a.wrong or a.text != b.text
            )  # a wrong number never reads like the right


def test_only_differing_cells_are_marked() -> None:
    expected = np.zeros((2, 3, 12, 12))
    got = expected.copy()
    got[1, 2, 10, 11] = got[1, 2, 11, 3] = 1.0
    ours, _ = layout.beside(Pair((), got, expected, got != expected))
    first = ours.panels[0]
    assert first.index == (1, 2) and ours.left_out == 6 - layout.PANELS
    for r, row in zip(first.rows, first.cells, strict=True):
        for c, cell in zip(first.columns, row, strict=True):
            assert cell.wrong == bool(got[1, 2, r, c])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4, "4"),
        (4.0, "4"),
        (-0.0, "0"),
        (0.333333, "0.3333"),
        (True, "True"),
        (10**14, "1" + "0" * 14),
        (10**300, "1e+300"),
        (float("nan"), "nan"),
        (-float("inf"), "-∞"),
        (np.float32(0.5), "0.5"),
        (-(10**400), "-1e+300"),
        (10**400, "1e+300"),
    ],
)
def test_numbers_read_as_people_write_them(value: Any, shown: str) -> None:
    assert layout.number(value) == shown


def test_texts_are_compared_line_by_line() -> None:
    ours, theirs = layout.beside(Pair((), "a\nb\nx", "a\nb\nc\nd", None))
    assert len(ours.lines) == len(theirs.lines)
    assert [line for line, _ in ours.lines] == ["a", "b", "x", ""]
    assert [wrong for _, wrong in ours.lines] == [False, False, True, True]
    shown = text.card(card_of("z = a·w", "z = a·w + b"), "en")
    assert "✗ z = a·w" in shown and "z = a·w + b" in shown


def test_a_derivation_gets_lines_and_no_grid() -> None:
    """Its key holds no right text: what would stand beside the student's own is a mere "right"."""
    course = assignments()["conv_residual"]
    (exercise,) = (one for one in course.exercises if one.name == "derive_residuals")
    key = draw_visible("conv_residual", (exercise,), domain="cnn")
    typed = "z11 = a11 w11 + b\nz12 = a12 w11 +\n"
    outcomes = [*in_process.outcomes(key, {exercise.name: lambda: typed})]
    assert smallest_failure(key.exercises[0], judged(key.exercises[0], outcomes), visible=True) is None
    (result,) = judge.judge(key, outcomes)
    assert result.symptom is not None
    told = result.symptom.in_language("en")
    assert "Terms missing: 3." in told and "There is no line for z₂₁" in told
    assert "\n    " in told  # the unfinished line, quoted with a caret


def test_an_idea_of_several_lines_keeps_them_in_both_writers() -> None:
    card = card_of("z = a·w", "z = a·w + b")
    idea = joined([say("cnn.which.index", term="first"), say("cnn.which.index", term="second")], "list.lines")
    card = replace(card, told=True, result=replace(card.result, diagnosis=idea))
    assert re.search(r"→ first[^<]*<br>second", html.fragment(card, "en"))
    assert re.search(r"→ first[^\n]*\n *second", text.card(card, "en"))


# ---- Writers -----------------------------------------------------------------------------------------------


def test_every_wrong_cell_has_a_sign_in_both_writers() -> None:
    expected = np.arange(6.0).reshape(2, 3)
    got = expected + np.array([[0, 1, 0], [1, 0, 0]])
    card = card_of(got, expected)
    bare = re.sub(r"<style>.*?</style>| style=\"[^\"]*\"", "", html.fragment(card, "en"), flags=re.S)
    assert len(re.findall(r"<td[^>]*><span>✗</span>", bare)) == 2  # also where a viewer drops styles
    assert text.card(card, "en").count("✗") == 2 + 1  # and the exercise's own


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
@pytest.mark.parametrize("width", [30, 80, 200])
def test_blocks_side_by_side_are_aligned(lang: str, width: int) -> None:
    failure = failure_of(np.full((3, 4), 100.0), np.zeros((3, 4)))
    lines = [*picture(layout.drawn(failure), lang, width)]
    assert max(cell_len(line) for line in lines if "│" in line) <= max(width, 40)
    starts = [line.rfind("│ ") for line in lines if line.count("│") == 4]
    assert width < 80 or (len(starts) == 3 and len(set(starts)) == 1)


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
def test_a_page_is_self_contained_and_names_the_next_step(lang: str) -> None:
    hostile = "<script>alert(1)</script>"
    card = card_of(hostile, "b")
    result = SubmissionResult("", hostile, "f", "none", 0.0, (card.result,), (Authored(hostile, hostile),))
    page = html.page([card], result, lang)
    assert not re.search(r"<script|https?:|<link|<img|@import|url\(", page)
    assert page.startswith("<!DOCTYPE html>") and f'lang="{"zh-CN" if lang == "zh" else "en"}"' in page
    assert advice.next_step(card.result).in_language(lang) in page


# ---- What to do next ---------------------------------------------------------------------------------------

WAYS = [verdict for verdict in Verdict if not verdict.earns]


@pytest.mark.parametrize("verdict", WAYS)
@pytest.mark.parametrize("ask", ["", "--hint"])
def test_every_way_to_fail_names_the_exercise_and_a_next_step(verdict: Verdict, ask: str) -> None:
    result = ExerciseResult("conv2d", verdict, None, Authored("看", "seen"), None, ())
    step = advice.next_step(result, lecture="3.2", ask=ask)
    assert step.in_language("zh").startswith("conv2d：") and step.in_language("en").startswith("conv2d: ")
    assert re.search("[\u4e00-\u9fff]", step.in_language("zh")) and not re.search(
        "[\u4e00-\u9fff]", step.in_language("en")
    )


@pytest.mark.parametrize("got", ["text", np.ones((1, 2)), (np.ones(2), 3)])
def test_a_wrong_type_or_shape_is_not_answered_with_computing_by_hand(got: Any) -> None:
    key = AnswerKey("a", True, (exercise(case((1.0,), np.ones((2, 2)))),))
    (result,) = judge.judge(key, returned(got))
    assert "the type and the shape" in advice.next_step(result, lecture="3.2").in_language("en")


def test_a_function_that_returned_nothing_gets_the_step_about_return() -> None:
    key = AnswerKey("a", True, (exercise(case((1.0,), np.ones((2, 2)))),))
    (result,) = judge.judge(key, returned(None))
    for ask in ("", "--hint"):
        assert "`return` and the result" in advice.next_step(result, lecture="3.2", ask=ask).in_language("en")


def seen(symptom: Text | None, verdict: Verdict = Verdict.WA, name: str = "f") -> ExerciseResult:
    return ExerciseResult(name, verdict, None, symptom, None, ())


LINE = say("cnn.symptom.line_wrong_because", line="δ₁₁⁽ˡ⁻¹⁾", why="a term is missing.")
NAMES = say("symptom.names_missing", what=say("symptom.result_nth", n=2), missing="b1")
LIST = say("symptom.wrong_type", got=say("symptom.type_list"), wanted=say("symptom.type_text"), part="")


@pytest.mark.parametrize(
    ("result", "step"),
    [
        (seen(say("symptom.factor_two", part="")), "work out a small example by hand (lecture 3.2)"),
        (seen(joined([LINE, "…"], "list.lines")), "the first line that is named above"),
        (seen(say("cnn.symptom.lines_missing", lines="z₁₁")), "the first line that is named above"),
        (seen(say("symptom.list_one_entry", n=12)), "entry by entry"),
        (
            seen(say("symptom.sentence", said=say("symptom.list_entry_wrong", entry="entry 8"))),
            "entry by entry",
        ),
        (seen(say("symptom.names_as_in_argument", said=NAMES, name="params")), "entry by entry"),
        (seen(LIST), "print the type and the shape"),
        (seen(say("symptom.only_in_groups", said=LIST, groups="one")), "print the type and the shape"),
        (
            seen(say("symptom.wrong_parameters", name="f", parameters="a"), Verdict.RTE),
            "its first line (def …)",
        ),
        (seen(say("symptom.raised", name="ValueError"), Verdict.RTE), "call it yourself"),
        (
            seen(say("symptom.raised_there", name="ValueError", where="a.py", line=3), Verdict.RTE),
            "go to the line that is named",
        ),
    ],
)
def test_a_step_mentions_only_what_the_symptom_names(result: ExerciseResult, step: str) -> None:
    told = advice.next_step(result, lecture="3.2", examples=find("cnn").next_steps)
    assert step in told.in_language("en")


def test_a_missing_function_comes_before_those_that_need_it() -> None:
    why = {"name": "NameError", "where": "a.py", "line": 3, "text": "name 'g' is not defined"}
    stopped = seen(say("symptom.raised_there_because", **why), Verdict.RTE)
    given = [stopped, seen(None, Verdict.MISSING, "g"), seen(None, Verdict.MISSING, "h")]
    assert advice.next_exercise(given) is given[1]
    assert advice.next_exercise(given, "f") is given[1]
    assert advice.next_exercise([stopped, given[2]]) is stopped


def test_tried_exercises_come_before_untried_ones() -> None:
    def one(name: str, verdict: Verdict) -> ExerciseResult:
        return ExerciseResult(name, verdict, None, None, None, ())

    given = [one("a", Verdict.AC), one("b", Verdict.NI), one("c", Verdict.WA), one("d", Verdict.RTE)]
    assert [getattr(advice.next_exercise(given[:n]), "name", None) for n in range(1, 5)] == [
        None,
        "b",
        "c",
        "c",
    ]


# ---- The smallest input ------------------------------------------------------------------------------------


COURSE = {name: exercise for name, exercise in exercises().items() if name in READINGS}
FEW = 60
"""Numbers in a case that is to be made smaller."""


def counterexample(name: str, misconception: str) -> tuple[Exercise, Any, Failure]:
    one = COURSE[name]
    wrong = next(entry for entry in one.misconceptions if entry.id == misconception)
    for kind in ("values", "shape"):
        found = shrink(calling(wrong.run), name, one.parameters, Difference(kind), FEW)
        if found is not None:
            return one, wrong.run, found[0]
    raise LookupError("no smaller input")


def proves(one: Exercise, wrong: Any, failure: Failure) -> None:
    """Held against the reference solution, which the search never sees."""
    arguments = [value for _, value in failure.arguments]
    copies = [np.copy(value) if isinstance(value, np.ndarray) else value for value in arguments]
    assert Close().agrees(failure.pairs[0].expected, one.reference(*copies))
    assert not Close().agrees(wrong(*arguments), failure.pairs[0].expected)
    assert failure.oracle is not None and size([*arguments, failure.pairs[0].expected]) < FEW


@pytest.mark.parametrize(
    ("name", "misconception"),
    [
        ("rotate180", "only_rows_flipped"),
        ("conv_residual", "kernel_not_rotated"),
        ("insert_zeros", "always_one_zero"),
        ("dense_residual", "stored_as_integers"),
        ("max_pool_residual", "residual_to_minimum"),
        ("conv2d_input_grad", "stride_ignored"),
    ],
)
def test_the_smallest_input_shows_the_mistake_to_the_reference_too(name: str, misconception: str) -> None:
    proves(*counterexample(name, misconception))


def test_the_shrunk_input_is_minimal() -> None:
    one, wrong, failure = counterexample("rotate180", "only_rows_flipped")
    (_, found) = failure.arguments[0]
    sizes = itertools.product(range(1, 5), repeat=2)
    shapes = [shape for shape in sizes if np.prod(shape) < found.size]
    assert shapes  # a single number, at least, has nothing to be flipped
    for shape in shapes:
        smaller = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
        assert np.array_equal(wrong(smaller), one.reference(smaller))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COURSE))
def test_no_input_is_found_for_a_right_function_and_a_true_one_for_a_wrong_one(name: str) -> None:
    one = COURSE[name]
    assert shrink(calling(one.reference), name, one.parameters, Difference("values"), FEW) is None
    for wrong in one.misconceptions:
        try:
            proves(*counterexample(name, wrong.id))
            return
        except LookupError:
            continue  # such as a mistake about ties, which these inputs do not have
    raise AssertionError("no mistake at all could be shown")


# ---- Time budget -------------------------------------------------------------------------------------------


def endless(x: float) -> float:
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="only Unix can cut a call off")
def test_an_endless_call_is_interrupted_and_leaves_no_alarm() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(OutOfTime):
        within_budget(calling(endless), 0.1)([(1.0,)])
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_calls_share_a_time_budget_and_their_output_is_discarded(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def slow(x: float) -> float:
        print("out")
        print("err", file=sys.stderr)
        time.sleep(0.02)
        return x

    ask = within_budget(calling(slow), 0.2)
    assert ask([(1.0,), (2.0,)]) == [1.0, 2.0]
    with pytest.raises(OutOfTime):
        ask([(1.0,)] * 1000)
    assert capfd.readouterr() == ("", "")


# ---- Cards -------------------------------------------------------------------------------------------------


def checked(name: str, misconception: str) -> tuple[Checked, Any]:
    folder = next(
        path.parent
        for path in (ROOT / "assignments" / "en").glob("*/*.npz")
        if any(one.name == name for one in answer_key.load(path).exercises)
    )
    wrong = next(entry.run for entry in COURSE[name].misconceptions if entry.id == misconception)

    def function(*arguments: Any) -> Any:
        return wrong(*arguments)

    function.__name__ = name
    return check_function(key_for(function, folder), function), function


def test_a_formula_is_shown_at_a_size_at_which_it_differs() -> None:
    done, function = checked("conv2d_input_grad", "stride_ignored")
    (card,) = cards(done.key, done.result, done.judged, asking=lambda name: calling(function))
    assert card.failure is not None and card.smaller is not None and card.formula is not None
    assert dict(card.smaller.arguments)["stride"] > 1
    shown = html.fragment(card, "en")
    assert "<math>" in shown and r"\boxed{" in shown and "<mark>" in shown


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, OutOfTime, RecursionError])
def test_an_error_in_illustrating_does_not_fail_the_check(error: type[BaseException]) -> None:
    def refuse(calls: list[tuple[Any, ...]]) -> list[Any]:
        raise error

    done, _ = checked("conv_residual", "kernel_not_rotated")
    (card,) = cards(done.key, done.result, done.judged, asking=lambda name: refuse)
    assert card.failure is not None and card.smaller is card.formula is None


def test_without_an_evaluate_only_the_visible_case_is_shown() -> None:
    done, _ = checked("conv_residual", "kernel_not_rotated")
    (card,) = cards(done.key, done.result, done.judged)
    assert card.failure is not None and card.failure.oracle is None and card.smaller is None


NO_SYMPY = """
import os, sys
from pathlib import Path
os.chdir(sys.argv[1])
from autograder import check
def rotate180(w):
    return w[::-1, ::-1].copy()
assert check(rotate180) == 4
from autograder.student.checking import check_file
check_file(Path("conv_residual.py"))
loaded = {"sympy", "IPython", "lark", "jinja2"} & set(sys.modules)
assert not loaded, loaded
"""


def test_a_check_that_passes_loads_nothing_heavy() -> None:
    folder = ROOT / "assignments" / "en" / "conv_residual"
    subprocess.run([sys.executable, "-c", NO_SYMPY, str(folder)], cwd=ROOT, check=True, capture_output=True)
