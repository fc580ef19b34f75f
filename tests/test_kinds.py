"""Kinds of exercise besides functions: classes, comparators of an author's own, written questions."""

import importlib.metadata
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from autograder.authoring import assignment, build, source_digest, verification
from autograder.authoring.draw import draw_visible
from autograder.authoring.exercise import AuthoringError, Case, Exercise
from autograder.authoring.mutants import mutants
from autograder.judging import answer_key
from autograder.judging.comparison import Close, Comparator
from autograder.judging.domain import Domain, UnknownDomain, find, registered
from autograder.judging.evaluate import evaluate
from autograder.judging.judge import calls, judge
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.reports import moodle_file
from autograder.sandbox import runner
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.student.checking import Checked, check_file, check_function
from autograder.student.feedback import html, text
from autograder.student.feedback.card import cards
from autograder.submissions.choice import Candidate, in_order
from tests import documented_course, trusted
from tests.draws import draw_hidden
from tests.sandboxes import ISOLATIONS

EXAMPLES = documented_course.examples()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The documentation's course, its own package installed as far as Python can tell."""
    folder = tmp_path_factory.mktemp("documented")
    documented_course.write(folder)
    about = folder / "eigen-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: eigen\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[autograder.domains]\neigen = eigen:DOMAIN\n")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def dense(course: Path) -> assignment.Assignment:
    return assignment.load(course / "solutions" / "dense")


@pytest.fixture(scope="module")
def hidden(dense: assignment.Assignment) -> answer_key.AnswerKey:
    return draw_hidden("dense", dense.exercises)


@pytest.fixture
def place(dense: assignment.Assignment, tmp_path: Path) -> Path:
    """A student's folder with the visible key."""
    answer_key.save(draw_visible("dense", dense.exercises), tmp_path / "dense.visible.npz")
    return tmp_path


# ---- The documentation's examples --------------------------------------------------------------------------


def test_each_example_is_short() -> None:
    assert len(EXAMPLES) == 7
    for name, block in EXAMPLES.items():
        assert sum(1 for line in block.splitlines() if line.strip()) < 30, name


@pytest.mark.parametrize(("name", "exercise"), [("dense", "Dense"), ("axis", "main_axis")])
def test_the_examples_are_sound(name: str, exercise: str, course: Path) -> None:
    report = verification.verify_exercise(course / "solutions" / name, exercise, draws=3, seed="a seed")
    assert report.sound and not report.misnamed and report.mutants > 4, report


# ---- Classes: students' mistakes ---------------------------------------------------------------------------

HEAD = "class Dense:\n    def __init__(self, w, b):\n        self.w, self.b = w, b\n"
FORWARD = "    def forward(self, x):\n        self.x = x\n        return x @ self.w + self.b\n"
BACKWARD = (
    "    def backward(self, delta):\n        self.dw = self.x.T @ delta\n        return delta @ self.w.T\n"
)
RIGHT = HEAD + FORWARD + BACKWARD

MISTAKES = {
    "": ("MISSING", "dense.py is empty: it holds no code."),
    "w = 1\n": ("MISSING", "There is no class called Dense; do not rename it."),
    "def Dense(w, b):\n    return w\n": ("RTE", "Dense has no method forward; do not rename it."),
    HEAD + FORWARD: ("RTE", "Dense has no method backward; do not rename it."),
    HEAD + FORWARD + "    def backward(self, delta):\n        raise NotImplementedError()\n": (
        "NI",
        "Dense.backward is not started yet.",
    ),
    RIGHT.replace("self.w, self.b = w, b", "raise NotImplementedError()"): (
        "NI",
        "Dense is not started yet.",
    ),
    RIGHT.replace("self.x.T", "self.y.T"): ("RTE", "At backward(delta): AttributeError in dense.py, line 8"),
    RIGHT.replace("self.w, self.b = w, b", "1 / 0"): ("RTE", "At Dense(w, b): ZeroDivisionError in dense.py"),
    RIGHT.replace("self.dw =", "dw ="): ("RTE", "Dense has no attribute dw when it is looked at; is self.dw"),
    RIGHT.replace("w, b\n", "w, b\n        self.dw = None\n").replace("self.dw = self.x", "dw = self.x"): (
        "WA",
        "The attribute dw is None; is self.dw = … missing?",
    ),
    RIGHT.replace("return delta", "delta"): ("WA", "It returned nothing (None) (backward(delta));"),
    RIGHT.replace("(self, delta)", "(self)").replace("T @ delta", "T").replace("delta @", "0 *"): (
        "RTE",
        "Dense.backward cannot be called with (delta); keep the parameters",
    ),
    RIGHT.replace("(self, w, b)", "(self)"): ("RTE", "Dense.__init__ cannot be called with (w, b);"),
    RIGHT.replace("= self.x.T", "= 3 * self.x.T"): ("WA", "The values (dw) are 3 times the right ones."),
    RIGHT.replace("return delta", "delta *= 2\n        return 0.5 * delta"): (
        "WA",
        "the argument delta",
    ),
    RIGHT.replace("return delta @ self.w.T", "return self"): ("WA", "Dense"),
}


