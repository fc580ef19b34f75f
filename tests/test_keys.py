"""A hidden key over a term: what changes it, whose inputs stay, and whether the class is graded again."""

import dataclasses
import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring import assignment, build, source_digest
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import draw_hidden, draw_key
from autograder.authoring.exercise import AuthoringError, Case, Exercise
from autograder.judging import answer_key
from autograder.judging.answer_key import AnswerKey, KeyFileError, deciding
from autograder.judging.comparison import Close
from autograder.sandbox import values
from tests import authored
from tests.draws import draw_hidden as draw_for_tests

COURSE = Path(__file__).parent.parent / "solutions"
FOLDERS = sorted(hidden.parent for hidden in COURSE.glob("*/hidden.py"))

AGAIN = "everything handed in for it will be graded again"
SAME_POINTS = "computed again on the same inputs; nothing is graded again"
OTHER = "computed again on the same inputs, but other now: {}; " + AGAIN


@pytest.fixture
def small(tmp_path: Path) -> Assignment:
    return assignment.load(authored.write_course(tmp_path / "solutions"))


def inputs(key: AnswerKey) -> dict[str, bytes]:
    return {
        "/".join(names): values.dumps([[case.args, case.layout, case.fresh] for case in group.cases])
        for names, group in key.groups.items()
    }


def said(built: build.Built) -> str:
    """What a build says about a hidden key, without the beginning, which is the same."""
    assert built.changed and built.note is not None
    told = built.note.in_language("en").removeprefix(f"hidden key of {built.path.name.partition('.')[0]} ")
    assert not told.startswith("hidden")
    return told


