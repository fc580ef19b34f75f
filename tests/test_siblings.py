"""Where a hidden case fails, a case like it is shown whole: drawn apart, worth nothing, and no secret."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring.draw import draw_hidden, draw_key
from autograder.authoring.exercise import Case, Exercise
from autograder.grading import grade_class
from autograder.integrations.nbgrader import cells
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey
from autograder.judging.evaluate import Evaluation, evaluate
from autograder.judging.judge import calls
from autograder.judging.pictures.records import Picture
from autograder.judging.result_json import decode, encode, shown
from autograder.judging.results import SiblingResult, SubmissionResult, Verdict
from autograder.reports import gradescope, junit_file, moodle_file, terminal
from autograder.sandbox.client import SandboxError
from autograder.sandbox.records import Run
from autograder.sandbox.values import dumps
from autograder.submissions.layouts import Handed
from tests import authored
from tests.class_reports import write_html
from tests.trusted import outcomes


def relu_backward(delta: np.ndarray, z: np.ndarray) -> np.ndarray:
    return delta * (z > 0)


def doubled(depth: int) -> int:
    return 2 * depth


def exercise() -> Exercise:
    made = Exercise(relu_backward, points=10, lecture="4")

    def drawn(*shape: int) -> Any:
        return lambda rng: [(rng.normal(size=shape), rng.permutation(np.prod(shape)).reshape(shape) - 4.5)]

    made.group("signs", points=6, zh="正负", en="signs")(drawn(3, 4))
    made.group("batch", points=2, zh="一批", en="a batch", visible=False)(drawn(2, 3, 4))
    same = (np.ones((2, 2)), np.array([[1.0, -1.0], [2.0, -2.0]]))
    made.group("fixed", points=2, zh="同样", en="the same", visible=False, fixed=True)(lambda rng: [same])
    return made


def key(entropy: str = "0", earlier: AnswerKey | None = None) -> AnswerKey:
    return draw_key("relu", (exercise(),), entropy, visible=False, earlier=earlier)


@pytest.fixture(scope="module")
def hidden() -> AnswerKey:
    return key()


def graded(hidden: AnswerKey, source: str, again: list[list[int]] | None = None) -> Evaluation:
    def run(statements: Sequence[tuple[str, str, int]]) -> Run:
        return Run(tuple(outcomes(hidden, source=source)))

    def run_siblings(statements: Sequence[tuple[str, str, int]], asked: list[int]) -> Run:
        if again is not None:
            again.append(asked)
        made = outcomes(hidden.siblings, source=source)
        return Run(tuple(made[index] for index in asked))

    return evaluate("relu.py", source.encode(), hidden, run, run_siblings)


def result(evaluation: Evaluation) -> SubmissionResult:
    about = ("an", "relu", "an/relu.py", "bubblewrap", 0.1)
    return SubmissionResult(*about, evaluation.exercises, evaluation.notes, evaluation.output)


# ---- Drawing -----------------------------------------------------------------------------------------------


def arguments(cases: Sequence[Any]) -> list[bytes]:
    return [dumps(case.args) for case in cases]


def test_siblings_come_from_the_same_generator_and_are_none_of_the_hidden_cases(hidden: AnswerKey) -> None:
    (one,) = hidden.exercises
    secret = arguments(one.cases)
    for group in one.groups:
        assert not {*arguments(group.siblings)} & {*secret}
        assert [case.args[0].shape for case in group.siblings] == (
            [] if group.name == "fixed" else [case.args[0].shape for case in group.cases]
        )
        assert all(np.array_equal(case.expected, relu_backward(*case.args)) for case in group.siblings)


def test_siblings_of_two_keys_differ_and_decide_nothing(hidden: AnswerKey) -> None:
    other = key("1")
    first, second = ({*arguments(each.siblings.exercises[0].cases)} for each in (hidden, other))
    assert first and second and not first & second
    groups = tuple(replace(group, siblings=()) for group in hidden.exercises[0].groups)
    without = replace(hidden, exercises=(replace(hidden.exercises[0], groups=groups),))
    assert answer_key.deciding(without) == answer_key.deciding(hidden)
    assert arguments(calls(without)) == arguments(calls(hidden))


def test_a_key_with_siblings_is_read_and_computed_again_as_it_was(hidden: AnswerKey) -> None:
    read = answer_key.from_bytes(answer_key.to_bytes(hidden))
    assert read.digest == hidden.digest and read.siblings.visible and not hidden.visible
    assert key(earlier=read).digest == hidden.digest


def test_a_visible_key_has_no_siblings() -> None:
    visible = draw_key("relu", (exercise(),), "relu", visible=True)
    assert not visible.siblings.exercises
    assert "siblings" not in str(answer_key._to_data(visible))


def test_a_fixed_case_is_shown_only_where_students_have_it() -> None:
    """Of two groups with the same cases in every key, one is in the visible key, too."""
    table = Exercise(doubled, points=2, lecture="4")
    table.group("known", points=1, zh="知", en="known", fixed=True)(lambda rng: [(18,), (34,)])
    table.group("secret", points=1, zh="秘", en="secret", visible=False, fixed=True)(lambda rng: [(50,)])
    known, secret = draw_hidden("table", (table,)).exercises[0].groups
    assert [case.args for case in known.siblings] == [(18,), (34,)] and secret.siblings == ()


def test_a_generator_of_few_cases_is_drawn_until_another_one_comes() -> None:
    coin = Exercise(doubled, points=1, lecture="4")
    draw = coin.group("coin", points=1, zh="币", en="coin", visible=False)
    draw(lambda rng: [Case((int(rng.integers(2)),))])
    for number in range(20):
        (group,) = draw_key("coin", (coin,), str(number), visible=False).exercises[0].groups
        assert {case.args for case in group.siblings} <= {(0,), (1,)} - {case.args for case in group.cases}


# ---- Grading -----------------------------------------------------------------------------------------------


def test_a_right_submission_and_one_that_wrote_nothing_cost_no_second_run(hidden: AnswerKey) -> None:
    for source in (authored.RIGHT, authored.UNTOUCHED, "x = 1\n"):
        again: list[list[int]] = []
        evaluation = graded(hidden, source, again)
        assert again == [] and evaluation.exercises[0].sibling is None


def test_the_siblings_of_failed_groups_are_run_and_the_smallest_failure_is_drawn(hidden: AnswerKey) -> None:
    again: list[list[int]] = []
    (one,) = graded(hidden, authored.TYPICAL, again).exercises
    assert again == [[0, 1]] and one.sibling is not None and one.sibling.picture is not None
    assert [label for label, _ in one.sibling.picture.arguments] == ["delta", "z"]
    assert one.sibling.picture.arguments[0][1].shape == (3, 4)
    assert "A case like it (signs)" in one.sibling.picture.heading.in_language("en")
    assert one.points == 2
    again.clear()
    (one,) = graded(hidden, authored.PARTLY, again).exercises
    assert again == [[1]] and one.points == 8


def test_an_exception_is_told_whole_of_a_sibling_and_by_its_kind_of_the_hidden_case(
    hidden: AnswerKey,
) -> None:
    (one,) = graded(hidden, authored.CRASH).exercises
    assert one.symptom is not None and one.detail is not None and one.sibling is not None
    assert one.symptom.in_language("en").startswith("It raised an exception.")
    assert one.sibling.symptom is not None and one.sibling.picture is not None
    for text in (one.detail, one.sibling.symptom):
        assert "IndexError" in text.in_language("en") and "line 2" in text.in_language("en")
    assert not one.sibling.picture.returned


def test_a_file_that_does_not_parse_is_told_where(hidden: AnswerKey) -> None:
    (one,) = graded(hidden, authored.BROKEN).exercises
    assert one.sibling is not None and one.sibling.symptom is not None and one.sibling.picture is None
    assert "line 1" in one.sibling.symptom.in_language("en")


def test_where_every_sibling_is_right_that_is_said(hidden: AnswerKey) -> None:
    secret = hidden.exercises[0].groups[0].cases[0].args[0].flat[0]
    picky = (
        f"import numpy as np\ndef relu_backward(d, z):\n    return d * (z > 0) * (d.flat[0] != {secret!r})\n"
    )
    (one,) = graded(hidden, picky).exercises
    assert one.points == 4 and one.sibling == SiblingResult()


def test_where_the_second_run_fails_the_grade_stands(hidden: AnswerKey) -> None:
    def fails(statements: Any, asked: Any) -> Run:
        raise SandboxError("out of order")

    source = authored.TYPICAL
    made = Run(tuple(outcomes(hidden, source=source)))
    (one,) = evaluate("relu.py", source.encode(), hidden, lambda statements: made, fails).exercises
    assert (one.verdict, one.points, one.sibling) == (Verdict.WA, 2, None)


RAISES = "def relu_backward(delta, z):\n    n = int(abs(delta.flat[0]) * 1e6) % 500\n" + "".join(
    f"    if n == {n}:\n        raise ValueError\n" for n in range(500)
)


def test_no_student_reads_a_hidden_input_off_the_line_of_an_exception() -> None:
    """As in the attack: one line of a thousand is raised, chosen by the input."""
    seen = set()
    for entropy in range(5):
        hidden = key(str(entropy))
        one = result(graded(hidden, RAISES))
        lines = [
            2 * (int(abs(case.args[0].flat[0]) * 1e6) % 500) + 4 for case in hidden.exercises[0].cases[:2]
        ]
        bare = replace(one, exercises=tuple(replace(each, sibling=None) for each in one.exercises))
        for text in student_files(one):
            assert not any(f"line {line}" in text for line in lines)
        assert any(f"line {line}" in shown(one, "en").decode() for line in lines)
        seen.add(tuple(student_files(bare)))
    assert len(seen) == 1


# ---- The sandbox -------------------------------------------------------------------------------------------

THIEF = """
import sys
def relu_backward(delta, z):
    frame, found = sys._getframe(), []
    while frame is not None:
        found += [repr(float(call["args"][0].flat[0])) for call in frame.f_locals.get("calls", [])]
        frame = frame.f_back
    raise ValueError(" ".join(found))