def checked(place: Path, work: str) -> tuple[Checked, ExerciseResult]:
    path = place / "dense.py"
    path.write_text(work, encoding="utf-8")
    done = check_file(path)
    return done, done.result.exercises[0]


@pytest.mark.parametrize("work", MISTAKES)
def test_a_mistake_in_a_class_has_its_verdict_and_a_fair_sentence(work: str, place: Path) -> None:
    verdict, part = MISTAKES[work]
    done, result = checked(place, work)
    assert result.symptom is not None and result.points == 0
    assert result.verdict.value == verdict and part in result.symptom.in_language("en")
    (card,) = cards(done.key, done.result, done.judged)
    for lang in ("zh", "en"):
        assert text.card(card, lang) and html.fragment(card, lang)


def test_a_right_class_and_a_known_mistake(place: Path) -> None:
    assert checked(place, RIGHT)[1].verdict is Verdict.AC
    wrong = RIGHT.replace("self.dw =", "delta = delta / len(delta)\n        self.dw =")
    done, result = checked(place, wrong)
    assert result.misconception == "mean"
    (card,) = cards(done.key, done.result, done.judged)
    for shown in (text.card(card, "en"), html.fragment(card, "en")):
        for line in ("dense = Dense(w, b)", "dense.forward(x)", "dense.backward(delta)", "dense.dw"):
            assert line in shown
        assert "Right: forward(x)." in shown


def test_a_class_of_a_notebook_is_checked_in_its_own_process(place: Path) -> None:
    names: dict[str, Any] = {}
    exec(compile(RIGHT.replace("self.x.T", "self.y.T"), "<a cell>", "exec"), names)
    key = answer_key.load(place / "dense.visible.npz")
    (result,) = check_function(key, names["Dense"]).result.exercises
    assert result.symptom is not None
    assert "At backward(delta): AttributeError in Dense, line 8" in result.symptom.in_language("en")


def test_of_hidden_cases_nothing_is_quoted(hidden: answer_key.AnswerKey) -> None:
    work = RIGHT.replace("self.dw =", "raise ValueError(str(delta))\n        self.dw =")
    (result,) = trusted.graded_source(hidden, work)
    assert result.symptom is not None
    assert result.symptom.in_language("en") == "At backward(delta): It raised an exception."


HOSTILE = {
    "has everything": "class Dense:\n    def __init__(self, *a): pass\n"
    "    def __getattr__(self, name): return lambda *a: 0\n",
    "is no class": "Dense = 3\n",
    "a metaclass that gives what it likes": "class M(type):\n    def __call__(cls, *a): return 7\n"
    "class Dense(metaclass=M): pass\n",
    "returns itself": RIGHT.replace("return x @ self.w + self.b", "return self"),
    "a property that raises": RIGHT + "    @property\n    def forward(self): raise SystemExit\n",
    "leaves the process": RIGHT.replace("self.x = x", "import os; os._exit(0)"),
    "a list that holds itself": RIGHT.replace(
        "return x @", "y = []; y.append(y); return y\n        return x @"
    ),
    "replaces the runner": "import sys\nfor m in list(sys.modules.values()):\n"
    "    if getattr(m, 'answer', None): m.answer = lambda *a: {'dw': 0, 'forward(x)': 0}\n" + HEAD,
}


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_hostile_class_gives_plain_values_and_no_points(
    isolation: Any, hidden: answer_key.AnswerKey
) -> None:
    with Sandbox(calls(hidden), Limits(), isolation) as sandbox:
        for name, work in HOSTILE.items():
            done = evaluate("dense.py", work.encode(), hidden, sandbox.run)
            assert [exercise.points for exercise in done.exercises] == [0], name
            assert done.exercises[0].verdict is not Verdict.JE, name
            assert done.exercises[0].symptom is not None
        assert evaluate("dense.py", RIGHT.encode(), hidden, sandbox.run).exercises[0].points == 10