def test_the_hidden_key_is_drawn_anew_only_when_there_is_reason_to(small: Assignment, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    path = keys / "relu.hidden.npz"
    assert build.draw_keys(small, keys) == build.Built(path, True)
    first = answer_key.load(path)
    assert not first.visible
    assert build.draw_keys(small, keys) == build.Built(path, False)
    assert answer_key.load(path).digest == first.digest

    assert build.draw_keys(small, keys, fresh=True) == build.Built(path, True)
    second = answer_key.load(path)
    assert second.entropy != first.entropy
    assert not set(inputs(second).values()) & set(inputs(first).values())

    path.write_bytes(path.read_bytes()[:100])  # unreadable
    assert said(build.draw_keys(small, keys)).startswith("drawn anew: the old one is damaged")
    assert answer_key.load(path).entropy not in (first.entropy, second.entropy)

    answer_key.save(dataclasses.replace(first, assignment="another"), path)
    assert said(build.draw_keys(small, keys)).startswith("drawn anew")
    assert answer_key.load(path).entropy != first.entropy


@pytest.mark.parametrize(
    ("file", "old", "new", "matters"),
    [
        ("relu/notebook.py", "zh: 前一层残差", "zh: 前一层的残差", True),
        ("relu/notebook.py", "z > 0", "z >= 0", True),
        ("relu/hidden.py", "points=8", "points=8.0", True),
        ("relu/texts.toml", "batch", "batches", True),
        ("texts.toml", "signs", "the signs", True),
        ("relu/alternatives.py", "x = 1", "x = 2", False),
        ("shared.py", "# a comment", "# another", True),
        ("deeper.py", "COLUMNS = 4", "COLUMNS = 5", True),
        ("unused.py", "x = 1", "x = 2", False),
        ("relu/unused.py", "x = 1", "x = 2", False),
        ("other/hidden.py", "points=8", "points=7", False),
    ],
)
def test_a_key_is_computed_again_when_a_file_changed_that_it_may_depend_on(
    tmp_path: Path, file: str, old: str, new: str, matters: bool
) -> None:
    course = tmp_path / "solutions"
    hidden = authored.HIDDEN.replace("import numpy as np", "import numpy as np\nfrom ..shared import ROWS")
    one = Assignment("relu", authored.write_course(course, hidden=hidden), ())
    authored.write_course(course, "other")
    (course / "shared.py").write_text("# a comment\nfrom . import deeper\nROWS = 3\n")
    (course / "deeper.py").write_text("COLUMNS = 4\n")
    (course / "texts.toml").write_text('[groups]\nsigns = { zh = "正负", en = "signs" }\n')
    (course / "relu" / "texts.toml").write_text('[groups]\nbatch = { zh = "批", en = "batch" }\n')
    (course / "relu" / "alternatives.py").write_text("from .hidden import exercise\nx = 1\n")
    for folder in (course, course / "relu"):
        (folder / "unused.py").write_text("x = 1\n")
    before = source_digest.digest(one)
    text = (course / file).read_text(encoding="utf-8")
    assert old in text
    (course / file).write_text(text.replace(old, new), encoding="utf-8")
    assert (source_digest.digest(one) != before) is matters


SIGNS = "yield rng.normal(size=(3, 4)), rng.permutation(12).reshape(3, 4) - 6.0"

THIRD = """
@exercise.group("third", points=1, zh="三", en="three")
def third(rng):
    yield rng.normal(size=2), rng.normal(size=2)
"""


@pytest.mark.parametrize(
    ("edits", "told", "anew"),
    [
        ({"# %%\n": "# %%\n# A comment.\n"}, "", set()),
        ({"\nexercise": "\ndef unused(rng):\n    return rng.normal()\n\nexercise"}, "", set()),
        ({"a batch": "many samples"}, SAME_POINTS, set()),
        ({"(z > 0) * 1.0": "(z >= 0) * 1.0"}, SAME_POINTS, set()),
        ({"was left out": "is missing"}, SAME_POINTS, set()),
        ({"delta, z": "residual, z", "delta *": "residual *"}, SAME_POINTS, set()),
        ({SIGNS: "shape = 3, 4\n    " + SIGNS.replace("(3, 4)", "shape", 1)}, "", set()),
        ({"points=8": "points=7", "points=2": "points=3"}, OTHER.format("points"), set()),
        ({"return delta * (z > 0)": "return delta * (z > 1)"}, OTHER.format("expected values"), set()),
        ({'lecture="4")': 'lecture="4", accept=Close(1e-3))'}, OTHER.format("comparators"), set()),
        ({"rng.normal(size=(3": "rng.uniform(size=(3"}, None, {"signs"}),
        ({"yield rng.normal(size=(2": "yield 2 * rng.normal(size=(2"}, None, {"batch"}),
        ({"size=(3, 4)": "size=(5, 4)", "(12).reshape(3": "(20).reshape(5"}, None, {"signs"}),
        ({'("signs"': '("both_signs"'}, None, {"both_signs"}),
        ({"points=10": "points=11", "\nexercise.add": THIRD + "\nexercise.add"}, None, {"third"}),
    ],
)
def test_only_groups_whose_generators_give_something_else_get_other_inputs(
    tmp_path: Path, edits: dict[str, str], told: str | None, anew: set[str]
) -> None:
    hidden = authored.HIDDEN.replace(
        "import numpy as np", "from autograder.judging.comparison import Close\nimport numpy as np"
    )
    before = assignment.load(authored.write_course(tmp_path / "before", hidden=hidden))
    folder = authored.write_course(tmp_path / "after", hidden=hidden)
    for old, new in edits.items():
        texts = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
        assert any(old in text for text in texts.values())
        for path, text in texts.items():
            path.write_text(text.replace(old, new), encoding="utf-8")
    after = assignment.load(folder)
    build.draw_keys(before, tmp_path)
    first = answer_key.load(tmp_path / "relu.hidden.npz")
    built = build.draw_keys(after, tmp_path)
    second = answer_key.load(tmp_path / "relu.hidden.npz")
    names = {f"relu_backward/{name}" for name in anew}
    if told is None:
        assert said(built) == f"computed again, with new inputs in {', '.join(names)}; {AGAIN}"
    else:
        assert (said(built) if built.changed else "") == told
    assert second.source != first.source
    assert {name for name, kept in inputs(second).items() if inputs(first).get(name) != kept} == names
    assert (deciding(second) == deciding(first)) is (told in ("", SAME_POINTS))
    assert second.entropy == first.entropy
    assert build.draw_keys(after, tmp_path) == build.Built(tmp_path / "relu.hidden.npz", False)


def copied(folder: Path, course: Path, added: str = "") -> Assignment:
    """A copy of the assignment, its first exercise only, with something added to its sources."""
    shutil.copytree(folder, course / folder.name)
    for path in COURSE.glob("*.*"):
        shutil.copy(path, course)
    with (course / folder.name / "hidden.py").open("a", encoding="utf-8") as file:
        file.write(added)
    loaded = assignment.load(course / folder.name)
    return dataclasses.replace(loaded, exercises=loaded.exercises[:1])


ALTERNATIVE = """
name, listed = next(iter(ALTERNATIVES.items()))
listed.append(lambda *args: listed[0](*args))
"""
MISCONCEPTION = """
# A comment, a misconception, a helper that nobody uses, a generator written in another way.
first = next(value for value in list(globals().values()) if type(value).__name__ == "Exercise")
first.add_misconception("nothing", lambda right: lambda *args: None, zh="没有返回值", en="it returns nothing")


def unused(rng):
    return rng.normal()


def as_a_list(draw):
    return lambda rng: list(draw(rng))


first.groups[0].draw = as_a_list(first.groups[0].draw)
"""
GENERATOR = """
first.groups[1].draw = (lambda draw: lambda rng: list(draw(rng)) * 2)(first.groups[1].draw)
"""


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_what_changes_the_computation_alone_keeps_every_input_and_every_grade(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{folder.name}.hidden.npz"
    drawn = copied(folder, tmp_path / "drawn")
    assert build.draw_keys(drawn, tmp_path) == build.Built(path, True)
    old = answer_key.load(path)

    with (drawn.folder / "alternatives.py").open("a", encoding="utf-8") as file:
        file.write(ALTERNATIVE)
    assert build.draw_keys(drawn, tmp_path) == build.Built(path, False)

    named = copied(folder, tmp_path / "named", MISCONCEPTION)
    assert said(build.draw_keys(named, tmp_path)) == SAME_POINTS
    new = answer_key.load(path)
    assert (inputs(new), deciding(new)) == (inputs(old), deciding(old))
    assert new.digest != old.digest
    assert any("nothing" in case.wrong for case in new.exercises[0].cases)
    assert build.draw_keys(named, tmp_path) == build.Built(path, False)

    changed = copied(folder, tmp_path / "changed", MISCONCEPTION + GENERATOR)
    group = f"{changed.exercises[0].name}/{changed.exercises[0].groups[1].name}"
    assert said(build.draw_keys(changed, tmp_path)) == f"computed again, with new inputs in {group}; {AGAIN}"
    newest = answer_key.load(path)
    assert deciding(newest) != deciding(new)
    assert {name for name, kept in inputs(newest).items() if kept != inputs(new)[name]} == {group}


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_every_group_of_the_course_draws_the_same_again(folder: Path) -> None:
    loaded = assignment.load(folder)
    key = draw_hidden(loaded.name, loaded.exercises, domain=loaded.domain)
    again = draw_hidden(loaded.name, loaded.exercises, domain=loaded.domain, earlier=key)
    assert (again.digest, inputs(again)) == (key.digest, inputs(key))


def test_another_machines_rounding_changes_nothing_that_decides(small: Assignment) -> None:
    """Neither in the arguments nor in the expected values; what is more than rounding does."""
    (exercise,) = small.exercises
    key = draw_for_tests("relu", small.exercises)

    def on_another_machine(arguments: float, expected: float) -> AnswerKey:
        @functools.wraps(exercise.reference)
        def reference(delta: Any, z: Any) -> Any:
            return exercise.reference(delta, z) * expected

        def rounded(draw: Callable[[Any], Any]) -> Any:
            return lambda rng: [(delta * arguments, z) for delta, z in draw(rng)]

        groups = [dataclasses.replace(group, draw=rounded(group.draw)) for group in exercise.groups]
        other = dataclasses.replace(exercise, reference=reference, groups=groups)
        return draw_hidden("relu", (other,), earlier=key)

    assert deciding(on_another_machine(1 + 1e-14, 1 + 1e-14)) == deciding(key)
    assert deciding(on_another_machine(1, 1.5)) != deciding(key)
    assert inputs(on_another_machine(1 + 1e-14, 1.5)) == inputs(key)
    assert not set(inputs(on_another_machine(1.5, 1)).items()) & set(inputs(key).items())


def test_a_cases_own_comparator_may_change_on_its_inputs(small: Assignment) -> None:
    (exercise,) = small.exercises
    signs, batch = exercise.groups

    def draw(rng: Any) -> list[Case]:
        return [Case(args, accept=Close(0.5)) for args in batch.draw(rng) if isinstance(args, tuple)]

    tied = dataclasses.replace(batch, draw=draw)
    key = draw_for_tests("relu", small.exercises)
    again = draw_hidden("relu", (dataclasses.replace(exercise, groups=[signs, tied]),), earlier=key)
    assert inputs(again) == inputs(key) and deciding(again) != deciding(key)
    assert [case.accept for case in again.exercises[0].cases] == [exercise.accept, Close(0.5)]


def test_no_group_depends_on_another_one(small: Assignment) -> None:
    (exercise,) = small.exercises
    key = draw_key("relu", small.exercises, "1", visible=False)
    turned = dataclasses.replace(exercise, groups=exercise.groups[::-1])
    assert inputs(draw_key("relu", (turned,), "1", visible=False)) == inputs(key)
    alone = dataclasses.replace(exercise, groups=exercise.groups[1:])
    assert inputs(draw_key("relu", (alone,), "1", visible=False)).items() <= inputs(key).items()
    assert not inputs(draw_key("relu", small.exercises, "2", visible=False)).items() & inputs(key).items()


COUNTER = iter(range(1, 1000))
PAST_RNG: dict[str, Callable[[Any], Any]] = {
    "its own random numbers": lambda rng: [(np.random.default_rng().normal(size=3),)],
    "NumPy's global ones": lambda rng: [(np.random.rand(2, 2),)],
    "a counter": lambda rng: [(float(next(COUNTER)),)],
    "a counter of cases": lambda rng: [(rng.normal(),)] * next(COUNTER),
    "one that is added": lambda rng: [(rng.normal(size=3), next(COUNTER))],
    "the layout": lambda rng: [Case((rng.normal(size=3),), layout=("C", "fortran")[next(COUNTER) % 2])],
}


@pytest.mark.parametrize("name", PAST_RNG)
def test_a_generator_that_draws_from_more_than_its_rng_is_told(name: str) -> None:
    def first(*args: Any) -> Any:
        return args[0]

    exercise = Exercise(first, points=1, lecture="")
    exercise.group("all", points=1, zh="组", en="group")(PAST_RNG[name])
    for visible in (True, False):
        with pytest.raises(AuthoringError) as raised:
            draw_key("a", (exercise,), "1", visible=visible)
        assert str(raised.value) == (
            "first, group 'all': its generator does not draw from `rng` only: run twice with the same random "
            "numbers, it gave different cases."
        )


@pytest.mark.parametrize(("its", "told"), [(-1, "an earlier version"), (1, "a later version")])
def test_a_key_of_another_schema_says_what_to_do(
    small: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, its: int, told: str
) -> None:
    with monkeypatch.context() as another:
        another.setattr(answer_key, "SCHEMA", answer_key.SCHEMA + its)
        build.draw_keys(small, tmp_path)
    with pytest.raises(KeyFileError, match=told) as raised:
        answer_key.load(tmp_path / "relu.hidden.npz")
    assert ("`autograder build` draws a new one" in str(raised.value)) is (its < 0)
    assert "of another version" in said(build.draw_keys(small, tmp_path))