"""


def test_the_run_that_is_shown_finds_no_hidden_input_in_its_memory(tmp_path: Path) -> None:
    hidden = key()
    answer_key.save(hidden, tmp_path / "relu.hidden.npz")
    settings = grade_class.Settings("process")
    task = grade_class.Task("an", "relu", "relu.py", THIEF.encode(), hidden.digest, settings)
    (one,) = grade_class.grade_one(task, tmp_path / "relu.hidden.npz").exercises
    assert one.detail is not None and one.sibling is not None and one.sibling.symptom is not None
    numbers = [repr(float(case.args[0].flat[0])) for case in hidden.exercises[0].groups[0].cases]
    own = [repr(float(case.args[0].flat[0])) for case in hidden.exercises[0].groups[0].siblings]
    assert all(number in one.detail.in_language("en") for number in numbers)
    said = one.sibling.symptom.in_language("en")
    assert all(number in said for number in own) and not any(number in said for number in numbers)


# ---- Keeping and showing -----------------------------------------------------------------------------------

BY_VALUE = {
    "array": authored.TYPICAL,
    "text": "def relu_backward(delta, z):\n    return '\\n'.join(['x' * 100_000] * 100)\n",
    "large": "import numpy as np\ndef relu_backward(delta, z):\n    return np.zeros((1000, 1000))\n",
    "axes": "import numpy as np\ndef relu_backward(delta, z):\n    return np.zeros((9, 9, 9, 9))\n",
    "dict": "def relu_backward(delta, z):\n    return {str(n): delta for n in range(1000)}\n",
    "nothing": "def relu_backward(delta, z):\n    pass\n",
    "crash": authored.CRASH,
}


@pytest.mark.parametrize("name", BY_VALUE)
def test_what_is_kept_of_a_sibling_is_read_again_as_it_was_and_is_small(hidden: AnswerKey, name: str) -> None:
    whole = result(graded(hidden, BY_VALUE[name]))
    kept = encode(whole)
    assert decode(kept, SubmissionResult) == whole and len(kept) < 100_000
    (entry,) = json.loads(shown(whole, "en"))["exercises"]
    assert entry["sibling"]["symptom"]["text"]


def student_files(one: SubmissionResult) -> Iterator[str]:
    for lang in ("en", "zh"):
        written = io.StringIO()
        gradescope.write(one, lang, written)
        yield written.getvalue()
        yield moodle_file.comment(one, lang)
        written = io.StringIO()
        junit_file.write([one], lang, written)
        yield written.getvalue()
        for exercise in one.exercises:
            yield "\n".join(cells.feedback(exercise, 10, lang).sentences)


def picture_of(one: SubmissionResult) -> Picture:
    sibling = one.exercises[0].sibling
    assert sibling is not None and sibling.picture is not None
    return sibling.picture


def test_every_report_shows_the_case_and_the_instructor_s_detail_stays(
    hidden: AnswerKey, tmp_path: Path
) -> None:
    one = result(graded(hidden, authored.CRASH))
    (number, *_) = [cell.text for cell in picture_of(one).arguments[0][1].panels[0].cells[0]]
    gradescope_en, moodle, junit, nbgrader, *_ = student_files(one)
    for text in (gradescope_en, nbgrader):
        assert number in text and "A case like it (signs)" in text
    for text in (gradescope_en, nbgrader, moodle, junit):
        assert "In a case like it: IndexError in" in text
    index, (page,) = write_html([one], tmp_path)
    student, whole = page.read_text(encoding="utf-8"), index.read_text(encoding="utf-8")
    assert f">{number}</td>" in student and "ag-case" in student and "同类" in student
    assert "ag-case" not in whole  # a class of thousands is one page; it links to each student's own
    assert student.count("IndexError") < whole.count("IndexError")  # the detail, in the instructor's view
    alone, together = (map(str, terminal.class_shown(some, "en")) for some in ([one], [one, one]))
    assert any(number in line for line in alone) and not any(number in line for line in together)


def test_where_no_sibling_fails_the_student_reads_that(hidden: AnswerKey) -> None:
    one = result(graded(hidden, authored.TYPICAL))
    right = replace(one, exercises=(replace(one.exercises[0], sibling=SiblingResult()),))
    for number, text in enumerate(student_files(right)):
        assert ("Other inputs of this kind" if number < 4 else "同类的其他输入") in text


def test_a_worksheet_of_moodle_holds_no_detail(hidden: AnswerKey) -> None:
    written = io.StringIO()
    sheet = moodle_file.Worksheet(written, "en")
    one = result(graded(hidden, authored.CRASH))
    bare = replace(one, exercises=tuple(replace(each, sibling=None) for each in one.exercises))
    sheet.add(Handed("Moodle", "an", "1", ""), bare)
    assert "IndexError" not in written.getvalue() and "It raised an exception." in written.getvalue()