def test_a_step_that_a_process_made_up_is_no_step(hidden: answer_key.AnswerKey) -> None:
    (outcome,) = trusted.outcomes(hidden, source=RIGHT.replace("self.x.T", "self.y.T"))
    assert outcome.step == 2
    for step in (4, 10**6):
        (result,) = judge(hidden, [replace(outcome, step=step)])
        assert result.symptom is not None and "At " not in result.symptom.in_language("en")


# ---- Classes: scripts --------------------------------------------------------------------------------------


class Counter:
    """State that methods change in place."""

    start: ClassVar[int] = 0

    def __init__(self, size, step=1.0):
        self.values = np.zeros(size)
        self.step = step

    def add(self, amount):
        self.values += self.step * amount

    def shown(self):
        return self.values

    @staticmethod
    def twice(amount):
        return 2 * amount


def exercise_of(*cases: Case, reference: Any = Counter) -> Exercise:
    exercise = Exercise(reference, points=1, lecture="")
    exercise.group("one", points=1, zh="一", en="one")(lambda rng: cases)
    return exercise


def key_of(*cases: Case, **more: Any) -> answer_key.AnswerKey:
    return draw_hidden("a", (exercise_of(*cases, **more),))


def test_a_part_of_an_answer_is_the_value_at_its_step() -> None:
    script = ["values", ("add", 1.0), "values", ("shown",), ("add", 2.0), ("shown",), ("twice", 4.0)]
    key = key_of(Case((2,), script=script))
    (case,) = key.exercises[0].cases
    expected = {name: np.asarray(value).tolist() for name, value in case.expected.items()}
    assert expected == {
        "values": [0, 0],
        "values (2)": [1, 1],
        "shown()": [1, 1],
        "shown() (2)": [3, 3],
        "twice(amount3)": 8,
    }
    assert key.exercises[0].parameters_of(case) == ("size", "amount", "amount2", "amount3")
    read_back = answer_key.from_bytes(answer_key.to_bytes(key))
    assert read_back.digest == key.digest and read_back.exercises[0].cases[0].script == case.script
    (result,) = trusted.graded(key, {"Counter": Counter})
    assert result.points == 1


def test_what_a_method_returns_that_should_return_nothing_does_not_matter() -> None:
    class Chained(Counter):
        def add(self, amount):
            super().add(amount)
            return self

    key = key_of(Case((2,), script=[("add", 1.0), "values"]))
    assert trusted.graded(key, {"Counter": Chained})[0].points == 1


WRONG_SCRIPTS: dict[str, Any] = {
    "Counter is a class; its cases need a script": Case((2,)),
    "abs is a function; a case with a script needs a class": Case((2,), script=["real"]),
    "Counter has no method adds": Case((2,), script=[("adds", 1.0)]),
    "a step of a script is": Case((2,), script=[["add", 1.0]]),
    'or "attribute", not 3': Case((2,), script=["values", 3]),
    "the script gives no value": Case((2,), script=[("add", 1.0)]),
    "the reference raised AttributeError": Case((2,), script=["valves"]),
    "the reference raised TypeError": Case((2,), script=[("add", 1.0, 2.0)]),
}


@pytest.mark.parametrize("said", WRONG_SCRIPTS)
def test_a_wrong_script_is_one_sentence_for_the_author(said: str) -> None:
    reference = abs if said.startswith("abs") else Counter
    with pytest.raises(AuthoringError) as raised:
        key_of(WRONG_SCRIPTS[said], reference=reference)
    assert said in str(raised.value) and str(raised.value).count("\n") == 0


def test_mutants_of_a_class_change_the_bodies_of_its_methods_only() -> None:
    changes = {mutant.change for mutant in mutants(Counter)}
    assert "2 * amount → 2 / amount" in changes and "self.step = step → pass" in changes
    assert not any("ClassVar" in change or "1.0" in change or "start" in change for change in changes)


def test_of_classes_the_one_with_more_written_methods_counts() -> None:
    stub = HEAD + "".join(
        f"    def {name}(self, x):\n        raise NotImplementedError()\n" for name in ("forward", "backward")
    )
    half = HEAD + FORWARD + "    def backward(self, x):\n        raise NotImplementedError()\n"
    files = [Candidate(f"{n}.py", work.encode, (-n,)) for n, work in enumerate((stub, half, RIGHT))]
    for known in (("Dense",), ()):
        assert [index for index, _ in in_order(files, known)] == [2, 1, 0]


