"""What the judge makes of outcomes: verdicts, points, and the one sentence that a student reads."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.draw import draw_hidden, draw_key
from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.transforms import instead
from autograder.base.messages import say
from autograder.judging.answer_key import AnswerKey
from autograder.judging.comparison import Comparator, Difference
from autograder.judging.judge import calls, judge, judge_error
from autograder.judging.results import ExerciseResult, Verdict, total
from autograder.sandbox.quotable import Quotable
from autograder.sandbox.records import Outcome, Status
from tests.trusted import graded, outcomes

POINTS = {"lecture": 1, "shapes": 2.5, "ties": 0.5, "integers": 4}
CASES = {"lecture": 2, "shapes": 3, "ties": 1, "integers": 2}

# ---- An exercise to judge: a product that should not be transposed, with mistakes that overlap -----------


def product(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
    return a * factor


def doubled_whatever_the_factor(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
    return a * 2.0


def transposed(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
    return a.T * factor


def transposed_and_doubled(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
    return a.T * 2.0


def refuses_other_factors(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
    if factor != 2.0:
        raise ValueError("factor")
    return a * factor


def authored() -> Exercise:
    exercise = Exercise(product, points=total(POINTS.values()), lecture="1")

    def draw_group(name: str) -> Callable[[np.random.Generator], Any]:
        def draw(rng: np.random.Generator) -> Any:
            for index in range(CASES[name]):
                factor = 2.0 if name in ("lecture", "ties") else 3.0 + index
                yield Case((rng.normal(size=(2, 2)), factor), fresh=name == "ties")

        return draw

    for name, points in POINTS.items():
        exercise.group(name, points=points, zh=f"中文{name}", en=f"english {name}")(draw_group(name))
    for run in (doubled_whatever_the_factor, transposed, transposed_and_doubled, refuses_other_factors):
        texts = {"zh": f"误解{run.__name__}", "en": f"mistake {run.__name__}"}
        exercise.add_misconception(run.__name__, instead(run), **texts)
    return exercise


VISIBLE = draw_key("tiny", (authored(),), "1", visible=True)
HIDDEN = replace(VISIBLE, visible=False)
NUMBER_OF_CASES = len(calls(VISIBLE))


def result(key: AnswerKey, given: list[Outcome]) -> ExerciseResult:
    (judged,) = judge(key, given)
    return judged


def right(key: AnswerKey = VISIBLE) -> list[Outcome]:
    return [Outcome("returned", case.expected) for one in key.exercises for case in one.cases]


def in_every_case(outcome: Outcome) -> list[Outcome]:
    return [outcome] * NUMBER_OF_CASES


# ---- Verdicts ----------------------------------------------------------------------------------------------

VERDICTS: list[tuple[Outcome, Verdict]] = [
    (Outcome("returned", np.zeros((2, 2))), Verdict.WA),
    (Outcome("returned", None), Verdict.WA),
    (Outcome("returned", "3"), Verdict.WA),
    (Outcome("returned", np.zeros((2, 3))), Verdict.WA),
    (Outcome("returned", np.full((2, 2), np.nan)), Verdict.WA),
    (Outcome("returned", (np.zeros((2, 2)),) * 2), Verdict.WA),
    (Outcome("raised", exception="NotImplementedError"), Verdict.NI),
    (Outcome("raised", exception="MemoryError"), Verdict.MLE),
    (Outcome("raised", exception="ValueError"), Verdict.RTE),
    (Outcome("raised", exception="SystemExit"), Verdict.RTE),
    (Outcome("raised", exception="AC"), Verdict.RTE),
    (Outcome("missing"), Verdict.MISSING),
    (Outcome("forbidden", text="torch"), Verdict.FORBIDDEN),
    (Outcome("unsendable", text="type set"), Verdict.WA),
    (Outcome("time"), Verdict.TLE),
    (Outcome("output"), Verdict.OLE),
    (Outcome("died"), Verdict.RTE),
    (Outcome("unanswered"), Verdict.RTE),
]
NOT_MADE = (Outcome("not made", text="group"), Verdict.NR)
"""Never the reason for a verdict: another call of its group was stopped before."""


def test_the_table_of_verdicts_knows_every_status() -> None:
    assert {outcome.status for outcome, _ in (*VERDICTS, NOT_MADE)} == set(get_args(Status))


@pytest.mark.parametrize(("outcome", "verdict"), [*VERDICTS, NOT_MADE], ids=str)
def test_every_outcome_has_its_verdict_and_only_a_right_answer_earns(
    outcome: Outcome, verdict: Verdict
) -> None:
    for key in (VISIBLE, HIDDEN):
        judged = result(key, in_every_case(outcome))
        assert judged.verdict is verdict
        assert {case.verdict for group in judged.groups for case in group.cases} == {verdict}
        assert (judged.points, judged.max_points) == (0, total(POINTS.values()))


def test_right_answers_earn_everything_and_need_no_words() -> None:
    judged = result(VISIBLE, right())
    assert (judged.verdict, judged.points) == (Verdict.AC, judged.max_points)
    assert (judged.misconception, judged.diagnosis) == (None, None)


def test_a_right_answer_that_changed_an_argument_is_wrong() -> None:
    judged = result(VISIBLE, [replace(one, changed=(0,)) for one in right()])
    assert (judged.verdict, judged.points) == (Verdict.WA, 0)
    assert judged.diagnosis is not None
    assert judged.diagnosis.in_language("en") == "The values are right, but the argument a was changed."
    assert " a " in judged.diagnosis.in_language("zh")


def test_sharing_memory_matters_only_where_the_case_asks_for_a_new_array() -> None:
    judged = result(VISIBLE, [replace(one, shares=True) for one in right()])
    assert [group.points for group in judged.groups] == [
        0 if name == "ties" else points for name, points in POINTS.items()
    ]
    assert judged.diagnosis is not None and "shares memory" in judged.diagnosis.in_language("en")


def test_seconds_are_passed_on() -> None:
    seconds = [index / 8 for index in range(NUMBER_OF_CASES)]
    given = [replace(one, seconds=s) for one, s in zip(right(), seconds, strict=True)]
    assert [c.seconds for group in result(VISIBLE, given).groups for c in group.cases] == seconds


def test_a_judge_error_is_no_grade_and_blames_nobody() -> None:
    (judged,) = judge_error(HIDDEN)
    assert (judged.verdict, judged.points, judged.earned) == (Verdict.JE, 0, None)
    assert (judged.misconception, judged.diagnosis) == (None, None)
    assert [len(group.cases) for group in judged.groups] == list(CASES.values())


# ---- Points ------------------------------------------------------------------------------------------------

wrong_outcomes = st.sampled_from([outcome for outcome, _ in VERDICTS])


def with_wrong(wrong: dict[int, Outcome]) -> list[Outcome]:
    return [wrong.get(index, one) for index, one in enumerate(right())]


@given(st.dictionaries(st.integers(0, NUMBER_OF_CASES - 1), wrong_outcomes))
def test_a_groups_points_are_earned_by_all_of_its_cases_or_not_at_all(wrong: dict[int, Outcome]) -> None:
    judged = result(HIDDEN, with_wrong(wrong))
    numbers = itertools.count()
    of_group = {name: {next(numbers) for _ in range(count)} for name, count in CASES.items()}
    for group in judged.groups:
        expected = 0 if of_group[group.name] & wrong.keys() else POINTS[group.name]
        assert group.points == expected
    assert judged.points == total(group.points for group in judged.groups)
    first = dict(VERDICTS_BY_ID)[id(wrong[min(wrong)])] if wrong else Verdict.AC
    assert judged.verdict is first
    assert (judged.diagnosis is None) == (not wrong)


VERDICTS_BY_ID = [(id(outcome), verdict) for outcome, verdict in VERDICTS]


@given(st.dictionaries(st.integers(0, NUMBER_OF_CASES - 1), wrong_outcomes), st.data())
def test_who_is_right_on_more_cases_never_earns_less(wrong: dict[int, Outcome], data: st.DataObject) -> None:
    mended = data.draw(st.sets(st.sampled_from(sorted(wrong)))) if wrong else set()
    fewer = {index: outcome for index, outcome in wrong.items() if index not in mended}
    assert result(HIDDEN, with_wrong(fewer)).points >= result(HIDDEN, with_wrong(wrong)).points


# ---- Diagnosis by misconception ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run", [doubled_whatever_the_factor, transposed, transposed_and_doubled, refuses_other_factors]
)
def test_the_misconception_that_explains_every_wrong_case_is_named(run: Callable[..., Any]) -> None:
    for key in (VISIBLE, HIDDEN):
        (judged,) = graded(key, {"product": run})
        assert judged.misconception == run.__name__
        assert judged.diagnosis is not None
        assert judged.diagnosis.in_language("en") == f"It looks as if: mistake {run.__name__}."
        assert judged.diagnosis.in_language("zh") == f"看起来：误解{run.__name__}。"


def test_the_same_mistake_in_other_words_is_recognised() -> None:
    def rewritten(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
        return np.array([[np.float32(2 * x) for x in row] for row in a])

    (judged,) = graded(HIDDEN, {"product": rewritten})
    assert judged.misconception == doubled_whatever_the_factor.__name__


def test_a_misconception_that_explains_part_of_the_wrong_cases_is_named_when_none_explains_all() -> None:
    def doubled_and_more(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
        return a * 2.0 if factor != 2.0 else a * 2.0 + 1  # wrong in the lecture's cases as well

    (judged,) = graded(HIDDEN, {"product": doubled_and_more})
    assert judged.misconception == doubled_whatever_the_factor.__name__


def test_a_crash_of_the_same_kind_explains_nothing_unless_it_explains_every_wrong_case() -> None:
    def always_refuses(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
        raise ValueError

    (judged,) = graded(HIDDEN, {"product": always_refuses})
    assert judged.misconception is None


def test_no_misconception_is_named_that_the_answers_contradict() -> None:
    def transposed_only_sometimes(a: np.ndarray, factor: float = 2.0) -> np.ndarray:
        return a.T * factor if factor == 2.0 else a * factor

    (judged,) = graded(HIDDEN, {"product": transposed_only_sometimes})
    assert judged.points < judged.max_points
    assert judged.misconception is None
    assert judged.diagnosis is not None and "lecture" in judged.diagnosis.in_language("en")


def test_answers_of_any_kind_can_be_compared_with_those_of_a_misconception() -> None:
    def named(a: np.ndarray) -> dict[str, np.ndarray]:
        return {"w": a, "b": np.zeros(2)}

    def exchanged(a: np.ndarray) -> dict[str, np.ndarray]:
        return {"w": a.T, "b": np.zeros(2)}

    exercise = Exercise(named, points=1, lecture="1")
    exercise.add_misconception("exchanged", instead(exchanged), zh="换", en="exchanged")
    exercise.group("all", points=1, zh="全", en="all")(lambda rng: [(rng.normal(size=(2, 2)),)])
    key = draw_hidden("tiny", (exercise,))
    assert graded(key, {"named": named})[0].verdict is Verdict.AC
    assert graded(key, {"named": exchanged})[0].misconception == "exchanged"
    assert graded(key, {"named": lambda a: {"w": a}})[0].verdict is Verdict.WA


# ---- Diagnosis by symptom ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "verdict"), VERDICTS, ids=str)
def test_every_sentence_is_there_in_both_languages_with_nothing_left_to_fill_in(
    outcome: Outcome, verdict: Verdict
) -> None:
    for key in (VISIBLE, HIDDEN):
        for given_outcomes in (in_every_case(outcome), with_wrong({3: outcome})):
            text = result(key, given_outcomes).diagnosis
            assert text is not None
            assert any("\u4e00" <= character <= "\u9fff" for character in text.in_language("zh"))
            assert text.in_language("en") and not any(
                "\u4e00" <= character <= "\u9fff" for character in text.in_language("en")
            )
            assert not {*"{}"} & {*text.in_language("zh"), *text.in_language("en")}


def test_braces_in_a_students_exception_are_shown_as_they_are() -> None:
    error = Outcome("raised", exception="KeyError", text="'{name}'", where="a.py", line=3)
    text = result(VISIBLE, in_every_case(error)).diagnosis
    assert text is not None and text.in_language("en") == "KeyError in a.py, line 3 ('{name}')."


def test_groups_are_named_where_only_some_are_wrong() -> None:
    text = result(HIDDEN, with_wrong({3: Outcome("returned", np.ones((2, 2)))})).diagnosis
    assert text is not None
    assert "english shapes" in text.in_language("en") and "中文shapes" in text.in_language("zh")
    assert not any(f"english {name}" in text.in_language("en") for name in POINTS if name != "shapes")


def test_shapes_are_quoted_from_the_visible_key_alone() -> None:
    given_outcomes = in_every_case(Outcome("returned", np.zeros((2, 3))))
    visible, hidden = result(VISIBLE, given_outcomes).diagnosis, result(HIDDEN, given_outcomes).diagnosis
    assert visible is not None and hidden is not None
    assert "(2, 3)" in visible.in_language("en") and "(2, 2)" in visible.in_language("en")
    assert "(2, 3)" not in hidden.in_language("en") and "(2, 2)" not in hidden.in_language("en")


def test_exceptions_are_quoted_from_the_visible_key_alone_and_to_the_instructor() -> None:
    error = Outcome("raised", exception="ValueError", text="secret", where="a.py", line=7)
    visible, hidden = (result(key, in_every_case(error)) for key in (VISIBLE, HIDDEN))
    assert visible.symptom is not None and hidden.symptom is not None and hidden.detail is not None
    assert visible.symptom.in_language("en") == "ValueError in a.py, line 7 (secret)."
    assert visible.detail is None and hidden.detail == visible.symptom
    assert hidden.symptom == hidden.diagnosis == say("symptom.raised_something")


# ---- Nothing hidden gets out -------------------------------------------------------------------------------

SENTINELS = ("48271", "16807", "2, 7")  # a value of the input, one of the expected value, the input's shape

LEAKS = [
    "return x",
    "return str(x)",
    "return {str(x): x}",
    "return [str(x)]",
    "return x.tolist()[0]",
    "return (x, x, x)",
    "return x.astype(complex) + 1j",
    "return type('T' + str(int(x.max())), (), {})()",
    "return {type('T' + str(int(x.max())), (), {})()}",
    "return np.array(['v' + str(x.max())])",
    "return np.array([x, None], dtype=object)",
    "raise ValueError(str(x))",
    "raise NotImplementedError(str(x))",
    "raise SystemExit(str(x))",
    "raise type('E' + str(int(x.max())), (Exception,), {})()",
    "raise type(str(x), (BaseException,), {})()",
    "raise ModuleNotFoundError(str(x), name=str(int(x.max())))",
    "raise ImportError(str(x), name=str(int(x.max())))",
    "raise MemoryError(str(x))",
    "import importlib; importlib.import_module('m' + str(int(x.max())))",
    "exec(compile('1/0', str(x), 'exec'))",
    "exec(compile('\\n' * int(x.max()) + '1/0', 'solution.py', 'exec'))",
    "exec('def f%d(): 1/0\\nf%d()' % (x.max(), x.max()))",
    "raise SyntaxError(str(x), ('solution.py', int(x.max()), 1, str(x)))",
    "return globals()['f' + str(int(x.max()))]",
    "return getattr(x, 'a' + str(int(x.max())))",
    "x[...] = 0; return x",
    "print(x)",
    "return np.zeros(int(x.max()))",
    "return np.zeros((2, int(x.max())))",
    "return np.zeros((1,) * (int(x.max()) % 30) + (2, 7))",
    "return [x] * int(x.max())",
    "return x * 0 + 16807.0 + int(x.max())",
    "return x * 0 + 16807.0 * int(x.max())",
    "return x * 0 + 16807.0 / int(x.max())",
    "return x.shape",
]


def hides(x: np.ndarray) -> np.ndarray:
    return x * 0 + 16807.0


def leaking_key(*, visible: bool) -> AnswerKey:
    exercise = Exercise(hides, points=1, lecture="1")
    for name in ("one", "two"):
        exercise.group(name, points=0.5, zh="组", en="group")(lambda rng: [(np.full((2, 7), 48271.0),)])
    return draw_key("tiny", (exercise,), "0", visible=visible)


@pytest.mark.parametrize("body", LEAKS)
def test_no_hidden_input_expected_value_or_exception_text_gets_into_a_diagnosis(body: str) -> None:
    key = leaking_key(visible=False)
    source = f"import numpy as np\ndef hides(x):\n    {body}\n"
    quotable = Quotable([(source, "solution.py", 1)])
    given_outcomes = [quotable.vet(one, 1) for one in outcomes(key, source=source)]
    (judged,) = judge(key, given_outcomes)
    assert judged.diagnosis is not None and judged.verdict is not Verdict.AC
    for text in (judged.diagnosis, judged.symptom):
        assert text is not None
        for sentinel in SENTINELS:
            assert sentinel not in text.in_language("zh")
            assert sentinel not in text.in_language("en")


texts = st.sampled_from([f"x{s}y" for s in SENTINELS])


@given(
    st.sampled_from(get_args(Status)),
    st.one_of(st.none(), texts, st.just(np.full((2, 7), 48271.0)), st.lists(texts)),
    texts,
    texts,
    texts,
    st.lists(st.integers(0, 50000)),
)
def test_whatever_a_process_says_about_itself_no_hidden_value_gets_into_a_diagnosis(
    status: Status, value: Any, exception: str, text: str, where: str, changed: list[int]
) -> None:
    outcome = Outcome(status, value, 0.0, tuple(changed), True, exception, text, where, 48271)
    vetted = Quotable([("def hides(x): pass", "solution.py", 1)]).vet(outcome, 1)
    key = leaking_key(visible=False)
    (judged,) = judge(key, [vetted] * len(calls(key)))
    assert judged.diagnosis is not None
    for sentinel in SENTINELS:
        assert sentinel not in judged.diagnosis.in_language("zh") + judged.diagnosis.in_language("en")


def test_the_visible_key_would_have_quoted_it() -> None:
    key = leaking_key(visible=True)
    (judged,) = judge(key, outcomes(key, source="def hides(x):\n    raise ValueError(str(x))\n"))
    assert judged.diagnosis is not None and SENTINELS[0] in judged.diagnosis.in_language("en")


def test_calls_hold_inputs_and_nothing_else() -> None:
    for call, case in zip(calls(HIDDEN), HIDDEN.exercises[0].cases, strict=True):
        assert call.args is case.args
        assert not any(
            isinstance(value, np.ndarray) and case.accept.agrees(value, case.expected)
            for value in vars(call).values()
        )


def test_an_answer_that_was_right_is_judged_anew_when_it_could_have_been_changed() -> None:
    key = draw_key("tiny", (authored(),), "2", visible=True)
    outcomes = [Outcome("returned", case.expected.copy()) for case in key.exercises[0].cases]
    assert judge(key, outcomes)[0].verdict is Verdict.AC
    for outcome in outcomes:
        outcome.value[...] += 1
    assert judge(key, outcomes)[0].verdict is Verdict.WA


def test_the_very_value_that_was_right_before_is_not_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    key = draw_key("tiny", (authored(),), "2", visible=True)
    compared: list[Any] = []
    compare = Comparator.difference

    def counted(self: Comparator, got: Any, expected: Any) -> Difference:
        compared.append(got)
        return compare(self, got, expected)

    monkeypatch.setattr(Comparator, "difference", counted)
    (exercise,) = key.exercises
    right = [Outcome("returned", case.expected) for case in exercise.cases]
    wrong = [Outcome("returned", None) for _ in exercise.cases]
    assert judge(key, right) == judge(key, right)
    assert len(compared) == 2 * len(right), "what somebody could have changed since is compared each time"
    for outcome in right:
        outcome.value.flags.writeable = False
    compared.clear()
    assert judge(key, right) == judge(key, right)
    assert len(compared) == len(right)
    assert judge(key, wrong) == judge(key, wrong)
    assert len(compared) > 2 * len(wrong), "what is wrong is compared each time, to say why"