def test_one_function_makes_the_calls_everywhere() -> None:
    """The runner's `answer`: its steps are known one by one, so that an exception is the next one's."""
    values: list[Any] = []
    with pytest.raises(AttributeError):
        runner.answer(Counter, (1, 2.0), [("", "", 1), ("", "add", 1), ("x", "nothing", None)], values)
    assert len(values) == 2 and values[1] is None


# ---- Comparators of an author's own ------------------------------------------------------------------------


def test_a_registered_domain_is_found_and_an_unregistered_one_is_not(course: Path) -> None:
    assert list(find("eigen").comparators) == ["uptosign"]
    point = registered("eigen")
    assert point is not None and point.dist is not None and point.dist.version == "1.0"
    assert registered("cnn") is None and registered("") is None
    for name in ("unregistered", "json"):
        with pytest.raises(UnknownDomain, match="nothing that is installed registers this domain"):
            find(name)
    for looking in (find, registered):
        with pytest.raises(UnknownDomain, match="is not the name of a package"):
            looking("eigen.inner")


def entry_points(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Let nothing but these be registered."""
    forget_domains()
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda group, name: [
            importlib.metadata.EntryPoint(name, values[name], group) for each in values if each == name
        ],
    )


def forget_domains() -> None:
    find.cache_clear()
    registered.cache_clear()


@pytest.fixture(autouse=True)
def _forgetting() -> Iterator[None]:
    yield
    forget_domains()


def test_the_engines_own_packages_come_first_and_look_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points(monkeypatch, cnn="json:loads")
    assert "derivation" in find("cnn").comparators
    forget_domains()
    monkeypatch.setattr(importlib.metadata, "entry_points", None)
    assert find("") == Domain() and find("cnn").comparators


@pytest.mark.parametrize(
    "value", ["json:loads", "no_such_module:DOMAIN", "json:NOTHING", "broken_domain:DOMAIN"]
)
def test_a_registered_domain_that_is_none_is_one_sentence(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken_domain.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry_points(monkeypatch, mine=value)
    with pytest.raises(UnknownDomain) as raised:
        find("mine")
    assert str(raised.value).startswith(value) and "\n" not in str(raised.value)


def test_a_comparator_under_another_name_is_refused_when_a_key_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key could be written, but not be read back."""

    @dataclass(frozen=True)
    class Mine(Comparator):
        def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
            return Close().wrong(got, expected)

    module = types.ModuleType("a_domain")
    module.RIGHT = Domain(comparators={"mine": Mine})  # type: ignore[attr-defined]
    module.WRONG = Domain(comparators={"ours": Mine})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_domain", module)
    entry_points(monkeypatch, right="a_domain:RIGHT", wrong="a_domain:WRONG")
    exercise = Exercise(abs, points=1, lecture="", accept=Mine())
    exercise.group("one", points=1, zh="一", en="one")(lambda rng: [(2.0,)])
    key = draw_hidden("a", (exercise,), domain="right")
    assert answer_key.from_bytes(answer_key.to_bytes(key)).digest == key.digest
    with pytest.raises(AuthoringError, match="comparator Mine is not known"):
        draw_hidden("a", (exercise,), domain="wrong")


# ---- Written questions -------------------------------------------------------------------------------------


def test_a_hidden_key_has_the_points_that_a_person_gives(course: Path, tmp_path: Path) -> None:
    folder = course / "solutions" / "dense"
    one = assignment.load(folder)
    assert one.written == {"why_keep": 3}
    assert build.draw_keys(one, tmp_path).changed and not build.draw_keys(one, tmp_path).changed
    key = answer_key.load(tmp_path / "dense.hidden.npz")
    assert (key.by_hand, key.points) == (3, 10)
    before = source_digest.digest(one)
    notebook = folder / "notebook.py"
    text = notebook.read_text("utf-8")
    try:
        notebook.write_text(text.replace("points=3", "points=4"), encoding="utf-8")
        assert assignment.load(folder).written == {"why_keep": 4} and source_digest.digest(one) != before
        notebook.write_text(text.replace("points=3", "points=4", 1), encoding="utf-8")
        with pytest.raises(AuthoringError, match="why_keep is worth different points in two languages"):
            assignment.load(folder)
    finally:
        notebook.write_text(text, encoding="utf-8")


def test_what_a_person_gives_is_told_and_not_lost() -> None:
    result = SubmissionResult("a", "dense", "a.py", "process", 0.0, (), by_hand=2.5)
    assert (result.points, result.max_points) == (0, 0)
    assert "2.5 points more are to be graded by hand" in moodle_file.comment(result, "en")
    assert "另有 2.5 分由人工评分" in moodle_file.comment(result, "zh")
